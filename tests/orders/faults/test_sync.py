"""Faults in what providers report, from raw answers to the balance, and clocks that are wrong."""

import datetime as dt
import json
from urllib.parse import parse_qs

import pytest

from neopanel.env import PollSchedule
from orders import ledger, money, submission, sync, worker
from orders.provider.simulator import running_simulator
from tests.factories import NOW, fresh, fund, make_provider, make_service, place
from tests.orders.books import faults_here
from tests.orders.provider.fake import fake_provider, response
from tests.orders.test_sync import Clock, sells, service_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def polled(customer, settings):
    """Orders that were accepted, and what becomes of them when their provider says this."""
    settings.POLL_SCHEDULE = PollSchedule(1, 1, 1, 1)

    def poll(items, *, orders):
        def behave(connection, _stop):
            asked = parse_qs(provider.requests[-1].partition(b"\r\n\r\n")[2].decode())
            ids = asked.get("orders", [""])[0].split(",")
            connection.sendall(response(json.dumps({number: items(number) for number in ids}).encode()))

        with fake_provider(behave) as provider:
            settings.ALLOW_PRIVATE_HOSTS = [provider.host]
            upstream = make_provider(url=provider.url)
            fund(customer, "500.00")
            service = make_service(provider=upstream, rate="1.00", minimum=1)
            bought = [place(customer, service=service, quantity=100, funded=False) for _ in range(orders)]
            for number, order in enumerate(submission.claim(now=NOW, most=orders), 1):
                submission.accepted(order_id=order.pk, token=order.claim_token, provider_order_id=str(number), now=NOW)
            clock = Clock()
            clock.pass_(seconds=10)
            assert sync.poll_due(clock) == orders
        return [fresh(order) for order in bought]

    return poll


BAD_ITEMS = [{"status": "Napping"}, {"status": None}, {"status": "Partial", "remains": "many"}]


@pytest.mark.parametrize("bad", BAD_ITEMS, ids=str)
def test_one_bad_item_of_a_hundred_waits_for_a_person_and_ninety_nine_are_applied(customer, polled, bad):
    orders = polled(lambda number: bad if number == "50" else {"status": "Partial", "remains": "40"}, orders=100)
    odd = [order for order in orders if order.provider_order_id == "50"]
    rest = [order for order in orders if order.provider_order_id != "50"]
    assert [(o.status, o.refunded, o.review) for o in odd] == [("processing", 0, True)]
    held = {(o.status, o.refunded) for o in rest if o.review}
    assert held <= {("processing", 0)}  # beyond the breaker a return waits too, with its proposal
    assert {(o.status, o.refunded) for o in rest if not o.review} == {("partial", money.parse("0.04"))}
    assert all(o.review or o.status == "partial" for o in rest)
    assert faults_here() == []


REMAINS = [-5, 101, "1e3", None, "", 10**30, str(10**30), True, 1.5, [], {}, "-1", "٣"]


@pytest.mark.parametrize("remains", REMAINS, ids=repr)
def test_a_part_whose_rest_makes_no_sense_moves_no_money_and_waits_for_a_person(customer, polled, remains):
    [order] = polled(lambda _number: {"status": "Partial", "remains": remains}, orders=1)
    assert (order.status, order.refunded, order.review) == ("processing", 0, True)
    assert ledger.balance_of(customer) == money.parse("499.90")
    assert faults_here() == []


def test_more_than_was_ordered_is_shown_and_costs_nothing(customer, polled):
    [order] = polled(lambda _number: {"status": "Completed", "remains": "-12"}, orders=1)
    assert (order.status, order.refunded, order.remains, order.review) == ("completed", 0, -12, False)
    assert ledger.balance_of(customer) == money.parse("499.90")


@pytest.mark.parametrize("off", [dt.timedelta(days=1), dt.timedelta(days=-1), dt.timedelta(hours=-1)], ids=str)
def test_a_worker_whose_clock_is_wrong_sends_nothing_twice_and_leaves_nothing_stuck(customer, settings, off):
    """One worker claims by a wrong clock and dies; others go on by the right one."""
    settings.POLL_SCHEDULE = PollSchedule(1, 1, 1, 1)
    clock, wrong = Clock(), Clock()
    wrong.now = NOW + off
    with running_simulator(clock=clock.seconds) as sim:
        service = service_of(sells(sim, settings))
        held = place(customer, service=service, link="https://example.com/completed/held")
        submission.claim(now=max(wrong(), NOW), most=1)
        others = [place(customer, service=service, link=f"https://example.com/completed/{n}") for n in range(3)]
        for minute in range(26 * 60 // 10):
            worker.run_once(clock=wrong if minute % 3 == 0 else clock)
            clock.pass_(minutes=10)
            wrong.pass_(minutes=10)
        assert {row["times"] for row in sim.report()["accepted"]} == {1}
    assert fresh(held).submission == "unknown"
    assert {fresh(order).status for order in others} == {"completed"}
    assert faults_here() == []
