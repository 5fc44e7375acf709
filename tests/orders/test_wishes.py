"""Wishes that the worker passes on, unknown orders that are settled, and providers that are paused and tried again."""

import datetime as dt

import pytest

from orders import bookkeeping, desk, halt, lifecycle, provider_health, submission, sync, triggers, wishes, worker
from orders.lifecycle import NotAllowed
from orders.models import ChoreRun, Order, Provider
from orders.placing import OrderRefused
from orders.provider.wire import Unknown
from orders.statuses import OrderStatus
from tests.factories import NOW, accept, fresh, fund, make_provider, make_service, order_in, place
from tests.orders.test_sync import Clock, running_simulator, sells, service_of, walk

pytestmark = pytest.mark.django_db

S = OrderStatus
MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def clock():
    return Clock()


def cancelable(provider, **fields):
    provider.can_cancel = True
    provider.save(update_fields=["can_cancel"])
    service = service_of(provider)
    service.can_cancel = True
    service.save(update_fields=["can_cancel"])
    return service


def unknown_order(customer, **placing):
    order = place(customer, **placing)
    [mine] = [o for o in submission.claim(now=NOW, most=50) if o.pk == order.pk]
    sync.record_answer(mine, Unknown("read time-out"), NOW)
    return fresh(order)


# --- Cancel


def test_a_wish_to_cancel_is_passed_on_and_the_money_follows_the_status(customer, settings, clock):
    with running_simulator(clock=clock.seconds) as sim:
        service = cancelable(sells(sim, settings))
        order = place(customer, service=service, quantity=1000)
        worker.run_once(clock=clock)
        clock.pass_(seconds=6)
        outcome = lifecycle.cancel(order_id=order.pk, actor=customer, now=clock())
        assert (outcome.returned, fresh(order).cancel_asked_at) == (0, clock())
        walk(clock, [order])
    codes = list(order.events.order_by("id").values_list("code", flat=True))
    assert codes[:4] == ["placed", "accepted", "cancel_asked", "cancel_sent"]
    order = fresh(order)
    assert (order.status in {S.CANCELED, S.PARTIAL}, order.refunded > 0, order.cancel_due) == (True, True, None)


def test_a_provider_that_does_not_cancel_ends_the_wish_with_its_words(customer):
    order = order_in(S.PROCESSING, customer, service=cancelable(make_provider()))
    lifecycle.cancel(order_id=order.pk, actor=customer, now=NOW)
    wishes.record_cancel_answer(order_id=order.pk, refusal="Cancel is not possible", now=NOW)
    order = fresh(order)
    assert (order.cancel_asked_at, order.cancel_due, order.status) == (None, None, S.PROCESSING)
    event = order.events.latest("id")
    assert (event.code, event.reason) == ("cancel_no", "Cancel is not possible")


def test_a_wish_is_passed_on_again_while_the_provider_does_not_answer(customer, settings, clock):
    settings.ALLOW_PRIVATE_HOSTS = ["127.0.0.1"]
    provider = make_provider(url="http://127.0.0.1:9/api/v2")
    order = order_in(S.PROCESSING, customer, service=cancelable(provider))
    lifecycle.cancel(order_id=order.pk, actor=customer, now=clock())
    assert wishes.cancel_due(clock) == 1
    assert wishes.cancel_due(clock) == 0
    clock.pass_(minutes=3)
    assert wishes.cancel_due(clock) == 1
    assert fresh(order).cancel_asked_at == NOW


@pytest.mark.parametrize("missing", ["service", "provider"])
def test_where_service_or_provider_does_not_cancel_nobody_is_asked(customer, missing):
    provider = make_provider()
    service = cancelable(provider)
    target = service if missing == "service" else provider
    target.can_cancel = False
    target.save(update_fields=["can_cancel"])
    order = order_in(S.PROCESSING, customer, service=service)
    with pytest.raises(NotAllowed):
        lifecycle.cancel(order_id=order.pk, actor=customer, now=NOW)


# --- Unknown orders


def test_a_provider_that_takes_a_request_id_once_is_asked_again_under_it(customer, clock):
    provider = make_provider()
    order = unknown_order(customer, service=make_service(provider=provider))
    clock.pass_(minutes=3)
    assert submission.claim_unknown(now=clock(), most=10) == []
    Provider.objects.update(takes_request_id=True)
    [again] = submission.claim_unknown(now=clock(), most=10)
    assert sync.request_of(again).request_id == str(order.request_id)
    assert submission.claim_unknown(now=clock(), most=10) == []
    assert submission.accepted(order_id=order.pk, token=again.claim_token, provider_order_id="77", now=clock())
    assert (fresh(order).submission, fresh(order).status) == ("accepted", S.PROCESSING)


