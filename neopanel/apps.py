from django.apps import AppConfig


class NeopanelConfig(AppConfig):
    name = "neopanel"

    def ready(self):
        from neopanel import checks  # noqa: F401  (registers the system checks once the apps are loaded)
