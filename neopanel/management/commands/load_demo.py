from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from neopanel import demo
from neopanel.roles import setup_roles


class Command(BaseCommand):
    help = "Makes the demo shop, once. It never touches what is there, and refuses to run in production."

    def add_arguments(self, parser):
        parser.add_argument("--provider-url", help="where the provider simulator answers")

    def handle(self, *, provider_url, **options):
        if not settings.DEMO:
            raise CommandError("The demo has known passwords; it is for NEOPANEL_ENV=demo alone.")
        setup_roles()
        made = demo.load_demo(now=timezone.now())
        if provider_url:
            demo.point_to_simulator(provider_url)
        self.stdout.write("The demo shop is made." if made else "The demo shop is there already.")
