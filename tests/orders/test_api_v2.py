"""/api/v2 as a reseller's program meets it: word for word, types too, and JSON whatever is sent."""

import json
import uuid

import pytest
from django.test import Client
from django.utils import timezone

from accounts import api_keys
from accounts.models import ApiKey
from orders import ledger, lifecycle, money
from orders.models import LedgerEntry, Order, OrderEvent, Service
from orders.service_types import ServiceType
from orders.statuses import OrderStatus
from tests.factories import NOW, fund, make_service, order_in, place, reported

ADDRESS = "/api/v2"
LINK = "https://example.com/p/1"
UNKNOWN_ORDER = {"error": "Incorrect order ID"}
ARABIC_THREE = "\N{ARABIC-INDIC DIGIT THREE}"


@pytest.fixture
def key(customer) -> str:
    _key, text = api_keys.issue(user=customer, name="shop", now=timezone.now())
    return text


@pytest.fixture
def service(db) -> Service:
    return make_service()


def written() -> tuple[int, int, int]:
    return Order.objects.count(), LedgerEntry.objects.count(), OrderEvent.objects.count()


def as_form(client, key, action, **parameters):
    return client.post(ADDRESS, {"key": key, "action": action, **parameters})


def as_json(client, key, action, **parameters):
    body = json.dumps({"key": key, "action": action, **parameters})
    return client.post(ADDRESS, body, content_type="application/json")


@pytest.fixture(params=[as_form, as_json], ids=["form", "json"])
def call(request, client, key):
    """A call of the API with the customer's key, in both ways of writing it. Gives the answer's JSON."""

    def ask(action, *, key=key, **parameters):
        answer = request.param(client, key, action, **parameters)
        assert answer.status_code == 200
        assert answer["Content-Type"] == "application/json"
        return answer.json()

    return ask


# --- Who may ask, and how


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete", "options"])
def test_only_post_is_answered_and_the_refusal_is_json_too(client, db, method):
    answer = getattr(client, method)(ADDRESS)
    assert answer.status_code == 405
    assert answer["Allow"] == "POST"
    assert list(answer.json()) == ["error"]


def test_a_key_in_the_address_counts_for_nothing(client, key):
    answer = client.post(f"{ADDRESS}?key={key}&action=balance")
    assert answer.json() == {"error": "Invalid API key"}


@pytest.mark.parametrize("wrong", ["", "wrong", " ", "\x00", "k" * 5000, "ключ"])
def test_a_wrong_key_is_refused(call, wrong):
    assert call("balance", key=wrong) == {"error": "Invalid API key"}


@pytest.mark.parametrize("wrong", [None, True, 1, 1.5, [], {}, ["a"], "\ud800"])
def test_a_key_that_is_no_text_is_refused(client, db, wrong):
    assert as_json(client, wrong, "balance").json() == {"error": "Invalid API key"}


def test_a_missing_key_is_refused_before_the_action_is_looked_at(client, db):
    assert client.post(ADDRESS, {"action": "nonsense"}).json() == {"error": "Invalid API key"}
    assert client.post(ADDRESS).json() == {"error": "Invalid API key"}


def test_a_revoked_key_reads_like_a_wrong_one(call, customer):
    api_keys.revoke(user=customer, key_id=customer.api_keys.get().pk, now=timezone.now())
    assert call("balance") == {"error": "Invalid API key"}


def test_a_disabled_account_reads_like_a_wrong_key(call, customer):
    customer.is_active = False
    customer.save(update_fields=["is_active"])
    assert call("balance") == {"error": "Invalid API key"}


def test_a_key_that_may_only_read_reads_and_orders_nothing(call, customer, service):
    _key, text = api_keys.issue(user=customer, name="watch", scope=ApiKey.Scope.READ, now=timezone.now())
    order = place(customer, service=service)
    before = written()
    assert call("add", key=text, service=service.pk, link=LINK, quantity=100) == {"error": "Invalid API key"}
    assert written() == before
    assert call("status", key=text, order=order.pk)["status"] == "Pending"
    assert call("balance", key=text)["currency"] == "USD"
    assert call("services", key=text)[0]["service"] == service.pk


