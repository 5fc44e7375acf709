"""A whole shop with a history: `python -m tests.benchmarks.shop ORDERS [--active]` fills the database that DATABASE_URL names.

Orders in all statuses with their entries, events and tickets, as the doors would have left them, written in bulk (COPY on
PostgreSQL). One customer has a fifth of all orders: pages that grow with history would show it there. The triggers step
aside while it writes (see `tests/benchmarks/books.py`), and the check of the ledger has the last word. With `--active` all
orders are under way.
"""

import datetime as dt
import itertools
import json
import sys
import time
import uuid
from collections.abc import Iterable, Iterator
from typing import Any

import django
from django.db import connection, transaction
from django.db.models import Field, JSONField, Model
from django.utils import timezone

django.setup()

from accounts.models import User  # noqa: E402 (models need the line above)
from orders import triggers  # noqa: E402
from orders.models import Deposit, LedgerEntry, Order, OrderEvent, Service, Wallet  # noqa: E402
from orders.verification import verify  # noqa: E402
from support.models import Message, Ticket  # noqa: E402
from tests.factories import make_provider, make_service  # noqa: E402

HEAVY = "heavy@example.com"
OTHERS_ORDERS = 50
CHARGE, QUANTITY, STARTED_AT = 90_000_000, 1000, 5000
SERVICES = 40
# Of ten orders: two open, two canceled or failed, one partly delivered, the rest completed.
STATUSES = (
    "completed", "in_progress", "completed", "canceled", "completed", "partial", "completed", "processing", "error", "completed",
)  # fmt: skip
ACTIVE = ("in_progress",) * 10
RETURNS = {"canceled": CHARGE, "error": CHARGE, "partial": CHARGE // 2}
A_TICKET_EVERY = 25
WRITTEN_AT_ONCE = 20_000


class Table:
    """Rows of one model, given as what differs from its defaults and written in bulk."""

    def __init__(self, model: type[Model], *names: str):
        self.model, self.rows, self.next = model, [], (newest(model) + 1)
        fields = model._meta.concrete_fields
        self.columns = [field.column for field in fields]
        self.usual = [usual_value(field) for field in fields]
        places = {field.attname: place for place, field in enumerate(fields)}
        key = model._meta.pk.attname
        self.key = None if key in names else places[key]
        self.places = [places[name] for name in names]

    def add(self, *values: Any) -> int:
        row = self.usual.copy()
        for place, value in zip(self.places, values, strict=True):
            row[place] = value
        number = self.next
        if self.key is not None:
            row[self.key] = number
            self.next += 1
        self.rows.append(row)
        return number

    def write(self) -> None:
        rows, self.rows = self.rows, []
        columns = ", ".join(f'"{name}"' for name in self.columns)
        table = self.model._meta.db_table
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                    for row in rows:
                        copy.write_row(
                            [(getattr(value, "dumps", None) and json.dumps(value.obj)) or value for value in row]
                        )
                return
            marks = ", ".join(["%s"] * len(self.columns))
            cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", rows)  # noqa: S608 (our own names)


def usual_value(field: Field) -> Any:
    """What the column holds where nothing else is said, as the driver takes it in bulk."""
    value = field.get_default() if field.has_default() or not field.null else None
    return json.dumps(value) if isinstance(field, JSONField) else field.get_db_prep_save(value, connection)


def newest(model: type[Model]) -> int:
    return model.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def fill(orders: int, *, heavy: int | None = None, statuses: tuple[str, ...] = STATUSES) -> None:
    """So many orders more, with everything that belongs to them. Raises SystemExit where the books are not in order then."""
    now = timezone.now().replace(microsecond=0)
    services = [make_service(name=f"Service {n}", category=f"Shelf {n % 8}", provider=provider)
                for provider in (make_provider(), make_provider()) for n in range(SERVICES // 2)]  # fmt: skip
    heavy = orders // 5 if heavy is None else heavy
    sizes = [heavy, *split(orders - heavy, OTHERS_ORDERS)]
    people = User.objects.bulk_create(
        [User(email=HEAVY if n == 0 else f"p{n}-{orders}@example.com", password="!") for n in range(len(sizes))],
        batch_size=2000,
    )
    triggers.drop()
    try:
        with transaction.atomic():
            Writer(services, now, statuses).write(zip(people, sizes, strict=True), total=orders)
    finally:
        triggers.create()
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for model in (Deposit, Order, LedgerEntry, OrderEvent, Ticket, Message):
                table, key = model._meta.db_table, model._meta.pk.column
                newest_key = f"(SELECT MAX({key}) FROM {table})"  # noqa: S608 (our own names)
                cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', '{key}'), {newest_key})")
        cursor.execute("ANALYZE")
    if faults := verify():
        raise SystemExit(f"The books are not in order: {faults[:3]}")


def split(total: int, size: int) -> Iterator[int]:
    while total > 0:
        yield min(size, total)
        total -= size


class Writer:
    """The tables of a shop side by side; orders spread over the last year, the newest just now."""

    def __init__(self, services: list[Service], now: dt.datetime, statuses: tuple[str, ...]):
        self.services, self.now, self.statuses = services, now, statuses
        self.wallets = Table(Wallet, "customer_id", "balance", "seq")
        self.deposits = Table(
            Deposit, "wallet_id", "state", "amount", "booked", "reference", "reference_key", "reported_at", "decided_at"
        )
        self.orders = Table(
            Order, "wallet_id", "service_id", "service_type", "provider_id", "provider_service_id", "provider_order_id",
            "submission", "client_key", "link", "target_key", "quantity", "rate", "charge", "refunded", "status", "remains",
            "start_count", "stated_start", "created_at", "status_since", "moved_at", "checked_at", "contact_after", "poll_at",
        )  # fmt: skip
        self.entries = Table(
            LedgerEntry, "wallet_id", "seq", "amount", "balance", "kind", "key", "created_at", "order_id", "deposit_id"
        )
        self.events = Table(
            OrderEvent,
            "order_id",
            "code",
            "from_status",
            "to_status",
            "applied",
            "source",
            "money",
            "entry_id",
            "created_at",
        )
        self.tickets = Table(
            Ticket,
            "customer_id",
            "order_id",
            "client_key",
            "topic",
            "state",
            "created_at",
            "changed_at",
            "closed_at",
            "due_at",
        )
        self.messages = Table(Message, "ticket_id", "author_id", "by_staff", "text", "created_at")
        # In the order in which rows name each other.
        self.tables = (
            self.wallets, self.deposits, self.orders, self.entries, self.events, self.tickets, self.messages,
        )  # fmt: skip
        self.run = uuid.uuid4().hex[:8]

    def write(self, people: Iterable[tuple[User, int]], *, total: int) -> None:
        numbers = itertools.count()
        self.step = dt.timedelta(days=365) / max(total, 1)
        self.total = total
        for person, count in people:
            self.add_customer(person.pk, count, numbers)
            if len(self.orders.rows) >= WRITTEN_AT_ONCE:
                self.flush()
        self.flush()

    def flush(self) -> None:
        for table in self.tables:
            table.write()

    def add_customer(self, wallet: int, count: int, numbers: Iterator[int]) -> None:
        paid = CHARGE * count
        at = self.moment(0)
        deposit = self.deposits.add(
            wallet, "confirmed", paid, paid, f"bench {self.run} {wallet}", f"bench{self.run}{wallet}", at, at
        )
        book = Book(self.entries, wallet, self.run)
        book.add(paid, "deposit", at, deposit=deposit)
        for _nth in range(count):
            self.add_order(wallet, book, next(numbers))
        self.wallets.add(wallet, book.balance, book.seq)

    def moment(self, number: int, minutes: int = 0) -> Any:
        value = self.now - self.step * (self.total - number) + dt.timedelta(minutes=minutes)
        return connection.ops.adapt_datetimefield_value(value)

    def add_order(self, wallet: int, book: "Book", number: int) -> None:
        service, status = self.services[number % len(self.services)], self.statuses[number % 10]
        placed, moved = self.moment(number), self.moment(number, 30)
        returned, is_open = RETURNS.get(status, 0), status in {"in_progress", "processing"}
        order = self.orders.next
        self.orders.add(
            wallet, service.pk, service.type, service.provider_id, service.provider_service_id, f"{self.run}-{order}", "accepted",
            f"bench {self.run} {number}", f"https://example.com/p/{number}", f"{self.run}{number:056x}", QUANTITY,
            CHARGE, CHARGE, returned, status, QUANTITY // 2 if status in {"partial", "in_progress"} else None,
            STARTED_AT if status in {"partial", "in_progress"} else None,
            60, placed, moved, moved, moved, self.moment(self.total, 600), self.moment(self.total, 60) if is_open else None,
        )  # fmt: skip
        charge = book.add(-CHARGE, "charge", placed, order=order)
        self.events.add(order, "placed", "", "pending", True, "customer", -CHARGE, charge, placed)
        self.events.add(order, "accepted", "pending", "processing", True, "submit", 0, None, placed)
        if status != "processing":
            back = book.add(returned, "refund", moved, order=order) if returned else None
            self.events.add(order, "moved", "processing", status, True, "provider", returned, back, moved)
        if number % A_TICKET_EVERY == 0:
            self.add_ticket(wallet, order, number, moved)

    def add_ticket(self, wallet: int, order: int, number: int, at: Any) -> None:
        is_open = number % (A_TICKET_EVERY * 10) == 0
        state, due = ("received", self.moment(self.total, 60)) if is_open else ("solved", None)
        ticket = self.tickets.add(
            wallet, order, f"bench {self.run} {number}", "other", state, at, at, None if is_open else at, due
        )
        self.messages.add(ticket, wallet, False, "Where is my order?", at)
        self.messages.add(ticket, None, True, "It is on its way.", at)


class Book:
    """One wallet's chain of entries."""

    def __init__(self, entries: Table, wallet: int, run: str):
        self.entries, self.wallet, self.run = entries, wallet, run
        self.balance = self.seq = 0

    def add(self, amount: int, kind: str, at: Any, *, order: int | None = None, deposit: int | None = None) -> int:
        self.balance += amount
        self.seq += 1
        key = f"bench {self.run} {self.wallet} {self.seq}"
        return self.entries.add(self.wallet, self.seq, amount, self.balance, kind, key, at, order, deposit)


if __name__ == "__main__":
    begun = time.monotonic()
    fill(int(sys.argv[1]), statuses=ACTIVE if "--active" in sys.argv else STATUSES)
    told = {"orders": int(sys.argv[1]), "seconds": round(time.monotonic() - begun, 1), "books": "in order"}
    sys.stdout.write(json.dumps(told) + "\n")
