from django.core.management.base import BaseCommand

from neopanel.env import make_field_key


class Command(BaseCommand):
    help = "Prints a new key for NEOPANEL_FIELD_KEYS. Put it first in the list; older keys behind it still unseal."
    requires_system_checks = []

    def handle(self, **options):
        self.stdout.write(make_field_key())
