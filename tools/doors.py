"""How much of the doors the tests walk through, branch by branch: a door is a module that alone may write something of worth."""

import json
import subprocess
from pathlib import Path

from tools.environment import PYTHON, ROOT

# A pytest plugin that notes in each process of a run which branches were taken.
PLUGIN = "tests.measure_doors"
FOLDER_NAME = "NEOPANEL_MEASURE_DOORS"
LEAST_PERCENT = 95.0

DOORS = (
    "orders/money.py",
    "orders/reports.py",
    "orders/ledger.py",
    "orders/deposits.py",
    "orders/lifecycle.py",
    "orders/desk.py",
    "orders/submission.py",
    "orders/placing.py",
    "orders/verdict.py",
    "support/ticketing.py",
)


def too_low(folder: Path) -> bool:
    """Prints a line for each door from what a run's processes left in `folder`; whether one is below the least."""
    report = folder / "doors.json"
    coverage = [str(PYTHON), "-m", "coverage"]
    data = f"--data-file={folder / 'doors'}"
    for words in (["combine", "--quiet", data], ["json", "--quiet", data, "-o", str(report)]):
        subprocess.run([*coverage, *words], cwd=ROOT, check=False)
    files = json.loads(report.read_text())["files"] if report.exists() else {}
    print("\nBranches and lines of the doors that the tests reach:")
    low = False
    for door in DOORS:
        file = files.get(door)
        percent = file["summary"]["percent_covered"] if file else 0.0
        missing = [f"{before}->{after}" for before, after in file["missing_branches"]] if file else []
        low |= percent < LEAST_PERCENT
        print(f"{percent:6.1f} %  {door}  {' '.join(missing)}".rstrip())
    if low:
        print(f"Each door needs {LEAST_PERCENT:.0f} %.")
    return low
