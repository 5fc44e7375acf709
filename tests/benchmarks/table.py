"""Runs the benchmarks one after the other and makes one table of what they say.

python3 run.py bench table [--quick] [--only NAMES] [--databases sqlite postgres] [--again] [--show]

Each program is a process of its own; what it says is kept in var/benchmarks/, so a run that was stopped goes on where it was.
What was measured for the same code (the last commit that changed anything beside docs/) is not measured again, unless --again.
--quick tries small sizes; --show only makes the table of what is there. It is printed and written beside the figures.
"""

import argparse
import datetime as dt
import json
import os
import platform
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks.__main__ import NAMES
from tests.benchmarks.scratch import ROOT
from tests.benchmarks.table_rows import rendered
from tools.postgres import find_programs
from tools.processes import die_with_parent

FOLDER = ROOT / "var" / "benchmarks"
DATABASES = {"sqlite": "SQLite", "postgres": "PostgreSQL"}
BOTH = tuple(DATABASES)
SAID_AT_MOST = 2000


@dataclass(frozen=True)
class Job:
    """A program, its options in a full run and in a quick one, and the databases that it knows. `on_sqlite`: a full run there."""

    name: str
    full: str
    quick: str
    databases: tuple[str, ...] = BOTH
    chooses: bool = True  # takes --postgres
    on_sqlite: str = ""

    def words(self, database: str, *, quick: bool) -> list[str]:
        full = (database == "sqlite" and self.on_sqlite) or self.full
        return (self.quick if quick else full).split() + ["--postgres"] * (self.chooses and database == "postgres")


# What changes least first; the long ones last, so that a run that is cut off has most rows.
JOBS = (
    Job("startup", "--rounds 5", "--rounds 1"),
    Job("vitals", "--rounds 5", "--rounds 1", ("sqlite",), chooses=False),
    Job("export", "--rows 10000 100000 --rounds 3", "--rows 1000 5000 --rounds 1"),
    Job("catalogue", "--services 4000", "--services 200"),
    Job("mass", "--lines 1000", "--lines 50"),
    Job("placing", "--clients 1 4 16 --seconds 4 --rounds 3", "--clients 1 4 --seconds 1 --rounds 1"),
    Job("http", "--seconds 3 --rounds 3", "--seconds 1 --rounds 1"),
    Job("ledger_check", "--entries 100000 1000000", "--entries 2000 20000"),
    Job("help", "--articles 10000", "--articles 200"),
    Job("queues", "--tickets 100000", "--tickets 2000"),
    Job("load", "--minutes 10", "--minutes 0.3 --kill-every 6 --orders 1000", ("postgres",), chooses=False),
    Job("pages", "--orders 1000 100000 1000000 --rounds 100", "--orders 1000 3000 --rounds 5"),
    Job(
        "reports",
        "--orders 1000000 --workers 1 2 4",
        "--orders 1000 --workers 1 2",
        on_sqlite="--orders 100000 --workers 1 2 4",  # one writer at a time: more of them say nothing more
    ),
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", nargs="+", metavar="NAME", default=[job.name for job in JOBS])
    parser.add_argument("--databases", nargs="+", choices=BOTH, default=BOTH)
    parser.add_argument("--again", action="store_true")
    parser.add_argument("--show", action="store_true")
    options = parser.parse_args()
    if unknown := set(options.only) - {job.name for job in JOBS}:
        parser.error(f"no such programs: {', '.join(sorted(unknown))}")
    commit = measured_commit()
    file = FOLDER / f"{commit}{'-quick' if options.quick else ''}.json"
    store = json.loads(file.read_text()) if file.exists() else {"commit": commit, "quick": options.quick, "runs": {}}
    store["machine"] = machine()
    for job in JOBS:
        if options.show or job.name not in options.only or job.name not in NAMES:
            continue
        for database in job.databases:
            key = f"{job.name} {database}"
            if database in options.databases and (options.again or not store["runs"].get(key, {}).get("lines")):
                store["runs"][key] = run(job, database, quick=options.quick)
                keep(file, store)
    table = rendered(store)
    file.with_suffix(".md").write_text(table)
    sys.stdout.write(table)
    return 1 if any(not one["lines"] for one in store["runs"].values()) else 0


def run(job: Job, database: str, *, quick: bool) -> dict[str, Any]:
    """One program with what it said; a run that failed has no lines, and the end of what it wrote instead."""
    words = job.words(database, quick=quick)
    sys.stderr.write(f"{dt.datetime.now(dt.UTC):%H:%M:%S} {job.name} on {DATABASES[database]}: {' '.join(words)}\n")
    before, begun = os.getloadavg()[0], time.monotonic()
    process = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks", job.name, *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=die_with_parent(signal.SIGTERM),
    )
    lines = [json.loads(line) for line in process.stdout.splitlines() if line.startswith("{")]
    # A program that found its own promise broken (exit code 1) still said what it measured.
    return {
        "name": job.name,
        "options": " ".join(words),
        "database": DATABASES[database],
        "date": f"{dt.datetime.now(dt.UTC):%Y-%m-%d %H:%M}",
        "seconds": round(time.monotonic() - begun),
        "load": [round(before, 1), round(os.getloadavg()[0], 1)],
        "code": process.returncode,
        "lines": lines,
        "said": "" if lines and not process.returncode else (process.stdout + process.stderr)[-SAID_AT_MOST:],
    }


def keep(file: Path, store: dict[str, Any]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_suffix(".new")
    fresh.write_text(json.dumps(store, indent=1))
    fresh.replace(file)


def measured_commit() -> str:
    """The code that is measured: a change of the words in docs/ is none."""
    short = git("log", "-1", "--format=%h", "--", ".", ":!docs")
    return short + ("-changed" if git("status", "--porcelain", "--untracked-files=no", "--", ".", ":!docs") else "")


def git(*words: str) -> str:
    return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


def machine() -> str:
    facts = Path("/proc/cpuinfo").read_text().splitlines()
    model = next(
        (line.partition(":")[2].strip() for line in facts if line.startswith("model name")), platform.machine()
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    server = subprocess.run([find_programs() / "postgres", "--version"], capture_output=True, text=True, check=False)
    release = server.stdout.split()[2] if server.stdout else "?"
    return (
        f"{os.cpu_count()} cores ({model}), {memory:.0f} GB, Linux {platform.release()}, "
        f"Python {platform.python_version()}, PostgreSQL {release}"
    )


if __name__ == "__main__":
    sys.exit(main())
