"""`python -m tests.benchmarks.placing_parts CLIENTS SECONDS ROUNDS`, in the database of DATABASE_URL; `placing.py` runs it."""

import itertools
import json
import re
import statistics
import sys
import uuid
from collections.abc import Callable
from typing import Any

import django
from django.db import connection
from django.utils import timezone

django.setup()

from accounts.models import User  # noqa: E402 (models need the line above)
from orders import deposits, links  # noqa: E402
from orders.models import Order, Service, Wallet  # noqa: E402
from orders.money import parse  # noqa: E402
from orders.placing import Wish, place_order  # noqa: E402
from orders.verification import verify  # noqa: E402
from tests.benchmarks.clients import rate  # noqa: E402
from tests.factories import make_service  # noqa: E402

# Numbers that nothing else in the statements has: they are told apart by their value.
FIRST_CUSTOMER = 7_000_001
COLUMNS = re.compile(r'INSERT INTO "(\w+)" \(([^)]*)\)')

Statement = tuple[str, tuple[Any, ...]]


def door(customer: User, service: Service) -> Callable[[], int]:
    def act() -> int:
        number = uuid.uuid4().hex
        wish = Wish(service_id=service.pk, link=f"https://example.com/{number}", quantity=1000)
        place_order(customer=customer, wish=wish, client_key=number, now=timezone.now())
        return 1

    return act


def recorded(customer: User, service: Service) -> tuple[list[Statement], Order]:
    """What the door says to the database for one order, in its order."""
    said: list[Statement] = []

    def note(execute, sql, params, many, context):
        if not sql.startswith(("BEGIN", "SAVEPOINT", "RELEASE")):
            said.append((sql, tuple(params or ())))
        return execute(sql, params, many, context)

    key = uuid.uuid4().hex
    wish = Wish(service_id=service.pk, link=f"https://example.com/{key}", quantity=1000)
    with connection.execute_wrapper(note):
        order = place_order(customer=customer, wish=wish, client_key=key, now=timezone.now())
    return said, order


def raw(customer: User, service: Service, said: list[Statement], example: Order) -> Callable[[], int]:
    """The same statements with the values of another order, straight through the driver."""
    connection.ensure_connection()
    driver = connection.connection
    sqlite = connection.vendor == "sqlite"
    statements = [(sql.replace("%s", "?") if sqlite else sql, params) for sql, params in said]
    wallet = Wallet.objects.get(pk=customer.pk)
    state = {"balance": wallet.balance, "seq": wallet.seq}

    def act() -> int:
        key = uuid.uuid4().hex
        link = f"https://example.com/{key}"
        swap = {
            example.client_key: key,
            example.link: link,
            example.target_key: links.target_key(link),
            example.overlap_key: links.overlap_key(service.pk, link),
            example.wallet_id: customer.pk,
        }
        cursor = driver.cursor()
        cursor.execute("BEGIN IMMEDIATE" if sqlite else "BEGIN")
        state["seq"] += 1
        state["balance"] -= example.charge
        order = 0
        for sql, params in statements:
            values = [swap.get(value, value) if type(value) in {str, int} else value for value in params]
            if insert := COLUMNS.match(sql):
                names = [name.strip(' "') for name in insert[2].split(",")]
                own = {"order_id": order} if "order_id" in names and order else {}
                if insert[1] == "orders_ledgerentry":
                    own |= state | {"key": f"order:{order}:charge"}
                for name, value in own.items():
                    values[names.index(name)] = value
            elif sql.startswith("UPDATE orders_wallet"):
                values[:2] = state["balance"], state["seq"]
            cursor.execute(sql, values)
            if insert and insert[1] == "orders_order":
                order = cursor.fetchone()[0]
            elif cursor.description:
                cursor.fetchall()
        cursor.execute("COMMIT")
        return 1

    return act


def main(clients: int, seconds: float, rounds: int) -> dict[str, float]:
    service = Service.objects.first() or make_service(maximum=100_000)
    first = FIRST_CUSTOMER + (User.objects.filter(pk__gte=FIRST_CUSTOMER).count())
    people = [
        User.objects.create(pk=number, email=f"c{number}@example.com") for number in range(first, first + clients + 1)
    ]
    for person in people:
        deposits.credit(
            customer=person,
            amount=parse("10000000.00"),
            note="",
            reference=uuid.uuid4().hex,
            notify=False,
            now=timezone.now(),
        )
    said, example = recorded(people[-1], service)
    found: dict[str, list[float]] = {"door": [], "raw": []}
    for _round, name in itertools.product(range(rounds), found):

        def begin(number: int, name: str = name) -> Callable[[], int]:
            return door(people[number], service) if name == "door" else raw(people[number], service, said, example)

        found[name].append(rate(clients, seconds, begin))
    if faults := verify():
        raise SystemExit(f"The books are not in order: {faults[:3]}")
    by_door, by_hand = (statistics.median(found[name]) for name in ("door", "raw"))
    return {
        "statements an order": len(said),
        "door, orders/s": round(by_door, 1),
        "raw, orders/s": round(by_hand, 1),
        "door / raw": round(by_door / by_hand, 2),
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]))) + "\n")
