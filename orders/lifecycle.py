"""The only writer of statuses. One transaction an order: its row locked, transition, money, event, narrow save.

The FSM on the model holds which moves exist; `reports.decide` says what a report means; this door holds the consequences.
Nothing here talks to anybody: the worker hands in what it heard, agents and customers what they wish.
"""

import datetime as dt
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from orders import ledger
from orders.models import LedgerEntry, Order, OrderEvent
from orders.models.event import RAW_BYTES
from orders.money import Units, undelivered
from orders.patience import no_movement_until
from orders.reports import Decision, Meaning, Report, Standing, decide
from orders.statuses import ACTIVE, REFUNDABLE_AFTER_CLOSE, SETTLED, OrderStatus

Source = OrderEvent.Source
Code = OrderEvent.Code
Submission = Order.Submission

# The answer of a provider may still be under way: nobody may give the money back meanwhile.
IN_FLIGHT = frozenset({Submission.SENDING, Submission.UNKNOWN})

TRANSITIONS = {
    OrderStatus.PROCESSING: Order.begin_processing,
    OrderStatus.IN_PROGRESS: Order.begin_delivery,
    OrderStatus.COMPLETED: Order.complete,
    OrderStatus.PARTIAL: Order.settle_partly,
    OrderStatus.CANCELED: Order.cancel,
    OrderStatus.REFUNDED: Order.refund,
    OrderStatus.ERROR: Order.fail,
}

# Settled orders are asked again: providers do change their minds.
ASK_AGAIN_AFTER = dt.timedelta(hours=1)


class NotAllowed(Exception):
    """The wish does not fit where the order stands; the message says why, for the person who wished it."""


@dataclass(frozen=True)
class Outcome:
    """What became of a report or a wish: `returned` is the money moved by it, in units."""

    meaning: Meaning
    status: OrderStatus
    returned: Units = Units(0)


def locked(order_id: int) -> Order:
    """The order as it is now, its row locked until the transaction ends (on SQLite the transaction has locked everything)."""
    return Order.objects.select_for_update(no_key=True).get(pk=order_id)


def report(*, order_id: int, report: Report, now: dt.datetime, claim: int | None = None) -> Outcome:
    """Applies what the order's provider says of it, or records why not. Safe to repeat, in any order.

    `claim` is the number of the poll that asked: an answer older than the newest one applied changes nothing.
    Money returns to the balance in the same transaction as the status that promises it.
    """
    with transaction.atomic(durable=True):
        order = locked(order_id)
        if claim is not None and claim < order.poll_answered:
            return Outcome(Meaning.NOTHING_NEW, OrderStatus(order.status))
        order.checked_at = now
        order.poll_missing = 0
        fields = ["checked_at", "poll_missing"]
        if claim is not None:
            order.poll_answered = claim
            fields.append("poll_answered")
        decision = decide(standing_of(order), report)
        returned = Units(0)
        if decision.meaning == Meaning.MOVE:
            returned = move(order, decision, source=Source.PROVIDER, report=report, now=now, fields=fields)
        elif decision.meaning == Meaning.COUNTERS:
            _count(order, decision, now, fields)
        elif decision.meaning != Meaning.NOTHING_NEW and not _said_before(order, report):
            if decision.meaning != Meaning.BACKWARD:
                order.review = True
                fields.append("review")
            record(order, CODES[decision.meaning], source=Source.PROVIDER, to=decision.to, report=report, now=now)
        order.save(update_fields=fields)
    return Outcome(decision.meaning, OrderStatus(order.status), returned)


CODES = {Meaning.BACKWARD: Code.BACKWARD, Meaning.LATE: Code.LATE, Meaning.UNCLEAR: Code.UNCLEAR}


def standing_of(order: Order) -> Standing:
    return Standing(
        status=OrderStatus(order.status),
        quantity=order.quantity,
        charge=order.charge,
        refunded=order.refunded,
        remains=order.remains,
        start_count=order.start_count,
    )


def settle_by_hand(
    *,
    order_id: int,
    to: OrderStatus,
    actor: User,
    reason: str,
    now: dt.datetime,
    remains: int | None = None,
) -> Outcome:
    """An agent moves an open order by hand, with the money that the status promises.

    Partial needs `remains` between 1 and quantity - 1. Raises NotAllowed for a closed order, a backward move, and, while a
    submission is in flight, for anything that would give the money back.
    """
    with transaction.atomic(durable=True):
        order = locked(order_id)
        if order.status in SETTLED:
            raise NotAllowed(_("The order is closed already."))
        if to == OrderStatus.REFUNDED:
            raise NotAllowed(_("Say the amount to return instead."))
        if to not in {OrderStatus.PROCESSING, OrderStatus.IN_PROGRESS, OrderStatus.COMPLETED}:
            _refuse_in_flight(order)
        if to == OrderStatus.PARTIAL and not (remains and 0 < remains < order.quantity):
            raise NotAllowed(_("Say how many of %(quantity)s remain.") % {"quantity": order.quantity})
        decision = decide(standing_of(order), Report(to=to, remains=remains))
        if decision.meaning != Meaning.MOVE:
            raise NotAllowed(_("The order cannot go back to this status."))
        fields: list[str] = []
        returned = move(order, decision, source=Source.AGENT, actor=actor, reason=reason, now=now, fields=fields)
        order.save(update_fields=fields)
    return Outcome(Meaning.MOVE, to, returned)


