"""Somebody who looks at the balances all the time: `python -m tests.chaos.watch`. SIGTERM ends it; it tells what it saw."""

import json
import signal
import sys
import time

import django
from django.db import Error, connection

django.setup()

from orders.verification import verify  # noqa: E402 (models need the line above)

# One statement, so one moment: no balance below nothing, none that its newest entry does not say.
IMPOSSIBLE = """
    SELECT w.customer_id, w.balance, e.balance FROM orders_wallet w
    LEFT JOIN orders_ledgerentry e ON e.wallet_id = w.customer_id AND e.seq = w.seq
    WHERE w.balance < 0 OR w.balance <> COALESCE(e.balance, 0)"""
VERIFY_EVERY = 3.0


def watch() -> dict[str, object]:
    running = True

    def stop(*_: object) -> None:
        nonlocal running
        running = False

    signal.signal(signal.SIGTERM, stop)
    seen: list[str] = []
    looks = checks = interrupted = 0
    next_check = time.monotonic() + VERIFY_EVERY
    while running:
        try:
            with connection.cursor() as cursor:
                cursor.execute(IMPOSSIBLE)
                seen += [f"wallet {row[0]}: {row[1]}, its entry {row[2]}" for row in cursor.fetchall()]
            looks += 1
            if time.monotonic() > next_check:
                next_check = time.monotonic() + VERIFY_EVERY
                seen += [f"{fault.where}: {fault.what}" for fault in verify()]
                checks += 1
        except Error:
            interrupted += 1
            connection.close()
            time.sleep(0.1)
        time.sleep(0.02)
    return {"looks": looks, "checks": checks, "interrupted": interrupted, "impossible": seen[:20]}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(watch()) + "\n")
