"""What a key may do: read, order or test, up to its daily cap, from its own networks, and so often."""

import datetime as dt
import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone

from accounts import api_keys
from accounts.models import ApiKey, CallWindow
from neopanel.env import CallRate
from orders import desk, halt, ledger, money, submission, worker
from orders.models import Order
from orders.placing import Wish, place_order
from orders.provider.wire import Accepted, parse_added
from orders.statuses import OrderStatus
from orders.verification import verify
from tests.factories import NOW, fund, make_service, order_in, place
from tests.orders.api.calling import LINK, V1, V2, as_form
from tests.orders.books import written

NO_FUNDS = {"error": "Not enough funds on balance"}
INVALID = {"error": "Invalid API key"}


def key_of(customer, **options) -> str:
    _key, text = api_keys.issue(user=customer, name=f"key {ApiKey.objects.count()}", now=timezone.now(), **options)
    return text


# --- Daily cap


def test_a_key_spends_up_to_its_daily_cap_and_no_unit_more(any_call, customer, service):
    fund(customer)
    capped = key_of(customer, daily_cap=money.parse("1.80"))
    wish = {"service": service.pk, "quantity": 1000}
    for number in range(2):
        assert any_call("add", key=capped, link=f"{LINK}/{number}", **wish)["order"]
    before = written()
    assert any_call("add", key=capped, link=f"{LINK}/3", service=service.pk, quantity=10) == NO_FUNDS
    assert written() == before
    assert any_call("add", link=f"{LINK}/3", **wish)["order"], "another key of the same customer is not held"


def test_a_cap_of_nothing_lets_nothing_through(any_call, customer, service):
    fund(customer)
    assert any_call("add", key=key_of(customer, daily_cap=0), service=service.pk, link=LINK, quantity=10) == NO_FUNDS


def test_what_people_order_themselves_and_what_was_ordered_yesterday_does_not_count(customer, service, time_machine):
    fund(customer)
    key, _text = api_keys.issue(user=customer, name="capped", daily_cap=money.parse("0.90"), now=NOW)
    place(customer, service=service)

    def order(number, now):
        wish = Wish(service_id=service.pk, link=f"{LINK}/{number}", quantity=1000)
        return place_order(customer=customer, wish=wish, client_key=f"k{number}", api_key=key, now=now)

    midnight = dt.datetime(2026, 11, 25, tzinfo=dt.UTC)
    order(1, midnight - dt.timedelta(seconds=1))
    assert order(2, midnight).api_key == key


def test_a_repeated_request_id_is_answered_although_the_cap_is_reached(any_call, customer, service):
    fund(customer)
    capped = key_of(customer, daily_cap=money.parse("0.90"))
    wish = {"key": capped, "service": service.pk, "link": LINK, "quantity": 1000, "request_id": "r-1"}
    assert any_call("add", **wish) == any_call("add", **wish)
    assert Order.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_calls_at_once_never_go_over_the_cap_together(customer):
    service = make_service(rate="1.00")
    fund(customer)
    capped = key_of(customer, daily_cap=money.parse("5.00"))

    def call(number):
        try:
            wish = {"service": service.pk, "link": f"{LINK}/{number}", "quantity": 1000}
            return as_form(Client(), capped, "add", **wish).json()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(call, range(20)))
    assert answers.count(NO_FUNDS) == 15
    assert ledger.balance_of(customer) == money.parse("95.00")
    assert verify() == []


# --- Networks


@pytest.mark.parametrize(("comes_from", "allowed"), [("203.0.113.9", True), ("198.51.100.9", False), ("", False)])
def test_a_key_calls_from_its_own_networks_alone(client, customer, address, comes_from, allowed):
    text = key_of(customer, networks="203.0.113.0/24")
    answer = client.post(address, {"key": text, "action": "balance"}, REMOTE_ADDR=comes_from).json()
    assert ("balance" in answer) == allowed
    assert allowed or answer == INVALID


def test_a_forged_header_opens_no_network(client, customer, address):
    text = key_of(customer, networks="203.0.113.0/24")
    headers = {"X-Forwarded-For": "203.0.113.9", "X-Real-IP": "203.0.113.9", "Forwarded": "for=203.0.113.9"}
    answer = client.post(address, {"key": text, "action": "balance"}, headers=headers, REMOTE_ADDR="198.51.100.9")
    assert answer.json() == INVALID
    assert ApiKey.objects.get().last_used_at is None


# --- Test keys


@pytest.fixture
def trial(customer) -> str:
    return key_of(customer, scope=ApiKey.Scope.TEST)


