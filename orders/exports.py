"""Lists as files: rows streamed as they are read, so that 100,000 of them need no more memory than ten.

In CSV, cells that a spreadsheet would run as a formula are made harmless (they begin with = + - @ or a tab) where people or
providers wrote them. Our own numbers are exempt: a charge begins with a minus by right.
"""

import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.db.models import QuerySet

from orders.models import LedgerEntry, Order
from orders.money import plain

CHUNK = 2000
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")

ORDER_COLUMNS = (
    "order", "placed", "service", "service_name", "link", "quantity", "status", "charge", "returned", "start_count", "remains",
    "drip_feed", "run", "note",
)  # fmt: skip
ENTRY_COLUMNS = ("entry", "time", "kind", "order", "amount", "balance", "note")
# Written by people or providers.
FOREIGN_WORDS = frozenset({"service_name", "link", "note"})


class Line:
    """What csv.writer writes to: gives the line back instead of keeping it."""

    def write(self, text: str) -> str:
        return text


def harmless(text: str) -> str:
    """The same text, so that no spreadsheet runs it."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def as_csv(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    writer = csv.writer(Line())
    # The mark tells spreadsheets that this is UTF-8.
    yield "\ufeff" + writer.writerow(columns)
    foreign = [name in FOREIGN_WORDS for name in columns]
    for row in rows:
        yield writer.writerow([harmless(cell) if theirs else cell for cell, theirs in zip(row, foreign, strict=True)])


def as_json(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """One array, streamed: no part of it waits for the whole."""
    yield "["
    for number, row in enumerate(rows):
        yield (",\n" if number else "\n") + json.dumps(dict(zip(columns, row, strict=True)), ensure_ascii=False)
    yield "\n]\n"


def newest_first(rows: QuerySet) -> Iterator[Any]:
    """All of them, CHUNK at a time, each by the one before it. A cursor of the database would need a connection of its own for as
    long as the reader takes, and is lost behind a pooler.
    """
    rows, last = rows.order_by("-pk"), None
    while True:
        chunk = list((rows if last is None else rows.filter(pk__lt=last))[:CHUNK])
        yield from chunk
        if len(chunk) < CHUNK:
            return
        last = chunk[-1].pk


def order_rows(orders: QuerySet[Order]) -> Iterator[tuple[Any, ...]]:
    """Orders as rows of ORDER_COLUMNS, newest first; money as plain digits, times in UTC."""
    for order in newest_first(orders.select_related("service")):
        yield (
            order.pk,
            order.created_at.isoformat(),
            order.service_id,
            order.service.name,
            order.link,
            order.quantity,
            order.status,
            plain(order.charge),
            plain(order.refunded),
            order.start_count,
            order.remains,
            # Of a drip-feed's first run, too: its number is that of all of them.
            order.pk if order.is_group else order.head_id,
            order.run,
            order.note,
        )


def entry_rows(entries: QuerySet[LedgerEntry]) -> Iterator[tuple[Any, ...]]:
    """Ledger entries as rows of ENTRY_COLUMNS, newest first; money as plain digits, times in UTC."""
    for entry in newest_first(entries):
        yield (
            entry.seq,
            entry.created_at.isoformat(),
            entry.kind,
            entry.order_id,
            plain(entry.amount),
            plain(entry.balance),
            entry.note,
        )
