"""Refills from the wish to the end: the rules as ticks, one sending, what is unknown, what agents decide."""

import datetime as dt

import pytest
from django.core.management import call_command

from orders import desk, lifecycle, queries, refills, wishes, worker
from orders.lifecycle import NotAllowed
from orders.models import Provider, Refill
from orders.provider.simulator import running_simulator
from orders.refill_rules import RefillFacts, rules_for
from orders.reports import Report
from orders.statuses import OrderStatus
from orders.verdict import Advice, Facts, verdict_for
from tests.factories import NOW, fresh, make_provider, make_service, order_in, place
from tests.orders.test_sync import Clock, sells, service_of

pytestmark = pytest.mark.django_db

S, State = OrderStatus, Refill.State
DAY = dt.timedelta(days=1)


@pytest.fixture
def clock():
    return Clock()


def refillable(provider=None, **fields):
    provider = provider or make_provider()
    Provider.objects.filter(pk=provider.pk).update(can_refill=True)
    return make_service(provider=provider, refill_days=30, **fields)


def completed(customer, **placing):
    return order_in(S.COMPLETED, customer, **{"service": refillable()} | placing)


def asked(customer, **placing):
    order = completed(customer, **placing)
    return refills.request(order_id=order.pk, actor=customer, now=NOW)


def sending(customer, **placing):
    """A refill that a worker has claimed, as the worker holds it."""
    asked(customer, **placing)
    [claimed] = refills.claim(now=NOW, most=5)
    return claimed


def unsure(customer, **placing):
    refill = sending(customer, **placing)
    refills.unknown(refill_id=refill.pk, token=refill.claim_token, words="time-out", now=NOW)
    return refill


def now_is(refill):
    return Refill.objects.get(pk=refill.pk)


def codes(order):
    return [e.code for e in order.events.order_by("id") if e.code.startswith("refill")]


# --- The rules


def test_a_completed_order_inside_its_period_keeps_all_rules(customer):
    order = completed(customer)
    rules = rules_for(order, RefillFacts(), NOW + 29 * DAY)
    assert (rules.are_kept, rules.until, len(rules.ticks)) == (True, NOW + 30 * DAY, 6)


@pytest.mark.parametrize(
    ("status", "facts", "after", "broken"),
    [
        (S.IN_PROGRESS, RefillFacts(), 0 * DAY, "completed"),
        (S.PARTIAL, RefillFacts(), 0 * DAY, "completed"),
        (S.CANCELED, RefillFacts(), 0 * DAY, "completed"),
        (S.COMPLETED, RefillFacts(), 30 * DAY, "period"),
        (S.COMPLETED, RefillFacts(is_open=True), DAY, "open"),
        (S.COMPLETED, RefillFacts(later_order=7), DAY, "later"),
    ],
)
def test_each_rule_can_be_what_stands_in_the_way(customer, status, facts, after, broken):
    order = order_in(status, customer, service=refillable())
    assert rules_for(order, facts, NOW + after).broken.name == broken


def test_a_service_without_refill_is_the_first_rule(customer):
    assert rules_for(order_in(S.COMPLETED, customer), RefillFacts(), NOW).broken.name == "service"


def test_money_that_was_returned_ends_the_right_to_a_refill(customer, admin):
    order = completed(customer)
    desk.refund(order_id=order.pk, amount=1000, actor=admin, reason="Some dropped", now=NOW)
    names = {tick.name for tick in rules_for(fresh(order), RefillFacts(), NOW).ticks if not tick.is_kept}
    assert names == {"completed", "returned"}
    with pytest.raises(NotAllowed):
        refills.request(order_id=order.pk, actor=customer, now=NOW)


def test_what_the_order_was_sold_with_counts_not_what_the_service_says_today(customer):
    order = completed(customer)
    order.service.refill_days = 0
    order.service.save(update_fields=["refill_days"])
    assert refills.request(order_id=order.pk, actor=customer, now=NOW).state == State.REQUESTED


def test_a_later_order_of_the_service_on_the_link_stands_in_the_way_unless_it_all_came_back(customer):
    service = refillable()
    order = completed(customer, service=service, link="https://example.com/p/same")
    later = place(customer, service=service, link="https://www.example.com/p/same?utm_source=x")
    assert refills.rules_of(order, now=NOW).broken.name == "later"
    lifecycle.cancel(order_id=later.pk, actor=customer, now=NOW)
    assert refills.rules_of(order, now=NOW).are_kept
    place(customer, service=refillable(), link="https://example.com/p/same")
    assert refills.rules_of(order, now=NOW).are_kept


