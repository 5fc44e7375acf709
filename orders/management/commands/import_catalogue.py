from decimal import Decimal, InvalidOperation

from django.core.management.base import BaseCommand, CommandError

from orders.importing import import_catalogue
from orders.models import Provider
from orders.provider.wire import CallFailed
from orders.provider_health import client_for

SKIPPED_SHOWN = 20


class Command(BaseCommand):
    help = "Asks a provider for its services and publishes them at its rate plus a markup."

    def add_arguments(self, parser):
        parser.add_argument("name", help="the provider's name")
        parser.add_argument("--markup", default="20", help="percent on top of the provider's rate (default 20)")
        parser.add_argument("--dry-run", action="store_true", help="say what would change and write nothing")

    def handle(self, *, name, markup, dry_run, **options):
        provider = Provider.objects.filter(name=name).first()
        if provider is None:
            known = ", ".join(Provider.objects.values_list("name", flat=True)) or "none yet"
            raise CommandError(f"There is no provider {name!r}. Known: {known}.")
        try:
            percent = Decimal(markup)
        except InvalidOperation:
            percent = Decimal("NaN")
        if not percent.is_finite() or percent < 0:
            raise CommandError("--markup is a percentage like 20; it cannot be below 0.")
        try:
            offered = client_for(provider).services()
        except CallFailed as failed:
            raise CommandError(f"{name} did not answer with a list of services: {failed.reason}") from None
        result = import_catalogue(provider=provider, offered=offered, markup=percent, dry_run=dry_run)
        for row, reason in result.skipped[:SKIPPED_SHOWN]:
            self.stdout.write(f"  skipped {row}: {reason}")
        if len(result.skipped) > SKIPPED_SHOWN:
            self.stdout.write(f"  ... and {len(result.skipped) - SKIPPED_SHOWN} more skipped")
        self.stdout.write(
            f"{'Would be: ' if dry_run else ''}{result.added} new, {result.changed} changed, "
            f"{result.unchanged} unchanged, {len(result.skipped)} skipped"
        )
