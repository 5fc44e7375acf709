"""How an order's way to its provider is recorded: intent first, one attempt, and "unknown" is a state.

    none (by hand) | queued --claim--> sending --> accepted | rejected | queued again | unknown
    unknown --late answer of the worker that claimed it--> accepted | rejected

Each claim has a token; only the worker that holds it may record an answer, however late, and nothing is ever sent twice.
A timer decides one thing alone: that we stop waiting and call it unknown. It never decides what happened upstream.
"""

import datetime as dt
import uuid
from collections.abc import Callable, Sequence

from django.db import IntegrityError, connection, transaction
from django.db.models import F

from orders import halt, lifecycle, provider_health
from orders.deadlocks import once_more
from orders.lifecycle import Code, Source
from orders.models import Order
from orders.reports import Meaning, Report, decide
from orders.statuses import OrderStatus

Submission = Order.Submission

LEASE = dt.timedelta(seconds=120)
# No call takes longer (`transport.Timeouts.total`).
LONGEST_CALL = dt.timedelta(seconds=40)
RESTORED = "The panel was restored from a backup"
FIRST_BACKOFF = dt.timedelta(seconds=10)
# Our own pauses grow to this, and what a provider asks for is kept to as far as this: see `provider_health.LONGEST_QUIET`.
LONGEST_BACKOFF = provider_health.LONGEST_QUIET
# The first question comes soon: quick services are done within a minute.
FIRST_POLL_AFTER = dt.timedelta(seconds=2)


@once_more
def claim(*, now: dt.datetime, most: int) -> list[Order]:
    """Takes up to `most` queued orders for this worker and commits before anybody sends a byte. Oldest due first.

    Who wins: on PostgreSQL the worker whose SKIP LOCKED select got the row, on SQLite the one that began its IMMEDIATE
    transaction first; either way the loser does not see the row any more.
    """
    token = str(uuid.uuid4())
    with transaction.atomic(durable=True):
        due = Order.objects.filter(
            provider_health.open_to_calls(now),
            submission=Submission.QUEUED,
            status=OrderStatus.PENDING,
            send_after__lte=now,
        )
        if connection.features.has_select_for_update_skip_locked:
            due = due.select_for_update(skip_locked=True, no_key=True, of=("self",))
        ids = list(due.order_by("send_after", "id").values_list("pk", flat=True)[:most])
        Order.objects.filter(pk__in=ids).update(
            submission=Submission.SENDING, claim_token=token, claim_until=now + LEASE, attempts=F("attempts") + 1
        )
    return list(Order.objects.filter(claim_token=token, pk__in=ids).select_related("provider").order_by("id"))


def may_still_send(order: Order, now: dt.datetime) -> bool:
    """Whether a call that begins now is over before the claim's lease is.

    Later, an agent may look at the provider's pages, not find the order and have it sent again: then nothing may leave here any
    more. An order that is asked for again under its request_id may go at any time.
    """
    return order.submission != Submission.SENDING or (
        order.claim_until is not None and now + LONGEST_CALL < order.claim_until
    )


@once_more
def claim_unknown(*, now: dt.datetime, most: int) -> list[Order]:
    """Takes unknown orders whose provider promises to answer the same request_id with the same order: asking again is safe there.

    They stay unknown meanwhile; the next time is the lease. The worker that held the claim before has no say any more.
    """
    token = str(uuid.uuid4())
    with transaction.atomic(durable=True):
        due = Order.objects.filter(
            provider_health.open_to_calls(now),
            submission=Submission.UNKNOWN,
            status=OrderStatus.PENDING,  # what a person has settled meanwhile is not sent by a machine
            send_after__lte=now,
            provider__takes_request_id=True,
        )
        if connection.features.has_select_for_update_skip_locked:
            due = due.select_for_update(skip_locked=True, no_key=True, of=("self",))
        ids = list(due.order_by("send_after").values_list("pk", flat=True)[:most])
        Order.objects.filter(pk__in=ids).update(claim_token=token, send_after=now + LEASE, attempts=F("attempts") + 1)
    return list(Order.objects.filter(claim_token=token, pk__in=ids).select_related("provider").order_by("id"))


