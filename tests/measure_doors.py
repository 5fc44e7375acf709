"""Notes which branches of the doors this process takes; `tools/doors.py` puts all processes together. Loaded by `-p` alone."""

import os
import sys
from pathlib import Path

import coverage
import pytest

from tools.doors import DOORS, FOLDER_NAME

measuring = coverage.Coverage(
    data_file=str(Path(os.environ[FOLDER_NAME]) / "doors"), data_suffix=True, branch=True, include=list(DOORS)
)
# At import, before any of the doors is.
measuring.start()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    # Some tests leave the thread without its tracer: greenlets of the browser do, and whoever traces for himself.
    if sys.gettrace() is None:
        measuring.stop()
        measuring.start()


def pytest_unconfigure(config):
    measuring.stop()
    measuring.save()
