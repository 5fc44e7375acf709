import importlib
import json
from decimal import Decimal

import pytest
from django.apps import apps

from orders import money, submission, sync
from orders.importing import import_catalogue, sold_rate
from orders.models import Order, Service
from orders.placing import Wish, place_order
from orders.provider.offers import parse_services
from tests.factories import NOW, fresh, fund, make_provider, place

pytestmark = pytest.mark.django_db

ROW = {
    "service": 1,
    "name": "Likes",
    "type": "Default",
    "category": "Photos",
    "rate": "0.90",
    "min": "50",
    "max": "10000",
}


def offered(*rows):
    return parse_services(json.dumps([{**ROW, **row} for row in rows]).encode())


def bring(provider, *rows, markup="20", **how):
    return import_catalogue(provider=provider, offered=offered(*rows), markup=Decimal(markup), **how)


def test_an_offer_is_published_with_the_rate_plus_markup(db):
    provider = make_provider()
    result = bring(provider, {"refill": True, "cancel": True, "dripfeed": True, "desc": "Keep it public"})
    assert (result.added, result.changed, result.unchanged, result.skipped) == (1, 0, 0, [])
    service = Service.objects.get()
    assert (service.name, service.category.name, service.type, service.is_on_sale) == (
        "Likes",
        "Photos",
        "Default",
        True,
    )
    assert (service.rate, service.provider_rate) == (money.parse("1.08"), money.parse("0.90"))
    assert (service.minimum, service.maximum) == (50, 10_000)
    assert (service.refill_days > 0, service.can_cancel, service.can_drip) == (True, True, True)


@pytest.mark.parametrize(
    ("rate", "markup"), [("0.0000001", "20"), ("0.001", "0"), ("0.0012345", "33.3"), ("60", "0.0001")]
)
def test_a_rate_is_never_below_cost(rate, markup):
    cost = money.parse(rate)
    assert sold_rate(cost, Decimal(markup)) >= cost * (100 + Decimal(markup)) / 100


def test_a_second_import_changes_what_changed_and_leaves_what_the_shop_set(db):
    provider = make_provider()
    bring(provider, {}, {"service": 2})
    Service.objects.filter(provider_service_id="1").update(stated_start=5, refill_days=7, is_on_sale=False, position=9)
    result = bring(provider, {"rate": "1.00"}, {"service": 2})
    assert (result.added, result.changed, result.unchanged) == (0, 1, 1)
    service = Service.objects.get(provider_service_id="1")
    assert (service.rate, service.stated_start, service.refill_days, service.is_on_sale, service.position) == (
        money.parse("1.20"),
        5,
        7,
        False,
        9,
    )


def test_what_is_not_sold_is_skipped_with_the_reason(db):
    result = bring(make_provider(), {"type": "Subscriptions"}, {"service": 2, "type": "Teleport"}, {"service": 3})
    assert result.added == 1
    assert [(row, "Subscriptions" in why or "Teleport" in why) for row, why in result.skipped] == [
        ("1", True),
        ("2", True),
    ]


def test_a_dry_run_writes_nothing(db):
    assert bring(make_provider(), {}, dry_run=True).added == 1
    assert not Service.objects.exists()


def test_two_providers_may_offer_the_same_numbers(db):
    bring(make_provider(), {})
    bring(make_provider(), {})
    assert Service.objects.count() == 2


def test_a_package_is_sold_one_at_a_time(db):
    bring(make_provider(), {"type": "package", "min": "1", "max": "5000"})
    service = Service.objects.get()
    assert (service.type, service.minimum, service.maximum) == ("Package", 1, 1)


# --- What is queued while a new list comes in


SOLD = {
    "Default": {"quantity": 1000},
    "Package": {},
    "Custom Comments": {"inputs": {"comments": "Well done\nGreat"}},
}


def sold_as(customer, type_word, provider) -> Order:
    bring(provider, {"type": type_word, "min": "1"})
    fund(customer, "5000.00")
    wish = Wish(service_id=Service.objects.get().pk, link="https://example.com/p/1", **SOLD[type_word])
    return place_order(customer=customer, wish=wish, client_key="k", now=NOW)


def sent(order: Order):
    [claimed] = submission.claim(now=NOW, most=1)
    assert claimed.pk == order.pk
    request = sync.request_of(claimed)
    return request.quantity, dict(request.inputs)


@pytest.mark.parametrize("later", SOLD)
@pytest.mark.parametrize(
    ("sold", "goes_out"),
    [
        ("Default", (1000, {})),
        ("Package", (None, {})),
        ("Custom Comments", (None, {"comments": "Well done\nGreat"})),
    ],
)
def test_an_order_is_sent_as_it_was_sold_whatever_the_service_became(customer, sold, goes_out, later):
    provider = make_provider()
    order = sold_as(customer, sold, provider)
    bring(provider, {"type": later, "min": "1"})
    assert Service.objects.get().type == later
    assert sent(order) == goes_out


def test_a_form_sent_twice_is_one_order_though_the_service_became_another_type(customer):
    provider = make_provider()
    order = sold_as(customer, "Custom Comments", provider)
    bring(provider, {"type": "Default", "min": "1"})
    wish = Wish(service_id=order.service_id, link=order.link, quantity=None, inputs=SOLD["Custom Comments"]["inputs"])
    assert place_order(customer=customer, wish=wish, client_key="k", now=NOW) == order


def test_orders_from_before_types_were_kept_take_that_of_their_service(customer):
    migration = importlib.import_module("orders.migrations.0005_types_as_sold")
    comments = sold_as(customer, "Custom Comments", make_provider())
    plain = place(customer)
    Order.objects.update(service_type="Default")
    migration.take_the_services_own(apps, None)
    assert (fresh(comments).service_type, fresh(plain).service_type) == ("Custom Comments", "Default")