@once_more
def accepted(*, order_id: int, token: str, provider_order_id: str, now: dt.datetime, raw: str = "") -> bool:
    """The provider took the order under its own number: Processing. False where this worker has no say (any more).

    Where another order has that number already, nobody can tell whose it is: both wait for a person.
    """
    try:
        with transaction.atomic(durable=True):
            order = lifecycle.locked(order_id)
            if not _may_answer(order, token):
                return False
            _take(order, provider_order_id, now=now, raw=raw)
    except IntegrityError:
        return _settle_conflict(
            order_id=order_id,
            may_settle=lambda order: _may_answer(order, token),
            provider_order_id=provider_order_id,
            now=now,
            raw=raw,
        )
    return True


def _take(order: Order, provider_order_id: str, *, now: dt.datetime, raw: str) -> None:
    """The provider has the order under this number. The caller holds its lock; raises IntegrityError where another has it."""
    order.submission = Submission.ACCEPTED
    order.provider_order_id = provider_order_id
    order.suggested_number = ""
    order.poll_at = now + FIRST_POLL_AFTER
    order.checked_at = now
    fields = ["submission", "provider_order_id", "suggested_number", "poll_at", "checked_at"]
    said = Report(to=OrderStatus.PROCESSING, raw=raw)
    decision = decide(lifecycle.standing_of(order), said)
    if decision.meaning == Meaning.MOVE:
        lifecycle.move(order, decision, source=Source.SUBMIT, report=said, code=Code.ACCEPTED, now=now, fields=fields)
    else:  # an agent moved it on while it was unknown
        lifecycle.record(order, Code.ACCEPTED, source=Source.SUBMIT, raw=raw, now=now)
    order.save(update_fields=fields)


def _settle_conflict(
    *, order_id: int, may_settle: Callable[[Order], bool], provider_order_id: str, now: dt.datetime, raw: str
) -> bool:
    mine = Order.objects.only("provider_id").get(pk=order_id)
    other = Order.objects.filter(provider_id=mine.provider_id, provider_order_id=provider_order_id).first()
    if other is None:
        raise RuntimeError(f"order {order_id} could not be recorded as accepted under {provider_order_id!r}")
    with transaction.atomic(durable=True):
        # Two rows are locked in the order of their ids, so that two conflicts cannot wait for each other.
        for pk in sorted({order_id, other.pk}):
            order = lifecycle.locked(pk)
            order.review = True
            fields = ["review"]
            if pk == order_id:
                if not may_settle(order):
                    return False
                # Nobody asks again by machine: the answer would be the same number.
                order.submission, order.send_after, order.suggested_number = Submission.UNKNOWN, None, ""
                fields += ["submission", "send_after", "suggested_number"]
            order.save(update_fields=fields)
            lifecycle.record(order, Code.CONFLICT, source=Source.SUBMIT, reason=provider_order_id, raw=raw, now=now)
    return False


@once_more
def settle_suggestion(*, order_id: int, number: str, is_known: bool, now: dt.datetime) -> bool:
    """The provider was asked for the number that an agent suggested. Known: accepted under it; else the order stays unknown."""

    def is_suggested(order: Order) -> bool:
        return order.submission == Submission.UNKNOWN and order.suggested_number == number

    try:
        with transaction.atomic(durable=True):
            order = lifecycle.locked(order_id)
            if not is_suggested(order):
                return False
            if is_known:
                _take(order, number, now=now, raw="")
            else:
                order.suggested_number = ""
                order.save(update_fields=["suggested_number"])
                lifecycle.record(order, Code.MISSING, source=Source.PROVIDER, reason=number, now=now)
    except IntegrityError:
        return _settle_conflict(order_id=order_id, may_settle=is_suggested, provider_order_id=number, now=now, raw="")
    return is_known


@once_more
def rejected(*, order_id: int, token: str, reason: str, now: dt.datetime, raw: str = "", of_input: bool = True) -> bool:
    """The provider certainly refused: Error, with the whole charge back. False where this worker has no say.

    `of_input`: what the customer typed is what was refused. While money is halted the refusal is kept and the return proposed
    to a person.
    """
    with transaction.atomic(durable=True):
        order = lifecycle.locked(order_id)
        if not _may_answer(order, token):
            return False
        order.submission = Submission.REJECTED if of_input else Submission.UNSOLD
        fields = ["submission"]
        said = Report(to=OrderStatus.ERROR, raw=raw)
        decision = decide(lifecycle.standing_of(order), said)
        if halt.current() is not None:  # the refusal is a fact and kept; its money waits for a person
            order.review, order.proposed_status = True, OrderStatus.ERROR
            order.proposed_return = order.charge - order.refunded
            fields += ["review", "proposed_status", "proposed_return"]
            lifecycle.record(order, Code.REFUSED, source=Source.SUBMIT, reason=reason, raw=raw, now=now)
        elif decision.meaning == Meaning.MOVE:
            lifecycle.move(
                order,
                decision,
                source=Source.SUBMIT,
                report=said,
                code=Code.REFUSED,
                reason=reason,
                now=now,
                fields=fields,
            )
        else:  # an agent closed it while it was unknown: a person compares the two
            order.review = True
            fields.append("review")
            lifecycle.record(order, Code.REFUSED, source=Source.SUBMIT, reason=reason, raw=raw, now=now)
        order.save(update_fields=fields)
    return True


