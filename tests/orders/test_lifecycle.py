import datetime as dt
import itertools

import pytest
from django.db import transaction
from django_fsm import TransitionNotAllowed

from orders import desk, ledger, lifecycle, money, submission
from orders.lifecycle import NotAllowed
from orders.models import Order, OrderEvent
from orders.reports import Report
from orders.statuses import ACTIVE, SETTLED, OrderStatus
from tests.factories import NOW, accept, fund, make_service, order_in, place, reported

pytestmark = pytest.mark.django_db

S = OrderStatus
MINUTE = dt.timedelta(minutes=1)


def facts(order):
    order = Order.objects.get(pk=order.pk)
    return order.status, order.refunded, order.review


def history(order):
    return list(order.events.order_by("id").values_list("code", "from_status", "to_status", "applied"))


def test_an_order_walks_from_placed_to_completed_and_every_step_is_recorded(customer):
    order = accept(place(customer))
    order = reported(order, S.IN_PROGRESS, remains=600, start_count=50)
    assert (order.remains, order.start_count) == (600, 50)
    order = reported(order, S.COMPLETED, remains=0)
    assert history(order) == [
        ("placed", "", "pending", True),
        ("accepted", "pending", "processing", True),
        ("moved", "processing", "in_progress", True),
        ("moved", "in_progress", "completed", True),
    ]
    assert facts(order) == (S.COMPLETED, 0, False)


def test_a_partial_order_returns_the_undelivered_part_to_the_balance(customer):
    order = reported(accept(place(customer, service=make_service(rate="0.90"), quantity=1000)), S.PARTIAL, remains=300)
    assert order.charge == money.parse("0.90")
    assert order.refunded == money.parse("0.27")
    assert ledger.balance_of(customer) == money.parse("100") - money.parse("0.63")
    event = order.events.latest("id")
    assert (event.money, event.entry.amount, event.entry.key) == (
        order.refunded,
        order.refunded,
        f"order:{order.pk}:refund:{order.refunded}",
    )


@pytest.mark.parametrize("status", [S.CANCELED, S.REFUNDED, S.ERROR])
def test_an_order_that_was_not_delivered_returns_everything(customer, status):
    order = order_in(status, customer)
    assert order.refunded == order.charge
    assert ledger.balance_of(customer) == money.parse("100")


@pytest.mark.parametrize("status", sorted(SETTLED))
@pytest.mark.parametrize("late", [S.PROCESSING, S.COMPLETED, S.CANCELED, S.REFUNDED])
def test_a_late_report_moves_nothing_is_recorded_once_and_asks_for_a_person(customer, status, late):
    order = order_in(status, customer)
    before, balance = facts(order), ledger.balance_of(customer)
    for again in range(3):
        reported(order, late, now=NOW + again * MINUTE)
    after = facts(order)
    assert after[:2] == before[:2]
    assert ledger.balance_of(customer) == balance
    late_events = order.events.filter(code="late")
    assert late_events.count() == (0 if late == status else 1)
    assert after[2] == (late != status)


def test_the_provider_may_repeat_its_word_after_an_agent_refunded(customer, admin):
    order = reported(accept(place(customer)), S.COMPLETED, remains=0)
    desk.refund(order_id=order.pk, amount=5, actor=admin, reason="goodwill", now=NOW)
    order = reported(order, S.COMPLETED, remains=0)
    assert facts(order) == (S.REFUNDED, 5, False)


def test_a_backward_report_is_recorded_once_per_word_and_asks_for_nobody(customer):
    order = order_in(S.IN_PROGRESS, customer)
    for again in range(3):
        reported(order, S.PENDING, now=NOW + again * MINUTE)
    assert order.events.filter(code="backward").count() == 1
    assert facts(order) == (S.IN_PROGRESS, 0, False)


def test_an_unknown_word_is_kept_and_asks_for_a_person(customer):
    order = order_in(S.IN_PROGRESS, customer)
    lifecycle.report(order_id=order.pk, report=Report(to=None, word="Fulfilled", raw='{"status":"Fulfilled"}'), now=NOW)
    event = order.events.latest("id")
    assert (event.code, event.word, event.raw) == ("unclear", "Fulfilled", '{"status":"Fulfilled"}')
    assert facts(order) == (S.IN_PROGRESS, 0, True)


def test_an_answer_to_an_older_question_changes_nothing(customer):
    order = order_in(S.PROCESSING, customer)
    newer, older = Report(to=S.IN_PROGRESS, remains=100), Report(to=S.CANCELED)
    lifecycle.report(order_id=order.pk, report=newer, claim=2, now=NOW)
    lifecycle.report(order_id=order.pk, report=older, claim=1, now=NOW)
    assert facts(order) == (S.IN_PROGRESS, 0, False)


REPORTS = [
    (1, Report(to=S.PROCESSING, word="Processing")),
    (2, Report(to=S.IN_PROGRESS, word="In progress", remains=70)),
    (3, Report(to=S.PARTIAL, word="Partial", remains=40)),
    (3, Report(to=S.PARTIAL, word="Partial", remains=40)),
]


@pytest.mark.parametrize("order_of_arrival", list(itertools.permutations(range(4))))
def test_reports_give_one_final_state_in_whatever_order_they_arrive(customer, order_of_arrival):
    order = accept(place(customer, quantity=100))
    for number in order_of_arrival:
        claim, said = REPORTS[number]
        lifecycle.report(order_id=order.pk, report=said, claim=claim, now=NOW)
    order = Order.objects.get(pk=order.pk)
    assert (order.status, order.remains) == (S.PARTIAL, 40)
    assert order.refunded == money.undelivered(order.charge, 100, 40)
    assert order.entries.filter(kind="refund").count() == 1