def test_a_strangers_order_does_not_stand_in_the_way(customer, stranger):
    service = refillable()
    order = completed(customer, service=service, link="https://example.com/p/same")
    place(stranger, service=service, link="https://example.com/p/same")
    assert refills.rules_of(order, now=NOW).are_kept


# --- The wish


def test_a_wish_is_a_row_an_event_and_the_orders_own_word(customer):
    refill = asked(customer)
    order = fresh(refill.order)
    assert (order.refill_state, order.refill_asked_at, codes(order)) == ("requested", NOW, ["refill_asked"])
    assert (refill.requested_by, refill.send_after, refill.state) == (customer, NOW, State.REQUESTED)
    with pytest.raises(NotAllowed):
        refills.request(order_id=order.pk, actor=customer, now=NOW)
    assert Refill.objects.count() == 1


def test_an_undecided_wish_is_ours_and_on_the_list_of_the_desk(customer):
    order = fresh(asked(customer).order)
    verdict = verdict_for(order, Facts(), NOW + DAY)
    assert (verdict.advice, verdict.since) == (Advice.OURS, NOW)
    assert list(queries.needing_attention(NOW)) == [order]
    assert list(queries.refills_to_settle()) == []


# --- Sending: claimed, once, and unknown is a state


def test_a_refill_is_claimed_once_and_by_one_worker(customer):
    refill = sending(customer)
    assert (refill.state, refill.attempts, refills.claim(now=NOW + DAY, most=5)) == (State.SENDING, 1, [])


def test_only_the_worker_that_holds_the_claim_may_answer(customer):
    refill = sending(customer)
    assert not refills.accepted(refill_id=refill.pk, token="another", number="5", now=NOW)
    assert refills.accepted(refill_id=refill.pk, token=refill.claim_token, number="5", now=NOW)
    assert not refills.refused(refill_id=refill.pk, token=refill.claim_token, words="no", now=NOW)
    assert now_is(refill).provider_refill_id == "5"


def test_a_lease_that_ends_leaves_the_refill_unknown_and_a_late_answer_still_counts(customer):
    refill = sending(customer)
    assert refills.expire_leases(now=NOW + dt.timedelta(seconds=121), most=5) == 1
    assert refills.claim(now=NOW + DAY, most=5) == []
    assert fresh(refill.order).refill_state == "unknown"
    assert refills.accepted(refill_id=refill.pk, token=refill.claim_token, number="5", now=NOW + DAY)
    assert now_is(refill).state == State.ACCEPTED


def test_a_call_that_could_outlast_its_claim_is_not_begun(customer):
    refill = sending(customer)
    assert refills.may_still_send(refill, NOW)
    assert not refills.may_still_send(refill, NOW + dt.timedelta(seconds=90))


def test_what_was_certainly_not_taken_is_sent_again_later(customer):
    refill = sending(customer)
    assert refills.try_later(refill_id=refill.pk, token=refill.claim_token, words="down", now=NOW)
    assert refills.claim(now=NOW, most=5) == []
    [again] = refills.claim(now=NOW + dt.timedelta(minutes=1), most=5)
    assert (again.pk, again.attempts) == (refill.pk, 2)


def test_a_number_that_another_refill_has_leaves_it_unknown(customer):
    service = refillable()
    first, second = (sending(customer, service=service) for _ in range(2))
    assert refills.accepted(refill_id=first.pk, token=first.claim_token, number="5", now=NOW)
    refills.accepted(refill_id=second.pk, token=second.claim_token, number="5", now=NOW)
    assert (now_is(first).state, now_is(second).state) == (State.ACCEPTED, State.UNKNOWN)


def test_a_refusal_ends_it_in_the_providers_words_and_it_may_be_asked_for_again(customer):
    refill = sending(customer)
    assert refills.refused(refill_id=refill.pk, token=refill.claim_token, words="Too early", now=NOW)
    order = fresh(refill.order)
    assert (order.refill_state, order.refill_asked_at, now_is(refill).words) == ("rejected", None, "Too early")
    assert refills.request(order_id=order.pk, actor=customer, now=NOW).pk != refill.pk


def test_after_a_restore_nothing_that_may_have_been_sent_is_sent_again(customer):
    waiting = asked(customer)
    by_hand = asked(customer, service=make_service(refill_days=30))
    assert refills.distrust_restored(now=NOW) == 1
    assert (now_is(waiting).state, now_is(by_hand).state) == (State.UNKNOWN, State.REQUESTED)
    assert refills.claim(now=NOW + DAY, most=5) == []


def test_after_restore_tells_of_refills(customer, capsys):
    asked(customer)
    call_command("after_restore")
    assert "1 refills were waiting" in capsys.readouterr().out


