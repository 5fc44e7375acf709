"""What the doors say where people and workers seldom come by."""

import pytest

from orders import desk, ledger, lifecycle, money, submission
from orders.lifecycle import NotAllowed
from orders.models import Order
from orders.reports import Report
from orders.statuses import OrderStatus
from tests.factories import NOW, fresh, make_service, order_in, place
from tests.orders.books import faults_here

pytestmark = pytest.mark.django_db

S = OrderStatus


def claimed(order):
    [mine] = submission.claim(now=NOW, most=1)
    assert mine.pk == order.pk
    return mine


def by_hand(order, to, actor, **how):
    return desk.settle_by_hand(order_id=order.pk, to=to, actor=actor, reason="seen", now=NOW, **how)


@pytest.fixture
def open_order(customer):
    return place(customer, service=make_service(by_hand=True), quantity=100)


def test_an_agent_is_told_why_an_order_cannot_be_settled_so(open_order, admin):
    by_hand(open_order, S.IN_PROGRESS, admin)
    for to, how, words in [
        (S.REFUNDED, {}, "amount to return"),
        (S.PARTIAL, {}, "how many of 100"),
        (S.PARTIAL, {"remains": 0}, "how many of 100"),
        (S.PARTIAL, {"remains": 100}, "how many of 100"),
        (S.PROCESSING, {}, "cannot go back"),
    ]:
        with pytest.raises(NotAllowed, match=words):
            by_hand(open_order, to, admin, **how)
    by_hand(open_order, S.COMPLETED, admin)
    with pytest.raises(NotAllowed, match="closed already"):
        by_hand(open_order, S.CANCELED, admin)
    assert (fresh(open_order).status, fresh(open_order).refunded) == (S.COMPLETED, 0)


def test_nobody_is_asked_about_an_order_that_no_provider_has(open_order, admin):
    with pytest.raises(NotAllowed, match="No provider has this order"):
        desk.ask_now(order_id=open_order.pk, actor=admin, now=NOW)


def test_a_provider_that_accepts_what_it_reported_as_delivered_is_linked_and_moves_nothing(customer):
    order = place(customer)
    mine = claimed(order)
    lifecycle.report(order_id=order.pk, report=Report(to=S.COMPLETED, word="Completed", remains=0), now=NOW)
    assert submission.accepted(order_id=order.pk, token=mine.claim_token, provider_order_id="4711", now=NOW)
    order = fresh(order)
    assert (order.status, order.submission, order.provider_order_id) == (S.COMPLETED, "accepted", "4711")
    assert (order.refunded, order.events.latest("id").code) == (0, "accepted")


def test_a_provider_that_refuses_what_it_reported_as_delivered_returns_nothing_by_itself(customer):
    order = place(customer)
    mine = claimed(order)
    lifecycle.report(order_id=order.pk, report=Report(to=S.COMPLETED, word="Completed", remains=0), now=NOW)
    assert submission.rejected(order_id=order.pk, token=mine.claim_token, reason="Bad link", now=NOW)
    order = fresh(order)
    assert (order.status, order.submission, order.refunded, order.review) == (S.COMPLETED, "rejected", 0, True)
    assert ledger.balance_of(customer) == money.parse("100") - order.charge
    assert faults_here() == []


def test_a_number_that_was_suggested_otherwise_meanwhile_settles_nothing(customer, admin):
    order = place(customer)
    mine = claimed(order)
    submission.unknown(order_id=order.pk, token=mine.claim_token, reason="time-out", now=NOW)
    desk.suggest_number(order_id=order.pk, number="4711", actor=admin, now=NOW)
    assert not submission.settle_suggestion(order_id=order.pk, number="4712", is_known=True, now=NOW)
    assert (fresh(order).submission, fresh(order).suggested_number) == ("unknown", "4711")


def test_an_answer_that_comes_while_leases_are_looked_through_is_not_overwritten(customer, monkeypatch):
    order = place(customer)
    claimed(order)
    locked = lifecycle.locked

    def answered_just_before(order_id):
        Order.objects.filter(pk=order_id).update(submission="accepted", provider_order_id="4711")
        return locked(order_id)

    monkeypatch.setattr(lifecycle, "locked", answered_just_before)
    assert submission.expire_leases(now=NOW + 2 * submission.LEASE, most=10) == 0
    assert fresh(order).submission == "accepted"


def test_what_is_settled_is_not_sent_even_when_a_worker_gives_it_back(customer):
    order = place(customer)
    mine = claimed(order)
    lifecycle.report(order_id=order.pk, report=Report(to=S.CANCELED, word="Canceled"), now=NOW)
    submission.try_later(order_id=order.pk, token=mine.claim_token, reason="refused", now=NOW)
    assert submission.claim(now=NOW + 2 * submission.LEASE, most=10) == []
    assert (fresh(order).submission, fresh(order).refunded) == ("none", order.charge)


def test_a_closed_order_takes_no_second_settlement(customer, admin):
    order = order_in(S.CANCELED, customer)
    with pytest.raises(NotAllowed, match="Everything is returned already"):
        desk.refund(order_id=order.pk, amount=1, actor=admin, reason="again", now=NOW)
