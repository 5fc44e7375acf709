"""Programs place orders: what is refused, in which order and words, and what is never placed twice."""

import json

import pytest
from django.utils import timezone

from accounts import api_keys
from orders import desk, halt, ledger, money
from orders.models import Order, Service
from orders.platforms import LinkKind
from orders.service_types import ServiceType
from orders.statuses import OrderStatus
from tests.factories import NOW, fund, make_service, place
from tests.orders.api.calling import ARABIC_THREE, LINK, ODD_IDS, as_form, as_json
from tests.orders.books import written


def test_add_places_an_order_at_the_services_own_price(call, customer, service):
    fund(customer, "10.00")
    answer = call("add", service=service.pk, link=LINK, quantity=1000)
    order = Order.objects.get()
    assert answer == {"order": order.pk}
    assert (order.wallet_id, order.service, order.link, order.quantity) == (customer.pk, service, LINK, 1000)
    assert order.charge == money.parse("0.90")
    assert ledger.balance_of(customer) == money.parse("9.10")


def test_numbers_may_be_text_or_numbers_and_other_fields_change_nothing(call, customer, service):
    fund(customer, "10.00")
    call(
        "add",
        service=str(service.pk),
        link=LINK,
        quantity="1000",
        charge="0.01",
        rate="0.001",
        type="Package",
        status="completed",
        customer="1",
    )
    order = Order.objects.get()
    assert (order.charge, order.rate, order.status) == (money.parse("0.90"), service.rate, OrderStatus.PENDING)


def test_a_package_costs_its_rate_once_whatever_quantity_is_sent(call, customer):
    package = make_service(type=ServiceType.PACKAGE, rate="3.00", minimum=1, maximum=1)
    fund(customer, "10.00")
    call("add", service=package.pk, link=LINK)
    call("add", service=package.pk, link=f"{LINK}2", quantity=5000)
    assert [order.quantity for order in Order.objects.all()] == [1, 1]
    assert ledger.balance_of(customer) == money.parse("4.00")


def test_what_is_wrong_is_told_in_the_documented_order(any_call, customer, service):
    bad = {"service": 999_999, "link": "javascript:alert(1)", "quantity": "1"}
    assert any_call("add", **bad) == {"error": "Incorrect service ID"}
    bad["service"] = service.pk
    assert any_call("add", **bad) == {"error": "Bad link"}
    bad["link"] = LINK
    assert any_call("add", **bad) == {"error": "Quantity less than minimal 10"}
    assert any_call("add", **bad | {"quantity": "10001"}) == {"error": "Quantity more than maximum 10000"}
    place(customer, service=service, link=LINK)
    ledger_before = ledger.balance_of(customer)
    expensive = make_service(rate="1000000")
    assert any_call("add", **bad | {"quantity": "100"}) == {
        "error": "You have active order with this link. Please wait until order being completed."
    }
    assert any_call("add", service=expensive.pk, link=LINK, quantity=1000) == {"error": "Not enough funds on balance"}
    assert ledger.balance_of(customer) == ledger_before


@pytest.mark.parametrize("stop", ["halt", "freeze"])
def test_while_nothing_may_be_ordered_whatever_else_is_wrong_is_told_first(any_call, customer, lead, service, stop):
    fund(customer)
    place(customer, service=service, link=LINK)
    if stop == "halt":
        halt.begin(reason="A check", now=NOW)
    else:
        desk.freeze(customer=customer, frozen=True, actor=lead, reason="Card was stolen", now=NOW)
    wish = {"service": service.pk, "link": f"{LINK}0", "quantity": 100}
    assert any_call("add", **wish | {"service": 999_999}) == {"error": "Incorrect service ID"}
    assert any_call("add", **wish | {"link": "nothing"}) == {"error": "Bad link"}
    assert any_call("add", **wish | {"quantity": 1}) == {"error": "Quantity less than minimal 10"}
    assert any_call("add", **wish | {"runs": 3, "interval": 30}) == {"error": "Incorrect request"}
    assert any_call("add", **wish | {"link": LINK})["error"].startswith("You have active order with this link.")
    assert any_call("add", **wish) == {"error": "Not enough funds on balance"}


