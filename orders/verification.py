"""Is every balance what its entries say? Recomputed in the database, in one snapshot, with constant memory here."""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction


@dataclass(frozen=True)
class Fault:
    """One thing that the ledger check found wrong."""

    what: str
    where: str


# Each query returns (where) for what must not be. One statement each, in the database: constant memory here.
CHECKS = {
    "entry does not follow the one before it": """
        SELECT 'entry ' || id FROM (SELECT id, seq, balance, amount,
            LAG(seq, 1, 0) OVER w AS last_seq, LAG(balance, 1, 0) OVER w AS last_balance
            FROM orders_ledgerentry WINDOW w AS (PARTITION BY wallet_id ORDER BY seq)) AS chain
        WHERE seq <> last_seq + 1 OR balance <> last_balance + amount OR balance < 0""",
    "balance differs from its entries": """
        SELECT 'wallet ' || w.customer_id FROM orders_wallet w
        LEFT JOIN (SELECT wallet_id, SUM(amount) AS total, COUNT(*) AS entries FROM orders_ledgerentry GROUP BY wallet_id) e
            ON e.wallet_id = w.customer_id
        WHERE w.balance <> COALESCE(e.total, 0) OR w.seq <> COALESCE(e.entries, 0)""",
    "order differs from its entries": """
        SELECT 'order ' || o.id FROM orders_order o
        LEFT JOIN (SELECT order_id, SUM(CASE WHEN kind = 'charge' THEN -amount ELSE 0 END) AS charged,
            SUM(CASE WHEN kind = 'refund' THEN amount ELSE 0 END) AS returned
            FROM orders_ledgerentry WHERE order_id IS NOT NULL GROUP BY order_id) e ON e.order_id = o.id
        WHERE o.charge <> COALESCE(e.charged, 0) OR o.refunded <> COALESCE(e.returned, 0)""",
    "entry is on another customer's wallet than its order": """
        SELECT 'entry ' || e.id FROM orders_ledgerentry e JOIN orders_order o ON o.id = e.order_id
        WHERE o.wallet_id <> e.wallet_id""",
    "status and money of an order do not agree": """
        SELECT 'order ' || id FROM orders_order WHERE NOT (
            (status IN ('pending', 'processing', 'in_progress', 'completed') AND refunded = 0)
            OR (status IN ('canceled', 'error') AND refunded = charge)
            OR (status IN ('partial', 'refunded') AND refunded > 0 AND refunded <= charge))""",
    "deposit differs from its entry": """
        SELECT 'deposit ' || d.id FROM orders_deposit d LEFT JOIN orders_ledgerentry e ON e.deposit_id = d.id
        WHERE (d.state = 'confirmed' AND (e.id IS NULL OR e.amount <> d.booked OR e.wallet_id <> d.wallet_id))
            OR (d.state <> 'confirmed' AND e.id IS NOT NULL)""",
}
MOST_FAULTS = 100


def verify() -> list[Fault]:
    """Recomputes every balance and every return from the entries; the faults found, at most 100 of a kind.

    Everything is read in one snapshot: without one, seven of eight runs under load gave false alarms. It holds no lock that
    a customer would wait for.
    """
    return _in_sqlite_snapshot() if connection.vendor == "sqlite" else _in_postgres_snapshot()


def _run(rows_of: Callable[[str], list[Any]]) -> list[Fault]:
    return [
        Fault(what, str(row[0])) for what, query in CHECKS.items() for row in rows_of(f"{query} LIMIT {MOST_FAULTS}")
    ]


def _in_sqlite_snapshot() -> list[Fault]:
    # A connection of its own, read-only: inside atomic() the IMMEDIATE mode would hold the write lock all the while.
    connection.ensure_connection()
    reader = sqlite3.connect(f"file:{connection.settings_dict['NAME']}?mode=ro", uri=True, isolation_level=None)
    try:
        reader.execute("BEGIN")
        return _run(lambda query: reader.execute(query).fetchall())
    finally:
        reader.close()


def _in_postgres_snapshot() -> list[Fault]:
    with transaction.atomic(), connection.cursor() as cursor:
        if not connection.atomic_blocks[:-1]:  # in a test's own transaction the snapshot cannot be chosen any more
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            cursor.execute("SET LOCAL statement_timeout = 0")

        def rows_of(query: str) -> list[Any]:
            cursor.execute(query)
            return cursor.fetchall()

        return _run(rows_of)
