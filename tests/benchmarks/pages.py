"""Every customer page and the lists of the admin: queries, server time, and what it costs that the shop has a history.

python3 run.py bench pages [--orders 1000 100000 1000000] [--rounds 100] [--postgres]

The ratio is the median against the median at the first size. Whole tables read in a page are named: there should be none.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tools.postgres import cluster

ROOT = Path(__file__).resolve().parent.parent.parent


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
        sys.stdout.write(f"{'page':<58} {'queries':>7} {'p50 ms':>7} {'p99 ms':>7} {'ratio':>6}\n")
        for page, told in result["pages"].items():
            told["ratio"] = round(told["p50"] / first[page]["p50"], 2)
            whole = f"  reads all of {', '.join(told['read_whole'])}" if told["read_whole"] else ""
            sys.stdout.write(
                f"{page:<58} {told['queries']:>7} {told['p50']:>7} {told['p99']:>7} {told['ratio']:>6}{whole}\n"
            )
    for result in results:
        sys.stdout.write(json.dumps(result) + "\n")
    return 0


def measured(orders: int, rounds: int, *, postgres: bool) -> dict[str, Any]:
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="neopanel-bench-"))
        address = stack.enter_context(cluster()) if postgres else f"sqlite:///{folder}/shop.sqlite3"
        environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "neopanel.settings",
            "NEOPANEL_DATA_DIR": folder,
            "DATABASE_URL": address,
        }
        run: dict[str, Any] = {"cwd": ROOT, "env": environment, "check": True}
        for command in (["migrate"], ["collectstatic", "--noinput"]):
            subprocess.run(
                [sys.executable, "manage.py", *command, "--verbosity", "0"], stdout=subprocess.DEVNULL, **run
            )
        begun = time.monotonic()
        subprocess.run([sys.executable, "-m", "tests.benchmarks.shop", str(orders)], stdout=subprocess.DEVNULL, **run)
        made = round(time.monotonic() - begun, 1)
        timed = [sys.executable, "-m", "tests.benchmarks.page_times", str(rounds)]
        pages = json.loads(subprocess.run(timed, stdout=subprocess.PIPE, **run).stdout.splitlines()[-1])
    database = "PostgreSQL" if postgres else "SQLite"
    return {"database": database, "orders": orders, "made_in_s": made, "pages": pages}


if __name__ == "__main__":
    sys.exit(main())
