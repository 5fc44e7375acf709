"""Every customer page and the lists of the admin: queries, server time, and what it costs that the shop has a history.

python3 run.py bench pages [--orders 1000 100000 1000000] [--rounds 100] [--postgres]

Ratios are the median, the p99 and the process's own work (on SQLite with the database's in it) against those at the first size; on
a machine that is busy with other things only the last says something. Whole tables read in a page are named: there should be none.
"""

import argparse
import json
import sys
import time
from typing import Any

from tests.benchmarks.scratch import database, inside


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--orders", type=int, nargs="+", default=[1_000, 100_000, 1_000_000])
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--postgres", action="store_true")
    options = parser.parse_args()
    results = [measured(orders, options.rounds, postgres=options.postgres) for orders in options.orders]
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


def measured(orders: int, rounds: int, *, postgres: bool) -> dict[str, Any]:
    with database(postgres=postgres) as environment:
        begun = time.monotonic()
        inside(environment, "tests.benchmarks.shop", str(orders))
        made = round(time.monotonic() - begun, 1)
        timed = inside(environment, "tests.benchmarks.page_times", str(rounds))
    name = "PostgreSQL" if postgres else "SQLite"
    return {"database": name, "orders": orders, "made_in_s": made, "pages": timed["pages"]}


if __name__ == "__main__":
    sys.exit(main())
