"""A process that dies at any line leaves all of a thing or nothing, and a retry makes it whole: on both databases."""

import os
import signal

import pytest
from django.db.backends.base.base import BaseDatabaseWrapper

from orders import desk, ledger, lifecycle, money, submission, sync, worker
from orders.models import LedgerEntry, OrderEvent
from orders.placing import Wish, place_order
from orders.provider.client import ProviderClient
from orders.provider.simulator import running_simulator
from orders.provider.transport import Timeouts
from orders.reports import Report
from orders.statuses import SETTLED, OrderStatus
from orders.verification import verify
from tests.factories import NOW, accept, fresh, fund, make_service, order_in, place
from tests.orders.books import written
from tests.orders.crashing import after, after_row, before, dies, ended, fork
from tests.orders.test_sync import Clock, sells, service_of

pytestmark = pytest.mark.django_db(transaction=True)

COMMIT = (BaseDatabaseWrapper, "commit")

WHILE_PLACING = {
    "before the wallet is locked": before(ledger, "lock_wallet"),
    "the order written, its charge not": before(ledger, "post"),
    "the entry written, the balance not": after_row(LedgerEntry),
    "the balance moved, the event not": after(ledger, "post"),
    "the event written, nothing committed": after_row(OrderEvent),
    "before the commit": before(*COMMIT),
    "after the commit": after(*COMMIT),
}


@pytest.mark.parametrize("crash", WHILE_PLACING.values(), ids=WHILE_PLACING)
def test_an_order_whose_process_dies_is_there_with_its_charge_or_not_at_all_and_a_retry_makes_it_one(customer, crash):
    service = make_service(rate="0.90")
    fund(customer, "10.00")

    def job():
        wish = Wish(service_id=service.pk, link="https://example.com/p/1", quantity=1000)
        return place_order(customer=customer, wish=wish, client_key="the-form", now=NOW)

    dies(job, crash)
    assert written() in {(0, 1, 0), (1, 2, 1)}
    assert verify() == []
    first = job()
    assert written() == (1, 2, 1)
    assert job().pk == first.pk
    assert ledger.balance_of(customer) == money.parse("9.10")
    assert verify() == []


WHILE_RETURNING = {
    "before the entry": before(ledger, "post"),
    "the entry written, the balance not": after_row(LedgerEntry),
    "the balance moved, the order not": after(ledger, "post"),
    "the event written, the order not": after(lifecycle, "record"),
    "before the commit": before(*COMMIT),
    "after the commit": after(*COMMIT),
}


@pytest.mark.parametrize("crash", WHILE_RETURNING.values(), ids=WHILE_RETURNING)
def test_a_return_whose_worker_dies_is_whole_or_not_there_and_comes_once_when_asked_again(customer, crash):
    order = accept(place(customer, quantity=1000))

    def job():
        said = Report(to=OrderStatus.PARTIAL, word="Partial", remains=300)
        lifecycle.report(order_id=order.pk, report=said, now=NOW)

    dies(job, crash)
    assert (fresh(order).status, fresh(order).refunded) in {("processing", 0), ("partial", money.parse("0.27"))}
    assert verify() == []
    job()
    assert (fresh(order).status, fresh(order).refunded) == ("partial", money.parse("0.27"))
    assert ledger.balance_of(customer) == money.parse("99.37")
    assert order.entries.filter(kind="refund").count() == 1
    assert verify() == []


@pytest.mark.parametrize("crash", WHILE_RETURNING.values(), ids=WHILE_RETURNING)
def test_an_agents_refund_whose_process_dies_is_whole_or_not_there(customer, admin, crash):
    order = order_in(OrderStatus.COMPLETED, customer)
    dies(lambda: desk.refund(order_id=order.pk, amount=700, actor=admin, reason="goodwill", now=NOW), crash)
    assert (fresh(order).status, fresh(order).refunded) in {("completed", 0), ("refunded", 700)}
    assert ledger.balance_of(customer) == money.parse("99.10") + fresh(order).refunded
    assert verify() == []


# --- Workers

A, U = "accepted", "unknown"
# Where the worker dies: how often the provider has the order then, and how the order stands once another worker has looked.
WHILE_SENDING = {
    "before the claim is committed": (before(*COMMIT), 1, A),
    "after the claim is committed": (after(*COMMIT), 0, U),
    "before the call": (before(ProviderClient, "add"), 0, U),
    "after the call": (after(ProviderClient, "add"), 1, U),
    "before the answer is recorded": (before(sync, "record_answer"), 1, U),
    "while the answer is recorded": (before(lifecycle, "move"), 1, U),
    "after the answer is recorded": (after(submission, "accepted"), 1, A),
}


