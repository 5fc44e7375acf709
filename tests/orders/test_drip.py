"""Drip-feeds: one wish, several runs; charged at once, each on its own, and a cancel returns exactly what was not begun."""

import datetime as dt

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orders import drip, ledger, lifecycle, money, submission, sync, turns, worker
from orders.groups import groups_of
from orders.lifecycle import NotAllowed
from orders.models import LedgerEntry, Order, Provider
from orders.money import charge_for
from orders.placing import OrderRefused, Wish, place_order, quote
from orders.provider.simulator import running_simulator
from orders.reports import Report
from orders.service_types import ServiceType
from orders.statuses import OrderStatus
from orders.verdict import Advice, Facts, verdict_for
from orders.verification import verify
from tests.factories import NOW, fresh, fund, make_provider, make_service
from tests.orders.test_sync import Clock, sells, service_of

pytestmark = pytest.mark.django_db

S = OrderStatus
LINK = "https://example.com/p/1"
MINUTE = dt.timedelta(minutes=1)


def wish(service, *, quantity=100, runs=5, interval=60, **fields):
    return Wish(service_id=service.pk, link=LINK, quantity=quantity, runs=runs, interval=interval, **fields)


def dripped(customer, *, service=None, key="k", now=NOW, amount="100.00", **fields):
    """A drip-feed just placed: its runs, the first one first."""
    fund(customer, amount, now=now)
    service = service or make_service(can_drip=True)
    head = place_order(customer=customer, wish=wish(service, **fields), client_key=key, now=now)
    return runs_of(head)


def runs_of(head):
    return list(Order.objects.filter(pk=head.pk)) + list(Order.objects.filter(head=head.pk).order_by("run"))


def accept_next(now):
    """The worker's round: whose turn it is is let go, and sent. Gives the order that the provider took, if any."""
    turns.release_due(lambda: now)
    claimed = submission.claim(now=now, most=10)
    for order in claimed:
        number = str(5000 + order.pk)
        submission.accepted(order_id=order.pk, token=order.claim_token, provider_order_id=number, now=now)
    return [order.pk for order in claimed]


def said(order, to, remains, now=NOW):
    lifecycle.report(order_id=order.pk, report=Report(to=to, remains=remains), now=now)


def kept(customer):
    """What the ledger keeps for orders: the charges minus what came back, in units."""
    entries = LedgerEntry.objects.filter(wallet=customer.pk, order__isnull=False)
    return -sum(entry.amount for entry in entries)


# --- Placing


def test_all_runs_are_made_together_each_with_its_own_charge_and_a_due_time(customer):
    runs = dripped(customer)
    assert [(run.run, run.runs, run.quantity, run.charge) for run in runs] == [
        (n, 5, 100, money.parse("0.09")) for n in range(1, 6)
    ]
    assert [run.due_at - NOW for run in runs] == [n * 60 * MINUTE for n in range(5)]
    assert [run.head_id for run in runs] == [None, *[runs[0].pk] * 4]
    assert [run.waits_for_id for run in runs] == [None, *[run.pk for run in runs[:-1]]]
    assert ledger.balance_of(customer) == money.parse("99.55")
    assert [run.entries.count() for run in runs] == [1] * 5
    assert verify() == []


def test_the_quote_shows_the_total_that_is_charged(customer):
    fund(customer)
    service = make_service(can_drip=True, rate="0.0333")
    offer = quote(customer=customer, wish=wish(service, quantity=33, runs=7))
    assert (offer.quantity, offer.in_all, offer.problems) == (33, 231, ())
    before = ledger.balance_of(customer)
    place_order(customer=customer, wish=wish(service, quantity=33, runs=7), client_key="k", now=NOW)
    assert before - ledger.balance_of(customer) == offer.charge == 7 * charge_for(service.rate, 33)


def test_the_balance_pays_for_all_runs_or_for_none(customer):
    fund(customer, "0.44")
    service = make_service(can_drip=True)
    with pytest.raises(OrderRefused) as refused:
        place_order(customer=customer, wish=wish(service), client_key="k", now=NOW)
    assert [p.code for p in refused.value.problems] == ["funds"]
    assert Order.objects.count() == 0


