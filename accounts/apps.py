from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"
    # allauth's own app is called "Accounts" too; two of the same name would stand in the admin.
    verbose_name = _("People")
