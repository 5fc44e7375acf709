"""Every customer page and the lists of the admin: queries, server time, and what it costs that the shop has a history.

python3 run.py bench pages [--orders 1000 100000 1000000] [--rounds 100] [--postgres]

The shops are asked in turn, some rounds each, so that a machine that grows slower or faster meanwhile does so for all of them.
Ratios are the median, the p99 and the process's own work (on SQLite with the database's in it) against those at the first size; on
a machine that is busy with other things only the last says something. Whole tables read in a page are named: there should be none.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

from tests.benchmarks.scratch import database, inside

# How often each shop has its turn.
TURNS = 5


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--orders", type=int, nargs="+", default=[1_000, 100_000, 1_000_000])
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--postgres", action="store_true")
    options = parser.parse_args()
    results = measured(options.orders, options.rounds, postgres=options.postgres)
    first = results[0]["pages"]
    for result in results:
        sys.stdout.write(f"\n{result['database']}, {result['orders']} orders, made in {result['made_in_s']} s\n")
        heads = ("queries", "p50 ms", "p99 ms", "cpu ms", "ratio", "of p99", "of cpu")
        sys.stdout.write(f"{'page':<58} {' '.join(f'{head:>7}' for head in heads)}\n")
        for page, told in result["pages"].items():
            told["ratio"] = round(told["p50"] / first[page]["p50"], 2)
            told["ratio_p99"] = round(told["p99"] / first[page]["p99"], 2)
            told["ratio_cpu"] = round(told["cpu"] / first[page]["cpu"], 2)
            whole = f"  reads all of {', '.join(told['read_whole'])}" if told["read_whole"] else ""
            names = ("queries", "p50", "p99", "cpu", "ratio", "ratio_p99", "ratio_cpu")
            figures = [told[name] for name in names]
            sys.stdout.write(f"{page:<58} {' '.join(f'{figure:>7}' for figure in figures)}{whole}\n")
    for result in results:
        sys.stdout.write(json.dumps(result) + "\n")
    return 0


def measured(sizes: list[int], rounds: int, *, postgres: bool) -> list[dict[str, Any]]:
    with ExitStack() as stack:
        shops = []
        for orders in sizes:
            environment = stack.enter_context(database(postgres=postgres))
            begun = time.monotonic()
            inside(environment, "tests.benchmarks.shop", str(orders))
            shops.append(
                {"orders": orders, "made_in_s": round(time.monotonic() - begun, 1), "turns": [], "in": environment}
            )
        for _turn in range(TURNS):
            for shop in shops:
                timed = inside(shop["in"], "tests.benchmarks.page_times", str(-(-rounds // TURNS)))
                shop["turns"].append(timed["pages"])
    name = "PostgreSQL" if postgres else "SQLite"
    return [
        {"database": name, "orders": shop["orders"], "made_in_s": shop["made_in_s"], "pages": together(shop["turns"])}
        for shop in shops
    ]


def together(turns: list[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Page -> queries, milliseconds (median, 99th of a hundred, own work), and the large tables that it read whole."""
    pages = {}
    for page in turns[0]:
        times = [took for turn in turns for took in turn[page]["times"]]
        pages[page] = {
            # The usual count: the first page after some seconds asks for the halt once more.
            "queries": statistics.mode(turn[page]["queries"] for turn in turns),
            "p50": round(statistics.median(times), 1),
            "p99": round(statistics.quantiles(times, n=100)[98], 1),
            "cpu": round(statistics.median(took for turn in turns for took in turn[page]["worked"]), 1),
            "read_whole": sorted({table for turn in turns for table in turn[page]["read_whole"]}),
        }
    return pages


if __name__ == "__main__":
    sys.exit(main())
