"""Letters about an account: kept with the fact that they tell, sent by the worker. A code is sent at once."""

import datetime as dt
import logging
from collections.abc import Callable

from django.core.mail import EmailMultiAlternatives

from accounts import outbox
from accounts.letters import Letter, message_of
from accounts.models import AccountMail, User

log = logging.getLogger(__name__)

AT_ONCE = 10
# An older code opens nothing any more.
CODE_FOR = dt.timedelta(minutes=15)
KEEP = dt.timedelta(days=30)


def post(
    letter: Letter, *, to: str, now: dt.datetime, user: User | None = None, until: dt.datetime | None = None
) -> None:
    """Keeps the letter in the caller's transaction; it is sent after the commit, and not any more after `until`."""
    keep(message_of(letter, to=to, user=user), now=now, until=until)


def keep(message: EmailMultiAlternatives, *, now: dt.datetime, until: dt.datetime | None = None) -> None:
    [(html, _kind)] = message.alternatives
    AccountMail.objects.create(
        to=message.to[0],
        subject=message.subject[:200],
        text=message.body,
        html=html,
        headers=message.extra_headers,
        created_at=now,
        until=until,
        notice_due_at=now,
    )


def send_now(message: EmailMultiAlternatives, *, now: dt.datetime) -> None:
    """For somebody who waits before a page. A mail server that is down makes them wait longer, and breaks nothing."""
    try:
        message.send()
    except Exception as error:
        log.warning("A mail that somebody waits for could not be sent at once: %s", type(error).__name__)
        keep(message, now=now, until=now + CODE_FOR)


def mails_due(clock: Callable[[], dt.datetime]) -> int:
    """Sends the letters that are due; how many were claimed. A chore of the worker."""
    now = clock()
    late = AccountMail.objects.filter(until__lt=now, notice_due_at__isnull=False)
    if late.exists():
        late.update(notice_due_at=None, text="", html="")
    sent = outbox.deliver(AccountMail.objects.all(), message_about, most=AT_ONCE, clock=clock)
    if sent:
        # To whom and what is nobody's business any more: a code, where somebody signed in, who left.
        AccountMail.objects.filter(notified_at__isnull=False).exclude(text="").update(to="", text="", html="")
        AccountMail.objects.filter(created_at__lt=now - KEEP, notice_due_at=None).delete()
    return sent


def message_about(mail: AccountMail, connection: object = None) -> EmailMultiAlternatives:
    message = EmailMultiAlternatives(mail.subject, mail.text, to=[mail.to], headers=mail.headers, connection=connection)
    message.attach_alternative(mail.html, "text/html")
    return message
