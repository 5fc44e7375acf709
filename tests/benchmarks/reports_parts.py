"""`python -m tests.benchmarks.reports_parts WORKERS...`, in a database that `shop.py` has filled; `reports.py` runs it."""

import json
import logging
import multiprocessing
import sys
import time
from collections.abc import Callable
from typing import Any

import django
from django.conf import settings
from django.db import connection, connections
from django.db.models import Max
from django.utils import timezone

django.setup()

from orders import lifecycle, sync  # noqa: E402 (models need the line above)
from orders.models import Order, Provider  # noqa: E402
from orders.provider.simulator import Conduct, Simulator, SimulatorServer  # noqa: E402
from orders.provider.simulator_state import SimulatorState  # noqa: E402
from orders.provider.wire import StatusReport  # noqa: E402
from orders.reports import Report  # noqa: E402
from orders.statuses import OrderStatus  # noqa: E402
from orders.verification import verify  # noqa: E402
from tests.benchmarks.clients import rate  # noqa: E402
from tests.benchmarks.shop import QUANTITY, STARTED_AT  # noqa: E402

BATCH = 100
SETTLED = 500
INTERVAL = 3600


def timed(count: int, act: Callable[[], Any]) -> float:
    """So many things done by `act`, a second."""
    begun = time.monotonic()
    act()
    return round(count / (time.monotonic() - begun), 1)


def no_change(rows: list[Order]) -> dict[str, float]:
    """The usual answer, in batches of 100 as the worker has them, against one UPDATE a batch."""
    said = StatusReport("", OrderStatus.IN_PROGRESS, "In progress", QUANTITY // 2, STARTED_AT, charge="", raw="")
    batches = [rows[first : first + BATCH] for first in range(0, len(rows), BATCH)]

    def by_door() -> None:
        for batch in batches:
            sync.note_unchanged([order for order in batch if sync.is_unchanged(order, said)], timezone.now())

    def by_hand() -> None:
        with connection.cursor() as cursor:
            for batch in batches:
                marks = ", ".join(["%s"] * len(batch))
                answered = "checked_at = %s, poll_answered = poll_claim, poll_missing = 0"
                statement = f"UPDATE orders_order SET {answered} WHERE id IN ({marks})"  # noqa: S608
                now = connection.ops.adapt_datetimefield_value(timezone.now())
                cursor.execute(statement, [now, *(order.pk for order in batch)])

    door, hand = timed(len(rows), by_door), timed(len(rows), by_hand)
    return {
        "no change, door, orders/s": door,
        "no change, raw, orders/s": hand,
        "no change, door / raw": round(door / hand, 2),
    }


def settling(rows: list[Order]) -> dict[str, float]:
    """Answers that close an order: a transaction each with its event, against two statements for all of them."""
    half = len(rows) // 2
    said = Report(to=OrderStatus.COMPLETED, word="Completed", remains=0)

    def by_door() -> None:
        for order in rows[:half]:
            lifecycle.report(order_id=order.pk, report=said, now=timezone.now())

    def by_hand() -> None:
        ids = [order.pk for order in rows[half:]]
        marks = ", ".join(["%s"] * len(ids))
        now = connection.ops.adapt_datetimefield_value(timezone.now())
        with connection.cursor() as cursor:
            statement = f"UPDATE orders_order SET status = 'completed', status_since = %s WHERE id IN ({marks})"  # noqa: S608
            cursor.execute(statement, [now, *ids])

    door, hand = timed(half, by_door), timed(len(rows) - half, by_hand)
    return {
        "settling, door, orders/s": door,
        "settling, raw bulk, orders/s": hand,
        "settling, door / raw": round(door / hand, 4),
    }


def with_patience() -> None:
    """What makes a million orders ready, and counts them, takes longer than a panel's statement may."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = 0")


def sweep(workers: int, address: str) -> dict[str, float]:
    """Every order is due at this moment; until all are asked for. Raises SystemExit where one was not, or twice."""
    with_patience()
    due_at = timezone.now()
    active = Order.objects.filter(provider_order_id__isnull=False, status="in_progress")
    active.update(poll_at=due_at, poll_claim=0, poll_answered=0, checked_at=None)
    Provider.objects.update(url=address, paused_until=None, failures=0)
    with connection.cursor() as cursor:
        # As autovacuum leaves a table of which every row was just written.
        cursor.execute("VACUUM ANALYZE orders_order" if connection.vendor == "postgresql" else "ANALYZE")
    count, begun = active.count(), timezone.now()
    swept = rate(workers, 4 * 3600, lambda _number: lambda: sync.poll_due(timezone.now))
    with_patience()
    if other := active.exclude(poll_claim=1, poll_answered=1, checked_at__gte=begun).count():
        raise SystemExit(f"{other} orders were not asked for, or more than once")
    last = active.aggregate(last=Max("checked_at"))["last"]
    return {
        f"sweep by {workers}, orders": count,
        f"sweep by {workers}, orders/s": round(swept, 1),
        f"sweep by {workers}, longest wait, s": round((last - begun).total_seconds(), 1),
        f"sweep by {workers}, one interval, s": INTERVAL * (1 - sync.JITTER),
    }


def main(workers: list[int]) -> dict[str, float]:
    found: dict[str, float] = {}
    # Orders of more than a day are asked for once an hour, whatever the demo says.
    settings.POLL_SCHEDULE = type(settings.POLL_SCHEDULE)(INTERVAL, INTERVAL, INTERVAL, INTERVAL)
    logging.getLogger("orders").setLevel(logging.WARNING)
    same = {"charge": "0.9", "start_count": str(STARTED_AT), "status": "In progress", "remains": str(QUANTITY // 2)}
    server = SimulatorServer(Simulator(SimulatorState(None), Conduct(unseen={**same, "currency": "USD"})))
    connections.close_all()
    serving = multiprocessing.get_context("fork").Process(target=server.serve_forever, daemon=True)
    serving.start()
    host = server.url.removeprefix("http://").partition("/")[0]
    settings.ALLOW_PRIVATE_HOSTS = [host]
    rows = list(Order.objects.filter(status="in_progress").order_by("pk")[: 100 * BATCH])
    found |= no_change(rows)
    for number in workers:
        found |= sweep(number, server.url)
    found |= settling(rows[: 2 * SETTLED])
    serving.terminate()
    with_patience()
    if faults := verify():
        raise SystemExit(f"The books are not in order: {faults[:3]}")
    return found


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main([int(word) for word in sys.argv[1:]])) + "\n")
