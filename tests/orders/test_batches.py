"""One order's trouble, or one provider's, is nobody else's: every answer of a batch is kept, every provider has its turn."""

import json

import pytest

from orders import desk, halt, lifecycle, provider_health, queries, submission, sync, wishes
from orders.lifecycle import NotAllowed
from orders.models import Order, Provider
from orders.provider.cancels import parse_cancels
from orders.provider.status_answers import parse_statuses
from orders.provider.wire import Accepted, BatchFailed, Refused, Unknown
from orders.reports import Report
from orders.sealing import seal
from orders.statuses import OrderStatus
from orders.verdict import Advice, Facts, verdict_for
from tests.factories import NOW, accept, fresh, make_provider, make_service, order_in, place, reported
from tests.orders.test_sync import Clock, running_simulator, sells, service_of
from tests.orders.test_wishes import unknown_order

pytestmark = pytest.mark.django_db

S = OrderStatus

FAILED_CALLS = [
    {"status": "error", "error": "rate limit exceeded"},
    {"status": "fail", "message": "maintenance"},
    {"status": "error"},
    {"status": "Error", "order": "8"},
]


@pytest.fixture
def clock():
    return Clock()


@pytest.mark.parametrize("answer", FAILED_CALLS)
def test_a_call_that_failed_is_never_an_orders_error(answer):
    with pytest.raises(BatchFailed):
        parse_statuses(json.dumps(answer).encode(), ["7"])


def test_an_item_with_an_error_is_bad_whatever_status_stands_beside_it():
    answer = {"7": {"status": "Error", "error": "Too many requests"}, "8": {"status": "Completed", "remains": "0"}}
    batch = parse_statuses(json.dumps(answer).encode(), ["7", "8"])
    assert (dict(batch.bad), list(batch.reports)) == ({"7": "Too many requests"}, ["8"])


def test_a_flat_report_of_one_order_is_still_understood():
    for extra in ({"charge": "0.1"}, {"remains": "5"}, {"order": 7}):
        batch = parse_statuses(json.dumps({"status": "Error", **extra}).encode(), ["7"])
        assert batch.reports["7"].status == S.ERROR


def test_a_refusal_while_money_is_halted_is_kept_and_its_return_proposed(customer, lead):
    order = place(customer)
    [mine] = submission.claim(now=NOW, most=1)
    halt.begin(reason="check", now=NOW)
    sync.record_answer(mine, Refused("Bad link", "link"), NOW)
    order = fresh(order)
    assert (order.submission, order.status, order.review, order.proposed_return) == (
        "rejected",
        S.PENDING,
        True,
        order.charge,
    )
    halt.lift(by=lead, now=NOW)
    desk.approve_review(order_id=order.pk, actor=lead, reason="As they said", now=NOW)
    assert (fresh(order).status, fresh(order).refunded) == (S.ERROR, order.charge)


def test_one_answer_that_cannot_be_written_loses_none_of_the_others(customer, settings, clock, monkeypatch):
    with running_simulator(clock=clock.seconds) as sim:
        service = service_of(sells(sim, settings))
        orders = [place(customer, service=service) for _ in range(4)]
        accepted = submission.accepted

        def fails_once(*, order_id, **answer):
            if order_id == orders[0].pk:
                raise RuntimeError("the database is locked")
            return accepted(order_id=order_id, **answer)

        monkeypatch.setattr(submission, "accepted", fails_once)
        with pytest.raises(RuntimeError):
            sync.submit_due(clock)
    assert [fresh(order).submission for order in orders] == ["sending", "accepted", "accepted", "accepted"]


def test_one_report_that_cannot_be_applied_loses_none_of_the_others(customer, settings, clock, monkeypatch):
    with running_simulator(clock=clock.seconds, speed=1000) as sim:
        service = service_of(sells(sim, settings))
        orders = [place(customer, service=service, link=f"https://example.com/{n}-completed") for n in range(3)]
        sync.submit_due(clock)
        clock.pass_(seconds=30)
        report = lifecycle.report

        def fails_once(*, order_id, **said):
            if order_id == orders[0].pk:
                raise RuntimeError("the database is locked")
            return report(order_id=order_id, **said)

        monkeypatch.setattr(lifecycle, "report", fails_once)
        with pytest.raises(RuntimeError):
            sync.poll_due(clock)
    assert [fresh(order).status for order in orders] == [S.PROCESSING, S.COMPLETED, S.COMPLETED]


