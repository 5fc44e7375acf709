"""One page asked for again and again by the customer with most orders: `python -m tests.benchmarks.profile_parts PAGE SECONDS`."""

import sys
import time

import django
from django.conf import settings
from django.test import Client

django.setup()

from accounts.models import User  # noqa: E402 (models need the line above)
from orders.models import Order  # noqa: E402
from tests.benchmarks.shop import HEAVY  # noqa: E402


def asked_again(client: Client, address: str, seconds: float) -> int:
    begun, times = time.monotonic(), 0
    while time.monotonic() - begun < seconds:
        if client.get(address).status_code != 200:
            raise SystemExit(f"{address} does not answer 200")
        times += 1
    return times


if __name__ == "__main__":
    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "testserver"]
    customer = User.objects.get(email=HEAVY)
    order = Order.objects.filter(wallet_id=customer.pk).order_by("-pk").values_list("pk", flat=True).first()
    browser = Client()
    browser.force_login(customer)
    page = sys.argv[1].format(order=order)
    browser.get(page)
    busy = time.process_time()
    count = asked_again(browser, page, float(sys.argv[2]))
    sys.stdout.write(f"pages: {count}, {1000 * (time.process_time() - busy) / count:.1f} ms of CPU each\n")
