"""Where an order stands among the last orders of its service."""

import datetime as dt

import pytest

from orders.models import ServiceTimes
from orders.spread import Slot, slots, spread_of
from orders.statuses import OrderStatus
from tests.factories import NOW, order_in, place, reported


def test_slots_reach_what_nine_of_ten_stay_below_and_the_rest_has_one():
    assert slots([5, 20, 25, 70, 300], most=70, here=20) == (
        Slot(0, 15, 1, False),
        Slot(15, 30, 2, True),
        Slot(30, 45, 0, False),
        Slot(45, 60, 0, False),
        Slot(60, 75, 1, False),
        Slot(75, None, 1, False),
    )


@pytest.mark.parametrize(("most", "here"), [(0, 0), (1, 10**6), (90, 89), (10**6, 5)])
def test_every_order_is_in_one_slot_and_so_is_the_one_at_hand(most, here):
    minutes = [0, 1, most // 2, most, most + 1, 10 * most]
    found = slots(minutes, most=most, here=here)
    assert sum(slot.orders for slot in found) == len(minutes)
    assert sum(slot.is_here for slot in found) == 1


@pytest.fixture
def measured(db, customer):
    def learn(order):
        samples = [[1, minutes, 0] for minutes in (10, 12, 15, 20, 25, 30, 35, 40, 50, 55)]
        return ServiceTimes(service=order.service, orders=10, finish_median=28, finish_p90=50, samples=samples)

    return learn


def test_an_order_that_runs_is_compared_by_how_long_it_took_so_far(customer, measured):
    order = order_in(OrderStatus.IN_PROGRESS, customer)
    here = [slot for slot in spread_of(order, measured(order), NOW + dt.timedelta(minutes=32)) if slot.is_here]
    assert [(slot.start, slot.end) for slot in here] == [(30, 40)]


def test_a_finished_order_is_compared_by_how_long_it_took(customer, measured):
    order = reported(
        order_in(OrderStatus.IN_PROGRESS, customer), OrderStatus.COMPLETED, now=NOW + dt.timedelta(minutes=5)
    )
    here = [slot for slot in spread_of(order, measured(order), NOW + dt.timedelta(days=3)) if slot.is_here]
    assert [(slot.start, slot.end) for slot in here] == [(0, 10)]


def test_what_has_not_begun_or_was_never_measured_is_not_compared(customer, measured):
    waiting = place(customer)
    assert spread_of(waiting, measured(waiting), NOW) == ()
    assert spread_of(order_in(OrderStatus.IN_PROGRESS, customer), None, NOW) == ()


def test_the_order_page_shows_it(client, customer, measured, time_machine):
    time_machine.move_to(NOW + dt.timedelta(minutes=32), tick=False)
    order = order_in(OrderStatus.IN_PROGRESS, customer)
    times = measured(order)
    times.learned_at = NOW
    times.save()
    client.force_login(customer)
    page = client.get(f"/orders/{order.pk}/").text
    assert "This order, so far: 30 min – 40 min" in page
    assert page.count("chart__bar--here") == 1
