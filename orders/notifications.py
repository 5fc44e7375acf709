"""What customers must hear of, delivered by mail: after the commit, by the worker, with patience.

What is to be said is a due time beside the fact itself, written in the fact's own transaction (`Deposit.notice_due_at`). Claiming
moves the time forward: that is the lease, so a killed worker's mails are due again later. A mail server that is down costs
nothing but time: nothing here touches money or states. A mail may come twice (the worker died after sending), never not at all.
"""

import datetime as dt
import logging
from collections.abc import Callable

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import connection, transaction
from django.db.models import F
from django.template.loader import render_to_string

from orders.models import Deposit

log = logging.getLogger(__name__)

NOTICES_AT_ONCE = 10
# Longer than a claim's mails can take, each of which waits EMAIL_TIMEOUT at the most.
LEASE = dt.timedelta(minutes=5)
FIRST_BACKOFF = dt.timedelta(seconds=30)
LONGEST_BACKOFF = dt.timedelta(hours=3)
# About ten days. An address that takes no mail for so long is looked at by nobody.
MOST_ATTEMPTS = 80


def notify_due(clock: Callable[[], dt.datetime]) -> int:
    """Sends the mails that are due; how many were claimed. What could not be sent is due again after a growing pause."""
    claimed = claim(now=clock(), most=NOTICES_AT_ONCE)
    if not claimed:
        return 0
    mail = get_connection()
    try:
        mail.open()
    except Exception as error:
        # Nobody listens: one wait tells it for all, so that the worker's other chores do not stand still meanwhile.
        for deposit in claimed:
            _later(deposit, error, clock())
        return len(claimed)
    try:
        for deposit in claimed:
            try:
                message_about(deposit, mail).send()
            except Exception as error:
                _later(deposit, error, clock())
            else:
                Deposit.objects.filter(pk=deposit.pk).update(notice_due_at=None, notified_at=clock())
    finally:
        _close(mail)
    return len(claimed)


def claim(*, now: dt.datetime, most: int) -> list[Deposit]:
    """Takes up to `most` due notices for this worker, oldest first, and commits before anything is sent."""
    due = Deposit.objects.filter(notice_due_at__lte=now)
    if not due.exists():  # most of the time; on SQLite a transaction would take the write lock to learn it
        return []
    with transaction.atomic(durable=True):
        if connection.features.has_select_for_update_skip_locked:
            due = due.select_for_update(skip_locked=True, no_key=True)
        ids = list(due.order_by("notice_due_at", "id").values_list("pk", flat=True)[:most])
        Deposit.objects.filter(pk__in=ids).update(notice_due_at=now + LEASE, notice_attempts=F("notice_attempts") + 1)
    return list(Deposit.objects.filter(pk__in=ids).select_related("wallet__customer", "method").order_by("id"))


def message_about(deposit: Deposit, mail: object = None) -> EmailMultiAlternatives:
    """The mail about a decided deposit: plain text, and the same words as simple HTML."""
    context = {"deposit": deposit, "brand": settings.BRAND}
    subject = " ".join(render_to_string("emails/deposit_decided_subject.txt", context).split())
    text = render_to_string("emails/deposit_decided.txt", context).strip() + "\n"
    message = EmailMultiAlternatives(subject, text, to=[deposit.wallet.customer.email], connection=mail)
    message.attach_alternative(render_to_string("emails/letter.html", {"subject": subject, "text": text.strip()}), "text/html")
    return message


def backoff(attempts: int) -> dt.timedelta:
    return min(FIRST_BACKOFF * 2 ** min(attempts - 1, 12), LONGEST_BACKOFF)


def _later(deposit: Deposit, error: Exception, now: dt.datetime) -> None:
    if deposit.notice_attempts >= MOST_ATTEMPTS:
        log.error("The mail about deposit %s is given up: %s", deposit.pk, type(error).__name__)
        Deposit.objects.filter(pk=deposit.pk).update(notice_due_at=None)
        return
    log.warning("The mail about deposit %s waits: %s", deposit.pk, type(error).__name__)
    Deposit.objects.filter(pk=deposit.pk).update(notice_due_at=now + backoff(deposit.notice_attempts))


def _close(mail: object) -> None:
    try:
        mail.close()
    except Exception as error:
        log.warning("The connection to the mail server broke while it was closed: %s", type(error).__name__)
