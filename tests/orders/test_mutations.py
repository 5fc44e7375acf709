"""The harness sees: with a protection taken away, each of its parts finds the breach."""

from collections import Counter

import pytest
from django.db import DatabaseError
from django_fsm import TransitionNotAllowed
from hypothesis import Phase
from hypothesis.stateful import run_state_machine_as_test

from orders import desk, submission, worker
from orders.lifecycle import NotAllowed
from orders.models import Order
from orders.placing import OrderRefused
from orders.provider.client import ProviderClient
from orders.provider.simulator import running_simulator
from orders.statuses import OrderStatus
from tests.factories import NOW, fresh, fund, make_provider, make_service, order_in, place
from tests.orders import mutations
from tests.orders.crashing import after, dies
from tests.orders.test_concurrency import at_once, order_number
from tests.orders.test_money_machine import machine, profile
from tests.orders.test_sync import Clock, sells, service_of

__all__ = ["machine"]

SEEN_BY_THE_MACHINE = [
    mutations.a_time_out_is_tried_again,
    mutations.a_dead_workers_orders_are_sent_again,
    mutations.anybody_may_answer,
    mutations.the_forms_token_is_ignored,
    mutations.closed_orders_listen_to_machines,
    mutations.money_moves_while_halted,
]
# By the oracle (a refusal that did not come is no AssertionError to pytest), or by what stands behind the protection that is
# gone: the database, the graph of statuses, a refusal that the oracle does not know. Anything else would be a mutation that is
# broken itself.
NOTICED = (AssertionError, pytest.fail.Exception, DatabaseError, TransitionNotAllowed, NotAllowed, OrderRefused)


@pytest.mark.django_db
@pytest.mark.parametrize("mutation", SEEN_BY_THE_MACHINE, ids=lambda mutation: mutation.__name__)
def test_the_machine_finds_the_breach(machine, monkeypatch, mutation):
    mutation(monkeypatch.setattr)
    found = profile(phases=[Phase.generate], report_multiple_bugs=False, print_blob=False)
    with pytest.raises(NOTICED):
        run_state_machine_as_test(machine, settings=found)


@pytest.mark.django_db
def test_returns_that_are_amounts_instead_of_levels_are_noticed(customer, admin, monkeypatch):
    mutations.returns_are_amounts(monkeypatch.setattr)
    order = order_in(OrderStatus.COMPLETED, customer)
    for _time in range(2):
        desk.refund(order_id=order.pk, amount=10, actor=admin, reason="x", now=NOW)
    assert fresh(order).refunded == 30, "twice ten are twenty where returns are levels"


ROUNDS = 5


@pytest.mark.django_db(transaction=True)
def test_without_locks_parallel_orders_end_otherwise(customer, monkeypatch):
    """With them all fifty end as orders or as refusals in words: `test_concurrency`."""
    service = make_service(rate="1.00")
    fund(customer, "30.00")
    mutations.nothing_is_locked(monkeypatch.setattr)
    ends = Counter()
    for chance in range(ROUNDS):
        jobs = [order_number(customer, service, f"{chance}-{n}", quantity=1000) for n in range(50)]
        ends.update(type(result) for result in at_once(jobs))
        if set(ends) - {Order, OrderRefused}:
            return
    pytest.fail(f"nothing was noticed: {ends}")


@pytest.mark.django_db(transaction=True)
def test_without_locks_workers_claim_the_same_orders(customer, monkeypatch):
    service = make_service(rate="0.01", provider=make_provider())
    fund(customer)
    mutations.nothing_is_locked(monkeypatch.setattr)
    for _chance in range(ROUNDS):
        placed = [place(customer, service=service, funded=False).pk for _ in range(20)]
        results = at_once([lambda: [order.pk for order in submission.claim(now=NOW, most=20)]] * 8)
        if any(isinstance(result, Exception) for result in results):
            return
        if sorted(pk for result in results for pk in result) != sorted(placed):
            return
    pytest.fail("nothing was noticed")


@pytest.mark.django_db(transaction=True)
def test_a_time_out_that_is_tried_again_is_seen_upstream(customer, settings, monkeypatch):
    mutations.a_time_out_is_tried_again(monkeypatch.setattr)
    assert most_times_accepted(customer, settings, faults={"http_500_after_accept": 0.7}) > 1


@pytest.mark.django_db(transaction=True)
def test_a_dead_workers_order_that_is_sent_again_is_seen_upstream(customer, settings, monkeypatch):
    mutations.a_dead_workers_orders_are_sent_again(monkeypatch.setattr)
    assert most_times_accepted(customer, settings, crash=after(ProviderClient, "add")) > 1


def most_times_accepted(customer, settings, *, faults=None, crash=None) -> int:
    """How often the provider has the order that it has most often, after ten minutes of work."""
    clock = Clock()
    with running_simulator(clock=clock.seconds, faults=faults) as sim:
        place(customer, service=service_of(sells(sim, settings)))
        if crash:
            dies(lambda: worker.run_once(chores=("submit",), clock=clock), crash)
        for _look in range(20):
            worker.run_once(clock=clock)
            clock.pass_(seconds=60)
        return max(row["times"] for row in sim.report()["accepted"])
