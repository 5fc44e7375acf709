"""The only writer of refills: asked for, claimed, sent once, followed, settled. No money moves here, ever.

    requested --claim--> sending --number--> accepted --the provider's word--> completed | rejected
              --no--> rejected   --certainly not taken--> requested again   --anything else, or the lease is over--> unknown
    unknown --late answer, or an agent--> accepted | requested | rejected

The discipline is that of `orders/submission.py`: the claim is committed before a byte leaves, one attempt is made, and only the
worker that holds the claim may record the answer. Where no provider takes the wish from a program, a person passes it on.
Each step stands in the order's history, and the order's row is locked while it is taken.
"""

import datetime as dt
import re
import uuid
from collections.abc import Sequence

from django.db import IntegrityError, connection, transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from accounts.models import User
from orders import lifecycle, provider_health
from orders.deadlocks import once_more
from orders.lifecycle import Code, NotAllowed, Source
from orders.models import Order, Refill
from orders.refill_rules import RefillFacts, RefillRules, rules_for
from orders.statuses import FULLY_RETURNED, SETTLED
from orders.submission import FIRST_POLL_AFTER, LEASE, LONGEST_BACKOFF, LONGEST_CALL, backoff

State = Refill.State
NUMBER = re.compile(r"[1-9][0-9]{0,17}", re.ASCII)
MISSING_BEFORE_UNKNOWN = 5
LONGEST_WORDS = 200


# --- The customer's wish


def facts_of(order: Order) -> RefillFacts:
    """What the rules need beside the order's own row: one query, none for orders that have no refill."""
    if not order.refill_days:
        return RefillFacts(is_open=order.refill_asked_at is not None)
    later = Order.objects.filter(
        wallet_id=order.wallet_id, target_key=order.target_key, service_id=order.service_id, pk__gt=order.pk
    ).exclude(status__in=FULLY_RETURNED)
    if order.run is not None:  # its own drip-feed is in the way only while it goes on
        later = later.exclude(Q(head=order.head_id or order.pk) & Q(status__in=sorted(SETTLED)))
    return RefillFacts(
        is_open=order.refill_asked_at is not None,
        later_order=later.order_by("pk").values_list("pk", flat=True).first(),
    )


def rules_of(order: Order, *, now: dt.datetime) -> RefillRules:
    return rules_for(order, facts_of(order), now)


@once_more
def request(*, order_id: int, actor: User, now: dt.datetime) -> Refill:
    """The customer asks for a refill of their order. Raises NotAllowed with the first rule that is not kept."""
    with transaction.atomic(durable=True):
        order = lifecycle.locked(order_id)
        broken = rules_of(order, now=now).broken
        if broken is not None:
            raise NotAllowed(broken.words)
        provider = order.provider
        by_program = provider is not None and provider.can_refill and order.provider_order_id is not None
        refill = Refill.objects.create(
            order=order,
            requested_at=now,
            requested_by=actor,
            state_since=now,
            provider=provider,
            send_after=now if by_program else None,
        )
        _show(order, refill)
        lifecycle.record(order, Code.REFILL_ASKED, source=Source.CUSTOMER, actor=actor, now=now)
    return refill


# --- The way to the provider


@once_more
def claim(*, now: dt.datetime, most: int) -> list[Refill]:
    """Takes up to `most` requested refills for this worker and commits before anybody sends a byte. Oldest due first."""
    token = str(uuid.uuid4())
    due = Refill.objects.filter(provider_health.open_to_calls(now), state=State.REQUESTED, send_after__lte=now)
    if not due.exists():  # most of the time; on SQLite a transaction would take the write lock to learn it
        return []
    with transaction.atomic(durable=True):
        if connection.features.has_select_for_update_skip_locked:
            due = due.select_for_update(skip_locked=True, no_key=True, of=("self",))
        ids = list(due.order_by("send_after", "id").values_list("pk", flat=True)[:most])
        Refill.objects.filter(pk__in=ids).update(
            state=State.SENDING, state_since=now, claim_token=token, claim_until=now + LEASE, attempts=F("attempts") + 1
        )
    return list(Refill.objects.filter(claim_token=token, pk__in=ids).select_related("provider", "order").order_by("id"))


def may_still_send(refill: Refill, now: dt.datetime) -> bool:
    """Whether a call that begins now is over before the claim's lease is: later, an agent may have decided otherwise."""
    return refill.claim_until is not None and now + LONGEST_CALL < refill.claim_until