@pytest.mark.parametrize(
    ("runs", "interval", "field"),
    [(0, 60, "runs"), (-1, 60, "runs"), (101, 60, "runs"), (None, 60, "runs"), (5, None, "interval"), (5, 0, "interval"),
     (5, 10_081, "interval"), (2**63, 60, "runs"), (5, 2**63, "interval")],
)  # fmt: skip
def test_a_plan_that_cannot_be_is_told_beside_its_field(customer, runs, interval, field):
    fund(customer)
    offer = quote(customer=customer, wish=wish(make_service(can_drip=True), runs=runs, interval=interval))
    assert [(p.code, p.field) for p in offer.problems] == [("drip", field)]


def test_one_run_is_an_ordinary_order(customer):
    [order] = dripped(customer, runs=1)
    assert (order.run, order.runs, order.head_id, order.overlap_key is None) == (None, None, None, False)


@pytest.mark.parametrize("fields", [{"can_drip": False}, {"can_drip": True, "type": ServiceType.PACKAGE}])
def test_services_without_drip_feed_refuse_runs_and_do_not_ignore_them(customer, fields):
    fund(customer)
    offer = quote(customer=customer, wish=wish(make_service(**fields)))
    assert "drip" in {p.code for p in offer.problems}


def test_a_total_beyond_64_bits_is_refused(customer):
    fund(customer)
    service = make_service(can_drip=True, rate="92000000", maximum=10**12)
    assert "funds" in {p.code for p in quote(customer=customer, wish=wish(service, quantity=10**3, runs=100)).problems}
    with pytest.raises(money.NotMoney):
        drip.total_charge(2**60, 1000, drip.Plan(100, 1))


def test_the_same_form_twice_is_one_drip_feed_and_another_plan_under_its_key_is_refused(customer):
    runs = dripped(customer)
    service = runs[0].service
    again = place_order(customer=customer, wish=wish(service), client_key="k", now=NOW)
    assert (again.pk, Order.objects.count()) == (runs[0].pk, 5)
    for other in (
        wish(service, runs=4),
        wish(service, interval=61),
        wish(service, quantity=99),
        wish(service, runs=None, interval=None),
    ):
        with pytest.raises(OrderRefused) as refused:
            place_order(customer=customer, wish=other, client_key="k", now=NOW)
        assert refused.value.problems[0].code == "key_reused"


def test_the_guard_of_the_link_knows_every_run(customer):
    runs = dripped(customer, runs=2)
    said_done(runs[0])
    with pytest.raises(OrderRefused) as refused:
        place_order(customer=customer, wish=wish(runs[0].service, runs=None, interval=None), client_key="n", now=NOW)
    assert [(p.code, p.number) for p in refused.value.problems] == [("overlap", runs[1].pk)]


def said_done(run, now=NOW):
    assert accept_next(now) == [run.pk]
    said(run, S.COMPLETED, 0, now)


# --- Turns


def test_runs_go_one_after_the_other_each_at_its_time(customer):
    runs = dripped(customer, runs=3, interval=60)
    assert accept_next(NOW) == [runs[0].pk]
    assert accept_next(NOW + 61 * MINUTE) == []  # its time has come, and the run before it is still under way
    said(runs[0], S.COMPLETED, 0)
    assert accept_next(NOW + 59 * MINUTE) == []
    assert accept_next(NOW + 60 * MINUTE) == [runs[1].pk]
    said(runs[1], S.PARTIAL, 40)
    assert accept_next(NOW + 121 * MINUTE) == [runs[2].pk]
    assert fresh(runs[2]).waits_for_id is None


def test_a_run_that_waits_is_no_reason_to_worry_and_names_its_time(customer):
    runs = dripped(customer, runs=3, interval=10_000)
    verdict = verdict_for(runs[2], Facts(), NOW + 9_000 * MINUTE)
    assert (verdict.advice, verdict.until) == (Advice.WAIT, runs[2].due_at)


def test_late_from_its_turn_on_it_is_judged_by_its_own_time(customer):
    runs = dripped(customer, runs=2)
    said_done(runs[0])
    later = NOW + dt.timedelta(days=3)
    turns.release_due(lambda: later)
    run = fresh(runs[1])
    assert verdict_for(run, Facts(), later).advice == Advice.WAIT
    assert verdict_for(run, Facts(), later + dt.timedelta(days=1)).advice == Advice.CONTACT


