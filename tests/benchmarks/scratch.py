"""A database that a measurement may fill, and a run of Python beside it."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from tools.postgres import cluster

# Nothing where nothing changed since the last time: compressing takes longer than many a measurement.
COLLECT = (
    "import django; django.setup(); from neopanel.management.commands import prepare; prepare.collect_static_files()"
)
ROOT = Path(__file__).resolve().parent.parent.parent


@contextmanager
def database(*, postgres: bool) -> Iterator[dict[str, str]]:
    """The environment of a fresh, migrated database of its own; it is gone afterwards."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="neopanel-bench-"))
        address = stack.enter_context(cluster()) if postgres else f"sqlite:///{folder}/bench.sqlite3"
        environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "neopanel.settings",
            "NEOPANEL_DATA_DIR": folder,
            "DATABASE_URL": address,
        }
        for program in (["manage.py", "migrate", "--verbosity", "0"], ["-c", COLLECT]):
            subprocess.run([sys.executable, *program], cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)
        yield environment


def inside(environment: dict[str, str], module: str, *arguments: str) -> dict[str, Any]:
    """What a run of this module says in its last line, and its peak memory in MB."""
    process = subprocess.Popen(
        [sys.executable, "-m", module, *arguments], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    said = process.stdout.read()
    _pid, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{module} {' '.join(arguments)} failed")
    return json.loads(said.splitlines()[-1]) | {"peak MB": round(used.ru_maxrss / 1024, 1)}


def told(result: dict[str, Any]) -> None:
    for name, value in result.items():
        sys.stdout.write(f"{name:<44} {value}\n")
    sys.stdout.write(json.dumps(result) + "\n")