@once_more
def accepted(*, refill_id: int, token: str, number: str, now: dt.datetime) -> bool:
    """The provider took the wish under its own number. False where this worker has no say (any more).

    A number that another refill of this provider has leaves the refill unknown: a person compares the two.
    """
    try:
        with transaction.atomic(durable=True):
            order, refill = _locked(refill_id)
            if not _may_answer(refill, token):
                return False
            refill.provider_refill_id, refill.poll_at, refill.claim_token = number, now + FIRST_POLL_AFTER, ""
            _move(order, refill, State.ACCEPTED, "provider_refill_id", "poll_at", "claim_token", now=now)
            lifecycle.record(order, Code.REFILL_SENT, source=Source.SUBMIT, now=now)
    except IntegrityError:
        if not Refill.objects.filter(provider=refill.provider_id, provider_refill_id=number).exists():
            raise
        return unknown(refill_id=refill_id, token=token, words=f"number {number} is another refill's", now=now)
    return True


@once_more
def refused(*, refill_id: int, token: str, words: str, now: dt.datetime) -> bool:
    """The provider said no, in its own words. False where this worker has no say (any more)."""
    with transaction.atomic(durable=True):
        order, refill = _locked(refill_id)
        if not _may_answer(refill, token):
            return False
        refill.claim_token, refill.words = "", words[:LONGEST_WORDS]
        _move(order, refill, State.REJECTED, "claim_token", "words", now=now)
        lifecycle.record(order, Code.REFILL_REFUSED, source=Source.PROVIDER, reason=words, now=now)
    return True


@once_more
def try_later(*, refill_id: int, token: str, words: str, now: dt.datetime, seconds: int | None = None) -> bool:
    """The provider certainly did not take the wish: requested again, after `seconds` or a growing pause."""
    with transaction.atomic(durable=True):
        order, refill = _locked(refill_id)
        if refill.state != State.SENDING or refill.claim_token != token:
            return False
        pause = dt.timedelta(seconds=seconds) if seconds else backoff(refill.attempts)
        refill.send_after, refill.claim_token = now + min(pause, LONGEST_BACKOFF), ""
        refill.words = words[:LONGEST_WORDS]
        _move(order, refill, State.REQUESTED, "send_after", "claim_token", "words", now=now)
    return True


@once_more
def unknown(*, refill_id: int, token: str, words: str, now: dt.datetime) -> bool:
    """Nobody can say whether the provider has the wish: an agent looks. A late answer of the same worker still counts."""
    with transaction.atomic(durable=True):
        order, refill = _locked(refill_id)
        if refill.state != State.SENDING or refill.claim_token != token:
            return False
        _call_unknown(order, refill, words, now)
    return True


def expire_leases(*, now: dt.datetime, most: int) -> int:
    """Refills whose worker never came back become unknown: how many. They are not sent again by a machine."""
    over = Refill.objects.filter(state=State.SENDING, claim_until__lt=now).order_by("claim_until")
    ids: Sequence[int] = over.values_list("pk", flat=True)[:most]
    expired = 0
    for pk in list(ids):
        with transaction.atomic(durable=True):
            order, refill = _locked(pk)
            if refill.state == State.SENDING and refill.claim_until and refill.claim_until < now:
                _call_unknown(order, refill, "", now)
                expired += 1
    return expired


def distrust_restored(*, now: dt.datetime) -> int:
    """After a backup was restored: what waited to be sent may have been sent since, so all of it becomes unknown. How many."""
    waiting = Refill.objects.filter(state__in=[State.REQUESTED, State.SENDING]).exclude(send_after=None)
    distrusted = 0
    for pk in list(waiting.order_by("id").values_list("pk", flat=True)):
        with transaction.atomic(durable=True):
            order, refill = _locked(pk)
            refill.claim_token = ""
            refill.save(update_fields=["claim_token"])
            _call_unknown(order, refill, "The panel was restored from a backup", now)
            distrusted += 1
    return distrusted


# --- What became of it


@once_more
def reported(*, refill_id: int, to: State | None, words: str, now: dt.datetime) -> bool:
    """The provider's word on an accepted refill; `to` is None while it is under way. True where that ended it."""
    with transaction.atomic(durable=True):
        order, refill = _locked(refill_id)
        if refill.state != State.ACCEPTED:
            return False
        refill.checked_at, refill.poll_missing, refill.words = now, 0, words[:LONGEST_WORDS]
        if to is None:
            refill.save(update_fields=["checked_at", "poll_missing", "words"])
            return False
        refill.poll_at = None
        _move(order, refill, to, "poll_at", "checked_at", "poll_missing", "words", now=now)
        code = Code.REFILL_DONE if to == State.COMPLETED else Code.REFILL_REFUSED
        lifecycle.record(order, code, source=Source.PROVIDER, reason="" if to == State.COMPLETED else words, now=now)
    return True


@once_more
def missing(*, refill_id: int, words: str, now: dt.datetime) -> None:
    """The provider did not know the refill this time. Five times in a row, or at the first look at a number that an agent gave:
    unknown (again), and an agent looks."""
    with transaction.atomic(durable=True):
        order, refill = _locked(refill_id)
        if refill.state != State.ACCEPTED:
            return
        refill.poll_missing += 1
        if refill.checked_at is not None and refill.poll_missing < MISSING_BEFORE_UNKNOWN:
            refill.save(update_fields=["poll_missing"])
            return
        refill.poll_missing, refill.poll_at, refill.provider_refill_id = 0, None, None
        refill.save(update_fields=["poll_missing", "poll_at", "provider_refill_id"])
        _call_unknown(order, refill, words or "The provider does not know the refill", now)


