"""Reports that no machine applies: proposed to a person, and done or dismissed by one button."""

import datetime as dt

import pytest

from orders import breaker, desk, halt, ledger, lifecycle, money, provider_health, queries
from orders.lifecycle import NotAllowed
from orders.models import Order, Provider
from orders.reports import Report
from orders.statuses import OrderStatus
from tests.factories import NOW, accept, fresh, make_provider, make_service, order_in, place, reported

pytestmark = pytest.mark.django_db

S = OrderStatus


def proposal(order):
    order = fresh(order)
    return order.review, order.proposed_status, order.proposed_return


def test_a_late_cancel_proposes_the_whole_charge_and_one_button_returns_it(customer, agent):
    order = reported(order_in(S.COMPLETED, customer), S.CANCELED)
    assert proposal(order) == (True, S.CANCELED, order.charge)
    outcome = desk.approve_review(order_id=order.pk, actor=agent, reason="It was never there", now=NOW)
    assert (outcome.status, outcome.returned) == (S.REFUNDED, order.charge)
    assert proposal(order) == (False, "", 0)
    assert ledger.balance_of(customer) == money.parse("100")


def test_a_later_and_larger_part_proposes_the_difference(customer):
    order = reported(accept(place(customer, quantity=1000)), S.PARTIAL, remains=300)
    order = reported(order, S.PARTIAL, remains=500)
    assert order.proposed_return == money.undelivered(order.charge, 1000, 500) - order.refunded


def test_a_report_that_would_return_nothing_can_only_be_dismissed(customer, agent):
    order = reported(order_in(S.CANCELED, customer), S.COMPLETED)
    assert proposal(order) == (True, S.COMPLETED, 0)
    with pytest.raises(NotAllowed):
        desk.approve_review(order_id=order.pk, actor=agent, reason="x", now=NOW)
    desk.dismiss_review(order_id=order.pk, actor=agent, reason="Nothing to do", now=NOW)
    assert proposal(order) == (False, "", 0)
    event = order.events.latest("id")
    assert (event.code, event.actor, event.reason) == ("decided", agent, "Nothing to do")


def test_a_review_without_a_proposal_is_settled_by_hand(customer, agent):
    order = order_in(S.IN_PROGRESS, customer, quantity=100)
    lifecycle.report(order_id=order.pk, report=Report(to=S.PARTIAL, word="Partial"), now=NOW)
    with pytest.raises(NotAllowed):
        desk.approve_review(order_id=order.pk, actor=agent, reason="x", now=NOW)
    desk.settle_by_hand(order_id=order.pk, to=S.PARTIAL, remains=40, actor=agent, reason="Asked them", now=NOW)
    assert proposal(order) == (False, "", 0)
    assert fresh(order).refunded == money.undelivered(order.charge, 100, 40)


def test_every_decision_wants_a_reason(customer, agent):
    order = reported(order_in(S.COMPLETED, customer), S.CANCELED)
    for door in (desk.approve_review, desk.dismiss_review):
        with pytest.raises(NotAllowed):
            door(order_id=order.pk, actor=agent, reason="  ", now=NOW)
    assert proposal(order)[0] is True


def test_more_than_the_limit_is_for_a_lead(customer, agent, lead, settings):
    settings.MONEY_LIMIT = 100
    order = reported(order_in(S.COMPLETED, customer), S.CANCELED)
    with pytest.raises(NotAllowed, match="lead"):
        desk.approve_review(order_id=order.pk, actor=agent, reason="x", now=NOW)
    with pytest.raises(NotAllowed, match="lead"):
        desk.refund(order_id=order.pk, amount=101, actor=agent, reason="x", now=NOW)
    assert desk.approve_review(order_id=order.pk, actor=lead, reason="x", now=NOW).returned == order.charge


def test_what_is_within_the_limit_an_agent_decides_and_a_return_closes_the_review(customer, agent, settings):
    settings.MONEY_LIMIT = 100
    order = reported(order_in(S.COMPLETED, customer), S.CANCELED)
    assert desk.refund(order_id=order.pk, amount=100, actor=agent, reason="x", now=NOW).returned == 100
    assert proposal(order) == (False, "", 0)


# --- The breaker


def turnover(customer, count, *, provider=None):
    """Open orders of one provider, each worth the same."""
    provider = provider or make_provider()
    service = make_service(provider=provider, rate="1.00")
    return [accept(place(customer, service=service)) for _ in range(count)]


def test_a_flood_of_returns_stops_at_the_breaker_and_waits_for_a_person(customer):
    orders = turnover(customer, 30)
    for order in orders:
        reported(order, S.CANCELED)
    statuses = list(Order.objects.order_by("id").values_list("status", flat=True))
    assert statuses == [S.CANCELED] * 9 + [S.PROCESSING] * 21
    assert Provider.objects.get().returns_held_at == NOW
    held = fresh(orders[-1])
    assert proposal(held) == (True, S.CANCELED, held.charge)
    assert held.events.filter(code="held").count() == 1


