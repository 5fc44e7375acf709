from django.apps import AppConfig


class HelpcenterConfig(AppConfig):
    name = "helpcenter"

    def ready(self):
        from helpcenter import checks, live_blocks  # noqa: F401  (both register themselves once the apps are loaded)