@pytest.mark.parametrize(("crash", "upstream", "stands"), WHILE_SENDING.values(), ids=WHILE_SENDING)
def test_an_order_whose_worker_dies_is_sent_once_or_never_and_nobody_guesses(
    customer, settings, crash, upstream, stands
):
    clock = Clock()
    with running_simulator(clock=clock.seconds) as sim:
        order = place(customer, service=service_of(sells(sim, settings)), link="https://example.com/completed")
        dies(lambda: worker.run_once(chores=("submit",), clock=clock), crash)
        assert verify() == []
        for _look in range(30):
            worker.run_once(clock=clock)
            clock.pass_(seconds=60)
        assert [row["times"] for row in sim.report()["accepted"]] == [1] * upstream
    order = fresh(order)
    assert order.submission == stands
    assert (order.status, order.refunded) == (("completed", 0) if stands == A else ("pending", 0))
    assert ledger.balance_of(customer) == money.parse("99.10")
    assert verify() == []


def test_an_order_that_arrived_though_its_worker_died_is_linked_by_an_agent_and_delivered(customer, admin, settings):
    clock = Clock()
    with running_simulator(clock=clock.seconds) as sim:
        order = place(customer, service=service_of(sells(sim, settings)), link="https://example.com/completed")
        dies(lambda: worker.run_once(chores=("submit",), clock=clock), after(ProviderClient, "add"))
        clock.pass_(seconds=300)
        worker.run_once(clock=clock)
        [upstream] = sim.simulator.state.orders()
        desk.suggest_number(order_id=order.pk, number=str(upstream.id), actor=admin, now=clock())
        for _look in range(30):
            worker.run_once(clock=clock)
            clock.pass_(seconds=60)
        assert [row["times"] for row in sim.report()["accepted"]] == [1]
    order = fresh(order)
    assert (order.submission, order.status, order.provider_order_id) == (A, "completed", str(upstream.id))
    assert verify() == []


def test_a_worker_that_sleeps_ten_minutes_in_the_middle_of_a_call_still_has_its_answer_heard(customer, settings):
    clock = Clock()
    with running_simulator(clock=clock.seconds) as sim:
        order = place(customer, service=service_of(sells(sim, settings)), link="https://example.com/completed")
        original = ProviderClient.add

        def falls_asleep(self, request):
            answer = original(self, request)
            os.kill(os.getpid(), signal.SIGSTOP)
            return answer

        def job():
            ProviderClient.add = falls_asleep
            worker.run_once(chores=("submit",), clock=clock)

        sleeper = fork(job)
        assert os.WIFSTOPPED(os.waitpid(sleeper, os.WUNTRACED)[1])
        clock.pass_(minutes=10)
        worker.run_once(clock=clock)
        assert fresh(order).submission == U
        os.kill(sleeper, signal.SIGCONT)
        assert ended(sleeper) == 0
        assert fresh(order).submission == A
        for _look in range(30):
            worker.run_once(clock=clock)
            clock.pass_(seconds=60)
        assert [row["times"] for row in sim.report()["accepted"]] == [1]
    assert fresh(order).status == "completed"
    assert verify() == []


@pytest.mark.parametrize(
    "crash",
    [before(ProviderClient, "statuses"), after(ProviderClient, "statuses"), before(lifecycle, "report")],
    ids=["before the question", "after the answer", "before the report"],
)
def test_orders_whose_poller_died_are_asked_for_again(customer, settings, crash):
    clock = Clock()
    with running_simulator(clock=clock.seconds) as sim:
        provider = sells(sim, settings)
        services = [service_of(provider, str(number)) for number in (1, 2, 3)]
        orders = [place(customer, service=service) for service in services]
        worker.run_once(clock=clock)
        clock.pass_(seconds=200)
        dies(lambda: worker.run_once(chores=("poll",), clock=clock), crash)
        assert verify() == []
        assert [fresh(order).status for order in orders] == ["processing"] * 3
        for _look in range(5):
            clock.pass_(seconds=60)
            worker.run_once(clock=clock)
    assert {fresh(order).status for order in orders} <= SETTLED
    assert verify() == []


def test_a_worker_that_sleeps_between_claim_and_call_does_not_send_what_another_has_sent_meanwhile(
    customer, admin, settings
):
    clock = Clock()
    with running_simulator(clock=clock.seconds) as sim:
        order = place(customer, service=service_of(sells(sim, settings)), link="https://example.com/completed")
        claimed = submission.claim(now=clock(), most=1)
        clock.pass_(minutes=10)
        worker.run_once(clock=clock)
        desk.did_not_arrive(order_id=order.pk, send_again=True, actor=admin, reason="not in their list", now=clock())
        worker.run_once(clock=clock)
        sync.send(claimed, clock)  # it wakes up
        assert [row["times"] for row in sim.report()["accepted"]] == [1]
    assert fresh(order).submission == A


def test_a_worker_whose_lease_leaves_no_time_for_a_call_gives_the_order_back(customer, settings):
    clock = Clock()
    with running_simulator(clock=clock.seconds) as sim:
        order = place(customer, service=service_of(sells(sim, settings)), link="https://example.com/completed")
        claimed = submission.claim(now=clock(), most=1)
        clock.now += submission.LEASE - submission.LONGEST_CALL
        sync.send(claimed, clock)
        assert sim.report()["accepted"] == []
        assert fresh(order).submission == "queued"
    assert submission.LONGEST_CALL.total_seconds() >= Timeouts().total
