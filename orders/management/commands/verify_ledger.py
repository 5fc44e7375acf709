import json
from dataclasses import asdict

from django.core.management.base import BaseCommand, CommandError

from orders import triggers
from orders.models import LedgerEntry
from orders.verification import verify


class Command(BaseCommand):
    help = "Recomputes every balance from its entries. Exit code 1 and a list where anything is off."

    def add_arguments(self, parser):
        parser.add_argument("--json", action="store_true", help="one JSON object for programs")

    def handle(self, **options):
        unguarded = triggers.missing()
        faults = verify()
        if options["json"]:
            self.stdout.write(as_json(faults, unguarded))
        else:
            for fault in faults:
                self.stdout.write(f"{fault.where}: {fault.what}")
            for name in unguarded:
                self.stdout.write(f"trigger {name}: missing or changed")
        if faults or unguarded:
            raise CommandError(f"The ledger is not in order: {len(faults) + len(unguarded)} faults.", returncode=1)
        if not options["json"]:
            self.stdout.write(f"The ledger is in order: {LedgerEntry.objects.count()} entries.")


def as_json(faults, unguarded) -> str:
    return json.dumps(
        {"ok": not faults and not unguarded, "faults": [asdict(f) for f in faults], "missing_triggers": unguarded}
    )
