"""What the database gives up is done once more, and nothing else is."""

import pytest
from django.db import OperationalError, transaction

from orders import deadlocks, ledger, lifecycle, placing
from orders.deadlocks import once_more
from orders.models import Order
from orders.placing import Wish
from orders.statuses import OrderStatus
from orders.verification import verify
from tests.factories import NOW, fresh, fund, make_service, place


class GivenUp(Exception):
    """As the driver says it."""

    def __init__(self, sqlstate):
        super().__init__(sqlstate)
        self.sqlstate = sqlstate


def operational(sqlstate) -> OperationalError:
    error = OperationalError("deadlock detected")
    error.__cause__ = GivenUp(sqlstate)
    return error


def failing(*errors):
    """A door that meets these errors, one a call, and then does its work; how often it was called stands beside it."""
    left, calls = list(errors), []

    @once_more
    def door(number, *, factor):
        calls.append(number)
        if left:
            raise left.pop(0)
        return number * factor

    return door, calls


@pytest.mark.parametrize("sqlstate", ["40P01", "40001"])
def test_what_the_database_gave_up_is_done_once_more(sqlstate):
    door, calls = failing(operational(sqlstate))
    assert door(3, factor=2) == 6
    assert calls == [3, 3]


def test_given_up_twice_is_a_failure():
    door, calls = failing(operational("40P01"), operational("40P01"))
    with pytest.raises(OperationalError):
        door(3, factor=2)
    assert calls == [3, 3]


@pytest.mark.parametrize(
    "error", [operational("55P03"), operational("57014"), OperationalError("disk full"), ValueError("no")]
)
def test_nothing_else_is_repeated(error):
    door, calls = failing(error)
    with pytest.raises(type(error)):
        door(3, factor=2)
    assert calls == [3]


@pytest.mark.django_db(transaction=True)
def test_inside_somebody_elses_transaction_nothing_is_repeated():
    door, calls = failing(operational("40P01"))
    with pytest.raises(OperationalError), transaction.atomic():
        door(3, factor=2)
    assert calls == [3]


@pytest.fixture
def deadlock(monkeypatch):
    """From now on the next entry of the ledger meets a deadlock after it was written; empty once it was met."""
    post, left = ledger.post, [operational("40P01")]

    def meets_it(**what):
        entry = post(**what)
        if left:
            raise left.pop()
        return entry

    return lambda: monkeypatch.setattr(ledger, "post", meets_it) or left


@pytest.mark.django_db(transaction=True)
def test_an_order_that_was_given_up_is_placed_and_charged_once(customer, deadlock):
    fund(customer)
    left = deadlock()
    wish = Wish(service_id=make_service().pk, link="https://example.com/p/1", quantity=1000)
    order = placing.place_order(customer=customer, wish=wish, client_key="k", now=NOW)
    assert left == []
    assert list(Order.objects.all()) == [order]
    assert order.entries.count() == order.events.count() == 1
    assert verify() == []


@pytest.mark.django_db(transaction=True)
def test_a_cancel_that_was_given_up_returns_the_money_once(customer, deadlock):
    order = place(customer)
    left = deadlock()
    lifecycle.cancel(order_id=order.pk, actor=customer, now=NOW)
    assert left == []
    assert fresh(order).status == OrderStatus.CANCELED
    assert order.entries.filter(kind="refund").count() == 1
    assert verify() == []


def test_a_lock_that_did_not_come_in_time_is_not_given_up():
    assert not deadlocks.is_given_up(operational("55P03"))
    assert not deadlocks.is_given_up(OperationalError("database is locked"))
