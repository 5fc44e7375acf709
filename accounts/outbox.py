"""Mail that is due: claimed, sent after the commit, tried again with growing pauses. One mechanism for every kind of letter.

What is to be said is a row, written in the transaction of the fact that it tells, with three fields: `notice_due_at`,
`notice_attempts`, `notified_at`. Claiming moves the due time forward: that is the lease, so a killed worker's mails are due
again later. A mail server that is down costs nothing but time. A mail may come twice (the worker died after sending it),
never not at all.
"""

import datetime as dt
import logging
from collections.abc import Callable, Sequence
from typing import Any

from django.core.mail import EmailMessage, get_connection
from django.db import connection, transaction
from django.db.models import F, QuerySet

log = logging.getLogger(__name__)

# Longer than a claim's mails can take, each of which waits EMAIL_TIMEOUT at the most.
LEASE = dt.timedelta(minutes=5)
FIRST_BACKOFF = dt.timedelta(seconds=30)
LONGEST_BACKOFF = dt.timedelta(hours=3)
# About ten days. An address that takes no mail for so long is looked at by nobody.
MOST_ATTEMPTS = 80

Row = Any


def deliver(
    rows: QuerySet, compose: Callable[[Row, object], EmailMessage], *, most: int, clock: Callable[[], dt.datetime]
) -> int:
    """Sends what is due of `rows`, a mail a row; how many were claimed."""
    claimed = claim(rows, now=clock(), most=most)
    return send([[row] for row in claimed], lambda bundle, mail: compose(bundle[0], mail), clock=clock)


def send(
    bundles: Sequence[Sequence[Row]],
    compose: Callable[[Sequence[Row], object], EmailMessage | None],
    *,
    clock: Callable[[], dt.datetime],
) -> int:
    """Sends one mail for each bundle of claimed rows of one table; how many rows there were.

    What could not be sent is due again after a growing pause. Where `compose` gives None there is nothing to say (any more):
    the rows are done, and no mail was sent.
    """
    count = sum(len(bundle) for bundle in bundles)
    if not count:
        return 0
    mail = get_connection()
    try:
        mail.open()
    except Exception as error:
        # Nobody listens: one wait tells it for all, so that the worker's other chores do not stand still meanwhile.
        for bundle in bundles:
            _later(bundle, error, clock())
        return count
    try:
        for bundle in bundles:
            try:
                message = compose(bundle, mail)
                if message is not None:
                    message.send()
            except Exception as error:
                _later(bundle, error, clock())
            else:
                _all(bundle).update(notice_due_at=None, notified_at=clock() if message is not None else None)
    finally:
        _close(mail)
    return count


def claim(rows: QuerySet, *, now: dt.datetime, most: int) -> list[Row]:
    """Takes up to `most` due rows for this worker, oldest first, and commits before anything is sent."""
    due = rows.model.objects.filter(notice_due_at__lte=now)
    if not due.exists():  # most of the time; on SQLite a transaction would take the write lock to learn it
        return []
    with transaction.atomic(durable=True):
        if connection.features.has_select_for_update_skip_locked:
            due = due.select_for_update(skip_locked=True, no_key=True)
        ids = list(due.order_by("notice_due_at", "id").values_list("pk", flat=True)[:most])
        rows.model.objects.filter(pk__in=ids).update(
            notice_due_at=now + LEASE, notice_attempts=F("notice_attempts") + 1
        )
    return list(rows.filter(pk__in=ids).order_by("id"))


def backoff(attempts: int) -> dt.timedelta:
    return min(FIRST_BACKOFF * 2 ** min(attempts - 1, 12), LONGEST_BACKOFF)


def _all(bundle: Sequence[Row]) -> QuerySet:
    return type(bundle[0]).objects.filter(pk__in=[row.pk for row in bundle])


def _later(bundle: Sequence[Row], error: Exception, now: dt.datetime) -> None:
    attempts, first = max(row.notice_attempts for row in bundle), bundle[0]
    if attempts >= MOST_ATTEMPTS:
        log.error("The mail about %s %s is given up: %s", first._meta.model_name, first.pk, type(error).__name__)
        _all(bundle).update(notice_due_at=None)
        return
    log.warning("The mail about %s %s waits: %s", first._meta.model_name, first.pk, type(error).__name__)
    _all(bundle).update(notice_due_at=now + backoff(attempts))


def _close(mail: object) -> None:
    try:
        mail.close()
    except Exception as error:
        log.warning("The connection to the mail server broke while it was closed: %s", type(error).__name__)
