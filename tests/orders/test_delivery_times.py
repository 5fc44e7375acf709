"""What is learned of how long services take, and where people read it."""

import datetime as dt

import pytest

from orders import delivery_times, worker
from orders.models import ChoreRun, Order, OrderEvent, ServiceTimes
from orders.models.measuring import FEWEST
from orders.statuses import OrderStatus as S
from tests.factories import NOW, accept, fresh, make_service, order_in, place, reported

A_MINUTE = dt.timedelta(minutes=1)
LATER = NOW + dt.timedelta(days=2)


def delivered(customer, service, *, start: int, finish: int, remains: int = 0, now=NOW):
    """An order whose provider says after `start` minutes that it runs, and after `finish` that it is done."""
    order = accept(place(customer, service=service, now=now), now=now)
    reported(order, S.IN_PROGRESS, now=now + start * A_MINUTE)
    return reported(order, S.PARTIAL if remains else S.COMPLETED, remains=remains, now=now + finish * A_MINUTE)


def learn(now=LATER):
    return worker.run_due(chores=("learn",), clock=lambda: now)


def measured(customer, service=None, orders: int = FEWEST):
    service = service or make_service(stated_speed=1000)
    for number in range(1, orders + 1):
        delivered(customer, service, start=number, finish=10 * number, remains=500 if number == 1 else 0)
    learn()
    return service


def test_median_and_nine_of_ten_are_learned_from_settled_orders(customer):
    times = delivery_times.times_of(measured(customer).pk)
    assert (times.orders, times.partial, times.partial_percent) == (10, 1, 10)
    assert (times.start_median, times.start_p90) == (6, 9)  # 5.5 and 9.1
    assert (times.finish_median, times.finish_p90) == (55, 91)
    assert times.running_p90 == 82  # 81.9


def test_of_too_few_orders_nothing_is_said(customer):
    service = measured(customer, orders=FEWEST - 1)
    assert ServiceTimes.objects.get(pk=service.pk).orders == FEWEST - 1
    assert delivery_times.times_of(service.pk) is None


def test_learning_again_counts_no_order_twice(customer):
    service = measured(customer)
    assert learn(LATER + dt.timedelta(hours=1)) == 0
    delivered(customer, service, start=3, finish=30, now=LATER)
    learn(LATER + dt.timedelta(hours=2))
    assert delivery_times.times_of(service.pk).orders == FEWEST + 1


def test_a_long_history_is_read_in_parts(customer, monkeypatch):
    monkeypatch.setattr(delivery_times, "EVENTS_AT_ONCE", 7)
    assert delivery_times.times_of(measured(customer).pk).orders == FEWEST


def test_only_the_newest_orders_of_a_service_are_kept(customer, monkeypatch):
    monkeypatch.setattr(delivery_times, "KEPT", FEWEST)
    service = measured(customer, orders=FEWEST + 2)
    times = ServiceTimes.objects.get(pk=service.pk)
    assert (times.orders, times.samples[0]) == (FEWEST, [3, 30, 0])


def test_events_of_the_last_moments_wait_for_slower_transactions(customer):
    service = make_service()
    delivered(customer, service, start=1, finish=2)
    learn(NOW + 2 * A_MINUTE)
    assert not ServiceTimes.objects.exists()
    learn(NOW + 10 * A_MINUTE)
    assert ServiceTimes.objects.get(pk=service.pk).samples == [[1, 2, 0]]


def test_an_order_that_was_done_when_asked_had_started_by_then(customer):
    service = make_service()
    order = accept(place(customer, service=service))
    reported(order, S.COMPLETED, remains=0, now=NOW + 4 * A_MINUTE)
    learn()
    assert ServiceTimes.objects.get(pk=service.pk).samples == [[4, 4, 0]]


def test_a_run_that_waited_for_its_turn_is_measured_from_there(customer):
    service = make_service()
    order = accept(place(customer, service=service))
    Order.objects.filter(pk=order.pk).update(runs=3, run=2, due_at=NOW + 60 * A_MINUTE)
    reported(order, S.COMPLETED, remains=0, now=NOW + 70 * A_MINUTE)
    learn()
    assert ServiceTimes.objects.get(pk=service.pk).samples == [[10, 10, 0]]


def test_a_drip_feed_of_the_providers_teaches_nothing(customer):
    order = accept(place(customer))
    Order.objects.filter(pk=order.pk).update(runs=3)
    reported(order, S.COMPLETED, remains=0, now=NOW + 70 * A_MINUTE)
    learn()
    assert not ServiceTimes.objects.exists()


def test_a_hand_that_settles_a_providers_order_teaches_nothing(customer, agent):
    order = order_in(S.PROCESSING, customer)
    OrderEvent.objects.create(
        order=order, code="moved", from_status="processing", to_status="completed", applied=True, source="agent", created_at=NOW,
    )  # fmt: skip
    learn()
    assert not ServiceTimes.objects.exists()


def test_of_two_workers_that_read_the_same_part_one_writes_it(customer, monkeypatch):
    service = make_service()
    delivered(customer, service, start=1, finish=2)
    ChoreRun.objects.create(name="learn", due_at=NOW)
    read = delivery_times.settled

    def overtaken(ended):
        monkeypatch.setattr(delivery_times, "settled", read)
        delivery_times.learn(now=LATER)
        return read(ended)

    monkeypatch.setattr(delivery_times, "settled", overtaken)
    assert delivery_times.learn(now=LATER) == (0, False)
    assert ServiceTimes.objects.get(pk=service.pk).orders == 1


def test_a_running_order_is_given_the_time_that_its_service_needed(customer):
    """It was learned that nine of ten are done 82 minutes after their start; the stated speed says a day."""
    service = measured(customer)
    order = accept(place(customer, service=service, now=LATER), now=LATER)
    order = reported(order, S.IN_PROGRESS, remains=900, now=LATER)
    assert fresh(order).contact_after == LATER + 82 * A_MINUTE


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (S.PENDING, "half had started within 6 min, nine of ten within 9 min"),
        (S.IN_PROGRESS, "half were done within 55 min, nine of ten within 91 min"),
    ],
)
def test_the_order_says_what_was_measured(status, words, customer, client):
    order = order_in(status, customer, service=measured(customer), now=LATER)
    client.force_login(customer)
    page = client.get(f"/orders/{order.pk}/").content.decode()
    assert "Measured on the last 10 orders of this service" in page
    assert words in page


def test_services_and_the_new_order_say_what_was_measured(customer, client):
    service = measured(customer)
    make_service(name="Too new")
    client.force_login(customer)
    page = client.get("/services/").content.decode()
    assert "Done 55 min, nine of ten 91 min" in page
    assert "10 % partial, of 10 orders" in page
    assert page.count("too few to say") == 1
    assert "Start 6 min, nine of ten 9 min" in client.get(f"/orders/new/?service={service.pk}").content.decode()