def test_a_test_key_prices_an_order_and_places_nothing(any_call, customer, service, trial):
    fund(customer)
    before = written()
    answer = any_call("add", key=trial, service=service.pk, link=LINK, quantity=1000)
    assert answer["order"] >= 9_000_000_000_000_000
    assert (answer["test"], answer["charge"], answer["currency"]) == (True, "0.90", "USD")
    assert written() == before
    assert ledger.balance_of(customer) == money.parse("100.00")


def test_a_test_key_refuses_what_an_order_would_be_refused_for(any_call, customer, service, trial):
    wish = {"key": trial, "service": service.pk, "link": LINK, "quantity": 1000}
    assert any_call("add", **wish) == NO_FUNDS
    fund(customer)
    assert any_call("add", **wish | {"service": 0}) == {"error": "Incorrect service ID"}
    assert any_call("add", **wish | {"link": "x"}) == {"error": "Bad link"}
    assert any_call("add", **wish | {"quantity": 1}) == {"error": "Quantity less than minimal 10"}
    assert any_call("add", **wish | {"quantity": "1e3"}) == {"error": "Incorrect request"}
    place(customer, service=service, link=LINK)
    assert any_call("add", **wish)["error"].startswith("You have active order with this link.")


def test_a_test_order_reads_canceled_and_costs_nothing_to_its_own_kind_of_key_alone(call, customer, service, trial):
    fund(customer)
    wish = {"key": trial, "service": service.pk, "link": LINK, "quantity": 1000, "request_id": "r-1"}
    number = call("add", **wish)["order"]
    assert call("add", **wish)["order"] == number
    assert call("add", **wish | {"request_id": "r-2"})["order"] != number
    told = call("status", key=trial, order=number)
    assert (told["status"], told["charge"], told["status_detail"]) == ("Canceled", "0.00", "test")
    assert call("status", order=number) == {"error": "Incorrect order ID"}
    assert call("cancel", key=trial, orders=number) == [{"order": number, "cancel": {"error": "Incorrect order ID"}}]


def test_a_test_key_cannot_know_that_a_request_id_came_with_other_content_and_the_page_says_so(
    call, client, customer, service, trial
):
    fund(customer)
    wish = {"key": trial, "service": service.pk, "link": LINK, "quantity": 1000, "request_id": "r-1"}
    number = call("add", **wish)["order"]
    assert call("add", **wish | {"quantity": 100})["order"] == number
    assert "does not notice a <code>request_id</code> that comes again with other content" in client.get("/api/").text


def test_a_test_key_reads_real_orders_and_cancels_none(call, customer, trial):
    order = place(customer)
    assert call("status", key=trial, order=order.pk)["status"] == "Pending"
    assert call("cancel", key=trial, orders=order.pk)[0]["cancel"] == {"error": "Incorrect order ID"}
    assert call("status", order=order.pk)["status"] == "Pending"


def test_a_program_takes_a_test_orders_number_for_an_orders_number(client, customer, service, trial):
    fund(customer)
    for address in (V1, V2):
        answer = as_form(client, trial, "add", address=address, service=service.pk, link=LINK, quantity=1000)
        assert parse_added(200, answer.content) == Accepted(str(answer.json()["order"]))
        assert answer.json()["order"] < 2**53


# --- Rate


@pytest.fixture
def three_a_minute(settings):
    settings.API_RATE = CallRate(3, 60)


def statuses_of(answers) -> list[int]:
    return [answer.status_code for answer in answers]


def test_a_burst_of_one_key_is_answered_up_to_the_rate_then_with_when_to_come_again(
    client, address, key, three_a_minute
):
    answers = [as_form(client, key, "balance", address=address) for _ in range(5)]
    assert statuses_of(answers) == [200, 200, 200, 429, 429]
    assert answers[-1].json() == {"error": "Too many requests"}
    assert 0 < int(answers[-1]["Retry-After"]) <= 60


def test_the_window_ends_by_itself(client, key, three_a_minute, time_machine):
    time_machine.move_to(NOW, tick=False)
    assert statuses_of([as_form(client, key, "balance") for _ in range(4)])[-1] == 429
    time_machine.move_to(NOW + dt.timedelta(seconds=60), tick=False)
    assert as_form(client, key, "balance").status_code == 200


def test_a_key_is_counted_whatever_it_asks_from_wherever_in_either_dialect(client, key, three_a_minute):
    codes = [
        client.post(address, {"key": key, "action": action}, REMOTE_ADDR=f"203.0.113.{n}").status_code
        for n, (address, action) in enumerate([(V1, "balance"), (V2, "services"), (V2, "nonsense"), (V1, "balance")])
    ]
    assert codes == [200, 200, 200, 429]


