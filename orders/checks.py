"""What must be true of the database before money may move."""

from django.core import checks
from django.db import DatabaseError, connections

from orders import triggers


@checks.register(checks.Tags.database)
def ledger_is_guarded(app_configs, databases=None, **kwargs):
    """The ledger's triggers are there. Asked only where a database is named: `migrate`, which brings them, names none."""
    found = []
    for alias in databases or []:
        try:
            if "orders_ledgerentry" not in connections[alias].introspection.table_names():
                continue
            missing = triggers.missing(alias)
        except DatabaseError as error:
            return [checks.Error(f"The database does not answer: {error}", id="orders.E002")]
        if missing:
            found.append(
                checks.Error(
                    f"The ledger is not guarded: triggers missing or changed: {', '.join(missing)}. "
                    "Run `python3 run.py manage migrate`.",
                    id="orders.E001",
                )
            )
    return found
