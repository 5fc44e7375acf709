"""No page reads a whole table that grows with the shop: the database's own plan says so, on both databases."""

import pytest
from django.contrib.admin import site
from django.db import connection

from helpcenter import first_edition
from neopanel import metrics
from orders import queries
from orders.models import Order
from support.queues import QUEUES
from tests.factories import NOW
from tests.plans import noted, tables_read_whole, whole_reads
from tests.test_query_counts import ADMIN_LISTS, FRAGMENTS, PAGES, add_rows

pytestmark = pytest.mark.django_db

LISTS_OF_CUSTOMERS = [
    "/orders/?q=https://example.com/p/1",
    "/orders/?q=12",
    "/orders/?before=9999999",
    "/orders/?after=1",
    "/orders/?format=csv",
    "/balance/?before=9999999",
    "/balance/?format=csv",
    "/tickets/?before=9999999",
    "/tickets/new/?order={order}",
    "/tickets/{ticket}/",
]
LISTS_OF_STAFF = [
    "/admin/orders/order/{order}/change/",
    "/admin/orders/order/?q=https://example.com/p/1",
    "/admin/orders/order/?q=carol@example.com",
    "/admin/orders/order/?q=12",
    "/admin/orders/ledgerentry/?q=12",
    "/admin/orders/ledgerentry/?q=carol@example.com",
    "/admin/orders/ledgerentry/?q=a-key",
    "/admin/support/customerread/?q=carol@example.com",
    "/admin/support/ticket/{ticket}/change/",
    *(f"/admin/support/ticket/?queue={queue.name}" for queue in QUEUES),
]


@pytest.fixture
def look(client, customer, admin, time_machine, monkeypatch):
    """Loads pages as this person, each twice, and gives what they read whole, by page."""
    time_machine.move_to(NOW, tick=False)
    for desk in site._registry.values():
        monkeypatch.setattr(desk, "list_per_page", 2)  # a list that fits on one page is read whole for good reason
    first_edition.load(now=NOW)
    rows = add_rows(customer, [0, 1, 2])

    def load(pages, who, **headers):
        client.force_login(who)
        found = {}
        for page in pages:
            address = page.format(**rows)
            client.get(address, **headers)
            with noted() as statements:
                answer = client.get(address, **headers)
                b"".join(answer) if answer.streaming else answer.content
            assert answer.status_code in {200, 286}, page
            assert statements, page
            if whole := whole_reads(statements, forced=True):
                found[page] = whole
        return found

    return load


def test_customers_pages_read_by_indexes(look, customer):
    assert look([*PAGES, *LISTS_OF_CUSTOMERS], customer) == {}


def test_fragments_read_by_indexes(look, customer):
    assert look(FRAGMENTS, customer, headers={"HX-Request": "true"}) == {}


def test_pages_of_the_team_read_by_indexes(look, admin):
    assert look([*(f"/admin/{model}/" for model in ADMIN_LISTS), *LISTS_OF_STAFF], admin) == {}


def test_the_figures_for_watchers_read_by_indexes(look, customer):
    with noted() as statements:
        list(metrics.figures(now=NOW))
    assert len(statements) > 10
    assert whole_reads(statements, forced=True) == []


def test_what_the_desk_looks_for_reads_by_indexes(look):
    wanted = [queries.under_review(), queries.unknown(), queries.overdue(NOW), queries.wishing_to_cancel()]
    with noted() as statements:
        for orders in [*wanted, queries.needing_attention(NOW)]:
            list(orders.order_by("-pk")[:25])
    assert whole_reads(statements, forced=True) == []


def test_a_read_without_an_index_is_noticed(customer):
    """The proof that the tests above can fail."""
    with noted() as statements:
        list(Order.objects.filter(quantity=7).order_by("rate"))
        list(Order.objects.filter(wallet_id=customer.pk).order_by("-pk"))
    [slow, quick] = statements
    assert list(tables_read_whole(*slow, forced=True)) == ["orders_order"]
    assert list(tables_read_whole(*quick, forced=True)) == []


def test_no_page_waits_for_helpers_to_start(db):
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":  # where they would cost nothing, they would be there
            for name in ("parallel_setup_cost", "parallel_tuple_cost", "min_parallel_table_scan_size"):
                cursor.execute(f"SET LOCAL {name} = 0")
    assert "Gather" not in Order.objects.filter(quantity=7).order_by("rate").explain()
