"""Large books that are in order: `python -m tests.benchmarks.books ENTRIES` fills the database that DATABASE_URL names.

The triggers step aside while it writes: the one exception there is for bulk data, and only for a database made for it.
"""

import itertools
import sys

import django
from django.db import connection, transaction
from django.utils import timezone

django.setup()

from accounts.models import User  # noqa: E402 (models need the line above)
from orders import triggers  # noqa: E402
from orders.models import Deposit, LedgerEntry, Order, Service, Wallet  # noqa: E402
from tests.factories import make_service  # noqa: E402

# A customer's hundred entries: a deposit, sixty orders, and the charges of thirty-nine of them back.
ENTRIES_A_CUSTOMER = 100
ORDERS = 60
CANCELED = ENTRIES_A_CUSTOMER - ORDERS - 1
CHARGE = 90_000
AT_ONCE = 50


def fill(entries: int) -> None:
    service = make_service(by_hand=True)
    customers = entries // ENTRIES_A_CUSTOMER
    triggers.drop()
    try:
        for first in range(0, customers, AT_ONCE):
            with transaction.atomic():
                add(range(first, min(first + AT_ONCE, customers)), service)
    finally:
        triggers.create()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def add(numbers: range, service: Service) -> None:
    now, keys = timezone.now(), itertools.count(numbers.start * ENTRIES_A_CUSTOMER)
    people = User.objects.bulk_create([User(email=f"n{number}@example.com", password="!") for number in numbers])
    deposited = CHARGE * ORDERS
    left = deposited - CHARGE * (ORDERS - CANCELED)
    Wallet.objects.bulk_create([Wallet(customer=user, balance=left, seq=ENTRIES_A_CUSTOMER) for user in people])
    payments = Deposit.objects.bulk_create(
        [
            Deposit(
                wallet_id=user.pk,
                state="confirmed",
                amount=deposited,
                booked=deposited,
                reference=f"payment {user.pk}",
                reference_key=f"payment{user.pk}",
                reported_at=now,
                decided_at=now,
            )
            for user in people
        ]
    )
    orders = Order.objects.bulk_create(
        [
            Order(
                wallet_id=user.pk,
                service=service,
                service_type=service.type,
                client_key=f"bulk {number}",
                link=f"https://example.com/{number}",
                target_key="",
                quantity=100,
                rate=service.rate,
                charge=CHARGE,
                refunded=CHARGE if number < CANCELED else 0,
                status="canceled" if number < CANCELED else "completed",
                stated_start=60,
                created_at=now,
                status_since=now,
                moved_at=now,
                contact_after=now,
            )
            for user in people
            for number in range(ORDERS)
        ]
    )
    rows = []
    for nth, (user, payment) in enumerate(zip(people, payments, strict=True)):
        bought = orders[nth * ORDERS : (nth + 1) * ORDERS]
        moves = [("deposit", deposited, {"deposit": payment})]
        moves += [("charge", -CHARGE, {"order": order}) for order in bought]
        moves += [("refund", CHARGE, {"order": order}) for order in bought[:CANCELED]]
        balances = itertools.accumulate(amount for _kind, amount, _cause in moves)
        rows += [
            LedgerEntry(
                wallet_id=user.pk,
                seq=seq,
                amount=amount,
                balance=balance,
                kind=kind,
                key=f"bulk {next(keys)}",
                created_at=now,
                **cause,
            )
            for seq, ((kind, amount, cause), balance) in enumerate(zip(moves, balances, strict=True), 1)
        ]
    LedgerEntry.objects.bulk_create(rows, batch_size=5000)


if __name__ == "__main__":
    fill(int(sys.argv[1]))