def test_a_provider_whose_key_cannot_be_read_stops_only_itself(customer, settings, clock):
    with running_simulator(clock=clock.seconds) as sim:
        healthy = sells(sim, settings, name="B healthy")
        broken = make_provider(name="A broken", url=sim.url)
        settings_keys = settings.FIELD_KEYS
        settings.FIELD_KEYS = ["ZmFrZS1rZXktZmFrZS1rZXktZmFrZS1rZXktMTIzNDU="]
        Provider.objects.filter(pk=broken.pk).update(sealed_key=seal("x"))
        settings.FIELD_KEYS = settings_keys
        orders = [place(customer, service=service_of(provider)) for provider in (broken, healthy)]
        sync.submit_due(clock)
        assert [fresh(order).submission for order in orders] == ["queued", "accepted"]
        assert provider_health.NO_KEY in Provider.objects.get(pk=broken.pk).pause_reason
        clock.pass_(minutes=6)
        assert provider_health.check_due(clock) == 2
    assert Provider.objects.get(pk=healthy.pk).balance


# --- Proposals follow the provider's newest word


def test_a_held_return_is_taken_back_when_the_provider_goes_on(customer):
    order = order_in(S.PROCESSING, customer)
    Provider.objects.update(returns_held_at=NOW)
    reported(order, S.CANCELED)
    assert fresh(order).proposed_status == S.CANCELED
    reported(order, S.IN_PROGRESS, remains=10)
    order = reported(order, S.COMPLETED, remains=0)
    assert (order.status, order.review, order.proposed_status) == (S.COMPLETED, False, "")


def test_a_proposal_is_what_the_provider_says_now(customer):
    order = reported(order_in(S.COMPLETED, customer), S.CANCELED)
    reported(order, S.PARTIAL, remains=300)
    order = reported(order, S.CANCELED)
    assert (order.proposed_status, order.proposed_return) == (S.CANCELED, order.charge)
    assert order.events.filter(code="late").count() == 2


def test_words_that_a_person_dismissed_do_not_come_back(customer, agent):
    order = reported(order_in(S.COMPLETED, customer), S.CANCELED)
    desk.dismiss_review(order_id=order.pk, actor=agent, reason="It is there", now=NOW)
    assert reported(order, S.CANCELED).review is False


@pytest.mark.parametrize(("word", "remains"), [(S.CANCELED, 1000), (S.PARTIAL, 400)])
def test_words_that_the_provider_took_back_itself_are_news_when_it_says_them_again(customer, word, remains):
    order = reported(order_in(S.COMPLETED, customer), word, remains=remains)
    proposed = order.proposed_return
    order = reported(order, S.COMPLETED, remains=0)
    assert (order.review, order.proposed_return) == (False, 0)
    order = reported(order, word, remains=remains)
    assert (order.review, order.proposed_status, order.proposed_return) == (True, word, proposed)
    assert [event.code for event in order.events.order_by("id")][-3:] == ["late", "cleared_up", "late"]


def test_a_held_return_is_proposed_again_when_the_provider_wavers(customer):
    order = order_in(S.PROCESSING, customer)
    Provider.objects.update(returns_held_at=NOW)
    reported(order, S.CANCELED)
    reported(order, S.IN_PROGRESS, remains=10)
    order = reported(order, S.CANCELED)
    assert (order.review, order.proposed_status) == (True, S.CANCELED)


def test_words_that_a_person_dismissed_stay_dismissed_when_the_provider_wavers(customer, agent):
    order = reported(order_in(S.COMPLETED, customer), S.CANCELED)
    desk.dismiss_review(order_id=order.pk, actor=agent, reason="It is there", now=NOW)
    reported(order, S.COMPLETED)
    assert reported(order, S.CANCELED).review is False


