"""Notes which branches of the doors this process takes; `tools/doors.py` puts all processes together. Loaded by `-p` alone."""

import os
from pathlib import Path

import coverage

from tools.doors import DOORS, FOLDER_NAME

measuring = coverage.Coverage(
    data_file=str(Path(os.environ[FOLDER_NAME]) / "doors"), data_suffix=True, branch=True, include=list(DOORS)
)
# At import, before any of the doors is.
measuring.start()


def pytest_unconfigure(config):
    measuring.stop()
    measuring.save()
