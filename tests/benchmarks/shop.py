"""A whole shop with a history: `python -m tests.benchmarks.shop ORDERS [--active]` fills the database that DATABASE_URL names.

Orders in all statuses with their entries, events and tickets, as the doors would have left them, written in bulk (COPY on
PostgreSQL). One customer has a fifth of all orders: pages that grow with history would show it there. The triggers step
aside while it writes (see `tests/benchmarks/bulk.py`), and the check of the ledger has the last word. With `--active` all
orders are under way.
"""

import datetime as dt
import json
import sys
import time
import uuid
from typing import Any

import django
from django.db import connection
from django.utils import timezone

django.setup()

from accounts.models import User  # noqa: E402 (models need the line above)
from orders.models import DayTotal, Deposit, LedgerEntry, Order, OrderEvent, Service, TallyMark, Wallet  # noqa: E402
from orders.verification import verify  # noqa: E402
from support.models import Message, Ticket  # noqa: E402
from tests.benchmarks.bulk import Table, bulk  # noqa: E402
from tests.factories import make_provider, make_service  # noqa: E402

HEAVY = "heavy@example.com"
# Few, so that a list of people fills its first page in the smallest shop too: a ratio is to tell of history, not of that.
OTHERS_ORDERS = 8
CHARGE, QUANTITY, STARTED_AT = 90_000_000, 1000, 5000
SERVICES = 40
# Of ten orders: two open, two canceled or failed, one partly delivered, the rest completed.
STATUSES = (
    "completed", "in_progress", "completed", "canceled", "completed", "partial", "completed", "processing", "error", "completed",
)  # fmt: skip
ACTIVE = ("in_progress",) * 10
RETURNS = {"canceled": CHARGE, "error": CHARGE, "partial": CHARGE // 2}
A_TICKET_EVERY = 3
WRITTEN_AT_ONCE = 20_000


def fill(orders: int, *, heavy: int | None = None, statuses: tuple[str, ...] = STATUSES) -> None:
    """So many orders more, with everything that belongs to them. Raises SystemExit where the books are not in order then.

    `heavy` of them are one customer's, a fifth where nothing is said, spread over the whole time.
    """
    now = timezone.now().replace(microsecond=0)
    services = [make_service(name=f"Service {n}", category=f"Shelf {n % 8}", provider=provider)
                for provider in (make_provider(), make_provider()) for n in range(SERVICES // 2)]  # fmt: skip
    others = (orders - (orders // 5 - 1 if heavy is None else heavy)) // OTHERS_ORDERS + 2
    people = User.objects.bulk_create(
        [User(email=HEAVY if n == 0 else f"p{n}-{orders}@example.com", password="!") for n in range(others + 1)],
        batch_size=2000,
    )
    writer = Writer(services, now, statuses, total=orders, heavy=heavy)
    with bulk(writer.tables):
        writer.write([person.pk for person in people])
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET statement_timeout = 0")
            for table in writer.tables:
                if not table.numbers_itself:
                    continue
                name, key = table.model._meta.db_table, table.model._meta.pk.column
                newest_key = f"(SELECT MAX({key}) FROM {name})"  # noqa: S608 (our own names)
                cursor.execute(f"SELECT setval(pg_get_serial_sequence('{name}', '{key}'), {newest_key})")
            # As the server's own housekeeping leaves a table: what is visible to all is known, and so is what it holds.
            cursor.execute("VACUUM ANALYZE")
        else:
            cursor.execute("ANALYZE")
    if faults := verify():
        raise SystemExit(f"The books are not in order: {faults[:3]}")


class Writer:
    """The tables of a shop side by side; orders spread over the last year, the newest just now."""

    def __init__(
        self, services: list[Service], now: dt.datetime, statuses: tuple[str, ...], *, total: int, heavy: int | None
    ):
        self.services, self.now, self.statuses, self.total, self.heavy = services, now, statuses, total, heavy
        self.step = dt.timedelta(days=365) / max(total, 1)
        self.wallets = Table(Wallet, "customer_id", "balance", "seq")
        self.marks = Table(TallyMark, "wallet_id", "seq")
        self.totals = Table(DayTotal, "wallet_id", "day", "kind", "category_id", "amount", "entries")
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
            OrderEvent, "order_id", "code", "from_status", "to_status", "applied", "source", "money", "entry_id", "created_at"
        )  # fmt: skip
        self.tickets = Table(
            Ticket, "customer_id", "order_id", "client_key", "topic", "state", "created_at", "changed_at", "closed_at", "due_at"
        )  # fmt: skip
        self.messages = Table(Message, "ticket_id", "author_id", "by_staff", "text", "created_at")
        self.tables = [
            self.wallets, self.marks, self.totals, self.deposits, self.orders, self.entries, self.events, self.tickets,
            self.messages,
        ]  # fmt: skip
        self.run = uuid.uuid4().hex[:8]

    def write(self, people: list[int]) -> None:
        """The first person has orders all the year long; the others have theirs one person after another."""
        first, *others = people
        heavy, waiting = self.opened(first, self.total // 5 + 1 if self.heavy is None else self.heavy), iter(others)
        book: Book | None = None
        left = 0
        for number in range(self.total):
            if len(self.orders.rows) >= WRITTEN_AT_ONCE:
                self.flush()
            if self.is_heavy(number):
                self.add_order(heavy, number)
                continue
            if left == 0:
                if book:
                    self.close(book)
                book, left = self.opened(next(waiting), OTHERS_ORDERS), OTHERS_ORDERS
            self.add_order(book, number)
            left -= 1
        for last in filter(None, (book, heavy)):
            self.close(last)
        self.flush()

    def is_heavy(self, number: int) -> bool:
        if self.heavy is not None:
            return number * self.heavy // self.total != (number + 1) * self.heavy // self.total
        # Every fifth, and each time with another last digit: with orders in all statuses.
        return (number // 10 + number) % 5 == 0

    def flush(self) -> None:
        for table in self.tables:
            table.write()

    def opened(self, wallet: int, orders: int) -> "Book":
        """A new wallet with money for so many orders."""
        paid, at = CHARGE * orders, self.moment(0)
        deposit = self.deposits.add(
            wallet, "confirmed", paid, paid, f"bench {self.run} {wallet}", f"bench{self.run}{wallet}", at, at
        )
        book = Book(self.entries, wallet, self.run)
        book.add(paid, "deposit", at, deposit=deposit)
        return book

    def close(self, book: "Book") -> None:
        """The wallet, and what the worker's chore made of its entries."""
        self.wallets.add(book.wallet, book.balance, book.seq)
        self.marks.add(book.wallet, book.seq)
        for (day, kind, category), (amount, entries) in book.totals.items():
            self.totals.add(book.wallet, day, kind, category, amount, entries)

    def moment(self, number: int, minutes: int = 0) -> Any:
        value = self.now - self.step * (self.total - number) + dt.timedelta(minutes=minutes)
        return connection.ops.adapt_datetimefield_value(value)

    def add_order(self, book: "Book", number: int) -> None:
        wallet = book.wallet
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
        category = service.category_id
        charge = book.add(-CHARGE, "charge", placed, order=order, category=category)
        self.events.add(order, "placed", "", "pending", True, "customer", -CHARGE, charge, placed)
        self.events.add(order, "accepted", "pending", "processing", True, "submit", 0, None, placed)
        if status != "processing":
            back = book.add(returned, "refund", moved, order=order, category=category) if returned else None
            self.events.add(order, "moved", "processing", status, True, "provider", returned, back, moved)
        if number % A_TICKET_EVERY == 0:
            self.add_ticket(wallet, order, number, moved)

    def add_ticket(self, wallet: int, order: int, number: int, at: Any) -> None:
        is_open = number % (A_TICKET_EVERY * 3) == 0
        state, due = ("received", self.moment(self.total, 60)) if is_open else ("solved", None)
        ticket = self.tickets.add(
            wallet, order, f"bench {self.run} {number}", "other", state, at, at, None if is_open else at, due
        )
        self.messages.add(ticket, wallet, False, "Where is my order?", at)
        self.messages.add(ticket, None, True, "It is on its way.", at)


class Book:
    """One wallet's chain of entries, with its day totals."""

    def __init__(self, entries: Table, wallet: int, run: str):
        self.entries, self.wallet, self.run = entries, wallet, run
        self.balance = self.seq = 0
        self.totals: dict[tuple[str, str, int | None], tuple[int, int]] = {}

    def add(
        self, amount: int, kind: str, at: Any, *, order: int | None = None, deposit: int | None = None, category: int | None = None
    ) -> int:  # fmt: skip
        self.balance += amount
        self.seq += 1
        total = str(at)[:10], kind, category
        before = self.totals.get(total, (0, 0))
        self.totals[total] = before[0] + amount, before[1] + 1
        key = f"bench {self.run} {self.wallet} {self.seq}"
        return self.entries.add(self.wallet, self.seq, amount, self.balance, kind, key, at, order, deposit)


if __name__ == "__main__":
    begun = time.monotonic()
    fill(int(sys.argv[1]), statuses=ACTIVE if "--active" in sys.argv else STATUSES)
    told = {"orders": int(sys.argv[1]), "seconds": round(time.monotonic() - begun, 1), "books": "in order"}
    sys.stdout.write(json.dumps(told) + "\n")