def test_movement_of_counters_starts_the_patience_anew(customer):
    order = order_in(S.IN_PROGRESS, customer, service=make_service(stated_speed=24_000))
    later = NOW + dt.timedelta(hours=5)
    order = reported(order, S.IN_PROGRESS, remains=10, now=later)
    assert (order.moved_at, order.contact_after) == (later, later + dt.timedelta(hours=1))


# --- Agents


def test_an_agent_settles_an_order_by_hand_with_the_money_of_the_status(customer, admin):
    order = place(customer, service=make_service(by_hand=True), quantity=100)
    desk.settle_by_hand(
        order_id=order.pk, to=S.PARTIAL, remains=25, actor=admin, reason="A quarter is missing", now=NOW
    )
    order = Order.objects.get(pk=order.pk)
    assert facts(order) == (S.PARTIAL, money.undelivered(order.charge, 100, 25), False)
    event = order.events.latest("id")
    assert (event.source, event.actor, event.reason) == ("agent", admin, "A quarter is missing")


@pytest.mark.parametrize("submitted", ["sending", "unknown"])
@pytest.mark.parametrize("to", [S.CANCELED, S.ERROR])
def test_an_agent_cannot_return_money_while_it_is_not_certain_what_the_provider_has(customer, admin, submitted, to):
    order = place(customer)
    [claimed] = submission.claim(now=NOW, most=1)
    if submitted == "unknown":
        submission.unknown(order_id=order.pk, token=claimed.claim_token, reason="time-out", now=NOW)
    with pytest.raises(NotAllowed):
        desk.settle_by_hand(order_id=order.pk, to=to, actor=admin, reason="x", now=NOW)
    with pytest.raises(NotAllowed):
        desk.refund(order_id=order.pk, amount=1, actor=admin, reason="x", now=NOW)
    assert facts(order) == (S.PENDING, 0, False)


def test_agents_refunds_are_levels_that_never_exceed_the_charge(customer, admin):
    order = order_in(S.COMPLETED, customer)
    desk.refund(order_id=order.pk, amount=order.charge - 10, actor=admin, reason="first", now=NOW)
    with pytest.raises(NotAllowed):
        desk.refund(order_id=order.pk, amount=11, actor=admin, reason="too much", now=NOW)
    desk.refund(order_id=order.pk, amount=10, actor=admin, reason="the rest", now=NOW)
    assert facts(order) == (S.REFUNDED, order.charge, False)
    with pytest.raises(NotAllowed):
        desk.refund(order_id=order.pk, amount=1, actor=admin, reason="more", now=NOW)
    assert ledger.balance_of(customer) == money.parse("100")


@pytest.mark.parametrize("status", [S.CANCELED, S.ERROR])
def test_nothing_is_left_to_refund_after_everything_came_back(customer, admin, status):
    order = order_in(status, customer)
    with pytest.raises(NotAllowed):
        desk.refund(order_id=order.pk, amount=1, actor=admin, reason="x", now=NOW)


def test_a_disabled_customer_still_gets_what_is_owed(customer):
    order = order_in(S.IN_PROGRESS, customer)
    customer.is_active = False
    customer.save(update_fields=["is_active"])
    assert reported(order, S.CANCELED).refunded == order.charge


# --- Customers


def test_a_customer_takes_back_an_order_that_nobody_has_begun(customer):
    order = place(customer)
    lifecycle.cancel(order_id=order.pk, actor=customer, now=NOW)
    assert facts(order) == (S.CANCELED, order.charge, False)
    assert submission.claim(now=NOW, most=10) == []


@pytest.mark.parametrize("status", sorted(set(OrderStatus) - {S.PENDING}))
def test_a_customer_cannot_take_back_an_order_that_is_on_its_way_or_closed(customer, status):
    order = order_in(status, customer)
    before = facts(order)
    with pytest.raises(NotAllowed):
        lifecycle.cancel(order_id=order.pk, actor=customer, now=NOW)
    assert facts(order) == before


def test_a_customer_cannot_take_back_an_order_while_it_is_being_sent(customer):
    order = place(customer)
    submission.claim(now=NOW, most=1)
    with pytest.raises(NotAllowed):
        lifecycle.cancel(order_id=order.pk, actor=customer, now=NOW)


# --- The model itself


@pytest.mark.parametrize("status", sorted(SETTLED))
def test_nothing_opens_a_closed_order_again(customer, status):
    order = order_in(status, customer)
    for step in (order.begin_processing, order.begin_delivery, order.complete, order.cancel, order.fail):
        with pytest.raises(TransitionNotAllowed):
            step()


def test_a_status_cannot_be_written_past_its_transitions(customer):
    order = place(customer)
    with pytest.raises(AttributeError):
        order.status = S.COMPLETED


def test_a_transition_alone_writes_nothing(customer):
    order = place(customer)
    order.complete()
    assert Order.objects.get(pk=order.pk).status in ACTIVE
    assert OrderEvent.objects.filter(order=order).count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_door_refuses_to_be_part_of_somebody_elses_transaction(customer):
    fund(customer)
    order = place(customer, funded=False)
    with pytest.raises(RuntimeError), transaction.atomic():
        lifecycle.cancel(order_id=order.pk, actor=customer, now=NOW)


@pytest.mark.django_db(transaction=True)
def test_an_order_is_locked_for_a_transaction_or_not_at_all(customer):
    fund(customer)
    order = place(customer, funded=False)
    with pytest.raises(RuntimeError):
        lifecycle.locked(order.pk)
    with pytest.raises(Order.DoesNotExist), transaction.atomic():
        lifecycle.locked(order.pk + 1)
