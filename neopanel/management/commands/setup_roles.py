from django.core.management.base import BaseCommand

from neopanel.roles import setup_roles


class Command(BaseCommand):
    help = "Makes the groups of staff: agents, leads, editors, reviewers, auditors, operators. Safe to repeat."

    def handle(self, **options):
        self.stdout.write("Roles: " + ", ".join(setup_roles()))