@once_more
def try_later(*, order_id: int, token: str, reason: str, now: dt.datetime, seconds: int | None = None) -> bool:
    """The provider certainly did not take the order: back in the queue, after `seconds` or a growing pause."""
    with transaction.atomic(durable=True):
        order = lifecycle.locked(order_id)
        if order.submission != Submission.SENDING or order.claim_token != token:
            return False
        pause = dt.timedelta(seconds=seconds) if seconds else backoff(order.attempts)
        order.submission = Submission.QUEUED if order.is_active else Submission.NONE
        order.send_after = now + min(pause, LONGEST_BACKOFF)
        order.claim_token = ""
        order.claim_until = None
        order.save(update_fields=["submission", "send_after", "claim_token", "claim_until"])
        if order.attempts == 1:  # one line, not one an attempt: a provider that is down for a day would fill the page
            lifecycle.record(order, Code.WAITING, source=Source.SUBMIT, reason=reason, now=now)
    return True


def backoff(attempts: int) -> dt.timedelta:
    return min(FIRST_BACKOFF * 2 ** min(attempts - 1, 10), LONGEST_BACKOFF)


@once_more
def unknown(*, order_id: int, token: str, reason: str, now: dt.datetime, raw: str = "") -> bool:
    """Nobody can say whether the provider took the order: it stays where it is until somebody can."""
    with transaction.atomic(durable=True):
        order = lifecycle.locked(order_id)
        if order.submission != Submission.SENDING or order.claim_token != token:
            return False
        _call_unknown(order, reason=reason, raw=raw, now=now)
    return True


def expire_leases(*, now: dt.datetime, most: int) -> int:
    """Orders whose worker never came back become unknown (it may have sent them): how many. They are not sent again."""
    over = Order.objects.filter(submission=Submission.SENDING, claim_until__lt=now).order_by("claim_until")
    ids: Sequence[int] = over.values_list("pk", flat=True)[:most]
    expired = 0
    for pk in list(ids):
        with transaction.atomic(durable=True):
            order = lifecycle.locked(pk)
            if order.submission == Submission.SENDING and order.claim_until and order.claim_until < now:
                _call_unknown(order, reason="", raw="", now=now)
                expired += 1
    return expired


def distrust_restored(*, now: dt.datetime) -> int:
    """After a backup was restored: whatever waits or is being sent may have been sent since, so all of it becomes unknown.

    How many. No machine asks again: even a provider that knows request_ids may have forgotten an old one; a person decides.
    """
    Order.objects.filter(submission=Submission.UNKNOWN).update(send_after=None)
    waiting = Order.objects.filter(submission__in=[Submission.QUEUED, Submission.SENDING])
    distrusted = 0
    for pk in list(waiting.order_by("id").values_list("pk", flat=True)):
        with transaction.atomic(durable=True):
            order = lifecycle.locked(pk)
            if order.submission in {Submission.QUEUED, Submission.SENDING}:
                _call_unknown(order, reason=RESTORED, raw="", now=now)
                order.send_after = None
                order.save(update_fields=["send_after"])
                distrusted += 1
    return distrusted


def _call_unknown(order: Order, *, reason: str, raw: str, now: dt.datetime) -> None:
    # The token stays: a late answer of the same worker still settles it.
    order.submission = Submission.UNKNOWN
    order.send_after = now + LEASE
    order.save(update_fields=["submission", "send_after"])
    lifecycle.record(order, Code.CONFIRMING, source=Source.SUBMIT, reason=reason, raw=raw, now=now)


def _may_answer(order: Order, token: str) -> bool:
    return bool(token) and order.claim_token == token and order.submission in lifecycle.IN_FLIGHT
