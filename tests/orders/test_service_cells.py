"""Rows of the list of services are drawn once and remembered: never an old one, never another reader's."""

import dataclasses

import pytest

from orders import money, pricing
from orders.models import Category, Provider, Service, ServiceTimes
from orders.models.measuring import FEWEST
from orders.service_cells import Cells, Measured, drawn
from orders.service_types import ServiceType
from tests.factories import NOW, make_provider, make_service

pytestmark = pytest.mark.django_db

CHANGES = {
    "name": "Other words",
    "rate": money.parse("9.87"),
    "type": ServiceType.PACKAGE,
    "minimum": 77,
    "maximum": 88_888,
    "stated_start": 4321,
    "refill_days": 17,
    "can_cancel": True,
    "can_drip": True,
}
MEASURED = {
    name: number for number, name in enumerate(("start_median", "start_p90", "finish_median", "finish_p90"), 61)
}


def seen(client, service: Service, query: str = "") -> str:
    """The row in the page, but for its star and its button."""
    page = client.get(f"/services/{query}").text
    return page[page.index(f'id="service-{service.pk}"') :].partition('<div class="ends">')[0]


@pytest.mark.parametrize("field", CHANGES)
def test_whatever_changes_in_a_service_is_seen_by_the_next_reader(client, field):
    service = make_service(minimum=10, maximum=1000, provider=make_provider(can_cancel=True))
    before = seen(client, service)
    Service.objects.filter(pk=service.pk).update(**{field: CHANGES[field]})
    assert seen(client, service) != before


def test_what_its_provider_can_no_longer_do_is_seen(client):
    service = make_service(provider=make_provider(can_cancel=True), can_cancel=True)
    before = seen(client, service)
    Provider.objects.update(can_cancel=False)
    assert seen(client, service) != before


@pytest.mark.parametrize("field", [*MEASURED, "partial", "orders"])
def test_what_was_measured_anew_is_seen(client, field):
    service = make_service()
    times = {"orders": FEWEST, "learned_at": NOW} | MEASURED
    ServiceTimes.objects.create(service=service, **times)
    before = seen(client, service)
    ServiceTimes.objects.update(**{field: 49})
    assert seen(client, service) != before


def test_a_renamed_category_is_seen_in_the_list_by_price(client):
    service = make_service(category="Old shelf")
    assert "Old shelf" in seen(client, service, "?order=cheap")
    Category.objects.update(name="New shelf")
    assert "New shelf" in seen(client, service, "?order=cheap")


def test_a_price_of_ones_own_is_seen_by_nobody_else(client, customer, stranger):
    service = make_service(rate="2")
    pricing.set_rate(
        customer=customer, service_id=service.pk, rate=money.parse("0.5"), actor=customer, reason="Loyal", now=NOW
    )
    for reader, price in ((customer, "0.50 USD"), (stranger, "2.00 USD"), (customer, "0.50 USD")):
        client.force_login(reader)
        row = seen(client, service)
        assert price in row
        assert ("your price" in row) is (reader == customer)


def test_each_language_has_its_own(client):
    service = make_service(provider=make_provider(can_cancel=True), can_cancel=True)
    assert "Can be canceled" in seen(client, service)
    client.cookies["django_language"] = "es"
    assert "Can be canceled" not in seen(client, service)


def test_a_row_that_was_drawn_is_not_drawn_again(client):
    service = make_service()
    seen(client, service)
    before = drawn.cache_info()
    seen(client, service)
    after = drawn.cache_info()
    assert (after.hits - before.hits, after.misses - before.misses) == (1, 0)


def test_every_value_that_a_row_shows_is_tried_here():
    """Who adds a value to the row adds its change above."""
    of_the_service = {field.name for field in dataclasses.fields(Cells)} - {"number", "category", "measured"}
    shown = {
        "price": "rate",
        "has_own_price": "rate",
        "per_thousand": "type",
        "is_cancelable": "can_cancel",
        "has_runs": "can_drip",
    }
    assert {shown.get(name, name) for name in of_the_service} == set(CHANGES)
    assert set(Measured._fields) == {*MEASURED, "partial_percent", "orders"}