def test_a_run_whose_forerunner_was_canceled_still_waits_for_the_one_under_way(customer):
    runs = dripped(customer, runs=3)
    accept_next(NOW)
    lifecycle.cancel(order_id=runs[1].pk, actor=customer, now=NOW)
    assert accept_next(NOW + dt.timedelta(days=1)) == []
    assert fresh(runs[2]).waits_for_id == runs[0].pk
    said(runs[0], S.COMPLETED, 0)
    assert accept_next(NOW + dt.timedelta(days=1)) == [runs[2].pk]


def test_letting_go_twice_changes_nothing_the_second_time(customer):
    runs = dripped(customer, runs=2)
    said_done(runs[0])
    later = NOW + 61 * MINUTE
    assert turns.release_due(lambda: later) == 1
    assert turns.release_due(lambda: later) == 0
    assert turns.release(order_id=runs[1].pk, now=later) is False


def test_after_a_restore_no_waiting_run_is_sent_by_itself(customer, agent):
    runs = dripped(customer, runs=2)
    submission.distrust_restored(now=NOW)
    assert accept_next(NOW + dt.timedelta(days=1)) == []
    assert {run.submission for run in runs_of(runs[0])} == {"unknown"}


def test_a_service_by_hand_drips_too(customer, agent):
    runs = dripped(customer, service=make_service(by_hand=True, can_drip=True), runs=2)
    assert [run.submission for run in runs] == ["none", "none"]
    assert [lifecycle.can_cancel_at_once(run) for run in runs] == [False, True]
    assert [o.returned > 0 for o in lifecycle.cancel_group(head_id=runs[0].pk, actor=customer, now=NOW)] == [True]


# --- Cancel: exactly the runs not started, and the undelivered share of the running one


def test_a_cancel_half_way_returns_every_run_not_begun_and_the_rest_of_the_running_one(customer):
    provider = make_provider()
    Provider.objects.update(can_cancel=True)
    service = make_service(provider=provider, can_drip=True, can_cancel=True)
    runs = dripped(customer, service=service, amount="0.45")
    for now, run in zip((NOW, NOW + 60 * MINUTE), runs[:2], strict=True):
        assert accept_next(now) == [run.pk]
        if run is runs[0]:
            said(run, S.COMPLETED, 0)
    said(runs[1], S.IN_PROGRESS, 70)
    outcomes = lifecycle.cancel_group(head_id=runs[0].pk, actor=customer, now=NOW)
    assert [outcome.returned for outcome in outcomes] == [0, *[money.parse("0.09")] * 3]
    assert ledger.balance_of(customer) == money.parse("0.27")
    assert fresh(runs[1]).cancel_asked_at == NOW
    said(runs[1], S.PARTIAL, 70)
    assert ledger.balance_of(customer) == money.parse("0.27") + money.parse("0.063")
    assert kept(customer) == money.parse("0.45") - ledger.balance_of(customer) == money.parse("0.117")
    assert verify() == []
    with pytest.raises(NotAllowed):
        lifecycle.cancel_group(head_id=runs[0].pk, actor=customer, now=NOW)


def test_before_anything_began_all_of_it_comes_back(customer):
    runs = dripped(customer)
    assert len(lifecycle.cancel_group(head_id=runs[0].pk, actor=customer, now=NOW)) == 5
    assert kept(customer) == 0
    assert {run.status for run in runs_of(runs[0])} == {S.CANCELED}
    assert accept_next(NOW + dt.timedelta(days=2)) == []


