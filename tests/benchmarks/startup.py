"""How long starts take in a folder that is prepared: `run.py`, a web process, a worker; and which imports take the longest.

python3 run.py bench startup [--rounds 5] [--postgres]

Medians, each until the first page is answered (a worker: until its first chore is done), by the clock and by processor time: on
a busy machine the second says more. The first round, which finds no compiled code, is not counted.
"""

import argparse
import os
import re
import resource
import signal
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from run import free_port, web_command
from tests.benchmarks.processes import tree_seconds
from tests.benchmarks.scratch import ROOT, database, told
from tools.processes import die_with_parent

PAGE = "/accounts/login/"
MOST_SECONDS = 120
TOP = 5
# A package that is ours or that we chose; what they import counts with them.
SETUP = "import django; django.setup(); import neopanel.wsgi"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--postgres", action="store_true")
    options = parser.parse_args()
    result: dict[str, Any] = {"database": "PostgreSQL" if options.postgres else "SQLite"}
    with database(postgres=options.postgres) as environment:
        port = free_port()
        environment |= {"PORT": str(port), "NEOPANEL_ENV": "demo", "PYTHONUNBUFFERED": "1"}
        run = [sys.executable, "run.py"]
        one_web = [*web_command("127.0.0.1", port), "--workers", "1"]
        starts: dict[str, Callable[[], tuple[float, float]]] = {
            "run.py, second start": lambda: until_answered(run, environment, port),
            "a web process": lambda: until_answered(one_web, environment, port),
            "prepare, nothing to do": lambda: until_ended(["manage.py", "prepare"], environment),
            "a worker": lambda: until_ended(["manage.py", "worker", "--once", "--chore", "beat"], environment),
            "nothing but Django's setup": lambda: until_ended(["-c", "import django; django.setup()"], environment),
        }
        for name, start in starts.items():
            start()
            clock, processor = zip(*(start() for _ in range(options.rounds)), strict=True)
            result[f"{name}, s"] = round(statistics.median(clock), 2)
            result[f"{name}, CPU s"] = round(statistics.median(processor), 2)
        result |= longest_imports(environment)
    told(result)
    return 0


def until_answered(command: list[str], environment: dict[str, str], port: int) -> tuple[float, float]:
    """Seconds until a page is answered, and processor seconds of all processes that were started for it."""
    begun = time.monotonic()
    server = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, preexec_fn=die_with_parent(signal.SIGTERM)
    )
    try:
        while not is_answered(port):
            if server.poll() is not None or time.monotonic() - begun > MOST_SECONDS:
                raise SystemExit(f"{command} did not start.")
            time.sleep(0.01)
        return time.monotonic() - begun, tree_seconds(server.pid)
    finally:
        server.terminate()
        server.wait(30)


def is_answered(port: int) -> bool:
    with suppress(urllib.error.URLError, OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}{PAGE}") as page:
        return bool(page.status == 200)
    return False


def until_ended(words: list[str], environment: dict[str, str]) -> tuple[float, float]:
    begun, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *words], cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.monotonic() - begun, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def longest_imports(environment: dict[str, str]) -> dict[str, str]:
    """Of the packages that are imported at the start those that take the longest, each without what it imports of others."""
    command = [sys.executable, "-X", "importtime", "-c", SETUP]
    said = subprocess.run(command, cwd=ROOT, env=os.environ | environment, check=True, capture_output=True, text=True)
    own: dict[str, float] = {}
    for line in said.stderr.splitlines():
        if found := re.fullmatch(r"import time:\s+(\d+) \|\s+\d+ \|\s+(\w+)[\w.]*", line):
            own[found[2]] = own.get(found[2], 0) + int(found[1]) / 1000
    top = sorted(own, key=lambda name: -own[name])[:TOP]
    return {"imports in all, ms": str(round(sum(own.values())))} | {
        f"of them {name}, ms": str(round(own[name])) for name in top
    }


if __name__ == "__main__":
    sys.exit(main())
