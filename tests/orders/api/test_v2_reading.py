"""/api/v2 tells services, balance and orders word for word, types too."""

import pytest

from orders import desk, money
from orders.service_types import ServiceType
from orders.statuses import OrderStatus
from tests.factories import NOW, fund, make_provider, make_service, order_in, place, reported
from tests.orders.api.calling import ODD_IDS, as_json

UNKNOWN_ORDER = {"error": "Incorrect order ID"}


def test_services_are_listed_word_for_word(call, customer):
    service = make_service(
        name="Photo likes", rate="0.90", minimum=50, maximum=10_000, description="Real.", refill_days=30, can_drip=True
    )
    package = make_service(
        name="Starter",
        type=ServiceType.PACKAGE,
        rate="1234.5",
        minimum=1,
        maximum=1,
        provider=make_provider(can_cancel=True),
        can_cancel=True,
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


def test_what_its_provider_cannot_be_asked_to_cancel_is_told_as_such(call, customer):
    make_service(name="Not upstream", can_cancel=True)
    make_service(name="By hand", by_hand=True, can_cancel=True)
    assert [service["cancel"] for service in call("services")] == [False, False]


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
    desk.refund(order_id=order.pk, amount=order.charge // 3, actor=agent, reason="It dropped", now=NOW)
    told = call("status", order=order.pk)
    assert (told["status"], told["charge"], told["remains"]) == ("Partial", "0.60", "333")
    assert told["status_detail"] == "refunded"


@pytest.mark.parametrize(("quantity", "remains"), [(10, "1"), (2, "1"), (1, "0")])
def test_a_return_of_less_than_one_piece_never_reads_as_if_nothing_came_back(call, customer, agent, quantity, remains):
    order = order_in(OrderStatus.COMPLETED, customer, service=make_service(minimum=1), quantity=quantity)
    desk.refund(order_id=order.pk, amount=1, actor=agent, reason="It dropped", now=NOW)
    told = call("status", order=order.pk)
    assert (told["status"], told["remains"], told["status_detail"]) == ("Partial", remains, "refunded")


def test_a_return_of_nearly_all_never_reads_as_if_all_came_back(call, customer, agent):
    order = order_in(OrderStatus.COMPLETED, customer, quantity=10)
    desk.refund(order_id=order.pk, amount=order.charge - 1, actor=agent, reason="It dropped", now=NOW)
    told = call("status", order=order.pk)
    assert (told["status"], told["remains"]) == ("Partial", "9")


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
    with django_assert_num_queries(3):  # the key, its rate, the orders
        found = call("status", orders=hundred)
    assert len(found) == 100
    assert found[str(order.pk)]["status"] == "Pending"
    assert call("status", orders=f"{hundred},7") == {"error": "Too many orders"}
    assert call("status", orders=",".join(["1"] * 100_000)) == {"error": "Too many orders"}


def test_an_empty_list_of_ids_names_no_order(call, customer):
    assert call("status", orders="") == UNKNOWN_ORDER
    assert call("status", orders=" , ,") == UNKNOWN_ORDER
