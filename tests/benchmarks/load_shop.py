"""The shop before the load and after it, in the database that DATABASE_URL names; `load.py` runs both.

`python -m tests.benchmarks.load_shop open PROVIDER_URL CLIENTS ORDERS` prints who may come and what they may order;
`... load_shop close SIMULATOR_STATE` reads the orders that were confirmed from standard input and prints what became of them.
"""

import json
import sqlite3
import sys
import time
from typing import Any

import django
from django.db.models import Count
from django.utils import timezone

django.setup()

from allauth.account.models import EmailAddress  # noqa: E402 (models need the line above)

from accounts import api_keys  # noqa: E402
from accounts.models import User  # noqa: E402
from orders import triggers  # noqa: E402
from orders.models import Order, Provider, Service  # noqa: E402
from orders.verification import verify  # noqa: E402
from tests.benchmarks.shop import HEAVY, fill  # noqa: E402
from tests.chaos.outcome import sent  # noqa: E402
from tests.factories import fund, make_provider, make_service  # noqa: E402

PASSWORD = "only-for-a-measurement"
PROVIDER, KEY = "Simulator", "simulator"
# Of so many clients one is a program.
PROGRAM_OF = 4
MONEY = "1000000.00"
SETTLE_SECONDS = 150.0


def open_shop(provider_url: str, clients: int, orders: int) -> dict[str, Any]:
    """A history of so many orders, which nobody asks a provider about, and customers who have parts of it."""
    now = timezone.now()
    fill(orders)
    Order.objects.update(poll_at=None)
    for other in Provider.objects.all():
        other.url, other.key = provider_url, KEY
        other.save()
    provider = make_provider(name=PROVIDER, url=provider_url, key=KEY)
    services = []
    for number in ("1", "2", "3"):
        service = make_service(name=f"Likes {number}", provider=provider, maximum=5000)
        Service.objects.filter(pk=service.pk).update(provider_service_id=number)
        services.append(service.pk)
    people = User.objects.exclude(email=HEAVY).order_by("pk")
    found = []
    for number, user in enumerate([User.objects.get(email=HEAVY), *people[: clients - 1]]):
        user.set_password(PASSWORD)
        user.save(update_fields=["password"])
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        fund(user, MONEY, now=now)
        key = api_keys.issue(user=user, name="bench", now=now)[1] if number % PROGRAM_OF == PROGRAM_OF - 1 else ""
        found.append({"email": user.email, "password": PASSWORD, "key": key})
    if len(found) < clients:
        raise SystemExit(f"{orders} orders belong to {len(found)} customers: too few for {clients} clients")
    return {"clients": found, "services": services}


def close_shop(state: str, confirmed: list[int]) -> dict[str, Any]:
    """Waits until the workers have nothing left to do for these orders, and tells how they stand and what is wrong."""
    ours = Order.objects.filter(provider__name=PROVIDER)
    open_ones = ours.filter(status__in=["pending", "processing", "in_progress"]).exclude(submission="unknown")
    begun = time.monotonic()
    while open_ones.exists() and time.monotonic() - begun < SETTLE_SECONDS:
        time.sleep(1)
    with sqlite3.connect(f"file:{state}?mode=ro", uri=True) as book:
        upstream: dict[str, list[int]] = {}
        for number, link in book.execute("SELECT id, link FROM orders"):
            upstream.setdefault(link, []).append(number)
    # The history never went to this provider.
    faults = list(sent(upstream, ours))
    faults += [f"{fault.where}: {fault.what}" for fault in verify()]
    faults += [f"trigger {name} is missing" for name in triggers.missing()]
    lost = set(confirmed) - set(ours.values_list("pk", flat=True))
    faults += [f"order {number} was confirmed and is lost" for number in sorted(lost)]
    statuses = dict(ours.order_by("status").values_list("status").annotate(Count("pk")))
    return {
        "orders": ours.count(),
        "statuses": statuses,
        "unknown": ours.filter(submission="unknown").count(),
        "accepted more than once": sum(len(numbers) > 1 for numbers in upstream.values()),
        "settled after, s": round(time.monotonic() - begun),
        "faults": faults,
    }


def main() -> None:
    what, *words = sys.argv[1:]
    if what == "open":
        told = open_shop(words[0], int(words[1]), int(words[2]))
    else:
        told = close_shop(words[0], json.load(sys.stdin))
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
