"""What customers must hear of their payments, by mail (`orders/outbox.py`): nothing here touches money or states."""

import datetime as dt
from collections.abc import Callable

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db.models import QuerySet
from django.template.loader import render_to_string

from orders import outbox
from orders.models import Deposit

NOTICES_AT_ONCE = 10


def notify_due(clock: Callable[[], dt.datetime]) -> int:
    """Sends the mails that are due; how many were claimed."""
    return outbox.deliver(deposits(), message_about, most=NOTICES_AT_ONCE, clock=clock)


def deposits() -> QuerySet[Deposit]:
    return Deposit.objects.select_related("wallet__customer", "method")


def message_about(deposit: Deposit, mail: object = None) -> EmailMultiAlternatives:
    """The mail about a decided deposit: plain text, and the same words as simple HTML."""
    context = {"deposit": deposit, "brand": settings.BRAND}
    subject = " ".join(render_to_string("emails/deposit_decided_subject.txt", context).split())
    text = render_to_string("emails/deposit_decided.txt", context).strip() + "\n"
    message = EmailMultiAlternatives(subject, text, to=[deposit.wallet.customer.email], connection=mail)
    message.attach_alternative(
        render_to_string("emails/letter.html", {"subject": subject, "text": text.strip()}), "text/html"
    )
    return message