def test_money_never_moves_by_a_refill(customer):
    refill = sending(customer)
    before = fresh(refill.order)
    refills.accepted(refill_id=refill.pk, token=refill.claim_token, number="5", now=NOW)
    refills.reported(refill_id=refill.pk, to=State.REJECTED, words="Rejected", now=NOW)
    after = fresh(refill.order)
    assert (after.status, after.charge, after.refunded) == (before.status, before.charge, before.refunded)
    assert after.entries.count() == before.entries.count() == 1


# --- With a provider that answers over HTTP


def walk(clock, refill, *, seconds=200):
    seen = []
    for _tick in range(0, seconds, 5):
        worker.run_once(clock=clock, chores=("refill_leases", "refill", "refill_poll"))
        state = now_is(refill).state
        if not seen or seen[-1] != state:
            seen.append(state)
        if state in {State.COMPLETED, State.REJECTED}:
            break
        clock.pass_(seconds=5)
    return seen


@pytest.fixture
def at_simulator(customer, settings, clock):
    """A completed order at a simulator, and a wish for its refill."""
    with running_simulator(clock=clock.seconds, silence=1.0) as sim:
        provider = sells(sim, settings)
        Provider.objects.filter(pk=provider.pk).update(can_refill=True)
        service = service_of(provider)
        service.refill_days = 30
        service.save(update_fields=["refill_days"])

        def ask(word=""):
            order = place(customer, service=service, link=f"https://example.com/completed-{word}", now=clock())
            worker.run_once(clock=clock, chores=("submit",))
            clock.pass_(seconds=600)
            order = fresh(order)
            lifecycle.report(order_id=order.pk, report=Report(to=S.COMPLETED, remains=0), now=clock())
            return refills.request(order_id=order.pk, actor=customer, now=clock())

        yield sim, ask


def test_a_refill_is_sent_followed_and_done(at_simulator, clock):
    sim, ask = at_simulator
    refill = ask()
    assert walk(clock, refill) == [State.ACCEPTED, State.COMPLETED]
    order = fresh(refill.order)
    assert (order.refill_state, order.refill_asked_at) == ("completed", None)
    assert codes(order) == ["refill_asked", "refill_sent", "refill_done"]
    assert sim.report()["refills"] == 1


def test_the_providers_no_arrives_at_once_or_later(at_simulator, clock):
    _sim, ask = at_simulator
    at_once, later = ask("norefill"), ask("rejectrefill")
    assert walk(clock, at_once) == [State.REJECTED]
    assert now_is(at_once).words == "Refill is disabled for this service"
    assert walk(clock, later)[-1] == State.REJECTED


@pytest.mark.parametrize(
    "fault", ["timeout_after_accept", "reset_after_accept", "http_500_after_accept", "html_502_after_accept"]
)
def test_a_spoilt_answer_leaves_it_unknown_and_it_is_sent_once(at_simulator, clock, fault):
    sim, ask = at_simulator
    refill = ask()
    sim.misbehave({fault: 1.0})
    wishes.refills_due(clock)
    assert now_is(refill).state == State.UNKNOWN
    sim.misbehave({})
    clock.pass_(minutes=30)
    Provider.objects.update(paused_until=None)
    assert walk(clock, refill, seconds=30) == [State.UNKNOWN]
    assert sim.report()["refills"] == 1


def test_a_rate_limit_only_costs_time(at_simulator, clock):
    sim, ask = at_simulator
    refill = ask()
    sim.misbehave({"rate_limited": 1.0})
    wishes.refills_due(clock)
    assert now_is(refill).state == State.REQUESTED
    sim.misbehave({})
    clock.pass_(minutes=1)
    assert walk(clock, refill)[-1] == State.COMPLETED


def test_a_provider_that_forgets_the_refill_leaves_it_to_a_person(at_simulator, clock):
    sim, ask = at_simulator
    refill = ask()
    wishes.refills_due(clock)
    sim.misbehave({"refill_forgotten": 1.0})
    Refill.objects.filter(pk=refill.pk).update(checked_at=clock())
    for _ in range(refills.MISSING_BEFORE_UNKNOWN):
        assert now_is(refill).state == State.ACCEPTED
        clock.pass_(hours=2)
        wishes.refill_polls_due(clock)
    assert now_is(refill).state == State.UNKNOWN


def test_a_key_that_cannot_be_read_pauses_the_provider_and_loses_nothing(customer, clock):
    refill = asked(customer)
    Provider.objects.filter(pk=refill.provider_id).update(sealed_key="nonsense")
    assert wishes.refills_due(clock) == 1
    assert (now_is(refill).state, Provider.objects.get(pk=refill.provider_id).paused_until is None) == (
        "requested",
        False,
    )