ODD_QUANTITIES = {
    "1.5": "Incorrect request",
    "1e3": "Incorrect request",
    " 10 ": "Incorrect request",
    "1,000": "Incorrect request",
    ARABIC_THREE * 2: "Incorrect request",
    "NaN": "Incorrect request",
    "abc": "Incorrect request",
    "10\x00": "Incorrect request",
    "9" * 41: "Incorrect request",
    "": "Quantity less than minimal 10",
    "0": "Quantity less than minimal 10",
    "-1": "Quantity less than minimal 10",
    str(2**31): "Quantity more than maximum 10000",
    str(2**63): "Quantity more than maximum 10000",
    str(10**30): "Quantity more than maximum 10000",
}


@pytest.mark.parametrize(("quantity", "words"), ODD_QUANTITIES.items())
def test_an_odd_quantity_is_refused_and_writes_nothing(any_call, customer, service, quantity, words):
    fund(customer)
    before = written()
    assert any_call("add", service=service.pk, link=LINK, quantity=quantity) == {"error": words}
    assert written() == before


def test_a_missing_quantity_reads_like_one_too_small(any_call, customer, service):
    assert any_call("add", service=service.pk, link=LINK) == {"error": "Quantity less than minimal 10"}


@pytest.mark.parametrize(
    "quantity", ["true", "false", "null", "[]", "[100]", "{}", "100.0", "1e3", "Infinity", "1" * 5000]
)
def test_a_json_quantity_that_is_no_whole_number_is_refused(client, address, key, customer, service, quantity):
    fund(customer)
    before = written()
    body = json.dumps({"key": key, "action": "add", "service": service.pk, "link": LINK, "quantity": "Q"})
    answer = client.post(address, body.replace('"Q"', quantity), content_type="application/json")
    assert answer.status_code == 200
    assert list(answer.json()) == ["error"]
    assert written() == before


def test_null_reads_like_a_parameter_that_is_missing(client, address, key, customer, service):
    fund(customer)
    package = make_service(type=ServiceType.PACKAGE, rate="3.00", minimum=1, maximum=1)
    nothing = {"runs": None, "interval": None, "request_id": None, "comments": None}

    def add(**wish):
        return as_json(client, key, "add", address=address, link=LINK, **nothing, **wish).json()

    assert "order" in add(service=service.pk, quantity=100)
    assert "order" in add(service=package.pk, quantity=None)
    assert add(service=service.pk, quantity=None) == {"error": "Quantity less than minimal 10"}
    assert add(service=None, quantity=100) == {"error": "Incorrect service ID"}
    number = str(Order.objects.earliest("pk").pk)
    told = as_json(client, key, "status", address=address, order=number, orders=None).json()
    assert told["charge"] == "0.09"


@pytest.mark.parametrize("odd", [*ODD_IDS, "1.5"])
def test_an_odd_service_id_is_an_incorrect_one(any_call, customer, service, odd):
    fund(customer)
    assert any_call("add", service=odd, link=LINK, quantity=100) == {"error": "Incorrect service ID"}
    assert not Order.objects.exists()


def test_a_paused_service_is_an_incorrect_one(any_call, customer):
    paused = make_service(is_on_sale=False)
    assert any_call("add", service=paused.pk, link=LINK, quantity=100) == {"error": "Incorrect service ID"}


ODD_LINKS = [
    "",
    "   ",
    "nothing",
    "javascript:alert(1)",
    "data:text/html,x",
    "ftp://example.com/x",
    "https://example.com/" + "a" * 8192,
    "https://example.com/a\x00b",
    "https://example.com/a\nb",
    "https://example.com/\u202eb",
    "https://ex\N{CYRILLIC SMALL LETTER A}mple.com/",
    "https://user:pass@example.com/",
    "http://[::1]/",
    "http://127.0.0.1/",
    "http://2130706433/",
    "https://localhost/",
    "https://example.com:8443/",
]


@pytest.mark.parametrize("link", ODD_LINKS)
def test_an_odd_link_is_a_bad_link_and_writes_nothing(any_call, customer, service, link):
    fund(customer)
    before = written()
    assert any_call("add", service=service.pk, link=link, quantity=100) == {"error": "Bad link"}
    assert written() == before


@pytest.mark.parametrize("link", [None, True, 5, [LINK], {"a": 1}, "https://example.com/\ud800"])
def test_a_json_link_that_is_no_text_is_a_bad_link(client, address, key, customer, service, link):
    assert as_json(client, key, "add", address=address, service=service.pk, link=link, quantity=100).json() == {
        "error": "Bad link"
    }


def test_a_price_that_no_balance_can_hold_is_not_enough_funds(any_call, customer):
    absurd = make_service(rate="1000", maximum=2**63 - 1)
    fund(customer)
    answer = any_call("add", service=absurd.pk, link=LINK, quantity=2**63 - 1)
    assert answer == {"error": "Not enough funds on balance"}
    assert not Order.objects.exists()


