"""The only writer of statuses. One transaction an order: its row locked, transition, money, event, narrow save.

The FSM on the model holds which moves exist; `reports.decide` says what a report means; this door holds the consequences.
Nothing here talks to anybody: the worker hands in what it heard, agents and customers what they wish.
"""

import datetime as dt
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import User
from orders import breaker, earlier_reports, halt, ledger, rows, telling
from orders.deadlocks import once_more
from orders.models import LedgerEntry, Order, OrderEvent
from orders.models.event import RAW_BYTES
from orders.money import Units
from orders.patience import no_movement_until
from orders.reports import Decision, Meaning, Report, Standing, decide, returned_when, usable_remains
from orders.rows import Part
from orders.statuses import ACTIVE, SETTLED, OrderStatus

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


ORDER = Part(Order)


def locked(order_id: int) -> Order:
    """The order as it is now, its row locked until the transaction ends (on SQLite the transaction has locked everything)."""
    if not connection.in_atomic_block:
        raise RuntimeError("A lock lasts as long as the caller's transaction, and there is none.")
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {ORDER.columns('o')} FROM orders_order o WHERE o.id = %s {rows.lock('o')}", [order_id])  # noqa: S608
        row = cursor.fetchone()
    order = ORDER.of(row) if row is not None else None
    if order is None:
        raise Order.DoesNotExist
    return order


@once_more
def report(*, order_id: int, report: Report, now: dt.datetime, claim: int | None = None) -> Outcome:
    """Applies what the order's provider says of it, or records why not. Safe to repeat, in any order.

    `claim` is the number of the poll that asked: an answer older than the newest one applied changes nothing.
    Money returns to the balance in the same transaction as the status that promises it. Where money would move while a halt
    holds, nothing is written: the provider will be asked again. Where the breaker holds the return, it is proposed to a person.
    """
    with transaction.atomic(durable=True):
        order = locked(order_id)
        if claim is not None and claim < order.poll_answered:
            return Outcome(Meaning.NOTHING_NEW, OrderStatus(order.status))
        decision = decide(standing_of(order), report)
        returns = decision.returned - order.refunded if decision.meaning == Meaning.MOVE else 0
        if returns > 0 and halt.current() is not None:
            return Outcome(Meaning.NOTHING_NEW, OrderStatus(order.status))
        order.checked_at = now
        order.poll_missing = 0
        fields = ["checked_at", "poll_missing"]
        if claim is not None:
            order.poll_answered = claim
            fields.append("poll_answered")
        returned = Units(0)
        if decision.meaning in ANSWERS and earlier_reports.is_answered(order, decision):
            clear_proposal(order, fields)  # the provider's newer word takes back what waits for a person
            if decision.meaning != Meaning.MOVE and not earlier_reports.was_refused(order, report):
                record(order, Code.CLEARED_UP, source=Source.PROVIDER, to=decision.to, report=report, now=now)
        if returns > 0 and breaker.holds_return(order=order, amount=returns, now=now):
            _propose(order, Code.HELD, decision, report, now=now, fields=fields)
        elif decision.meaning == Meaning.MOVE:
            returned = move(order, decision, source=Source.PROVIDER, report=report, now=now, fields=fields)
        elif decision.meaning == Meaning.COUNTERS:
            _count(order, decision, now, fields)
        elif decision.meaning == Meaning.BACKWARD:
            if not earlier_reports.went_back(order, report):
                record(order, Code.BACKWARD, source=Source.PROVIDER, to=decision.to, report=report, now=now)
        elif decision.meaning in {Meaning.LATE, Meaning.UNCLEAR}:
            _propose(order, CODES[decision.meaning], decision, report, now=now, fields=fields)
        rows.update(order, fields)
    return Outcome(decision.meaning, OrderStatus(order.status), returned)


# Reports that are applied, or that say what stands already.
ANSWERS = frozenset({Meaning.MOVE, Meaning.COUNTERS, Meaning.NOTHING_NEW})

CODES = {Meaning.LATE: Code.LATE, Meaning.UNCLEAR: Code.UNCLEAR}


def _propose(
    order: Order, code: str, decision: Decision, report: Report, *, now: dt.datetime, fields: list[str]
) -> None:
    """Hands a report that is not applied to a person, with what it would have done. An event once for the same words, and once
    more where their money is proposed again."""
    opens = not order.review
    if opens and (earlier_reports.stands(order, report) or earlier_reports.is_dismissed(order, report)):
        return
    order.review = True
    fields.append("review")
    if decision.to is not None:
        standing = standing_of(order)
        remains = usable_remains(report, order.quantity)
        order.proposed_status = decision.to
        order.proposed_remains = remains
        order.proposed_return = max(0, returned_when(decision.to, standing, remains) - order.refunded)
        fields += ["proposed_status", "proposed_remains", "proposed_return"]
    if (opens and decision.to is not None) or not earlier_reports.was_refused(order, report):
        record(order, code, source=Source.PROVIDER, to=decision.to, report=report, now=now)


def standing_of(order: Order) -> Standing:
    return Standing(
        status=OrderStatus(order.status),
        quantity=order.quantity,
        charge=order.charge,
        refunded=order.refunded,
        remains=order.remains,
        start_count=order.start_count,
    )


