from django.apps import AppConfig


class NeopanelConfig(AppConfig):
    name = "neopanel"

    def ready(self):
        from neopanel import checks, live_blocks  # noqa: F401  (they register themselves once the apps are loaded)