UNCLEAR = [Report(to=S.PARTIAL, word="Partial"), Report(to=None, word="Awaiting")]


@pytest.mark.parametrize("unclear", UNCLEAR)
@pytest.mark.parametrize(
    ("to", "remains"), [(S.PARTIAL, 300), (S.COMPLETED, 0), (S.IN_PROGRESS, 900), (S.IN_PROGRESS, None)]
)
def test_a_clear_report_takes_back_the_question_that_an_unclear_one_left(customer, unclear, to, remains):
    order = order_in(S.IN_PROGRESS, customer)
    lifecycle.report(order_id=order.pk, report=unclear, now=NOW)
    assert fresh(order).review is True
    order = reported(order, to, remains=remains)
    assert (order.status, order.review) == (to, False)


def test_a_provider_that_wavers_between_clear_and_unclear_does_not_fill_the_history(customer):
    order = order_in(S.IN_PROGRESS, customer)
    for _poll in range(4):
        lifecycle.report(order_id=order.pk, report=UNCLEAR[1], now=NOW)
        assert fresh(order).review is True
        assert reported(order, S.IN_PROGRESS, remains=900).review is False
    codes = list(order.events.order_by("id").values_list("code", flat=True))
    assert (codes.count("unclear"), codes.count("cleared_up")) == (1, 1)


def test_a_clear_report_does_not_settle_what_two_orders_claim(customer):
    order = order_in(S.IN_PROGRESS, customer)
    lifecycle.report(order_id=order.pk, report=UNCLEAR[0], now=NOW)
    lifecycle.record(order, "conflict", source="submit", now=NOW)
    assert reported(order, S.COMPLETED, remains=0).review is True


def test_a_present_of_ours_makes_no_question_of_a_repeated_report(customer, agent):
    order = reported(order_in(S.IN_PROGRESS, customer), S.IN_PROGRESS, remains=300)
    order = reported(order, S.COMPLETED)
    desk.refund(order_id=order.pk, amount=1_000_000, actor=agent, reason="Sorry for the wait", now=NOW)
    order = reported(order, S.COMPLETED)
    assert (order.status, order.review) == (S.REFUNDED, False)


def test_a_word_of_an_earlier_status_is_written_down_once_whatever_it_counts(customer):
    order = order_in(S.IN_PROGRESS, customer)
    for remains in (900, 890, 880):
        reported(order, S.PROCESSING, remains=remains)
        reported(order, S.IN_PROGRESS, remains=remains)
    assert order.events.filter(code="backward").count() == 1


def test_a_return_whose_size_cannot_be_read_waits_for_a_person(customer):
    order = order_in(S.IN_PROGRESS, customer)
    lifecycle.report(order_id=order.pk, report=Report(to=S.REFUNDED, odd_remains=True), now=NOW)
    assert (fresh(order).status, fresh(order).review) == (S.IN_PROGRESS, True)


# --- Orders that nobody can be sure of, and people's hands


@pytest.mark.parametrize("to", [S.PROCESSING, S.IN_PROGRESS, S.COMPLETED])
def test_nothing_is_moved_by_hand_while_the_provider_may_have_it(customer, agent, to):
    order = unknown_order(customer)
    with pytest.raises(NotAllowed):
        desk.settle_by_hand(order_id=order.pk, to=to, actor=agent, reason="x", now=NOW)


@pytest.mark.parametrize("to", [S.PROCESSING, S.IN_PROGRESS])
def test_an_order_that_waits_to_be_sent_is_not_moved_on_by_hand(customer, agent, to):
    order = place(customer)
    with pytest.raises(NotAllowed):
        desk.settle_by_hand(order_id=order.pk, to=to, actor=agent, reason="x", now=NOW)
    assert [o.pk for o in submission.claim(now=NOW, most=5)] == [order.pk]


def test_an_order_is_canceled_at_the_desk_only_while_nobody_has_it(customer, agent):
    order = place(customer)
    desk.cancel_queued(order_id=order.pk, actor=agent, reason="Asked for it", now=NOW)
    assert fresh(order).refunded == order.charge
    with pytest.raises(NotAllowed):
        desk.cancel_queued(order_id=accept(place(customer)).pk, actor=agent, reason="x", now=NOW)


