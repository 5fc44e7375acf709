#!/usr/bin/env python3
"""Django's command line for this project; `python3 run.py manage ...` sets the environment up first."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = os.environ.get("DJANGO_SETTINGS_MODULE") or "neopanel.settings"
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as wrong:
        # It says what to set: where in our code that was found helps nobody who starts the panel.
        sys.exit(str(wrong))


if __name__ == "__main__":
    main()