@pytest.mark.parametrize("action", ["", "nonsense", "__class__", "\x00", "Services"])
def test_an_unknown_action_is_an_incorrect_request(call, action):
    assert call(action) == {"error": "Incorrect request"}


def test_a_cookie_of_a_signed_in_customer_opens_nothing(client, customer):
    client.force_login(customer)
    assert client.post(ADDRESS, {"action": "balance"}).json() == {"error": "Invalid API key"}


def test_no_csrf_token_is_asked_for(key, customer):
    from_elsewhere = Client(enforce_csrf_checks=True)
    assert from_elsewhere.post(ADDRESS, {"key": key, "action": "balance"}).status_code == 200


# --- Reading


def test_services_are_listed_word_for_word(call, customer):
    service = make_service(
        name="Photo likes", rate="0.90", minimum=50, maximum=10_000, description="Real.", refill_days=30, can_drip=True
    )
    package = make_service(
        name="Starter", type=ServiceType.PACKAGE, rate="1234.5", minimum=1, maximum=1, can_cancel=True
    )
    make_service(name="Paused", is_on_sale=False)
    assert call("services") == [
        {
            "service": service.pk,
            "name": "Photo likes",
            "type": "Default",
            "category": "Likes",
            "rate": "0.90",
            "min": "50",
            "max": "10000",
            "refill": True,
            "cancel": False,
            "dripfeed": True,
            "desc": "Real.",
        },
        {
            "service": package.pk,
            "name": "Starter",
            "type": "Package",
            "category": "Likes",
            "rate": "1234.50",
            "min": "1",
            "max": "1",
            "refill": False,
            "cancel": True,
            "dripfeed": False,
            "desc": "",
        },
    ]


def test_a_balance_is_plain_digits_with_its_currency(call, customer):
    assert call("balance") == {"balance": "0.00", "currency": "USD"}
    fund(customer, "12345.84292")
    assert call("balance") == {"balance": "12345.84292", "currency": "USD"}


def test_a_new_order_has_its_charge_and_its_quantity_before_it(call, customer, service):
    order = place(customer, service=service, quantity=309)
    assert call("status", order=order.pk) == {
        "charge": "0.2781",
        "start_count": "0",
        "status": "Pending",
        "remains": "309",
        "currency": "USD",
        "status_detail": "pending",
    }


def test_a_partial_order_tells_what_the_shop_keeps(call, customer, service):
    order = reported(
        order_in(OrderStatus.PROCESSING, customer, service=service, quantity=1000),
        OrderStatus.PARTIAL,
        remains=157,
        start_count=3572,
    )
    assert call("status", order=str(order.pk)) == {
        "charge": "0.7587",
        "start_count": "3572",
        "status": "Partial",
        "remains": "157",
        "currency": "USD",
        "status_detail": "partial",
    }


WORDS = {
    OrderStatus.PENDING: ("Pending", "0.90", "1000"),
    OrderStatus.PROCESSING: ("Processing", "0.90", "1000"),
    OrderStatus.IN_PROGRESS: ("In progress", "0.90", "1000"),
    OrderStatus.COMPLETED: ("Completed", "0.90", "0"),
    OrderStatus.PARTIAL: ("Partial", "0.45", "500"),
    OrderStatus.CANCELED: ("Canceled", "0.00", "1000"),
    OrderStatus.REFUNDED: ("Canceled", "0.00", "1000"),
    OrderStatus.ERROR: ("Canceled", "0.00", "1000"),
}


