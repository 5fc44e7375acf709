"""A customer with so many orders, and their session: `python -m tests.benchmarks.export_parts ROWS`; `export.py` runs it."""

import json
import sys

import django
from django.test import Client

django.setup()

from accounts.models import User  # noqa: E402 (models need the line above)
from tests.benchmarks.shop import HEAVY, fill  # noqa: E402

if __name__ == "__main__":
    rows = int(sys.argv[1])
    fill(rows, heavy=rows)
    client = Client()
    client.force_login(User.objects.get(email=HEAVY))
    sys.stdout.write(json.dumps({"session": client.cookies["sessionid"].value}) + "\n")
