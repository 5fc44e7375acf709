"""What people asked for and the worker passes on to providers: stop this order; do you have it under this number?"""

import datetime as dt
import logging
import random
import time
from collections.abc import Callable

from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet

from orders import halt, lifecycle, provider_health, refills, submission
from orders.deadlocks import once_more
from orders.lifecycle import Code, Source
from orders.models import Order, Provider, Refill
from orders.provider.wire import Accepted, BatchFailed, CallFailed, OurFault, Refused, TryLater, Unknown
from orders.provider_health import client_for

log = logging.getLogger(__name__)

Clock = Callable[[], dt.datetime]

MOST = 100
# An unanswered wish is passed on again after this; asking twice to stop is the same wish.
A_MOMENT = dt.timedelta(seconds=30)
CANCEL_LEASE = dt.timedelta(seconds=120)


def cancel_due(clock: Clock) -> int:
    """Passes customers' wishes to cancel on to their providers; how many were passed on."""
    now = clock()
    due = Order.objects.filter(provider_health.open_to_calls(now), cancel_due__lte=now)
    passed = 0
    for provider in Provider.objects.filter(pk__in=due.values("provider")):
        claimed = _claim(due.filter(provider=provider), now)
        if claimed:
            passed += len(claimed)
            _pass_on(provider, claimed, clock)
    return passed


@once_more
def _claim(due: QuerySet[Order], now: dt.datetime) -> list[Order]:
    """The due time is the lease: claiming moves it forward."""
    with transaction.atomic(durable=True):
        if connection.features.has_select_for_update_skip_locked:
            due = due.select_for_update(skip_locked=True, no_key=True, of=("self",))
        claimed = list(due.order_by("cancel_due")[:MOST])
        Order.objects.filter(pk__in=[order.pk for order in claimed]).update(cancel_due=now + CANCEL_LEASE)
    return claimed


def _pass_on(provider: Provider, claimed: list[Order], clock: Clock) -> None:
    by_number = {order.provider_order_id: order.pk for order in claimed if order.provider_order_id}
    client = client_for(provider)
    if client is None:
        provider_health.no_key(provider_id=provider.pk, now=clock())
        return
    try:
        answers = client.cancel(list(by_number))
    except CallFailed as failed:
        provider_health.failed(
            provider_id=provider.pk, reason=failed.reason, now=clock(), retry_after=failed.retry_after
        )
        return
    for number, words in answers.items():
        record_cancel_answer(order_id=by_number[number], refusal=words, now=clock())


@once_more
def record_cancel_answer(*, order_id: int, refusal: str, now: dt.datetime) -> None:
    """The provider's answer to the wish: "" for yes, then the status must tell; or its words for no, which end the wish."""
    with transaction.atomic(durable=True):
        order = lifecycle.locked(order_id)
        if order.cancel_due is None:
            return
        order.cancel_due = None
        fields = ["cancel_due"]
        if refusal:
            order.cancel_asked_at = None
            fields.append("cancel_asked_at")
        else:
            order.poll_at = now
            fields.append("poll_at")
        order.save(update_fields=fields)
        code = Code.CANCEL_REFUSED if refusal else Code.CANCEL_SENT
        lifecycle.record(order, code, source=Source.PROVIDER, reason=refusal, now=now)


def numbers_due(clock: Clock) -> int:
    """Checks the numbers that agents suggested for unknown orders, one call a provider; how many were checked."""
    if halt.current() is not None:
        return 0
    checked = 0
    suggested = Order.objects.filter(submission=Order.Submission.UNKNOWN).exclude(suggested_number="")
    asked = suggested.filter(provider_health.open_to_calls(clock()))
    for provider in Provider.objects.filter(pk__in=asked.values("provider")):
        numbers = dict(asked.filter(provider=provider).values_list("suggested_number", "pk")[:MOST])
        client = client_for(provider)
        if client is None:
            provider_health.no_key(provider_id=provider.pk, now=clock())
            continue
        try:
            known = client.statuses(list(numbers)).reports
        except BatchFailed as failed:
            provider_health.failed(
                provider_id=provider.pk,
                reason=failed.reason,
                now=clock(),
                least_pause=A_MOMENT,
                retry_after=failed.retry_after,
            )
            continue
        for number, order_id in numbers.items():
            checked += 1
            submission.settle_suggestion(order_id=order_id, number=number, is_known=number in known, now=clock())
    return checked


# --- Refills