def test_other_providers_get_no_request_id(customer):
    assert sync.request_of(place(customer)).request_id == ""


def test_a_number_that_an_agent_suggests_counts_after_the_provider_knows_it(customer, agent, settings, clock):
    with running_simulator(clock=clock.seconds) as sim:
        service = service_of(sells(sim, settings))
        other = place(customer, service=service)
        worker.run_once(clock=clock)
        number = fresh(other).provider_order_id
        order = unknown_order(customer, service=service)
        with pytest.raises(NotAllowed):
            desk.suggest_number(order_id=order.pk, number=number, actor=agent, now=NOW)
        Order.objects.filter(pk=other.pk).update(provider_order_id=None, submission="none")
        desk.suggest_number(order_id=order.pk, number=number, actor=agent, now=NOW)
        assert wishes.numbers_due(clock) == 1
        assert (fresh(order).submission, fresh(order).provider_order_id) == ("accepted", number)
        assert wishes.numbers_due(clock) == 0


def test_a_number_that_the_provider_does_not_know_changes_nothing(customer, agent, settings, clock):
    with running_simulator(clock=clock.seconds) as sim:
        order = unknown_order(customer, service=service_of(sells(sim, settings)))
        desk.suggest_number(order_id=order.pk, number="424242", actor=agent, now=NOW)
        assert wishes.numbers_due(clock) == 1
    assert (fresh(order).submission, fresh(order).suggested_number, fresh(order).status) == ("unknown", "", S.PENDING)


def test_a_number_that_became_anothers_meanwhile_is_for_a_person_and_asked_for_no_more(customer, agent):
    order = unknown_order(customer)
    desk.suggest_number(order_id=order.pk, number="4711", actor=agent, now=NOW)
    other = place(customer, service=order.service)
    accept(other, provider_order_id="4711")
    assert submission.settle_suggestion(order_id=order.pk, number="4711", is_known=True, now=NOW) is False
    order = fresh(order)
    assert (order.submission, order.suggested_number, order.review, order.provider_order_id) == (
        "unknown",
        "",
        True,
        None,
    )
    assert fresh(other).review
    assert order.events.filter(code="conflict").count() == 1


def test_a_number_that_was_taken_back_meanwhile_settles_nothing(customer, agent):
    order = unknown_order(customer)
    desk.suggest_number(order_id=order.pk, number="4711", actor=agent, now=NOW)
    desk.suggest_number(order_id=order.pk, number="4712", actor=agent, now=NOW)
    assert submission.settle_suggestion(order_id=order.pk, number="4711", is_known=True, now=NOW) is False
    assert (fresh(order).submission, fresh(order).suggested_number) == ("unknown", "4712")


@pytest.mark.parametrize("number", ["", "0", "abc", "-1", "1e3", "9" * 19, "12 "])
def test_what_is_no_number_is_refused(customer, agent, number):
    order = unknown_order(customer)
    with pytest.raises(NotAllowed):
        desk.suggest_number(order_id=order.pk, number=number, actor=agent, now=NOW)


def test_an_order_that_did_not_arrive_is_an_error_with_its_charge_back(customer, agent):
    order = unknown_order(customer)
    desk.did_not_arrive(order_id=order.pk, send_again=False, actor=agent, reason="Not in their list", now=NOW)
    order = fresh(order)
    assert (order.submission, order.status, order.refunded) == ("none", S.ERROR, order.charge)


def test_an_order_that_did_not_arrive_may_be_sent_again(customer, agent):
    order = unknown_order(customer)
    desk.did_not_arrive(order_id=order.pk, send_again=True, actor=agent, reason="Not in their list", now=NOW)
    assert [o.pk for o in submission.claim(now=NOW, most=5)] == [order.pk]


def test_whoever_claimed_before_has_no_say_after_an_agents_decision(customer, agent):
    order = unknown_order(customer)
    token = order.claim_token
    desk.did_not_arrive(order_id=order.pk, send_again=True, actor=agent, reason="x", now=NOW)
    assert not submission.accepted(order_id=order.pk, token=token, provider_order_id="1", now=NOW)


def test_who_looked_before_a_colleague_sent_it_again_decides_nothing(customer, agent, lead):
    order = unknown_order(customer)
    looked = order.attempts
    desk.did_not_arrive(
        order_id=order.pk, send_again=True, actor=lead, reason="Not there", seen_attempts=looked, now=NOW
    )
    [mine] = submission.claim(now=NOW, most=1)
    sync.record_answer(mine, Unknown("read time-out"), NOW)
    for send_again in (True, False):
        with pytest.raises(NotAllowed, match="sent once more"):
            desk.did_not_arrive(
                order_id=order.pk,
                send_again=send_again,
                actor=agent,
                reason="Not there",
                seen_attempts=looked,
                now=NOW,
            )
    assert (fresh(order).submission, fresh(order).status, fresh(order).refunded) == ("unknown", S.PENDING, 0)


