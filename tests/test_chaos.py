"""A short storm in every test run; `python -m tests.chaos --seconds 600` is the long one."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(__file__).resolve().parent.parent
POSTGRES = "postgresql" in settings.DATABASES["default"]["ENGINE"]
# The minute with three crashes runs where there is a server to crash.
USUAL = ["--seconds", "60", "--postgres", "--crash-database", "3"] if POSTGRES else ["--seconds", "20"]


def storm(*arguments: str) -> tuple[int, dict, str]:
    """Exit code, what was told, and everything that was printed."""
    shop = ("NEOPANEL_", "DATABASE_URL", "DJANGO_SETTINGS_MODULE", "PYTEST_")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(shop)}
    command = [sys.executable, "-m", "tests.chaos", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=clean, capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    lines = done.stdout.splitlines()
    return done.returncode, json.loads(lines[-1]) if lines else {}, said


def test_nothing_is_lost_sent_twice_or_miscounted_in_a_storm():
    code, told, said = storm(*USUAL, "--seed", "1")
    assert code == 0, said
    assert told["workers killed"] > 20, said
    assert told["database crashes"] == (3 if POSTGRES else 0)


@pytest.mark.parametrize("mutation", ["a_time_out_is_tried_again"])
def test_a_storm_over_a_shop_without_its_protection_is_seen(mutation):
    database = ["--postgres"] if POSTGRES else []
    code, told, said = storm("--seconds", "12", "--kill-every", "0.6", "--mutation", mutation, *database)
    assert code == 1, said
    assert [breach for breach in told["breaches"] if "accepted" in breach or "upstream" in breach], said