REFILLS_AT_ONCE = 20
AN_HOUR = dt.timedelta(hours=1)


def refills_due(clock: Clock) -> int:
    """Sends requested refills to their providers, each once; how many were claimed."""
    claimed = refills.claim(now=clock(), most=REFILLS_AT_ONCE)
    for refill in claimed:
        assert refill.provider is not None
        client = client_for(refill.provider)
        who = {"refill_id": refill.pk, "token": refill.claim_token}
        if client is None:
            provider_health.no_key(provider_id=refill.provider.pk, now=clock())
            refills.try_later(**who, words=provider_health.NO_KEY, now=clock())
            continue
        if not refills.may_still_send(refill, clock()):
            refills.try_later(**who, words="", now=clock())
            continue
        begun = time.monotonic()
        outcome = client.refill(str(refill.order.provider_order_id))
        took_ms, now = int((time.monotonic() - begun) * 1000), clock()
        health = {"provider_id": refill.provider.pk, "now": now}
        match outcome:
            case Accepted(number):
                refills.accepted(**who, number=number, now=now)
                provider_health.answered(**health, took_ms=took_ms)
            case Refused(words):
                refills.refused(**who, words=words, now=now)
                provider_health.answered(**health, took_ms=took_ms)
            case TryLater(seconds, reason):
                refills.try_later(**who, words=reason, seconds=seconds or None, now=now)
                provider_health.failed(**health, reason=reason)
            case OurFault(reason, words):
                refills.try_later(**who, words=words or reason, now=now)
                provider_health.failed(
                    **health, reason=words or reason, least_pause=provider_health.PAUSE_FOR_OUR_FAULT
                )
            case Unknown(reason):
                refills.unknown(**who, words=reason, now=now)
                provider_health.failed(**health, reason=reason)
    return len(claimed)


def refill_leases_due(clock: Clock) -> int:
    """Refills whose worker never came back become unknown; how many."""
    return refills.expire_leases(now=clock(), most=MOST)


def refill_polls_due(clock: Clock) -> int:
    """Asks providers what became of the refills that they took; how many were asked for."""
    now, asked = clock(), 0
    due = Refill.objects.filter(provider_health.open_to_calls(now), poll_at__lte=now)
    for provider in Provider.objects.filter(pk__in=due.values("provider")):
        claimed = _claim_refill_polls(provider, now)
        if claimed:
            asked += len(claimed)
            _ask_for_refills(provider, claimed, clock)
    return asked


def _claim_refill_polls(provider: Provider, now: dt.datetime) -> list[Refill]:
    """The next poll time is the lease: claiming moves it forward."""
    with transaction.atomic(durable=True):
        due = Refill.objects.filter(provider=provider, poll_at__lte=now).order_by("poll_at")
        if connection.features.has_select_for_update_skip_locked:
            due = due.select_for_update(skip_locked=True, no_key=True)
        claimed = list(due[:MOST])
        for refill in claimed:
            refill.poll_at = next_refill_poll(refill, now)
        Refill.objects.bulk_update(claimed, ["poll_at"])
    return claimed


def next_refill_poll(refill: Refill, now: dt.datetime) -> dt.datetime:
    """Refills take hours or days: often in the first hour, rarely later."""
    schedule = settings.POLL_SCHEDULE
    seconds = schedule.first_hour if now - refill.requested_at < AN_HOUR else schedule.later
    return now + dt.timedelta(seconds=seconds * random.uniform(0.8, 1.2))  # noqa: S311 (no secret)


def _ask_for_refills(provider: Provider, claimed: list[Refill], clock: Clock) -> None:
    by_number = {str(refill.provider_refill_id): refill.pk for refill in claimed}
    client = client_for(provider)
    if client is None:
        provider_health.no_key(provider_id=provider.pk, now=clock())
        return
    try:
        reports = client.refill_statuses(list(by_number))
    except CallFailed as failed:
        provider_health.failed(
            provider_id=provider.pk, reason=failed.reason, now=clock(), retry_after=failed.retry_after
        )
        return
    ends = {True: Refill.State.COMPLETED, False: Refill.State.REJECTED}
    for number, pk in by_number.items():
        said = reports.get(number)
        if said is None or not said.is_known:
            refills.missing(refill_id=pk, words=said.word if said else "", now=clock())
        else:
            to = None if said.is_done is None else ends[said.is_done]
            refills.reported(refill_id=pk, to=to, words=said.word, now=clock())
