from django.core.management.commands import makemessages

# Not ours, or read by nobody but developers.
PASSED_OVER = [".venv", "tests", "tools", "screenshots"]


class Command(makemessages.Command):
    """Django's, with what this project always wants: no line numbers, which change with every edit, and nothing obsolete."""

    def add_arguments(self, parser):
        super().add_arguments(parser)
        parser.set_defaults(add_location="file", no_obsolete=True, ignore_patterns=PASSED_OVER)
