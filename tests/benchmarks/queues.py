"""The agents' queues, the ticket screen and a customer's list with many tickets: queries, and how long the server takes.

python3 run.py bench queues [--tickets 100000] [--postgres]
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tools.postgres import cluster

ROOT = Path(__file__).resolve().parent.parent.parent


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tickets", type=int, default=100_000)
    parser.add_argument("--postgres", action="store_true")
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="neopanel-bench-"))
        address = stack.enter_context(cluster()) if options.postgres else f"sqlite:///{folder}/queues.sqlite3"
        environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "neopanel.settings",
            "NEOPANEL_DATA_DIR": folder,
            "DATABASE_URL": address,
        }
        run: dict[str, Any] = {"cwd": ROOT, "env": environment, "check": True}
        for command in (["migrate"], ["collectstatic", "--noinput"], ["load_help"], ["setup_roles"]):
            subprocess.run(
                [sys.executable, "manage.py", *command, "--verbosity", "0"], stdout=subprocess.DEVNULL, **run
            )
        inside = [sys.executable, "-m", "tests.benchmarks.tickets", str(options.tickets)]
        result = json.loads(subprocess.run(inside, stdout=subprocess.PIPE, **run).stdout.splitlines()[-1])
    result = {"database": "PostgreSQL" if options.postgres else "SQLite", "tickets": options.tickets, **result}
    for name, value in result.items():
        sys.stdout.write(f"{name:<34} {value}\n")
    sys.stdout.write(json.dumps(result) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
