"""What a refused wish must leave as it was, and what is wrong in the books."""

from django.db import connection

from orders.models import LedgerEntry, Order, OrderEvent
from orders.verification import CHECKS


def written() -> tuple[int, int, int]:
    """How many orders, ledger entries and events there are."""
    return Order.objects.count(), LedgerEntry.objects.count(), OrderEvent.objects.count()


def faults_here() -> list[str]:
    """What the check of the ledger finds on this very connection, uncommitted rows included."""
    with connection.cursor() as cursor:
        found = []
        for what, query in CHECKS.items():
            cursor.execute(f"{query} LIMIT 5")
            found += [f"{row[0]}: {what}" for row in cursor.fetchall()]
    return found
