"""How much of the doors their tests walk through, branch by branch, on SQLite: `python -m tools.doors`.

A door is a module that alone may write something of worth, or that decides about it.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tools.environment import PYTHON, ROOT
from tools.testing import processes

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

ORDERS = (
    "money reports ledger deposits lifecycle review wishes submission batches placing drip drip_pages delivery_times "
    "verdict rare_answers backup money_machine"
)
TESTS = (
    *(f"tests/orders/test_{name}.py" for name in ORDERS.split()),
    "tests/orders/desk/test_order_page.py",
    "tests/orders/api/test_keys.py",
    "tests/support",
)


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="neopanel-doors-") as folder:
        environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        environment |= {"NEOPANEL_DATA_DIR": folder, FOLDER_NAME: folder}
        tests = [str(PYTHON), "-m", "pytest", "-q", "-n", str(processes()), "-p", PLUGIN, *TESTS]
        failed = subprocess.run(tests, cwd=ROOT, env=environment, check=False).returncode
        return 1 if too_low(Path(folder)) or failed else 0


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


if __name__ == "__main__":
    sys.exit(main())
