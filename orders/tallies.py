"""Day totals of every wallet, kept by the worker a moment behind the ledger, for charts and statements.

Exact by construction: a wallet's entries are a chain without gaps, so "everything up to number n" is one number.
"""

import datetime as dt
from collections.abc import Callable

from django.db import transaction
from django.db.models import Count, F, Q, Sum
from django.db.models.functions import Coalesce, TruncDate

from orders import timetable
from orders.models import DayTotal, LedgerEntry, TallyMark, Wallet

EVERY = dt.timedelta(minutes=1)
# Wallets that moved lately are met through the newest entries; whatever those passed over, the hourly look finds.
NEWEST_ENTRIES = 2_000
LOOK_AT_ALL = dt.timedelta(hours=1)
WALLETS_AT_ONCE = 500
ENTRIES_AT_ONCE = 5_000


def catch_up(*, wallet_id: int, most: int = ENTRIES_AT_ONCE) -> int:
    """Adds the wallet's next entries, `most` of them at once, to its day totals; how many there were.

    Any number of workers may call it for the same wallet: the mark's row is locked, and each entry counts once.
    """
    TallyMark.objects.get_or_create(wallet_id=wallet_id)
    with transaction.atomic():
        mark = TallyMark.objects.select_for_update().get(wallet_id=wallet_id)
        waiting = entries_after(wallet_id, mark.seq).filter(seq__lte=mark.seq + most)
        counted = 0
        for total in totals(waiting):
            counted += total["entries"]
            row, made = DayTotal.objects.get_or_create(
                wallet_id=wallet_id,
                day=total["day"],
                kind=total["kind"],
                category_id=total["category"],
                defaults={"amount": total["amount"], "entries": total["entries"]},
            )
            if not made:
                row.amount += total["amount"]
                row.entries += total["entries"]
                row.save(update_fields=["amount", "entries"])
        mark.seq += counted
        mark.save(update_fields=["seq"])
    return counted


def entries_after(wallet_id: int, seq: int):
    return LedgerEntry.objects.filter(wallet_id=wallet_id, seq__gt=seq)


def totals(entries):
    """Amount (units, with its sign) and number of these entries by day (UTC), kind and category, in one query."""
    return (
        entries.annotate(day=TruncDate("created_at", tzinfo=dt.UTC), category=F("order__service__category"))
        .order_by()
        .values("day", "kind", "category")
        .annotate(amount=Sum("amount"), entries=Count("pk"))
    )


def tally_due(clock: Callable[[], dt.datetime]) -> int:
    """Once a minute: the wallets that moved lately; once an hour: all that are behind. How many entries were added."""
    now = clock()
    if not timetable.take(name="tally", every=EVERY, now=now):
        return 0
    newest = LedgerEntry.objects.order_by("-pk").values_list("wallet_id", flat=True)[:NEWEST_ENTRIES]
    moved = set(newest)
    behind = list(wallets_behind().filter(pk__in=moved)[:WALLETS_AT_ONCE])
    if timetable.take(name="tally_all", every=LOOK_AT_ALL, now=now):
        behind += wallets_behind()[:WALLETS_AT_ONCE]
    return sum(catch_up(wallet_id=wallet_id) for wallet_id in behind)


def wallets_behind():
    return (
        Wallet.objects.annotate(tallied=Coalesce("tally_mark__seq", 0))
        .filter(Q(seq__gt=F("tallied")))
        .order_by()
        .values_list("pk", flat=True)
    )
