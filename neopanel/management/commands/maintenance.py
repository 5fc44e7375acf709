from django.core.management.base import BaseCommand

from neopanel import maintenance


class Command(BaseCommand):
    help = "Pauses the shop on this machine for upgrades and moves, or opens it again. Health goes on answering."
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("state", choices=["on", "off", "status"])
        parser.add_argument("--note", default="", help='one sentence for customers, such as "Back at 14:30 UTC."')

    def handle(self, *, state, note, **options):
        if state == "on":
            maintenance.begin(note)
        elif state == "off":
            maintenance.end()
        said = maintenance.note()
        paused = f"The shop is paused: {said}" if said else "The shop is paused."
        self.stdout.write("The shop is open." if said is None else paused)
