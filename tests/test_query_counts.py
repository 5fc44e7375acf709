"""Every list asks the database as often for three rows as for one, and not more than a page should.

The numbers count everything: two of them are the session and the person in it.
"""

import pytest
from allauth.mfa.models import Authenticator
from django.db import connection

from accounts import api_keys
from helpcenter import first_edition
from orders.statuses import OrderStatus
from support import ticketing
from support.models import Topic
from tests.conftest import person
from tests.factories import NOW, make_provider, make_service, order_in, place
from tests.orders.payments import make_method, report

MOST = 8
STATUSES = [OrderStatus.PARTIAL, OrderStatus.PROCESSING, OrderStatus.REFUNDED]

PAGES = {
    "/": 7,
    "/services/": 8,
    "/orders/": 8,
    "/orders/?status=partial": 8,
    "/orders/new/": 6,
    "/orders/{order}/": 7,
    "/balance/": 5,
    "/balance/?kind=charge": 4,
    "/balance/add/": 6,
    "/tickets/": 4,
    "/tickets/new/": 5,
    "/accounts/api-keys/": 5,
    "/help/": 6,
    "/help/orders-troubleshooting/order-statuses-explained/": 8,
}
FRAGMENTS = {"/orders/": 5, "/orders/{order}/": 7, "/services/": 6}
ADMIN_LISTS = {
    "orders/order": 8,
    "orders/service": 6,
    "orders/category": 4,
    "orders/servicechange": 4,
    "orders/provider": 4,
    "orders/ledgerentry": 5,
    "orders/wallet": 4,
    "orders/deposit": 6,
    "orders/paymentmethod": 4,
    "support/ticket": 6,
    "accounts/user": 6,
    "accounts/apikey": 4,
    "helpcenter/article": 5,
    "helpcenter/section": 5,
    "helpcenter/statusadvice": 5,
    "account/emailaddress": 5,
    "mfa/authenticator": 5,
}


def add_rows(customer, numbers) -> dict[str, int]:
    """To each list one row a number; gives the last order and the last ticket."""
    for number in numbers:
        service = make_service(category=f"Shelf {number}", provider=make_provider())
        order = order_in(STATUSES[number], customer, service=service)
        other = person(f"person{number}@example.com")
        Authenticator.objects.create(user=other, type="totp", data={})
        place(other)
        ticket = ticketing.open_ticket(customer=customer, topic=Topic.OTHER, order=order, text="Where is it?", now=NOW)
        api_keys.issue(user=customer, name=f"key {number}", now=NOW)
        report(customer, make_method())
    return {"order": order.pk, "ticket": ticket.pk}


@pytest.fixture
def asks(db, client, time_machine, django_assert_num_queries):
    """Looks at a page as this person, first with one row and then with three, and counts."""
    time_machine.move_to(NOW, tick=False)
    first_edition.load(now=NOW)

    def look(path, most, *, who, customer, **headers):
        client.force_login(who)
        for numbers in ([0], [1, 2]):
            address = path.format(**add_rows(customer, numbers))
            client.get(address, **headers)  # what Django keeps from its first page on is no part of it
            with django_assert_num_queries(most):
                assert client.get(address, **headers).status_code in {200, 286}

    return look


@pytest.mark.parametrize(("path", "queries"), PAGES.items())
def test_a_page_asks_the_same_for_one_row_and_for_three(asks, customer, path, queries):
    asks(path, queries, who=customer, customer=customer)


def test_no_page_of_a_customer_and_no_list_of_the_admin_asks_more_than_eight_times():
    assert {path: queries for path, queries in (PAGES | ADMIN_LISTS).items() if queries > MOST} == {}


@pytest.mark.parametrize(("path", "queries"), FRAGMENTS.items())
def test_a_fragment_asks_no_more_than_its_page(asks, customer, path, queries):
    asks(path, queries, who=customer, customer=customer, headers={"HX-Request": "true"})
    assert queries <= PAGES[path]


def test_an_order_that_may_be_refilled_asks_for_one_thing_more(db, client, customer, django_assert_num_queries):
    order = order_in(OrderStatus.COMPLETED, customer, service=make_service(refill_days=30, provider=make_provider()))
    client.force_login(customer)
    client.get(f"/orders/{order.pk}/")
    with django_assert_num_queries(PAGES["/orders/{order}/"] + 1):
        assert "efill" in client.get(f"/orders/{order.pk}/").text


@pytest.mark.parametrize(("model", "queries"), ADMIN_LISTS.items())
def test_a_list_of_the_admin_asks_the_same_for_one_row_and_for_three(asks, customer, admin, model, queries):
    asks(f"/admin/{model}/", queries, who=admin, customer=customer)


def test_an_order_in_the_admin_asks_the_same_whatever_happened_to_it(asks, customer, admin):
    asks("/admin/orders/order/{order}/change/", 7, who=admin, customer=customer)


def test_a_ticket_in_the_admin_asks_the_same_whatever_was_said_in_it(asks, customer, admin):
    # SQLite searches for the articles that would help with one query more.
    queries = 18 if connection.vendor == "sqlite" else 17
    asks("/admin/support/ticket/{ticket}/change/", queries, who=admin, customer=customer)
