from django.apps import AppConfig


class NeopanelConfig(AppConfig):
    name = "neopanel"

    def ready(self):
        # They register themselves once the apps are loaded.
        from neopanel import checks, help_changes, help_chores, help_pace, help_sources, live_blocks, looks  # noqa: F401
