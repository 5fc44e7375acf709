"""Where the time of a page goes: py-spy looks on while one page is asked for again and again.

python3 run.py bench profile --py-spy PROGRAM [--page /orders/{order}/] [--seconds 20] [--orders 1000] [--postgres]

py-spy is no part of the development packages (docs/benchmarks.md says how to get it). A hundred times a second it looks which line
runs. `runs` is time in that line itself, `below` is time in that line of ours and in all that it calls.
"""

import argparse
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from tests.benchmarks.scratch import ROOT, database, inside, told

TOP = 10
LOOKS = 100
# `_fetch_all (django/db/models/query.py:1950)`
FRAME = re.compile(r"(?P<function>.+) \((?P<file>.+):(?P<line>\d+)\)")
OURS = ("neopanel/", "accounts/", "orders/", "helpcenter/", "support/")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--py-spy", required=True, metavar="PROGRAM")
    parser.add_argument("--page", default="/orders/{order}/")
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--orders", type=int, default=1_000)
    parser.add_argument("--postgres", action="store_true")
    options = parser.parse_args()
    with database(postgres=options.postgres) as environment, tempfile.TemporaryDirectory() as folder:
        inside(environment, "tests.benchmarks.shop", str(options.orders))
        # Once without anybody looking, so that its templates are compiled and its code is.
        asked = ["-m", "tests.benchmarks.profile_parts", options.page]
        subprocess.run([sys.executable, *asked, "1"], cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)
        file = Path(folder) / "stacks"
        spy = [options.py_spy, "record", "--rate", str(LOOKS), "--format", "raw", "--output", str(file), "--"]
        command = [*spy, sys.executable, *asked, str(options.seconds)]
        said = subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True).stdout
        stacks = [line.rpartition(" ") for line in file.read_text().splitlines()]
    times = next((line for line in said.splitlines() if line.startswith("pages")), "")
    told({"database": "PostgreSQL" if options.postgres else "SQLite", "page": options.page, "asked": times})
    told(summed([(stack.split(";"), int(count)) for stack, _space, count in stacks if "asked_again" in stack]))
    return 0


def summed(stacks: list[tuple[list[str], int]]) -> dict[str, Any]:
    """The lines that ran most often themselves, and the lines of ours below which most of the time was spent."""
    total = sum(count for _stack, count in stacks) or 1
    running, below = Counter[str](), Counter[str]()
    for stack, count in stacks:
        frames = [named(frame) for frame in stack]
        running[frames[-1]] += count
        for frame in {frame for frame in frames if frame.startswith(OURS)}:
            below[frame] += count
    rows = {f"runs: {frame}": count for frame, count in running.most_common(TOP)}
    rows |= {f"below: {frame}": count for frame, count in below.most_common(2 * TOP)}
    return {name: f"{100 * count / total:.1f} %" for name, count in rows.items()}


def named(frame: str) -> str:
    """`orders/order_page.py:90 page_for`, and of a package the path inside it."""
    found = FRAME.fullmatch(frame)
    if not found:
        return frame
    path = found["file"].removeprefix(f"{ROOT}/").rpartition("site-packages/")[2]
    return f"{path}:{found['line']} {found['function']}"


if __name__ == "__main__":
    sys.exit(main())