@once_more
def cancel(*, order_id: int, actor: User, now: dt.datetime) -> Outcome:
    """A customer cancels: at once and with the whole charge back while nobody has the order, else as a wish to the provider.

    A wish moves no money: that follows when the provider's status says so. Raises NotAllowed where neither is possible, and
    Halted while money is not moved.
    """
    with transaction.atomic(durable=True):
        order = locked(order_id)
        outcome = _cancel(order, actor=actor, now=now)
        if outcome is None:
            raise _no_cancel(order)
    return outcome


@once_more
def cancel_group(*, head_id: int, actor: User, now: dt.datetime) -> list[Outcome]:
    """A customer stops a drip-feed: every run that nobody has been sent is canceled with its whole charge back, and of the running
    one the provider is asked, as with `cancel`. All of it in one transaction, so that no run begins meanwhile.

    What became of each run that could be stopped. Raises NotAllowed where none could, and Halted while money is not moved.
    """
    with transaction.atomic(durable=True):
        rows = Order.objects.filter(Q(pk=head_id) | Q(head=head_id), status__in=ACTIVE).order_by("pk")
        runs = [locked(pk) for pk in list(rows.values_list("pk", flat=True))]
        outcomes = [found for run in runs if (found := _cancel(run, actor=actor, now=now)) is not None]
        if not outcomes:
            raise NotAllowed(_("No run is left that could be canceled here."))
    return outcomes


def _cancel(order: Order, *, actor: User, now: dt.datetime) -> Outcome | None:
    """Cancels a locked order or asks its provider to; None where neither is possible."""
    fields: list[str] = []
    if can_cancel_at_once(order):
        decision = decide(standing_of(order), Report(to=OrderStatus.CANCELED))
        returned = move(order, decision, source=Source.CUSTOMER, actor=actor, now=now, fields=fields)
        outcome = Outcome(Meaning.MOVE, OrderStatus.CANCELED, returned)
    elif can_ask_to_cancel(order):
        order.cancel_asked_at = order.cancel_due = now
        fields += ["cancel_asked_at", "cancel_due"]
        record(order, Code.CANCEL_ASKED, source=Source.CUSTOMER, actor=actor, now=now)
        outcome = Outcome(Meaning.NOTHING_NEW, OrderStatus(order.status))
    else:
        return None
    order.save(update_fields=fields)
    return outcome


class NotNow(NotAllowed):
    """It may well be possible a moment later."""


def _no_cancel(order: Order) -> NotAllowed:
    if order.submission == Submission.SENDING:
        return NotNow(_("The order is being sent to the service at this moment. Try again in a minute."))
    if order.submission == Submission.UNKNOWN:
        return NotNow(
            _("We are confirming with the service whether it has this order. Until then nobody can cancel it.")
        )
    return NotAllowed(_("The order is on its way already and cannot be canceled here any more."))


def can_cancel_at_once(order: Order) -> bool:
    """Nobody has been sent it: it is in the queue, or waits for its turn."""
    return order.status == OrderStatus.PENDING and (
        order.submission == Submission.QUEUED
        or (order.submission == Submission.NONE and order.waits_for_id is not None)
    )


def can_ask_to_cancel(order: Order) -> bool:
    """The service allows it, the provider can be asked, and the wish is not under way already."""
    return (
        order.is_active
        and order.submission == Submission.ACCEPTED
        and order.cancel_asked_at is None
        and order.service.can_cancel
        and order.provider is not None
        and order.provider.can_cancel
    )


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
        halt.refuse_while_halted()
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
    order.waits_for_id = None  # whatever moves has had its turn, or needs none any more
    fields += ["status", "refunded", "status_since", "waits_for"]
    if order.status in SETTLED:
        if order.submission == Submission.QUEUED:
            order.submission = Submission.NONE  # never sent: nobody may claim it any more
        order.poll_at = now + ASK_AGAIN_AFTER if order.provider_order_id else None
        order.cancel_due = None
        fields += ["submission", "poll_at", "cancel_due"]
    if order.proposed_status == order.status:
        clear_proposal(order, fields)
    event = record(
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
    telling.of_move(event, now=now)
    return delta


def clear_proposal(order: Order, fields: list[str]) -> None:
    """What was proposed is done, or decided otherwise: nobody needs to look any more."""
    order.review = False
    order.proposed_status, order.proposed_remains, order.proposed_return = "", None, 0
    fields += ["review", "proposed_status", "proposed_remains", "proposed_return"]


def _count(order: Order, decision: Decision, now: dt.datetime, fields: list[str]) -> None:
    """Takes the counters over; what moves starts the patience anew."""
    order.remains = decision.remains
    order.start_count = decision.start_count
    order.moved_at = now
    fields += ["remains", "start_count", "moved_at"]
    if order.status == OrderStatus.IN_PROGRESS:
        order.contact_after = no_movement_until(
            moved=now, quantity=order.quantity, stated_speed=order.stated_speed, learned=order.usual_minutes
        )
        fields.append("contact_after")


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
    event = OrderEvent(
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
    rows.insert(event)
    return event