def test_a_few_returns_in_a_large_turnover_never_trip_it(customer):
    orders = turnover(customer, 80)
    for order in orders[:15]:
        reported(order, S.CANCELED)
    assert Order.objects.filter(status=S.CANCELED).count() == 15
    assert Provider.objects.get().returns_held_at is None


def test_completions_go_on_while_returns_are_held(customer):
    orders = turnover(customer, 12)
    Provider.objects.update(returns_held_at=NOW)
    assert reported(orders[0], S.COMPLETED).status == S.COMPLETED
    assert reported(orders[1], S.PARTIAL, remains=5).status == S.PROCESSING


def test_a_held_return_is_approved_with_the_status_it_came_with(customer, lead):
    [order] = turnover(customer, 1)
    Provider.objects.update(returns_held_at=NOW)
    reported(order, S.PARTIAL, remains=300)
    outcome = desk.approve_review(order_id=order.pk, actor=lead, reason="Looked right", now=NOW)
    assert (outcome.status, outcome.returned) == (S.PARTIAL, money.undelivered(order.charge, 1000, 300))
    assert fresh(order).remains == 300


def test_after_the_release_reports_move_money_again_and_the_count_begins_anew(customer):
    orders = turnover(customer, 12)
    for order in orders:
        reported(order, S.CANCELED)
    later = NOW + dt.timedelta(minutes=5)
    provider_health.release_returns(provider_id=orders[0].provider_id, now=later)
    still_open = [order for order in orders if fresh(order).is_active]
    assert len(still_open) == 3
    for order in still_open:
        reported(order, S.CANCELED, now=later + dt.timedelta(minutes=1))
    assert Order.objects.exclude(status=S.CANCELED).count() == 0
    assert not Order.objects.filter(review=True).exists()


def test_the_breaker_of_one_provider_leaves_the_others_alone(customer):
    first, second = turnover(customer, 12), turnover(customer, 1)
    for order in first:
        reported(order, S.CANCELED)
    assert reported(second[0], S.CANCELED).status == S.CANCELED


def test_agents_returns_do_not_count(customer, admin):
    done = [reported(order, S.COMPLETED) for order in turnover(customer, 12)]
    for order in done:
        desk.refund(order_id=order.pk, amount=order.charge, actor=admin, reason="x", now=NOW)
    assert not breaker.holds_return(order=done[0], amount=1, now=NOW)


# --- The halt


def test_while_money_is_halted_nothing_is_returned_and_nothing_is_lost(customer, admin):
    order = order_in(S.IN_PROGRESS, customer)
    halt.begin(reason="check", now=NOW)
    reported(order, S.CANCELED)
    assert (fresh(order).status, fresh(order).checked_at) == (S.IN_PROGRESS, order.checked_at)
    with pytest.raises(halt.Halted):
        desk.refund(order_id=order.pk, amount=1, actor=admin, reason="x", now=NOW)
    with pytest.raises(halt.Halted):
        desk.adjust(customer=customer, amount=5, actor=admin, reason="x", key="1", now=NOW)
    assert halt.lift(by=admin, now=NOW)
    assert reported(order, S.CANCELED).status == S.CANCELED


def test_progress_without_money_goes_on_while_halted(customer):
    order = order_in(S.PROCESSING, customer)
    halt.begin(reason="check", now=NOW)
    assert reported(order, S.IN_PROGRESS, remains=5).status == S.IN_PROGRESS


def test_one_halt_holds_at_a_time_and_ends_once(admin):
    first = halt.begin(reason="first", now=NOW)
    assert halt.begin(reason="second", now=NOW) == first
    assert halt.lift(by=admin, now=NOW)
    assert not halt.lift(by=admin, now=NOW)
    assert halt.begin(reason="third", now=NOW) != first


# --- Balances


def test_an_adjustment_moves_the_balance_once_per_key_and_says_why(customer, lead):
    for _again in range(2):
        entry = desk.adjust(
            customer=customer, amount=money.parse("2"), actor=lead, reason="Compensation", key="form-1", now=NOW
        )
    assert ledger.balance_of(customer) == money.parse("2")
    assert (entry.kind, entry.actor, entry.note) == ("adjust", lead, "Compensation")


def test_an_adjustment_never_makes_a_balance_negative(customer, lead):
    with pytest.raises(ledger.NotEnoughBalance):
        desk.adjust(customer=customer, amount=-1, actor=lead, reason="x", key="1", now=NOW)


def test_a_large_adjustment_is_for_a_lead(customer, agent):
    with pytest.raises(NotAllowed, match="lead"):
        desk.adjust(customer=customer, amount=money.parse("-50.01"), actor=agent, reason="x", key="1", now=NOW)


def test_what_waits_for_a_person_is_in_the_list_of_what_needs_attention(customer):
    order = reported(order_in(S.COMPLETED, customer), S.CANCELED)
    assert list(queries.needing_attention(NOW)) == [fresh(order)]