@pytest.mark.parametrize("status", list(OrderStatus))
def test_each_status_reads_as_one_of_the_six_words_and_its_money_adds_up(call, customer, status):
    order = order_in(status, customer)
    told = call("status", order=order.pk)
    assert (told["status"], told["charge"], told["remains"]) == WORDS[status]
    assert told["status_detail"] == status.value
    balance = money.parse(call("balance")["balance"])
    assert balance + money.parse(told["charge"]) == money.parse("100.00")


def test_an_order_refunded_in_part_reads_partial_with_remains_that_match_its_charge(call, customer, agent):
    order = order_in(OrderStatus.COMPLETED, customer)
    lifecycle.refund(order_id=order.pk, amount=order.charge // 3, actor=agent, reason="It dropped", now=NOW)
    told = call("status", order=order.pk)
    assert (told["status"], told["charge"], told["remains"]) == ("Partial", "0.60", "333")
    assert told["status_detail"] == "refunded"


def test_an_unclear_report_shows_that_a_person_looks_at_it(call, customer):
    order = order_in(OrderStatus.COMPLETED, customer)
    reported(order, OrderStatus.CANCELED)
    told = call("status", order=order.pk)
    assert told["status"] == "Completed"
    assert told["review"] is True


def test_an_unknown_order_and_a_strangers_read_exactly_alike(call, customer, stranger):
    theirs = place(stranger)
    assert call("status", order=theirs.pk) == UNKNOWN_ORDER
    assert call("status", order=theirs.pk + 1000) == UNKNOWN_ORDER
    assert call("status") == UNKNOWN_ORDER


ODD_IDS = ["", "-1", "0", str(2**63), "1" * 5000, "1 OR 1=1", "../", str(uuid.UUID(int=1)), "1e3", ARABIC_THREE, "\x00"]


@pytest.mark.parametrize("odd", ODD_IDS)
def test_an_odd_order_id_is_an_incorrect_one(call, customer, odd):
    place(customer)
    assert call("status", order=odd) == UNKNOWN_ORDER


@pytest.mark.parametrize("odd", [None, True, 1.5, [], [1], {"id": 1}, "\ud800"])
def test_an_order_id_that_is_no_plain_value_is_an_incorrect_one(client, key, customer, odd):
    place(customer)
    assert as_json(client, key, "status", order=odd).json() == UNKNOWN_ORDER


def test_many_orders_are_keyed_by_their_ids_as_asked(call, customer, stranger):
    mine, theirs = place(customer), place(stranger)
    asked = f"{mine.pk}, {theirs.pk},999999,abc,{mine.pk}"
    found = call("status", orders=asked)
    assert list(found) == [str(mine.pk), str(theirs.pk), "999999", "abc"]
    assert found[str(mine.pk)] == call("status", order=mine.pk)
    assert found[str(theirs.pk)] == found["999999"] == found["abc"] == UNKNOWN_ORDER


def test_many_orders_may_be_a_json_list_of_numbers(client, key, customer):
    order = place(customer)
    found = as_json(client, key, "status", orders=[order.pk, 999_999]).json()
    assert found[str(order.pk)]["status"] == "Pending"
    assert found["999999"] == UNKNOWN_ORDER


def test_a_hundred_ids_are_answered_in_one_query_and_one_more_is_too_many(call, customer, django_assert_num_queries):
    order = place(customer)
    call("balance")  # notes the key's last use, which is a write of its own
    hundred = ",".join(str(order.pk + n) for n in range(100))
    with django_assert_num_queries(2):
        found = call("status", orders=hundred)
    assert len(found) == 100
    assert found[str(order.pk)]["status"] == "Pending"
    assert call("status", orders=f"{hundred},7") == {"error": "Too many orders"}
    assert call("status", orders=",".join(["1"] * 100_000)) == {"error": "Too many orders"}


def test_an_empty_list_of_ids_names_no_order(call, customer):
    assert call("status", orders="") == UNKNOWN_ORDER
    assert call("status", orders=" , ,") == UNKNOWN_ORDER


# --- Ordering


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


def test_what_is_wrong_is_told_in_the_documented_order(call, customer, service):
    bad = {"service": 999_999, "link": "javascript:alert(1)", "quantity": "1"}
    assert call("add", **bad) == {"error": "Incorrect service ID"}
    bad["service"] = service.pk
    assert call("add", **bad) == {"error": "Bad link"}
    bad["link"] = LINK
    assert call("add", **bad) == {"error": "Quantity less than minimal 10"}
    assert call("add", **bad | {"quantity": "10001"}) == {"error": "Quantity more than maximum 10000"}
    place(customer, service=service, link=LINK)
    ledger_before = ledger.balance_of(customer)
    expensive = make_service(rate="1000000")
    assert call("add", **bad | {"quantity": "100"}) == {
        "error": "You have active order with this link. Please wait until order being completed."
    }
    assert call("add", service=expensive.pk, link=LINK, quantity=1000) == {"error": "Not enough funds on balance"}
    assert ledger.balance_of(customer) == ledger_before


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
def test_an_odd_quantity_is_refused_and_writes_nothing(call, customer, service, quantity, words):
    fund(customer)
    before = written()
    assert call("add", service=service.pk, link=LINK, quantity=quantity) == {"error": words}
    assert written() == before


def test_a_missing_quantity_reads_like_one_too_small(call, customer, service):
    assert call("add", service=service.pk, link=LINK) == {"error": "Quantity less than minimal 10"}


@pytest.mark.parametrize(
    "quantity", ["true", "false", "null", "[]", "[100]", "{}", "100.0", "1e3", "Infinity", "1" * 5000]
)
def test_a_json_quantity_that_is_no_whole_number_is_refused(client, key, customer, service, quantity):
    fund(customer)
    before = written()
    body = json.dumps({"key": key, "action": "add", "service": service.pk, "link": LINK, "quantity": "Q"})
    answer = client.post(ADDRESS, body.replace('"Q"', quantity), content_type="application/json")
    assert answer.status_code == 200
    assert list(answer.json()) == ["error"]
    assert written() == before


@pytest.mark.parametrize("odd", [*ODD_IDS, "1.5"])
def test_an_odd_service_id_is_an_incorrect_one(call, customer, service, odd):
    fund(customer)
    assert call("add", service=odd, link=LINK, quantity=100) == {"error": "Incorrect service ID"}
    assert not Order.objects.exists()


def test_a_paused_service_is_an_incorrect_one(call, customer):
    paused = make_service(is_on_sale=False)
    assert call("add", service=paused.pk, link=LINK, quantity=100) == {"error": "Incorrect service ID"}


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
def test_an_odd_link_is_a_bad_link_and_writes_nothing(call, customer, service, link):
    fund(customer)
    before = written()
    assert call("add", service=service.pk, link=link, quantity=100) == {"error": "Bad link"}
    assert written() == before


@pytest.mark.parametrize("link", [None, True, 5, [LINK], {"a": 1}, "https://example.com/\ud800"])
def test_a_json_link_that_is_no_text_is_a_bad_link(client, key, customer, service, link):
    assert as_json(client, key, "add", service=service.pk, link=link, quantity=100).json() == {"error": "Bad link"}


def test_a_price_that_no_balance_can_hold_is_not_enough_funds(call, customer):
    absurd = make_service(rate="1000", maximum=2**63 - 1)
    fund(customer)
    answer = call("add", service=absurd.pk, link=LINK, quantity=2**63 - 1)
    assert answer == {"error": "Not enough funds on balance"}
    assert not Order.objects.exists()


def test_the_same_request_id_with_the_same_content_gives_the_first_order(call, customer, service):
    fund(customer)
    wish = {"service": service.pk, "link": LINK, "quantity": 100, "request_id": "r-1"}
    first = call("add", **wish)
    before = written()
    assert call("add", **wish) == first
    assert written() == before


def test_the_same_request_id_still_gives_the_first_order_after_service_price_and_balance_changed(
    call, customer, service
):
    fund(customer, "0.09")
    wish = {"service": service.pk, "link": LINK, "quantity": 100, "request_id": "r-1"}
    first = call("add", **wish)
    Service.objects.update(rate=service.rate * 2, is_on_sale=False)
    assert call("add", **wish) == first


@pytest.mark.parametrize("other", [{"quantity": 101}, {"link": f"{LINK}0"}])
def test_the_same_request_id_with_other_content_is_an_incorrect_request(call, customer, service, other):
    fund(customer)
    wish = {"service": service.pk, "link": LINK, "quantity": 100, "request_id": "r-1"}
    call("add", **wish)
    before = written()
    assert call("add", **wish | other) == {"error": "Incorrect request"}
    assert written() == before


def test_two_customers_may_use_the_same_request_id(client, call, customer, stranger, service):
    fund(customer)
    fund(stranger)
    _key, theirs = api_keys.issue(user=stranger, name="shop", now=timezone.now())
    wish = {"service": service.pk, "link": LINK, "quantity": 100, "request_id": "r-1"}
    assert call("add", **wish) != call("add", key=theirs, **wish)
    assert Order.objects.count() == 2


@pytest.mark.parametrize("odd", ["r" * 10_000, "\x00", "\ud800", "ü", 17])
def test_any_request_id_is_remembered(client, key, customer, service, odd):
    fund(customer)
    wish = {"service": service.pk, "link": LINK, "quantity": 100, "request_id": odd}
    first = as_json(client, key, "add", **wish).json()
    assert list(first) == ["order"]
    assert as_json(client, key, "add", **wish).json() == first


def test_without_a_request_id_the_second_call_meets_the_first_order(call, customer, service):
    fund(customer)
    wish = {"service": service.pk, "link": LINK, "quantity": 100}
    call("add", **wish)
    assert call("add", **wish)["error"].startswith("You have active order with this link.")


# --- Bodies that are no calls


def test_a_parameter_sent_twice_has_no_meaning(client, key, customer, service):
    fund(customer)
    before = written()
    wish = {"key": key, "action": "add", "service": service.pk, "link": LINK}
    answer = client.post(ADDRESS, {**wish, "quantity": ["100", "999999"]})
    assert answer.json() == {"error": "Incorrect request"}
    assert client.post(ADDRESS, {**wish, "key": [key, key], "quantity": "100"}).json() == {"error": "Invalid API key"}
    assert written() == before


ODD_BODIES = [
    b"[]",
    b"[1, 2]",
    b"null",
    b"true",
    b'"text"',
    b"1e400",
    b"{",
    b'{"key": ',
    b"\xff\xfe",
    b"\x00",
    b"[" * 100_000,
    b"{" + b'"a":' * 10,
    b'{"key": "' + b"x" * 10_000_000 + b'"}',
]


@pytest.mark.parametrize("body", ODD_BODIES, ids=range(len(ODD_BODIES)))
@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "multipart/form-data",
        "nonsense",
    ],
)
def test_a_body_that_is_no_call_gets_a_json_error(client, db, body, content_type):
    answer = client.post(ADDRESS, body, content_type=content_type)
    assert answer.status_code == 200
    assert list(answer.json()) == ["error"]


def test_json_under_a_wrong_name_is_read_all_the_same(client, key):
    body = json.dumps({"key": key, "action": "balance"})
    for content_type in ("text/plain", "application/x-www-form-urlencoded", "application/octet-stream"):
        assert client.post(ADDRESS, body, content_type=content_type).json() == {"balance": "0.00", "currency": "USD"}


def test_a_form_of_a_hundred_thousand_fields_gets_a_json_error(client, db):
    body = "&".join(f"a{n}=1" for n in range(100_000))
    answer = client.post(ADDRESS, body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 200
    assert answer.json() == {"error": "Incorrect request"}
