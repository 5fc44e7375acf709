"""allauth's hooks, where our panel differs from its defaults."""

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings


class AccountAdapter(DefaultAccountAdapter):
    def get_from_email(self):
        return settings.DEFAULT_FROM_EMAIL

    def send_mail(self, template_prefix, email, context):
        """allauth renders subjects without a request, so context processors do not reach them."""
        super().send_mail(template_prefix, email, {"brand": settings.BRAND, **context})
