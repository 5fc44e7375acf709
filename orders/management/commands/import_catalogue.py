from decimal import Decimal, InvalidOperation

from django.core.management.base import BaseCommand, CommandError

from orders import importing
from orders.importing import import_catalogue
from orders.models import Provider
from orders.provider.wire import CallFailed
from orders.provider_health import client_for

SKIPPED_SHOWN = 20


class Command(BaseCommand):
    help = "Asks a provider for its services and publishes them at its rate plus a markup."

    def add_arguments(self, parser):
        parser.add_argument("name", help="the provider's name")
        parser.add_argument(
            "--markup",
            help="percent on top of the provider's rate (default: what is set at the provider, else 20); "
            "a category or service with a markup of its own keeps that",
        )
        parser.add_argument(
            "--below-cost", action="store_true", help="allow markups that sell below the provider's rate"
        )
        parser.add_argument(
            "--many-gone", action="store_true", help="allow that more than half of the services go off sale"
        )
        parser.add_argument("--dry-run", action="store_true", help="say what would change and write nothing")

    def handle(self, *, name, markup, below_cost, many_gone, dry_run, **options):
        provider = Provider.objects.filter(name=name).first()
        if provider is None:
            known = ", ".join(Provider.objects.values_list("name", flat=True)) or "none yet"
            raise CommandError(f"There is no provider {name!r}. Known: {known}.")
        percent = None if markup is None else percent_of(markup, below_cost=below_cost)
        client = client_for(provider)
        if client is None:
            raise CommandError(f"The API key of {name} cannot be unsealed here (see NEOPANEL_FIELD_KEYS).")
        try:
            offered = client.services()
        except CallFailed as failed:
            raise CommandError(f"{name} did not answer with a list of services: {failed.reason}") from None
        try:
            result = import_catalogue(
                provider=provider,
                offered=offered,
                markup=percent,
                below_cost=below_cost,
                many_gone=many_gone,
                dry_run=dry_run,
            )
        except importing.TooManyGone:
            raise CommandError(
                f"More than half of the services of {name} would go off sale. Nothing was written. "
                "Look with --dry-run; if it is right, say --many-gone."
            ) from None
        for row, reason in result.skipped[:SKIPPED_SHOWN]:
            self.stdout.write(f"  skipped {row}: {reason}")
        if len(result.skipped) > SKIPPED_SHOWN:
            self.stdout.write(f"  ... and {len(result.skipped) - SKIPPED_SHOWN} more skipped")
        told = {kind: count for kind, count in result.counts.items() if count and kind not in {"new", "unchanged"}}
        if told:
            self.stdout.write("  of what is there: " + ", ".join(f"{count} {kind}" for kind, count in told.items()))
        self.stdout.write(
            f"{'Would be: ' if dry_run else ''}{result.added} new, {result.changed} changed, "
            f"{result.unchanged} unchanged, {len(result.skipped)} skipped"
        )


def percent_of(text: str, *, below_cost: bool) -> Decimal:
    try:
        percent = Decimal(text)
    except InvalidOperation:
        percent = Decimal("NaN")
    if not percent.is_finite() or percent <= -100 or (percent < 0 and not below_cost):
        raise CommandError("--markup is a percentage like 20; it cannot be below 0 without --below-cost.")
    return percent
