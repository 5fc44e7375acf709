import json
import time

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from orders import money
from orders.models import Provider
from orders.provider.wire import CallFailed
from orders.provider_health import NO_KEY, client_for


class Command(BaseCommand):
    help = "Asks a provider for its balance and its services: does it answer, how fast, and does the key work?"

    def add_arguments(self, parser):
        parser.add_argument("name", help="the provider's name")
        parser.add_argument("--json", action="store_true", help="one JSON object for programs")

    def handle(self, *, name, **options):
        provider = Provider.objects.filter(name=name).first()
        if provider is None:
            known = ", ".join(Provider.objects.values_list("name", flat=True)) or "none yet"
            raise CommandError(f"There is no provider {name!r}. Known: {known}.")
        client = client_for(provider)
        if client is None:
            raise CommandError(f"{name}: {NO_KEY}. Give the key again with add_provider.")
        begun = time.monotonic()
        try:
            balance = client.balance()
            answered_ms = int((time.monotonic() - begun) * 1000)
            services = client.services()
        except CallFailed as failed:
            raise CommandError(f"{name}: {explained(failed)}") from None
        if not services.services:
            raise CommandError(f"{name}: the key works, but it lists no service that can be read.")
        seen = Provider.Dialect.V1 if balance.says_success else Provider.Dialect.V2
        found = {
            "provider": name,
            "dialect": provider.dialect,
            "looks_like": seen,
            "key": "works",
            "latency_ms": answered_ms,
            "balance": money.plain(balance.units),
            "currency": balance.currency,
            "services": len(services.services),
            "unreadable_services": len(services.skipped),
        }
        if options["json"]:
            self.stdout.write(json.dumps(found))
            return
        self.stdout.write(f"{name} answers by {provider.get_dialect_display()} in {answered_ms} ms, and the key works.")
        if seen != provider.dialect:
            self.stdout.write(
                f"But its answers look like {seen.label}. If that is so: add_provider {name!r} ... --dialect {seen.value}"
            )
        if provider.dialect == Provider.Dialect.V1:
            self.stdout.write("API v1 knows no cancel, no refill and no request_id.")
        self.stdout.write(f"Balance: {found['balance']} {balance.currency or settings.CURRENCY}")
        unreadable = f" ({len(services.skipped)} more could not be read)" if services.skipped else ""
        self.stdout.write(f"Services: {len(services.services)}{unreadable}")


def explained(failed: CallFailed) -> str:
    """One sentence on what to do about it."""
    if failed.fault == "key":
        return f"the key was refused ({failed.reason}). Give the right one with add_provider."
    if failed.fault == "address":
        return f"the address is not allowed ({failed.reason})."
    return f"no usable answer ({failed.reason})."
