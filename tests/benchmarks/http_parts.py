"""`python -m tests.benchmarks.http_parts SECONDS ROUNDS`, in the database of DATABASE_URL; `http.py` runs it."""

import json
import logging
import statistics
import sys
import time
import uuid
from collections.abc import Callable
from typing import Any

import django
from django.conf import settings
from django.test import Client
from django.utils import timezone

django.setup()

from accounts import api_keys  # noqa: E402 (models need the line above)
from accounts.models import User  # noqa: E402
from orders.models import Order  # noqa: E402
from orders.verification import verify  # noqa: E402
from tests.factories import fund, make_service  # noqa: E402

Act = Callable[[], Any]


def acts() -> dict[str, Act]:
    """What is measured, by name; each checks that it did what it says."""
    service = make_service(maximum=100_000)
    customer = User.objects.create_user("bench@example.com", "-")
    fund(customer, "10000000.00", timezone.now())
    _key, key = api_keys.issue(user=customer, name="bench", now=timezone.now())
    browser, program = Client(enforce_csrf_checks=True), Client(enforce_csrf_checks=True)
    browser.force_login(customer)
    browser.get("/orders/new/")
    token = browser.cookies["csrftoken"].value

    def form() -> dict[str, str]:
        number = uuid.uuid4().hex
        return {
            "service": str(service.pk),
            "link": f"https://example.com/{number}",
            "quantity": "1000",
            "token": str(uuid.uuid4()),
            "csrfmiddlewaretoken": token,
        }

    def posted(address: str, wanted: int) -> Act:
        def act() -> None:
            answer = browser.post(address, form())
            assert answer.status_code == wanted, answer.content

        return act

    def called(address: str, wanted: str) -> Act:
        def act() -> None:
            fields = {"key": key, "action": "add", **form()}
            answer = program.post(address, fields).content.decode()
            assert answer.startswith(wanted), answer

        return act

    return {
        "nothing, signed in": posted("/bench/nothing/", 204),
        "order form": posted("/orders/new/", 302),
        "nothing, program": called("/bench/nothing-for-programs", "{"),
        "API v2 add": called("/api/v2", '{"order"'),
        "API v1 add": called("/api/v1", '{"'),
    }


EMPTY = {
    "order form": "nothing, signed in",
    "API v2 add": "nothing, program",
    "API v1 add": "nothing, program",
}


def rate(act: Act, seconds: float) -> float:
    begun, count = time.monotonic(), 0
    while (took := time.monotonic() - begun) < seconds:
        act()
        count += 1
    return count / took


def main(seconds: float, rounds: int) -> dict[str, float]:
    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "testserver"]
    settings.ROOT_URLCONF = "tests.benchmarks.http_urls"
    settings.API_RATE = type(settings.API_RATE)(10**9, settings.API_RATE.seconds)
    logging.getLogger("neopanel").setLevel(logging.ERROR)
    found: dict[str, list[float]] = {}
    measured = acts()
    for act in measured.values():
        for _time in range(5):
            act()
    for _round in range(rounds):
        for name, act in measured.items():
            found.setdefault(name, []).append(rate(act, seconds))
    if faults := verify():
        raise SystemExit(f"The books are not in order: {faults[:3]}")
    rates = {name: statistics.median(many) for name, many in found.items()}
    found_of: dict[str, float] = {}
    for name, empty in EMPTY.items():
        found_of[f"{name}, panel, requests/s"] = round(rates[name], 1)
        found_of[f"{name}, nothing, requests/s"] = round(rates[empty], 1)
        found_of[f"{name}, panel / nothing"] = round(rates[name] / rates[empty], 3)
    return {**found_of, "placed": Order.objects.count()}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(float(sys.argv[1]), int(sys.argv[2]))) + "\n")