def refund(*, order_id: int, amount: int, actor: User, reason: str, now: dt.datetime) -> Outcome:
    """An agent returns `amount` units of what is still kept; the order is Refunded then.

    Raises NotAllowed where more would be returned than is kept, or while a submission is in flight.
    """
    with transaction.atomic(durable=True):
        order = locked(order_id)
        _refuse_in_flight(order)
        if order.status in SETTLED and order.status not in REFUNDABLE_AFTER_CLOSE:
            raise NotAllowed(_("Everything is returned already."))
        kept = order.charge - order.refunded
        if not 0 < amount <= kept:
            raise NotAllowed(_("The amount must be more than nothing and at most what the order still keeps."))
        decision = Decision(
            Meaning.MOVE, OrderStatus.REFUNDED, Units(order.refunded + amount), order.remains, order.start_count
        )
        fields: list[str] = []
        returned = move(order, decision, source=Source.AGENT, actor=actor, reason=reason, now=now, fields=fields)
        order.save(update_fields=fields)
    return Outcome(Meaning.MOVE, OrderStatus.REFUNDED, returned)


def cancel(*, order_id: int, actor: User, now: dt.datetime) -> Outcome:
    """A customer cancels an order that has not been sent to anybody: at once, with the whole charge back.

    Raises NotAllowed as soon as the order is on its way.
    """
    with transaction.atomic(durable=True):
        order = locked(order_id)
        if not can_cancel_at_once(order):
            raise NotAllowed(_("The order is on its way already and cannot be canceled here any more."))
        decision = decide(standing_of(order), Report(to=OrderStatus.CANCELED))
        fields: list[str] = []
        returned = move(order, decision, source=Source.CUSTOMER, actor=actor, now=now, fields=fields)
        order.save(update_fields=fields)
    return Outcome(Meaning.MOVE, OrderStatus.CANCELED, returned)


def can_cancel_at_once(order: Order) -> bool:
    return order.status == OrderStatus.PENDING and order.submission == Submission.QUEUED


def _refuse_in_flight(order: Order) -> None:
    if order.submission in IN_FLIGHT:
        raise NotAllowed(_("It is not certain yet whether the service has accepted this order. Settle that first."))


# --- What the doors share. Callers hold the order's lock and save the fields named.


def move(
    order: Order,
    decision: Decision,
    *,
    source: str,
    now: dt.datetime,
    fields: list[str],
    actor: User | None = None,
    report: Report | None = None,
    reason: str = "",
    code: str = Code.MOVED,
) -> Units:
    """Transition, money, event; adds the changed fields to `fields`. Gives the money returned by it, in units.

    Returns are levels: the level that the decision names minus what is returned already, so a replay gives 0 by arithmetic.
    """
    assert decision.to is not None
    before = order.status
    TRANSITIONS[decision.to](order)
    delta = Units(decision.returned - order.refunded)
    entry = None
    if delta > 0:
        entry = ledger.post(
            wallet_id=order.wallet_id,
            amount=delta,
            kind=LedgerEntry.Kind.REFUND,
            key=f"order:{order.pk}:refund:{decision.returned}",
            order=order,
            actor=actor,
            note=reason[:300],
            now=now,
        )
        order.refunded = decision.returned
    _count(order, decision, now, fields)
    order.status_since = now
    fields += ["status", "refunded", "status_since"]
    if order.status in SETTLED:
        if order.submission == Submission.QUEUED:
            order.submission = Submission.NONE  # never sent: nobody may claim it any more
        order.poll_at = now + ASK_AGAIN_AFTER if order.provider_order_id else None
        fields += ["submission", "poll_at"]
    record(
        order,
        code,
        source=source,
        from_status=before,
        to=decision.to,
        applied=True,
        actor=actor,
        report=report,
        money=delta,
        entry=entry,
        reason=reason,
        now=now,
    )
    return delta


def _count(order: Order, decision: Decision, now: dt.datetime, fields: list[str]) -> None:
    """Takes the counters over; what moves starts the patience anew."""
    order.remains = decision.remains
    order.start_count = decision.start_count
    order.moved_at = now
    fields += ["remains", "start_count", "moved_at"]
    if order.status == OrderStatus.IN_PROGRESS:
        order.contact_after = no_movement_until(moved=now, quantity=order.quantity, stated_speed=order.stated_speed)
        fields.append("contact_after")


def _said_before(order: Order, report: Report) -> bool:
    """The same word with the same count is recorded once, not once a poll: as the provider's last word, or as a refused one."""
    said = order.events.filter(source=Source.PROVIDER)
    last = said.order_by("-id").values("word", "remains").first()
    this = {"word": report.word[:64], "remains": report.remains}
    return last == this or said.filter(applied=False, **this).exists()


def record(
    order: Order,
    code: str,
    *,
    source: str,
    now: dt.datetime,
    from_status: str = "",
    to: OrderStatus | None = None,
    applied: bool = False,
    actor: User | None = None,
    report: Report | None = None,
    money: int = 0,
    entry: LedgerEntry | None = None,
    reason: str = "",
    raw: str = "",
) -> OrderEvent:
    """Writes one line of the order's history, in the caller's transaction."""
    return OrderEvent.objects.create(
        order=order,
        code=code,
        from_status=from_status or order.status,
        to_status=to or order.status,
        applied=applied,
        source=source,
        actor=actor,
        # On refused reports what was said counts, on applied ones what was taken.
        remains=order.remains if applied or report is None else report.remains,
        start_count=order.start_count if applied or report is None else report.start_count,
        word=report.word[:64] if report else "",
        raw=(report.raw if report else raw)[:RAW_BYTES],
        money=money,
        entry=entry,
        reason=reason[:500],
        created_at=now,
    )


def arithmetic_of(order: Order) -> Units:
    """What the remaining quantity says should be back, for showing beside what is back; see `money.undelivered`."""
    if order.status in ACTIVE or order.remains is None or not 0 <= order.remains <= order.quantity:
        return Units(order.refunded)
    return undelivered(order.charge, order.quantity, order.remains)
