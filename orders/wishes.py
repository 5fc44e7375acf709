"""What people asked for and the worker passes on to providers: stop this order; do you have it under this number?"""

import datetime as dt
import logging
from collections.abc import Callable

from django.db import connection, transaction
from django.db.models import QuerySet

from orders import halt, lifecycle, provider_health, submission
from orders.lifecycle import Code, Source
from orders.models import Order, Provider
from orders.provider.wire import BatchFailed, CallFailed
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
    due = Order.objects.filter(cancel_due__lte=now, provider__is_active=True, provider__paused_until=None)
    passed = 0
    for provider in Provider.objects.filter(pk__in=due.values("provider")):
        claimed = _claim(due.filter(provider=provider), now)
        if claimed:
            passed += len(claimed)
            _pass_on(provider, claimed, clock)
    return passed


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
        provider_health.failed(provider_id=provider.pk, reason=failed.reason, now=clock())
        return
    for number, words in answers.items():
        record_cancel_answer(order_id=by_number[number], refusal=words, now=clock())


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
    asked = suggested.filter(provider__paused_until=None, provider__is_active=True)
    for provider in Provider.objects.filter(pk__in=asked.values("provider")):
        numbers = dict(asked.filter(provider=provider).values_list("suggested_number", "pk")[:MOST])
        client = client_for(provider)
        if client is None:
            provider_health.no_key(provider_id=provider.pk, now=clock())
            continue
        try:
            known = client.statuses(list(numbers)).reports
        except BatchFailed as failed:
            provider_health.failed(provider_id=provider.pk, reason=failed.reason, now=clock(), least_pause=A_MOMENT)
            continue
        for number, order_id in numbers.items():
            checked += 1
            submission.settle_suggestion(order_id=order_id, number=number, is_known=number in known, now=clock())
    return checked