def test_the_same_request_id_with_the_same_content_gives_the_first_order(any_call, customer, service):
    fund(customer)
    wish = {"service": service.pk, "link": LINK, "quantity": 100, "request_id": "r-1"}
    first = any_call("add", **wish)
    before = written()
    assert any_call("add", **wish) == first
    assert written() == before


def test_the_same_request_id_still_gives_the_first_order_after_service_price_and_balance_changed(
    any_call, customer, service
):
    fund(customer, "0.09")
    wish = {"service": service.pk, "link": LINK, "quantity": 100, "request_id": "r-1"}
    first = any_call("add", **wish)
    Service.objects.update(rate=service.rate * 2, is_on_sale=False)
    assert any_call("add", **wish) == first


@pytest.mark.parametrize(
    ("sent", "kind", "later"),
    [
        (LINK, LinkKind.ANY, LinkKind.USERNAME),
        (" example.com/p/1", LinkKind.ANY, LinkKind.USERNAME),
        ("https://www.instagram.com/someone/", LinkKind.PROFILE, LinkKind.POST),
        ("@someone", LinkKind.USERNAME, LinkKind.ANY),
        ("some.one ", LinkKind.USERNAME, LinkKind.POST),
    ],
)
def test_the_same_request_id_still_gives_the_first_order_after_the_service_wants_other_links(
    any_call, customer, sent, kind, later
):
    fund(customer)
    service = make_service(link_kind=kind)
    wish = {"service": service.pk, "link": sent, "quantity": 100, "request_id": "r-1"}
    first = any_call("add", **wish)
    assert "order" in first
    Service.objects.update(link_kind=later)
    assert any_call("add", **wish) == first
    assert any_call("add", **wish | {"link": f"{LINK}0"}) == {"error": "Incorrect request"}


@pytest.mark.parametrize("other", [{"quantity": 101}, {"link": f"{LINK}0"}])
def test_the_same_request_id_with_other_content_is_an_incorrect_request(any_call, customer, service, other):
    fund(customer)
    wish = {"service": service.pk, "link": LINK, "quantity": 100, "request_id": "r-1"}
    any_call("add", **wish)
    before = written()
    assert any_call("add", **wish | other) == {"error": "Incorrect request"}
    assert written() == before


def test_two_customers_may_use_the_same_request_id(client, any_call, customer, stranger, service):
    fund(customer)
    fund(stranger)
    _key, theirs = api_keys.issue(user=stranger, name="shop", now=timezone.now())
    wish = {"service": service.pk, "link": LINK, "quantity": 100, "request_id": "r-1"}
    assert any_call("add", **wish) != any_call("add", key=theirs, **wish)
    assert Order.objects.count() == 2


@pytest.mark.parametrize("odd", ["r" * 10_000, "\x00", "\ud800", "ü", 17])
def test_any_request_id_is_remembered(client, address, key, customer, service, odd):
    fund(customer)
    wish = {"service": service.pk, "link": LINK, "quantity": 100, "request_id": odd}
    first = as_json(client, key, "add", address=address, **wish).json()
    assert first["order"] > 0
    assert as_json(client, key, "add", address=address, **wish).json() == first


@pytest.mark.parametrize("odd", [True, False, [], ["r-1"], {"r": 1}])
def test_a_request_id_that_is_no_text_is_refused_and_not_taken_for_missing(
    client, address, key, customer, service, odd
):
    fund(customer)
    before = written()
    wish = {"service": service.pk, "link": LINK, "quantity": 100, "request_id": odd}
    answer = as_json(client, key, "add", address=address, **wish)
    assert answer.json() == {"error": "Incorrect request"}
    assert written() == before


def test_a_request_id_sent_twice_is_refused(client, address, key, customer, service):
    fund(customer)
    before = written()
    wish = {"service": service.pk, "link": LINK, "quantity": 100, "request_id": ["r-1", "r-2"]}
    assert as_form(client, key, "add", address=address, **wish).json() == {"error": "Incorrect request"}
    assert written() == before


def test_without_a_request_id_the_second_call_meets_the_first_order(any_call, customer, service):
    fund(customer)
    wish = {"service": service.pk, "link": LINK, "quantity": 100}
    any_call("add", **wish)
    assert any_call("add", **wish)["error"].startswith("You have active order with this link.")
