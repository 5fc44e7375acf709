"""/api/v1 word for word, types too. What both dialects share is tested for both beside /api/v2."""

import pytest

from orders import money
from orders.models import Order
from orders.service_types import ServiceType
from orders.statuses import OrderStatus
from tests.factories import fund, make_service, order_in, place, reported
from tests.orders.api.calling import LINK, ODD_IDS
from tests.orders.books import written

UNKNOWN_ORDER = {"error": "Incorrect order ID"}


def test_services_are_texts_but_for_dripfeed(v1_call, customer):
    service = make_service(rate="1.02", minimum=100, maximum=10_000, can_drip=True)
    comments = make_service(name="Own words", type=ServiceType.CUSTOM_COMMENTS, description="Real.")
    assert v1_call("services") == [
        {
            "service": str(service.pk),
            "name": "Photo likes",
            "category": "Likes",
            "rate": "1.02",
            "min": "100",
            "max": "10000",
            "type": "default",
            "desc": "",
            "dripfeed": 1,
        },
        {
            "service": str(comments.pk),
            "name": "Own words",
            "category": "Likes",
            "rate": "0.90",
            "min": "10",
            "max": "10000",
            "type": "custom_comments",
            "desc": "Real.",
            "dripfeed": 0,
        },
    ]


def test_add_answers_success_with_the_order(v1_call, customer, service):
    fund(customer)
    answer = v1_call("add", service=service.pk, link=LINK, quantity=100)
    assert answer == {"status": "success", "order": Order.objects.get().pk}


def test_the_balance_answers_success(v1_call, customer):
    fund(customer, "0.03")
    assert v1_call("balance") == {"status": "success", "balance": "0.03", "currency": "USD"}


def test_one_order_is_told_in_texts(v1_call, customer, service):
    order = place(customer, service=service, quantity=40)
    assert v1_call("status", order=order.pk) == {
        "order": str(order.pk),
        "status": "pending",
        "charge": "0.036",
        "start_count": "0",
        "remains": "40",
    }


WORDS = {
    OrderStatus.PENDING: ("pending", "0.90", "1000"),
    OrderStatus.PROCESSING: ("processing", "0.90", "1000"),
    OrderStatus.IN_PROGRESS: ("in progress", "0.90", "1000"),
    OrderStatus.COMPLETED: ("completed", "0.90", "0"),
    OrderStatus.PARTIAL: ("partial", "0.45", "500"),
    OrderStatus.CANCELED: ("canceled", "0.00", "1000"),
    OrderStatus.REFUNDED: ("canceled", "0.00", "1000"),
    OrderStatus.ERROR: ("canceled", "0.00", "1000"),
}


@pytest.mark.parametrize("status", list(OrderStatus))
def test_each_status_reads_as_one_of_six_words_and_its_money_adds_up(v1_call, customer, status):
    told = v1_call("status", order=order_in(status, customer).pk)
    assert (told["status"], told["charge"], told["remains"]) == WORDS[status]
    assert money.parse(v1_call("balance")["balance"]) + money.parse(told["charge"]) == money.parse("100.00")


def test_many_orders_are_keyed_as_asked_with_a_bare_text_for_a_bad_id(v1_call, customer, stranger):
    mine, theirs = place(customer), place(stranger)
    found = v1_call("status", orders=f"{mine.pk}, {theirs.pk},abc,{mine.pk}")
    assert list(found) == [str(mine.pk), str(theirs.pk), "abc"]
    assert found[str(mine.pk)] == v1_call("status", order=mine.pk)
    assert found[str(theirs.pk)] == found["abc"] == "Incorrect order ID"


def test_a_counted_partial_order_tells_what_the_shop_keeps(v1_call, customer, service):
    order = order_in(OrderStatus.PROCESSING, customer, service=service, quantity=1000)
    reported(order, OrderStatus.PARTIAL, remains=157, start_count=3572)
    told = v1_call("status", order=order.pk)
    assert (told["charge"], told["start_count"], told["remains"]) == ("0.7587", "3572", "157")


@pytest.mark.parametrize("odd", ODD_IDS)
def test_an_odd_order_id_is_an_incorrect_one(v1_call, customer, odd):
    place(customer)
    assert v1_call("status", order=odd) == UNKNOWN_ORDER


def test_a_hundred_ids_are_answered_and_one_more_is_too_many(v1_call, customer):
    ids = ",".join(str(n) for n in range(1, 102))
    assert v1_call("status", orders=ids) == {"error": "Too many orders"}
    assert len(v1_call("status", orders=ids.rpartition(",")[0])) == 100
    assert v1_call("status", orders=" ,, ") == UNKNOWN_ORDER


@pytest.mark.parametrize("action", ["cancel", "refill", "refill_status"])
def test_what_the_dialect_lacks_is_an_incorrect_request(v1_call, customer, action):
    order = place(customer)
    before = written()
    assert v1_call(action, order=order.pk, orders=str(order.pk)) == {"error": "Incorrect request"}
    assert written() == before
