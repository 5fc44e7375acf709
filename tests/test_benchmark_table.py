"""The table of the benchmarks: promises kept and broken, ratios beside their figures, programs that failed."""

from typing import Any

import pytest

from tests.benchmarks.table_rows import Row, rendered, rows_of


def ran(name: str, *lines: dict[str, Any], database: str = "PostgreSQL", code: int = 0) -> dict[str, Any]:
    said = "" if lines else "Traceback: it fell"
    return {
        "name": name, "options": "", "database": database, "date": "2026-11-25 23:00", "seconds": 1, "load": [0.1, 0.2],
        "code": code, "lines": list(lines), "said": said,
    }  # fmt: skip


def row_of(run: dict[str, Any], what: str) -> Row:
    [row] = [row for row in rows_of(run) if row.what == what]
    return row


@pytest.mark.parametrize(
    ("ratio", "database", "met"), [(0.5, "PostgreSQL", True), (0.49, "PostgreSQL", False), (0.49, "SQLite", None)]
)
def test_a_ratio_stands_beside_what_it_divides_and_is_judged_where_something_was_promised(ratio, database, met):
    said = {"4 clients, door, orders/s": 50, "4 clients, raw, orders/s": 100, "4 clients, door / raw": ratio}
    [row] = rows_of(ran("placing", said, database=database))
    assert (row.figure, row.counterpart, row.ratio, row.met) == ("50 orders/s", "100 orders/s", ratio, met)


def test_an_order_that_waited_for_longer_than_an_interval_breaks_the_promise():
    said = {"orders": 10, "sweep by 2, longest wait, s": 50.0, "sweep by 2, one interval, s": 40.0}
    row = row_of(ran("reports", said), "reports: sweep by 2, longest wait / one interval")
    assert (row.size, row.ratio, row.met) == ("10 orders", 1.25, False)


def test_a_page_is_held_to_its_queries_its_time_and_its_indexes():
    def shop(orders: int, p50: float, queries: int = 5, whole: tuple[str, ...] = ()) -> dict[str, Any]:
        page = {"queries": queries, "p50": p50, "p99": 2 * p50, "read_whole": list(whole)}
        return {"orders": orders, "pages": {"/orders/": page}}

    def met(**last: Any) -> bool | None:
        [row] = rows_of(ran("pages", shop(1000, 10.0), shop(100_000, **last)))
        return row.met

    assert met(p50=12.0)
    assert not met(p50=12.1)
    assert not met(p50=10.0, queries=9)
    assert not met(p50=10.0, whole=("orders_order",))


def test_a_program_that_failed_has_a_row_and_its_last_words():
    store = {"commit": "abc", "machine": "a machine", "runs": {"help sqlite": ran("help", code=1)}}
    table = rendered(store)
    assert "| help |  | PostgreSQL | failed |" in table
    assert "Traceback: it fell" in table


def test_errors_under_load_break_the_promise():
    said = {"error rate": 0.001, "accepted more than once": 0, "p99 ms": 50.0, "requests": 1000}
    assert row_of(ran("load", said), "load: error rate").met is False
    assert row_of(ran("load", said), "load: accepted more than once").met is True
    assert row_of(ran("load", said), "load: p99 ms").met is None
