"""What the simulated provider remembers, in a small SQLite file of its own: a restart goes on where it stopped."""

import sqlite3
import threading
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FIRST_ORDER = 10001

SCHEMA = """
CREATE TABLE IF NOT EXISTS orders (
    id INTEGER PRIMARY KEY, service INTEGER NOT NULL, link TEXT NOT NULL, quantity INTEGER NOT NULL,
    charge INTEGER NOT NULL, accepted_at REAL NOT NULL, canceled_at REAL
);
CREATE TABLE IF NOT EXISTS refills (id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL, asked_at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS counters (
    kind TEXT NOT NULL, name TEXT NOT NULL, times INTEGER NOT NULL, PRIMARY KEY (kind, name)
);
"""


@dataclass(frozen=True)
class SimulatedOrder:
    """An accepted order. `charge` in units of money, times in seconds since the epoch."""

    id: int
    service: int
    link: str
    quantity: int
    charge: int
    accepted_at: float
    canceled_at: float | None


class SimulatorState:
    """Safe across threads: one connection behind one lock. Without a path everything is forgotten at the end."""

    def __init__(self, path: Path | None) -> None:
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(path or ":memory:", check_same_thread=False, isolation_level=None)
        self._connection.executescript(SCHEMA)

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    def accept(self, *, service: int, link: str, quantity: int, charge: int, now: float) -> int:
        """Remember one more order and return its id. The same order twice is two orders: that is what panels do."""
        with self._lock:
            (last,) = self._connection.execute("SELECT COALESCE(MAX(id), ?) FROM orders", [FIRST_ORDER - 1]).fetchone()
            self._connection.execute(
                "INSERT INTO orders VALUES (?, ?, ?, ?, ?, ?, NULL)", [last + 1, service, link, quantity, charge, now]
            )
            return int(last) + 1

    def order(self, order_id: int) -> SimulatedOrder | None:
        rows = self._rows("SELECT * FROM orders WHERE id = ?", order_id)
        return SimulatedOrder(*rows[0]) if rows else None

    def orders(self) -> list[SimulatedOrder]:
        return [SimulatedOrder(*row) for row in self._rows("SELECT * FROM orders ORDER BY id")]

    def cancel(self, order_id: int, now: float) -> None:
        self._rows("UPDATE orders SET canceled_at = ? WHERE id = ? AND canceled_at IS NULL", now, order_id)

    def refill(self, order_id: int, now: float) -> int:
        """Remember a wish for a refill and return its id. Asked twice, it is two: that is what panels do."""
        [(refill_id,)] = self._rows(
            "INSERT INTO refills (order_id, asked_at) VALUES (?, ?) RETURNING id", order_id, now
        )
        return int(refill_id)

    def refill_of(self, refill_id: int) -> tuple[SimulatedOrder, float] | None:
        """The order that a refill is of, and when it was asked for."""
        rows = self._rows("SELECT order_id, asked_at FROM refills WHERE id = ?", refill_id)
        order = self.order(int(rows[0][0])) if rows else None
        return (order, float(rows[0][1])) if order is not None else None

    def spent(self) -> int:
        return int(self._rows("SELECT COALESCE(SUM(charge), 0) FROM orders")[0][0])

    def count(self, kind: str, name: str) -> int:
        """Count one more and return how many there were, this one included."""
        [(times,)] = self._rows(
            "INSERT INTO counters VALUES (?, ?, 1)"
            " ON CONFLICT (kind, name) DO UPDATE SET times = times + 1 RETURNING times",
            kind,
            name,
        )
        return int(times)

    def report(self) -> dict[str, Any]:
        """How often each order was accepted (twice: somebody sent it again), what was asked, and what went wrong."""
        accepted = Counter((order.service, order.link, order.quantity) for order in self.orders())
        counters: dict[str, dict[str, int]] = {"request": {}, "fault": {}}
        for kind, name, times in self._rows("SELECT kind, name, times FROM counters"):
            counters.setdefault(kind, {})[name] = times
        return {
            "orders": sum(accepted.values()),
            "accepted": [
                {"service": str(service), "link": link, "quantity": quantity, "times": times}
                for (service, link, quantity), times in accepted.items()
            ],
            "refills": self._rows("SELECT COUNT(*) FROM refills")[0][0],
            "requests": counters["request"],
            "faults": counters["fault"],
        }

    def _rows(self, sql: str, *values: object) -> list[Any]:
        with self._lock:
            return self._connection.execute(sql, values).fetchall()
