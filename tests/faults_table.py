"""Runs the tests of all faults on both databases and writes what was seen into docs/reliability.md.

python -m tests.faults_table
"""

import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path

from tests.fault_list import FAULTS, Fault
from tools.postgres import cluster

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = ROOT / "docs" / "reliability.md"
BEGIN, END = "<!-- faults: begin -->", "<!-- faults: end -->"

# (test id, passed or failed) -> how many of its parameters
Seen = Counter[tuple[str, bool]]


def main() -> int:
    seen = {"SQLite": run({})}
    with cluster() as address:
        seen["PostgreSQL"] = run({"DATABASE_URL": address})
    document = DOCUMENT.read_text()
    before, _, rest = document.partition(BEGIN)
    after = rest.partition(END)[2]
    DOCUMENT.write_text(f"{before}{BEGIN}\n{table(seen)}\n{END}{after}")
    failed = [test for tests in seen.values() for (test, passed), _times in tests.items() if not passed]
    for test in failed:
        print(f"FAILED {test}")  # noqa: T201 (a program for the terminal)
    return 1 if failed else 0


def run(environment: Mapping[str, str]) -> Seen:
    """Runs the tests of all faults on one database."""
    tests = sorted({test for fault in FAULTS for test in fault.tests})
    with tempfile.TemporaryDirectory(prefix="neopanel-faults-") as folder:
        report = Path(folder) / "report.xml"
        here = os.environ | {"NEOPANEL_DATA_DIR": folder} | dict(environment)
        command = [sys.executable, "-m", "pytest", "-q", "-n", "2", f"--junit-xml={report}", *tests]
        subprocess.run(command, cwd=ROOT, env=here, check=False)
        return Counter(results(report))


def results(report: Path) -> Iterator[tuple[str, bool]]:
    for case in ET.parse(report).iter("testcase"):  # noqa: S314 (pytest has just written it)
        path = case.get("classname", "").replace(".", "/") + ".py"
        name = case.get("name", "").partition("[")[0]
        bad = any(case.find(tag) is not None for tag in ("failure", "error", "skipped"))
        yield f"{path}::{name}", not bad


def table(seen: Mapping[str, Seen]) -> str:
    lines = []
    for part, faults in groupby(FAULTS, key=lambda fault: fault.part):
        lines += [f"\n### {part}\n", "| # | fault | expected | seen | shown by |", "|---|---|---|---|---|"]
        lines += [row(fault, seen) for fault in faults]
    return "\n".join(lines)


def row(fault: Fault, seen: Mapping[str, Seen]) -> str:
    names = "<br>".join(
        f"`{Path(path).stem}` {title(name)}" for path, name in (test.split("::") for test in fault.tests)
    )
    return f"| {fault.number} | {fault.what} | {fault.expected} | {what_was_seen(fault, seen)} | {names or '-'} |"


def title(name: str) -> str:
    return name.removeprefix("test_").replace("_", " ")


def what_was_seen(fault: Fault, seen: Mapping[str, Seen]) -> str:
    if fault.why_not:
        return f"not tried: {fault.why_not}"
    words = []
    for database, tests in seen.items():
        if fault.only not in {"", database}:
            continue
        passed = sum(tests[test, True] for test in fault.tests)
        failed = sum(tests[test, False] for test in fault.tests)
        absent = [test for test in fault.tests if not tests[test, True] + tests[test, False]]
        if failed or absent:
            words.append(f"**otherwise on {database}** ({failed} of {passed + failed} failed)")
        else:
            words.append(f"so on {database} ({passed}x)")
    return ", ".join(words)


def rows_of(document: str) -> list[str]:
    """The lines of the table that stand for a fault."""
    inside = document.partition(BEGIN)[2].partition(END)[0]
    return [line for line in inside.splitlines() if line.startswith("| ") and line.split("|")[1].strip().isdigit()]


if __name__ == "__main__":
    sys.exit(main())