def test_one_busy_key_leaves_other_keys_alone(client, customer, key, three_a_minute):
    assert statuses_of([as_form(client, key, "balance") for _ in range(4)])[-1] == 429
    assert as_form(client, key_of(customer), "balance").status_code == 200


def test_over_the_rate_nothing_is_ordered(client, address, key, customer, service, three_a_minute):
    fund(customer)
    for _ in range(3):
        as_form(client, key, "balance")
    before = written()
    assert as_form(client, key, "add", address=address, service=service.pk, link=LINK, quantity=10).status_code == 429
    assert written() == before


def test_wrong_keys_are_limited_by_where_they_come_from(client, address, key, three_a_minute):
    def guess(n, comes_from):
        return client.post(address, {"key": f"guess-{n}", "action": "balance"}, REMOTE_ADDR=comes_from)

    assert statuses_of([guess(n, "203.0.113.9") for n in range(5)]) == [200, 200, 200, 429, 429]
    assert [guess(n, f"2001:db8::{n}").status_code for n in range(5)] == [200, 200, 200, 429, 429]
    assert [guess(n, f"198.51.100.{n}").json() for n in range(5)] == [INVALID] * 5
    right = client.post(address, {"key": key, "action": "balance"}, REMOTE_ADDR="203.0.113.9")
    assert right.status_code == 200, "a right key works beside somebody who guesses"


def test_what_is_counted_holds_no_key(client, key):
    as_form(client, key, "balance")
    as_form(client, "a-wrong-key", "balance")
    kept = json.dumps(list(CallWindow.objects.values()))
    assert key not in kept
    assert "a-wrong-key" not in kept


@pytest.mark.django_db(transaction=True)
def test_a_burst_from_many_threads_gets_exactly_the_rate(customer, settings):
    settings.API_RATE = CallRate(10, 60)
    text = key_of(customer)

    def call(_):
        try:
            return as_form(Client(), text, "balance").status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(call, range(30)))
    assert (codes.count(200), codes.count(429)) == (10, 20)


def test_the_worker_sweeps_out_what_was_counted_long_ago(client, key, time_machine):
    time_machine.move_to(NOW, tick=False)
    as_form(client, key, "balance")
    worker.run_once(chores=("sweep",), clock=lambda: NOW + dt.timedelta(days=2))
    assert not CallWindow.objects.exists()


# --- Cancel and refill


def test_cancel_takes_a_queued_order_back_at_once_and_answers_the_same_again(call, customer, stranger):
    order, theirs = place(customer), place(stranger)
    asked = f"{order.pk},{theirs.pk},abc, {order.pk}"
    expected = [
        {"order": order.pk, "cancel": 1},
        {"order": theirs.pk, "cancel": {"error": "Incorrect order ID"}},
        {"order": "abc", "cancel": {"error": "Incorrect order ID"}},
    ]
    assert call("cancel", orders=asked) == expected
    assert call("cancel", orders=asked) == expected
    assert Order.objects.get(pk=theirs.pk).status == OrderStatus.PENDING
    assert call("balance")["balance"] == "100.00"
    assert call("status", order=order.pk)["status"] == "Canceled"


def test_cancel_becomes_a_wish_where_the_provider_takes_wishes(call, customer):
    service = make_service(can_cancel=True)
    service.provider.can_cancel = True
    service.provider.save(update_fields=["can_cancel"])
    order = order_in(OrderStatus.IN_PROGRESS, customer, service=service)
    for _ in range(2):
        assert call("cancel", orders=str(order.pk)) == [{"order": order.pk, "cancel": 1}]
    assert Order.objects.get().cancel_asked_at is not None
    assert call("status", order=order.pk)["status"] == "In progress"


@pytest.mark.parametrize("status", [OrderStatus.PROCESSING, OrderStatus.COMPLETED, OrderStatus.PARTIAL])
def test_cancel_is_refused_where_nobody_can_stop_the_order(call, customer, status):
    order = order_in(status, customer)
    before = written()
    refused = {"error": "Cancel is disabled for this service"}
    assert call("cancel", orders=str(order.pk)) == [{"order": order.pk, "cancel": refused}]
    assert written() == before


