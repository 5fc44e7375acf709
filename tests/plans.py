"""Which large tables a statement reads from one end to the other, told by the database's own plan."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

# They grow for as long as the shop lives.
LARGE = frozenset(
    {
        "orders_order",
        "orders_ledgerentry",
        "orders_orderevent",
        "orders_deposit",
        "orders_wallet",
        "support_ticket",
        "support_ticketevent",
        "support_message",
        "support_attachment",
        "support_customerread",
        "accounts_user",
    }
)
ALIAS = re.compile(r'"(\w+)"\s+(?:AS\s+)?"?([A-Z]\w*\d|[a-z]\w?)"?(?=[\s)]|$)')
SCAN = re.compile(r"SCAN (\w+)(?: USING (?:COVERING )?INDEX (\w+))?")


@contextmanager
def noted() -> Iterator[list[tuple[str, tuple]]]:
    """The SELECTs that are asked inside, with their values, each once."""
    asked: dict[tuple[str, str], tuple[str, tuple]] = {}

    def note(execute, sql, params, many, context):
        if sql.lstrip().upper().startswith("SELECT") and not many:
            asked[sql, repr(params)] = sql, tuple(params or ())
        return execute(sql, params, many, context)

    found: list[tuple[str, tuple]] = []
    with connection.execute_wrapper(note):
        yield found
    found += asked.values()


def whole_reads(statements: list[tuple[str, tuple]], *, forced: bool) -> list[str]:
    """Each statement that reads a whole large table, with the table's name before it.

    `forced`: PostgreSQL is told to avoid that where it can, since a small table is read whole for good reason.
    """
    found = []
    for sql, params in statements:
        if any(table in sql for table in LARGE):
            found += [f"{table}: {sql}" for table in sorted(LARGE & set(tables_read_whole(sql, params, forced=forced)))]
    return found


def tables_read_whole(sql: str, params: tuple, *, forced: bool) -> Iterator[str]:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}", params)
            steps = [row[3] for row in cursor.fetchall()]
            names = {alias: table for table, alias in ALIAS.findall(sql)}
            # In the order of its key, and not to the end: the newest rows of a list that shows all.
            is_first_page = " LIMIT " in sql and not any("TEMP B-TREE" in step for step in steps)
            # An index of few rows (those that wait for a person, say) may be read whole.
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'index' AND sql LIKE '% WHERE %'")
            partial = {row[0] for row in cursor.fetchall()}
            for step in steps:
                scan = SCAN.match(step)
                if scan and scan[2] not in partial and not (is_first_page and " WHERE " not in sql):
                    yield names.get(scan[1], scan[1])
            return
        if forced:
            cursor.execute("SET LOCAL enable_seqscan = off")
        try:
            cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", params)
            told = cursor.fetchone()[0]
        finally:
            if forced:
                cursor.execute("SET LOCAL enable_seqscan = on")
        yield from sequential(json.loads(told) if isinstance(told, str) else told)


def sequential(node) -> Iterator[str]:
    if isinstance(node, list):
        for part in node:
            yield from sequential(part)
    elif isinstance(node, dict):
        below = node.get("Plans", [{}])[0]
        if node.get("Node Type") == "Limit" and below.get("Node Type") == "Seq Scan" and "Filter" not in below:
            return  # any rows, so many of them: a count that stops
        if node.get("Node Type") == "Seq Scan":
            yield node["Relation Name"]
        for value in node.values():
            yield from sequential(value)
