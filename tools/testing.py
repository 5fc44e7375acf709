"""All tests, on SQLite and on PostgreSQL, and their core once more through PgBouncer."""

import os
import subprocess
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from pathlib import Path

from tools.environment import PYTHON, ROOT
from tools.pooler import POOLED_TESTS, pooled
from tools.postgres import cluster

NOTHING_COLLECTED = 5
FEWEST_PROCESSES, MOST_PROCESSES = 2, 8
BROWSER_ONCE = "not browser"


def run_tests(arguments: Sequence[str], environment: dict[str, str]) -> int:
    """Two pytest runs, with the browser journeys in the first; without arguments a third, through a pooler.

    Returns the worst exit code.
    """
    sqlite, on_sqlite = run_pytest("SQLite", arguments, environment)
    with cluster() as address:
        postgresql, on_postgresql = run_pytest(
            "PostgreSQL", without_browser(arguments), environment | {"DATABASE_URL": address}
        )
    code = worse(sqlite, postgresql, chosen=bool(arguments))
    through_pooler = ""
    if not arguments:
        with cluster() as address, pooled(address) as through:
            here = environment | {"DATABASE_URL": through, "NEOPANEL_POOLED": "true"}
            # A pool keeps connections to a database that somebody wants to drop; the whole cluster goes anyway.
            last, through_pooler = run_pytest("PostgreSQL through PgBouncer", ["--reuse-db", *POOLED_TESTS], here)
        code = worse(code, last, chosen=False)
    print("\n".join(line for line in (on_sqlite, on_postgresql, through_pooler) if line), flush=True)
    return code


def run_pytest(database: str, arguments: Sequence[str], environment: dict[str, str]) -> tuple[int, str]:
    """One run with a data folder of its own: its exit code, and one line that says how it ended."""
    print(f"\nTests on {database}", flush=True)
    with tempfile.TemporaryDirectory(prefix="neopanel-test-") as folder:
        report = Path(folder) / "report.xml"
        command = [str(PYTHON), "-m", "pytest", "-n", str(processes()), f"--junit-xml={report}", *arguments]
        code = subprocess.run(
            command, cwd=ROOT, env=environment | {"NEOPANEL_DATA_DIR": folder}, check=False
        ).returncode
        return code, summary(database, report)


def processes() -> int:
    return min(max(len(os.sched_getaffinity(0)), FEWEST_PROCESSES), MOST_PROCESSES)


def summary(database: str, report: Path) -> str:
    """`SQLite: 120 passed, 0 failed`; empty where the run left no report."""
    try:
        suite = next(ET.parse(report).iter("testsuite"))  # noqa: S314 (pytest has just written it)
    except (OSError, ET.ParseError, StopIteration):
        return ""
    total, skipped = int(suite.get("tests", 0)), int(suite.get("skipped", 0))
    failed = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
    line = f"{database}: {total - failed - skipped} passed, {failed} failed"
    return f"{line}, {skipped} skipped" if skipped else line


def without_browser(arguments: Sequence[str]) -> list[str]:
    """The arguments with the browser journeys left out, also where a person chose tests by `-m` already."""
    rest, chosen = [], []
    words = iter(arguments)
    for word in words:
        if word == "-m":
            chosen.append(next(words, ""))
        elif word.startswith("-m"):
            chosen.append(word.removeprefix("-m").removeprefix("="))
        else:
            rest.append(word)
    # Of several -m pytest takes the last.
    expression = f"({chosen[-1]}) and {BROWSER_ONCE}" if chosen else BROWSER_ONCE
    return ["-m", expression, *rest]


def worse(first: int, second: int, *, chosen: bool) -> int:
    """The exit code of both runs. A choice of tests may leave one run without any, if the other had some."""
    codes = [128 - code if code < 0 else code for code in (first, second)]
    if chosen and sorted(codes) == [0, NOTHING_COLLECTED]:
        return 0
    return max(codes, key=lambda code: (code not in {0, NOTHING_COLLECTED}, code))
