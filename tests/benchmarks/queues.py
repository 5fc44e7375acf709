"""The agents' queues, the ticket screen and a customer's list with many tickets: queries, and how long the server takes.

python3 run.py bench queues [--tickets 100000] [--postgres]
"""

import argparse
import subprocess
import sys
from typing import Any

from tests.benchmarks.scratch import ROOT, database, inside, told


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tickets", type=int, default=100_000)
    parser.add_argument("--postgres", action="store_true")
    options = parser.parse_args()
    with database(postgres=options.postgres) as environment:
        run: dict[str, Any] = {"cwd": ROOT, "env": environment, "check": True, "stdout": subprocess.DEVNULL}
        for command in ("load_help", "setup_roles"):
            subprocess.run([sys.executable, "manage.py", command, "--verbosity", "0"], **run)
        result = inside(environment, "tests.benchmarks.tickets", str(options.tickets))
    told({"database": "PostgreSQL" if options.postgres else "SQLite", "tickets": options.tickets, **result})
    return 0


if __name__ == "__main__":
    sys.exit(main())
