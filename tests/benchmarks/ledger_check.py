"""How long `verify_ledger` takes and how much memory it needs, by the number of entries.

python -m tests.benchmarks.ledger_check [--entries 100000 1000000] [--postgres]
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
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--postgres", action="store_true")
    options = parser.parse_args()
    results = [measured(entries, postgres=options.postgres) for entries in options.entries]
    for result in results:
        sys.stdout.write(
            "{database:<10} {entries:>9} entries {seconds:>8.2f} s {megabytes:>7.1f} MB\n".format(**result)
        )
    for result in results:
        sys.stdout.write(json.dumps(result) + "\n")
    return 0


def measured(entries: int, *, postgres: bool) -> dict[str, Any]:
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="neopanel-bench-"))
        address = stack.enter_context(cluster()) if postgres else f"sqlite:///{folder}/books.sqlite3"
        environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "neopanel.settings",
            "NEOPANEL_DATA_DIR": folder,
            "DATABASE_URL": address,
        }
        run = {"cwd": ROOT, "env": environment, "check": True}
        subprocess.run([sys.executable, "manage.py", "migrate", "--verbosity", "0"], **run)
        subprocess.run([sys.executable, "-m", "tests.benchmarks.books", str(entries)], **run)
        seconds, megabytes = checked(environment)
    database = "PostgreSQL" if postgres else "SQLite"
    return {"database": database, "entries": entries, "seconds": seconds, "megabytes": megabytes}


def checked(environment: dict[str, str]) -> tuple[float, float]:
    """Seconds and peak memory of one `verify_ledger`. Exits where it found a fault."""
    begun = time.monotonic()
    check = subprocess.Popen([sys.executable, "manage.py", "verify_ledger"], cwd=ROOT, env=environment)
    _pid, status, used = os.wait4(check.pid, 0)
    if status:
        raise SystemExit("verify_ledger found books that are in order not in order")
    return round(time.monotonic() - begun, 2), round(used.ru_maxrss / 1024, 1)


if __name__ == "__main__":
    sys.exit(main())