# --- Agents


@once_more
def it_arrived(*, order_id: int, number: str, actor: User, now: dt.datetime) -> None:
    """ "The provider has it, under this number": followed from now on; unknown again where the provider does not know it."""
    if not NUMBER.fullmatch(number):
        raise NotAllowed(_("Enter the provider's refill number: digits alone."))
    with transaction.atomic(durable=True):
        order, refill = _locked_for_desk(order_id, State.UNKNOWN)
        if Refill.objects.filter(provider=refill.provider_id, provider_refill_id=number).exists():
            raise NotAllowed(_("Another refill has this number already."))
        refill.provider_refill_id, refill.poll_at, refill.claim_token, refill.checked_at = number, now, "", None
        _move(order, refill, State.ACCEPTED, "provider_refill_id", "poll_at", "claim_token", "checked_at", now=now)
        lifecycle.record(order, Code.REFILL_SENT, source=Source.AGENT, actor=actor, now=now)


@once_more
def send_again(*, order_id: int, actor: User, reason: str, now: dt.datetime) -> None:
    """ "It did not arrive": sent once more. The agent has looked at the provider's own pages."""
    _demand(reason)
    with transaction.atomic(durable=True):
        order, refill = _locked_for_desk(order_id, State.UNKNOWN)
        refill.send_after, refill.claim_token = now, ""
        _move(order, refill, State.REQUESTED, "send_after", "claim_token", now=now)
        lifecycle.record(order, Code.REFILL_ASKED, source=Source.AGENT, actor=actor, reason=reason, now=now)


@once_more
def settle(*, order_id: int, to: State, actor: User, reason: str, now: dt.datetime) -> None:
    """An agent says how a refill that is unknown or passed on by hand ends. Raises NotAllowed where a provider still has it."""
    _demand(reason)
    if to not in {State.COMPLETED, State.REJECTED}:
        raise NotAllowed(_("Choose how the refill ends."))
    with transaction.atomic(durable=True):
        order, refill = _locked_for_desk(order_id, State.UNKNOWN, State.REQUESTED)
        if refill.state == State.REQUESTED and refill.send_after is not None:
            raise NotAllowed(_("The panel sends this refill by itself. Wait for the service's answer."))
        refill.claim_token, refill.poll_at = "", None
        _move(order, refill, to, "claim_token", "poll_at", now=now)
        code = Code.REFILL_DONE if to == State.COMPLETED else Code.REFILL_REFUSED
        lifecycle.record(order, code, source=Source.AGENT, actor=actor, reason=reason, now=now)


def open_refill(order: Order) -> Refill | None:
    """The order's undecided refill, from what is prefetched where it is."""
    if order.refill_asked_at is None:
        return None
    return next((refill for refill in order.refills.all() if refill.is_open), None)


# --- What the doors share


def _demand(reason: str) -> None:
    if not reason.strip():
        raise NotAllowed(_("Say why: the customer and your colleagues will read it."))


def _locked(refill_id: int) -> tuple[Order, Refill]:
    """The refill as it is now, under its order's lock: always in this order."""
    order_id = Refill.objects.values_list("order_id", flat=True).get(pk=refill_id)
    order = lifecycle.locked(order_id)
    return order, Refill.objects.select_for_update(no_key=True).get(pk=refill_id)


def _locked_for_desk(order_id: int, *states: str) -> tuple[Order, Refill]:
    order = lifecycle.locked(order_id)
    refill = order.refills.select_for_update(no_key=True).filter(state__in=states).first()
    if refill is None:
        raise NotAllowed(_("No refill of this order waits for a decision any more."))
    return order, refill


def _may_answer(refill: Refill, token: str) -> bool:
    return bool(token) and refill.claim_token == token and refill.state in {State.SENDING, State.UNKNOWN}


def _call_unknown(order: Order, refill: Refill, words: str, now: dt.datetime) -> None:
    # The token stays: a late answer of the same worker still settles it.
    refill.words = words[:LONGEST_WORDS]
    _move(order, refill, State.UNKNOWN, "words", now=now)
    lifecycle.record(order, Code.REFILL_UNSURE, source=Source.SUBMIT, reason=words, now=now)


def _move(order: Order, refill: Refill, to: State, *fields: str, now: dt.datetime) -> None:
    refill.state, refill.state_since = to, now
    refill.save(update_fields=["state", "state_since", *fields])
    _show(order, refill)


def _show(order: Order, refill: Refill) -> None:
    order.refill_state = refill.state
    order.refill_asked_at = refill.requested_at if refill.is_open else None
    order.save(update_fields=["refill_state", "refill_asked_at"])