@pytest.mark.parametrize("state", ["sending", "unknown"])
def test_while_it_is_being_sent_or_confirmed_a_cancel_is_told_to_try_again(call, customer, state):
    order = place(customer)
    [claimed] = submission.claim(now=NOW, most=1)
    if state == "unknown":
        submission.unknown(order_id=order.pk, token=claimed.claim_token, reason="x", now=NOW)
    not_now = {"error": "The order cannot be canceled at this moment, try again later"}
    assert call("cancel", orders=str(order.pk)) == [{"order": order.pk, "cancel": not_now}]


def test_while_money_is_stopped_a_cancel_is_told_to_try_again(call, customer):
    order = place(customer)
    halt.begin(reason="A check", now=NOW)
    not_now = {"error": "The order cannot be canceled at this moment, try again later"}
    assert call("cancel", orders=str(order.pk)) == [{"order": order.pk, "cancel": not_now}]
    assert Order.objects.get().status == OrderStatus.PENDING


@pytest.fixture
def drip_feed(call, customer) -> Order:
    """Of three runs, the first one queued and the others waiting for it."""
    fund(customer)
    wish = {"link": LINK, "quantity": 100, "runs": 3, "interval": 30}
    return Order.objects.get(pk=call("add", service=make_service(can_drip=True).pk, **wish)["order"])


def test_while_money_is_stopped_the_cancel_of_a_drip_feed_is_told_to_try_again(call, drip_feed):
    halt.begin(reason="A check", now=NOW)
    not_now = {"error": "The order cannot be canceled at this moment, try again later"}
    assert call("cancel", orders=str(drip_feed.pk)) == [{"order": drip_feed.pk, "cancel": not_now}]
    assert not Order.objects.filter(status=OrderStatus.CANCELED).exists()


@pytest.mark.parametrize("state", ["sending", "unknown"])
def test_while_the_run_that_is_left_is_being_sent_or_confirmed_a_drip_feed_is_told_to_try_again(call, drip_feed, state):
    [claimed] = submission.claim(now=timezone.now(), most=1)
    if state == "unknown":
        submission.unknown(order_id=drip_feed.pk, token=claimed.claim_token, reason="x", now=timezone.now())
    assert call("cancel", orders=str(drip_feed.pk)) == [{"order": drip_feed.pk, "cancel": 1}]
    not_now = {"error": "The order cannot be canceled at this moment, try again later"}
    assert call("cancel", orders=str(drip_feed.pk)) == [{"order": drip_feed.pk, "cancel": not_now}]
    assert call("status", order=drip_feed.pk)["charge"] == "0.09"


def test_refill_says_why_not(call, customer, stranger):
    kept = make_service(refill_days=30)
    running = order_in(OrderStatus.PROCESSING, customer, service=kept)
    done = order_in(OrderStatus.COMPLETED, customer, service=make_service())
    theirs = order_in(OrderStatus.COMPLETED, stranger, service=kept)
    words = {
        str(running.pk): "The order is not completed",
        str(done.pk): "Refill is disabled for this service",
        str(theirs.pk): "Incorrect order ID",
        "-1": "Incorrect order ID",
    }
    for number, error in words.items():
        assert call("refill", order=number) == {"error": error}
    rows = call("refill", orders=",".join(words))
    assert {str(row["order"]): row["refill"]["error"] for row in rows} == words


def test_no_refill_is_found(call, customer):
    gone = {"error": "Refill not found"}
    assert call("refill_status", refill="1") == gone
    assert call("refill_status", order="1") == gone
    assert call("refill_status") == gone
    assert call("refill_status", refills="1,2") == [{"refill": 1, "status": gone}, {"refill": 2, "status": gone}]


@pytest.mark.parametrize("action", ["cancel", "refill"])
def test_ids_of_changes_are_counted_and_a_key_that_reads_changes_nothing(call, customer, action):
    order = place(customer)
    before = written()
    assert call(action, orders=" , ") == {"error": "Incorrect order ID"}
    assert call(action) == {"error": "Incorrect order ID"}
    assert call(action, orders=",".join(["1"] * 101)) == {"error": "Too many orders"}
    reads = key_of(customer, scope=ApiKey.Scope.READ)
    assert call(action, key=reads, orders=str(order.pk)) == INVALID
    assert written() == before


def test_an_order_that_an_agent_refunded_cannot_be_canceled_for_more(call, customer, agent):
    order = order_in(OrderStatus.COMPLETED, customer)
    desk.refund(order_id=order.pk, amount=order.charge, actor=agent, reason="It dropped", now=NOW)
    assert call("cancel", orders=str(order.pk))[0]["cancel"] == {"error": "Cancel is disabled for this service"}
    assert call("balance")["balance"] == "100.00"
