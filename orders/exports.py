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
# Characters that leave at once: a part for every line would be a call of the system for every line.
PART = 32_768
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


def in_parts(lines: Iterable[str]) -> Iterator[str]:
    """The same text in parts worth sending, the last one of whatever is left."""
    waiting, size = [], 0
    for line in lines:
        waiting.append(line)
        size += len(line)
        if size >= PART:
            yield "".join(waiting)
            waiting, size = [], 0
    if waiting:
        yield "".join(waiting)


def newest_first(rows: QuerySet, *columns: str) -> Iterator[tuple[Any, ...]]:
    """These columns after the row's number, CHUNK rows at a time, each by the one before it. A cursor of the database would need a
    connection of its own for as long as the reader takes, and is lost behind a pooler.
    """
    found, last = rows.order_by("-pk").values_list("pk", *columns), None
    while True:
        chunk = list((found if last is None else found.filter(pk__lt=last))[:CHUNK])
        yield from chunk
        if len(chunk) < CHUNK:
            return
        last = chunk[-1][0]


def order_rows(orders: QuerySet[Order]) -> Iterator[tuple[Any, ...]]:
    """Orders as rows of ORDER_COLUMNS, newest first; money as plain digits, times in UTC."""
    columns = (
        "created_at",
        "service_id",
        "service__name",
        "link",
        "quantity",
        "status",
        "charge",
        "refunded",
        "start_count",
    )
    for row in newest_first(orders, *columns, "remains", "head_id", "run", "note"):
        number, placed, *said, charge, refunded, start, remains, head, run, note = row
        # Of a drip-feed's first run, too: its number is that of all of them.
        group = number if run == 1 else head
        yield number, placed.isoformat(), *said, plain(charge), plain(refunded), start, remains, group, run, note


def entry_rows(entries: QuerySet[LedgerEntry]) -> Iterator[tuple[Any, ...]]:
    """Ledger entries as rows of ENTRY_COLUMNS, newest first; money as plain digits, times in UTC."""
    columns = ("seq", "created_at", "kind", "order_id", "amount", "balance", "note")
    for _number, seq, at, kind, order, amount, balance, note in newest_first(entries, *columns):
        yield seq, at.isoformat(), kind, order, plain(amount), plain(balance), note