ENDS = st.sampled_from(
    [(S.COMPLETED, 0), (S.CANCELED, None), (S.PARTIAL, 1), (S.PARTIAL, 17), (S.PARTIAL, 99), (S.ERROR, None)]
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    runs=st.integers(2, 6),
    ends=st.lists(ENDS, max_size=6),
    rate=st.sampled_from(["0.90", "0.0000001", "3.4175001", "0.001"]),
    running=st.none() | st.integers(1, 99),
)
def test_the_sum_of_entries_is_what_the_delivered_part_costs_whatever_happened(customer, runs, ends, rate, running):
    """Some runs end in any way, one may be running, then all is canceled: kept = the parts that were delivered, run by run."""
    number = Order.objects.count()
    before = kept(customer)
    provider = make_provider()
    Provider.objects.filter(pk=provider.pk).update(can_cancel=True)
    service = make_service(provider=provider, can_drip=True, can_cancel=True, rate=rate)
    group = dripped(customer, service=service, key=f"k{number}", runs=runs)
    now, expected = NOW, 0
    for run, (to, remains) in zip(group, ends, strict=False):
        now += 70 * MINUTE
        assert accept_next(now) == [run.pk]
        said(run, to, remains, now)
        delivered = 0 if to in {S.CANCELED, S.ERROR} else 100 - (remains or 0)
        expected += run.charge * delivered // 100
    under_way = None
    if running is not None and len(ends) < runs:
        now += 70 * MINUTE
        [pk] = accept_next(now)
        under_way = fresh(Order(pk=pk))
        said(under_way, S.IN_PROGRESS, running, now)
    if any(run.is_active for run in runs_of(group[0])):
        lifecycle.cancel_group(head_id=group[0].pk, actor=customer, now=now)
    if under_way is not None:
        said(under_way, S.PARTIAL, running, now)
        expected += under_way.charge * (100 - running) // 100
    found = groups_of([fresh(group[0])])[group[0].pk]
    assert not found.is_active
    assert kept(customer) - before == expected == found.kept
    assert verify() == []


# --- With providers


def test_the_simulator_delivers_run_after_run(customer, settings):
    clock = Clock()
    with running_simulator(clock=clock.seconds, speed=20) as sim:
        service = service_of(sells(sim, settings))
        service.can_drip = True
        service.save(update_fields=["can_drip"])
        fund(customer)
        completed = Wish(service.pk, "https://example.com/completed", 100, runs=3, interval=10)
        head = place_order(customer=customer, wish=completed, client_key="k", now=clock())
        for _ in range(60):
            worker.run_once(clock=clock, chores=("turns", "submit", "poll"))
            clock.pass_(minutes=1)
        assert {run.status for run in runs_of(head)} == {S.COMPLETED}
        assert [row["times"] for row in sim.report()["accepted"]] == [3]


def test_a_provider_that_drips_by_itself_gets_one_order_and_its_remains_count_over_all_runs(customer, settings):
    clock = Clock()
    with running_simulator(clock=clock.seconds, speed=20) as sim:
        service = service_of(sells(sim, settings))
        Provider.objects.update(can_drip=True)
        service.can_drip = True
        service.save(update_fields=["can_drip"])
        [order] = dripped(customer, service=service, quantity=100, runs=5, interval=30)
        assert (order.quantity, order.per_run, order.runs, order.run) == (500, 100, 5, None)
        assert order.charge == charge_for(service.rate, 500)
        sent = sync.request_of(order)
        assert (sent.quantity, sent.inputs) == (100, (("runs", "5"), ("interval", "30")))
        worker.run_once(clock=clock, chores=("submit",))
        assert [row["quantity"] for row in sim.report()["accepted"]] == [500]
    said(order, S.PARTIAL, 123)
    assert fresh(order).charge - fresh(order).refunded == order.charge * 377 // 500


# --- The group's word


@pytest.mark.parametrize(
    ("ends", "word"),
    [
        ([], S.PENDING),
        ([(S.COMPLETED, 0)], S.IN_PROGRESS),
        ([(S.COMPLETED, 0)] * 2, S.COMPLETED),
        ([(S.COMPLETED, 0), (S.PARTIAL, 5)], S.PARTIAL),
        ([(S.COMPLETED, 0), (S.CANCELED, None)], S.PARTIAL),
        ([(S.CANCELED, None)] * 2, S.CANCELED),
    ],
)
def test_one_word_stands_for_all_runs(customer, ends, word):
    runs = dripped(customer, runs=2)
    now = NOW
    for run, (to, remains) in zip(runs, ends, strict=False):
        now += 70 * MINUTE
        accept_next(now)
        said(run, to, remains, now)
    assert groups_of(runs_of(runs[0]))[runs[0].pk].status == word