def test_only_unknown_orders_are_decided_so(customer, agent):
    for status in S:
        order = order_in(status, customer)
        with pytest.raises(NotAllowed):
            desk.did_not_arrive(order_id=order.pk, send_again=True, actor=agent, reason="x", now=NOW)
        with pytest.raises(NotAllowed):
            desk.suggest_number(order_id=order.pk, number="5", actor=agent, now=NOW)


# --- Health


def test_five_failures_in_a_row_pause_a_provider_each_time_for_longer(db):
    provider = make_provider()
    pauses, now = [], NOW
    for number in range(8):
        provider_health.failed(provider_id=provider.pk, reason="no answer", now=now)
        until = Provider.objects.get().paused_until
        pauses.append((until - now).total_seconds() if until else 0)
        assert Provider.objects.get().failures == number + 1
        now = until or now  # the next failure is the trial that ends this pause
    assert pauses == [0, 0, 0, 0, 30, 60, 120, 240]


def test_a_good_answer_ends_the_row_of_failures(db):
    provider = make_provider()
    for _time in range(4):
        provider_health.failed(provider_id=provider.pk, reason="x", now=NOW)
    provider_health.answered(provider_id=provider.pk, took_ms=120, now=NOW)
    provider.refresh_from_db()
    assert (provider.failures, provider.answered_at, provider.latency_ms) == (0, NOW, 12)
    assert 0 < provider.errors_per_mille < 1000


def test_a_paused_provider_gets_no_order_until_a_trial_succeeded(customer, settings, clock):
    with running_simulator(clock=clock.seconds) as sim:
        provider = sells(sim, settings)
        order = place(customer, service=service_of(provider))
        provider_health.pause_until(provider_id=provider.pk, until=clock() + MINUTE, reason="no answer")
        worker.run_once(clock=clock)
        assert fresh(order).submission == "queued"
        clock.pass_(seconds=61)
        worker.run_once(clock=clock)
        assert fresh(order).submission == "accepted"
    provider.refresh_from_db()
    assert (provider.paused_until, provider.pause_reason, provider.failures) == (None, "", 0)
    assert provider.balance.endswith("USD")


def test_a_failed_trial_pauses_again(settings, clock, db):
    settings.ALLOW_PRIVATE_HOSTS = ["127.0.0.1"]
    provider = make_provider(url="http://127.0.0.1:9/api/v2")
    provider_health.pause_until(provider_id=provider.pk, until=clock(), reason="no answer")
    assert provider_health.check_due(clock) == 1
    provider.refresh_from_db()
    assert provider.paused_until >= clock() + provider_health.FIRST_PAUSE
    assert provider_health.check_due(clock) == 0


def test_a_provider_has_refusals_of_its_own(db):
    provider = make_provider()
    provider.refusals = "Link is private\n\n  Post not found "
    assert set(provider_health.client_for(provider).refusals) == {"Link is private", "Post not found"}
    provider.refusals = " "
    assert provider_health.client_for(provider).refusals is None


# --- The books


@pytest.mark.django_db(transaction=True)
def test_wrong_books_stop_money_and_nothing_else(customer, clock):
    order = accept(place(customer))
    triggers.drop()
    Order.objects.filter(pk=order.pk).update(charge=order.charge + 1)
    triggers.create()
    assert bookkeeping.reconcile_due(clock) == 1
    assert f"order {order.pk}" in halt.current().reason
    fund(customer)
    with pytest.raises(OrderRefused) as refused:
        place(customer, funded=False)
    assert refused.value.problems[0].code == "halted"
    assert sync.submit_due(clock) == sync.poll_due(clock) == 0


@pytest.mark.django_db(transaction=True)
def test_the_books_are_checked_once_an_hour_by_one_worker(customer, clock):
    place(customer)
    assert [bookkeeping.reconcile_due(clock) for _worker in range(3)] == [1, 0, 0]
    assert ChoreRun.objects.get(name="reconcile").outcome == "0 faults"
    clock.pass_(minutes=61)
    assert bookkeeping.reconcile_due(clock) == 1
    assert halt.current() is None


def test_a_frozen_customer_orders_nothing_and_still_gets_what_is_owed(customer, lead):
    order = order_in(S.IN_PROGRESS, customer)
    desk.freeze(customer=customer, frozen=True, actor=lead, reason="Card was stolen", now=NOW)
    with pytest.raises(OrderRefused) as refused:
        place(customer)
    assert refused.value.problems[0].code == "frozen"
    lifecycle.report(order_id=order.pk, report=lifecycle.Report(to=S.CANCELED), now=NOW)
    assert fresh(order).refunded == order.charge
