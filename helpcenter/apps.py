from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class HelpcenterConfig(AppConfig):
    name = "helpcenter"
    verbose_name = _("Help center")

    def ready(self):
        from helpcenter import checks, live_blocks  # noqa: F401  (both register themselves once the apps are loaded)
