"""`python -m tests.benchmarks.reports_parts WORKERS...`, in a database that `shop.py` has filled; `reports.py` runs it."""

import json
import multiprocessing
import sys
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import django
from django.conf import settings
from django.db import connection, connections
from django.utils import timezone

django.setup()

from orders import lifecycle, sync  # noqa: E402 (models need the line above)
from orders.models import Order, Provider  # noqa: E402
from orders.provider.wire import StatusReport  # noqa: E402
from orders.reports import Report  # noqa: E402
from orders.statuses import OrderStatus  # noqa: E402
from orders.verification import verify  # noqa: E402
from tests.benchmarks.clients import rate  # noqa: E402

BATCH = 100
SETTLED = 500


class Unchanged(BaseHTTPRequestHandler):
    """Says of every order that it is in progress."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        ids = (form.get("orders") or form.get("order") or [""])[0].split(",")
        body = json.dumps({number: {"status": "In progress"} for number in ids}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words: Any) -> None:
        pass


def timed(count: int, act: Callable[[], Any]) -> float:
    """So many things done by `act`, a second."""
    begun = time.monotonic()
    act()
    return round(count / (time.monotonic() - begun), 1)


def no_change(rows: list[Order]) -> dict[str, float]:
    """The usual answer, in batches of 100 as the worker has them, against one UPDATE a batch."""
    said = StatusReport("", OrderStatus.IN_PROGRESS, "In progress", remains=None, start_count=None, charge="", raw="")
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


def sweep(workers: int, address: str) -> dict[str, float]:
    """Everything that is open is due now; until nothing is. How long the last one waited is the time that the sweep took."""
    due = Order.objects.filter(poll_at__isnull=False, status="in_progress")
    due.update(poll_at=timezone.now())
    Provider.objects.update(url=address, paused_until=None, failures=0)
    count, begun = due.count(), time.monotonic()
    swept = rate(workers, 3600, lambda _number: lambda: sync.poll_due(timezone.now))
    return {
        f"sweep by {workers}, orders/s": round(swept, 1),
        f"sweep by {workers}, orders": count,
        f"sweep by {workers}, the last waited, s": round(time.monotonic() - begun, 1),
    }


def main(workers: list[int]) -> dict[str, float]:
    found: dict[str, float] = {}
    # Asked again only after the measurement: an hour later, whatever the demo says.
    settings.POLL_SCHEDULE = type(settings.POLL_SCHEDULE)(3600, 3600, 3600, 3600)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Unchanged)
    connections.close_all()
    serving = multiprocessing.get_context("fork").Process(target=server.serve_forever, daemon=True)
    serving.start()
    host = f"127.0.0.1:{server.server_address[1]}"
    settings.ALLOW_PRIVATE_HOSTS = [host]
    rows = list(Order.objects.filter(status="in_progress").order_by("pk")[: 100 * BATCH])
    found |= no_change(rows)
    for number in workers:
        found |= sweep(number, f"http://{host}/api/v2")
    found |= settling(rows[: 2 * SETTLED])
    serving.terminate()
    if faults := verify():
        raise SystemExit(f"The books are not in order: {faults[:3]}")
    return found


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main([int(word) for word in sys.argv[1:]])) + "\n")
