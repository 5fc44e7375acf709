"""Times every page of the shop that fills this database: `python -m tests.benchmarks.page_times ROUNDS`; `pages.py` runs it."""

import json
import sys
import time
from importlib import import_module
from typing import Any

import django
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client

django.setup()

from accounts.models import User  # noqa: E402 (models need the line above)
from accounts.paging import BoundedPaginator  # noqa: E402
from neopanel import garbage  # noqa: E402
from orders.models import Order  # noqa: E402
from support.models import Ticket  # noqa: E402
from tests.benchmarks.shop import HEAVY  # noqa: E402
from tests.plans import noted, whole_reads  # noqa: E402

CUSTOMER = (
    "/", "/services/", "/orders/", "/orders/?status=completed", "/orders/?before={middle}", "/orders/?q={order}", "/orders/new/",
    "/orders/{order}/", "/balance/", "/balance/?kind=refund", "/balance/add/", "/tickets/", "/tickets/{ticket}/", "/tickets/new/",
    "/tickets/new/?order={order}",
    "/accounts/api-keys/", "/help/", "/help/orders-troubleshooting/order-statuses-explained/",
)  # fmt: skip
STAFF = (
    "/admin/orders/order/", "/admin/orders/order/?q={order}", "/admin/orders/order/{order}/change/", "/admin/orders/ledgerentry/",
    "/admin/orders/wallet/", "/admin/orders/deposit/", "/admin/orders/provider/", "/admin/orders/service/",
    "/admin/support/ticket/", "/admin/support/ticket/?queue=due", "/admin/support/ticket/{ticket}/change/", "/admin/accounts/user/",
)  # fmt: skip


def measured(rounds: int) -> dict[str, dict[str, Any]]:
    """Page -> queries, milliseconds of each round and of its own work, and the large tables that it read whole."""
    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "testserver"]
    call_command("load_help", verbosity=0, stdout=sys.stderr)
    heavy = User.objects.get(email=HEAVY)
    staff = User.objects.filter(is_superuser=True).first() or User.objects.create_superuser("ada@example.com", "-")
    orders = Order.objects.filter(wallet_id=heavy.pk)
    names = {
        "order": orders.order_by("-pk").values_list("pk", flat=True).first(),
        "middle": orders.order_by("pk").values_list("pk", flat=True)[orders.count() // 2],
        "ticket": Ticket.objects.filter(customer=heavy).order_by("-pk").values_list("pk", flat=True).first(),
    }
    import_module(settings.ROOT_URLCONF)  # all views
    garbage.set_aside_what_stays()  # as `neopanel/wsgi.py` does
    found = {}
    for who, pages in ((heavy, CUSTOMER), (staff, STAFF), (None, ("/metrics", "/health/ready"))):
        client = Client()
        if who is not None:
            client.force_login(who)
        for page in pages:
            found[page] = of_page(client, page.format(**names), rounds)
    return found


def of_page(client: Client, address: str, rounds: int) -> dict[str, Any]:
    client.get(address)
    queries = 0

    def count(execute, sql, params, many, context):
        nonlocal queries
        queries += 1
        return execute(sql, params, many, context)

    with connection.execute_wrapper(count), noted() as statements:
        answer = client.get(address)
    if answer.status_code not in {200, 286}:
        raise SystemExit(f"{address} answers {answer.status_code}")
    times, worked = [], []
    for _round in range(rounds):
        begun, worked_before = time.perf_counter(), time.process_time()
        client.get(address)
        times.append((time.perf_counter() - begun) * 1000)
        worked.append((time.process_time() - worked_before) * 1000)
    whole = whole_reads(statements, forced=False)
    return {
        "queries": queries,
        "times": times,
        "worked": worked,
        "read_whole": sorted({table for line in whole if is_large(table := line.partition(":")[0])}),
    }


def is_large(table: str) -> bool:
    """A table of one page is read whole for good reason, and a count that stops at so many reads no more than that."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT COUNT(*) FROM (SELECT 1 FROM {table} LIMIT {BoundedPaginator.MOST + 1}) s")  # noqa: S608
        return cursor.fetchone()[0] > BoundedPaginator.MOST


if __name__ == "__main__":
    sys.stdout.write(json.dumps({"pages": measured(int(sys.argv[1]))}) + "\n")