def test_an_order_that_did_not_arrive_blames_no_input(customer, agent):
    order = unknown_order(customer)
    desk.did_not_arrive(order_id=order.pk, send_again=False, actor=agent, reason="Not in their list", now=NOW)
    assert verdict_for(fresh(order), Facts(), NOW).advice == Advice.DONE


def test_after_a_restore_no_machine_asks_again_even_for_what_was_unknown_before(customer, clock):
    order = unknown_order(customer)
    Provider.objects.update(takes_request_id=True)
    submission.distrust_restored(now=NOW)
    clock.pass_(days=2)
    assert submission.claim_unknown(now=clock(), most=5) == []
    assert fresh(order).submission == "unknown"


def test_a_number_that_another_order_has_is_not_asked_for_again_and_again(customer, clock):
    provider = make_provider()
    accept(place(customer, service=make_service(provider=provider)), provider_order_id="4711")
    order = unknown_order(customer, service=make_service(provider=provider))
    Provider.objects.update(takes_request_id=True)
    clock.pass_(minutes=3)
    [again] = submission.claim_unknown(now=clock(), most=5)
    sync.record_answer(again, Accepted("4711"), clock())
    clock.pass_(minutes=30)
    assert submission.claim_unknown(now=clock(), most=5) == []
    assert order.events.filter(code="conflict").count() == 1


def test_many_small_returns_are_one_large_one(customer, agent, settings):
    settings.MONEY_LIMIT = 100
    order = order_in(S.COMPLETED, customer)
    for _time in range(2):
        desk.refund(order_id=order.pk, amount=50, actor=agent, reason="x", now=NOW)
    with pytest.raises(NotAllowed, match="lead"):
        desk.refund(order_id=order.pk, amount=1, actor=agent, reason="x", now=NOW)


# --- Providers' health


def test_calls_that_fail_together_pause_a_provider_once(db):
    provider = make_provider()
    for _call in range(20):
        provider_health.failed(provider_id=provider.pk, reason="time-out", now=NOW)
    pause = Provider.objects.get().paused_until - NOW
    assert pause == provider_health.FIRST_PAUSE


def test_a_check_that_began_before_a_pause_does_not_end_it(settings, clock):
    with running_simulator(clock=clock.seconds) as sim:
        loaded = sells(sim, settings)
        until = clock() + provider_health.LONGEST_PAUSE
        provider_health.pause_until(provider_id=loaded.pk, until=until, reason="by hand")
        assert not provider_health.check(provider=loaded, now=clock())
    assert Provider.objects.get().paused_until == until


@pytest.mark.parametrize("said", [[], {}, None, 0, "0", "", False, {"error": "no"}, 1.5])
def test_whatever_a_provider_answers_to_a_cancel_is_yes_or_no(said):
    answers = parse_cancels(json.dumps([{"order": 2, "cancel": said}]).encode(), ["2"])
    assert answers["2"] != ""


def test_providers_words_between_the_lines_are_not_for_customers(customer):
    order = unknown_order(customer)
    sync.record_answer(order, Unknown("x"), NOW)
    lifecycle.record(order, "cancel_no", source="provider", reason="Upstream panel: your price 0.02", now=NOW)
    assert [event.told_reason for event in order.events.all()] == ["", "", ""]
    refused = order_in(S.ERROR, customer)
    assert refused.events.latest("id").told_reason == "Bad link"


def test_numbers_are_asked_for_in_one_call_a_provider(customer, agent, settings, clock):
    with running_simulator(clock=clock.seconds) as sim:
        service = service_of(sells(sim, settings))
        for number in ("1", "2", "3"):
            order = unknown_order(customer, service=service)
            desk.suggest_number(order_id=order.pk, number=number, actor=agent, now=NOW)
        assert wishes.numbers_due(clock) == 3
        assert sim.report()["requests"]["status"] == 1
    assert queries.needing_attention(NOW).count() == Order.objects.filter(submission="unknown").count() == 3
