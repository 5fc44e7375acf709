"""Parts of the measurement `catalogue`, each in a process of its own, so that its peak memory is its own."""

import gzip
import json
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import django
from django.conf import settings
from django.db import connection
from django.test import Client
from django.utils import timezone

django.setup()

from accounts.models import User  # noqa: E402 (models need the line above)
from orders.importing import Choices, carry_out  # noqa: E402
from orders.models import CustomRate, Provider, Service  # noqa: E402
from orders.provider.offers import parse_services  # noqa: E402
from orders.shelves import set_favourite  # noqa: E402

ROUNDS = 20
CATEGORIES = 120
TYPES = ("Default", "Default", "Default", "Custom Comments", "Package", "Poll")


def listed(services: int, *, dearer: bool = False) -> bytes:
    """As real lists are: long names, seven decimals, a description with each."""
    return json.dumps(
        [
            {
                "service": number,
                "name": f"Platform {number % CATEGORIES} likes, real people, variant {number} "
                + "| fast, no drop, works with every kind of post " * (number % 4),
                "type": TYPES[number % len(TYPES)],
                "category": f"Category {number % CATEGORIES}",
                "rate": f"{0.0012345 * (number % 900 + 1) * (2 if dearer else 1):.7f}",
                "min": "10",
                "max": str(10_000 * (number % 50 + 1)),
                "refill": number % 2 == 0,
                "cancel": number % 3 == 0,
                "dripfeed": number % 5 == 0,
                "desc": "Start within an hour. Keep the account public. " * 6,
            }
            for number in range(1, services + 1)
        ]
    ).encode()


def imported(services: int, *, dearer: bool = False) -> dict[str, Any]:
    provider = Provider.objects.filter(name="Bench").first()
    if provider is None:
        provider = Provider(name="Bench", url="http://127.0.0.1:1/api/v2")
        provider.key = "bench"
        provider.save()
    body = listed(services, dearer=dearer)
    begun, busy = time.monotonic(), time.process_time()
    carry_out(provider=provider, offered=parse_services(body), choices=Choices(), now=timezone.now())
    return {"seconds": round(time.monotonic() - begun, 2), "CPU": round(time.process_time() - busy, 2)}


def pages(services: int) -> dict[str, Any]:
    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "testserver"]
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    customer = User.objects.create_user("bench@example.com", "x")
    for service in Service.objects.order_by("pk")[:50]:
        set_favourite(customer=customer, service_id=service.pk, is_favourite=True)
        CustomRate.objects.create(
            customer=customer, service=service, rate=service.rate, set_by=customer, set_at=timezone.now()
        )
    client = Client()
    client.force_login(customer)
    addresses = {
        "/services/": {},
        "/services/?q=variant+39 by htmx": {"HX-Request": "true"},
        "/services/?order=cheap": {},
        "/services/?page=60": {},
        "/orders/new/": {},
    }
    result: dict[str, Any] = {}
    for words, headers in addresses.items():
        result |= page(client, words, headers)
    return result


def page(client: Client, words: str, headers: dict[str, str]) -> dict[str, Any]:
    address = words.split()[0]

    def look() -> bytes:
        return client.get(address, headers=headers).content

    body = look()
    took, worked = [], []
    for _round in range(ROUNDS):
        begun, busy = time.perf_counter(), time.process_time()
        look()
        took.append((time.perf_counter() - begun) * 1000)
        worked.append((time.process_time() - busy) * 1000)
    return {
        f"{words}: median / p95 ms": f"{statistics.median(took):.0f} / {statistics.quantiles(took, n=20)[-1]:.0f}",
        f"{words}: CPU, median ms": round(statistics.median(worked)),
        f"{words}: KB / compressed": f"{len(body) / 1000:.1f} / {len(gzip.compress(body)) / 1000:.1f}",
    }


PARTS: dict[str, Callable[[int], dict[str, Any]]] = {
    "start": lambda services: {},
    "first": imported,
    "again": imported,
    "repriced": lambda services: imported(services, dearer=True),
    "pages": pages,
}

if __name__ == "__main__":
    sys.stdout.write(json.dumps(PARTS[sys.argv[1]](int(sys.argv[2]))) + "\n")
