"""Mail that is due: claimed, sent after the commit, tried again with growing pauses. One mechanism for every kind of letter.

What is to be said is a row, written in the transaction of the fact that it tells, with three fields: `notice_due_at`,
`notice_attempts`, `notified_at`. Claiming moves the due time forward: that is the lease, so a killed worker's mails are due
again later. A mail server that is down costs nothing but time. A mail may come twice (the worker died after sending it),
never not at all.
"""

import datetime as dt
import logging
from collections.abc import Callable
from typing import Any

from django.core.mail import EmailMessage, get_connection
from django.db import connection, transaction
from django.db.models import F, QuerySet

from orders.deadlocks import once_more

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
    """Sends what is due of `rows`; how many were claimed. What could not be sent is due again after a growing pause."""
    claimed = claim(rows, now=clock(), most=most)
    if not claimed:
        return 0
    mail = get_connection()
    try:
        mail.open()
    except Exception as error:
        # Nobody listens: one wait tells it for all, so that the worker's other chores do not stand still meanwhile.
        for row in claimed:
            _later(row, error, clock())
        return len(claimed)
    try:
        for row in claimed:
            try:
                compose(row, mail).send()
            except Exception as error:
                _later(row, error, clock())
            else:
                type(row).objects.filter(pk=row.pk).update(notice_due_at=None, notified_at=clock())
    finally:
        _close(mail)
    return len(claimed)


@once_more
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


def _later(row: Row, error: Exception, now: dt.datetime) -> None:
    again = type(row).objects.filter(pk=row.pk)
    if row.notice_attempts >= MOST_ATTEMPTS:
        log.error("The mail about %s %s is given up: %s", row._meta.model_name, row.pk, type(error).__name__)
        again.update(notice_due_at=None)
        return
    log.warning("The mail about %s %s waits: %s", row._meta.model_name, row.pk, type(error).__name__)
    again.update(notice_due_at=now + backoff(row.notice_attempts))


def _close(mail: object) -> None:
    try:
        mail.close()
    except Exception as error:
        log.warning("The connection to the mail server broke while it was closed: %s", type(error).__name__)
