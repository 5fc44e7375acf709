"""Mails about tickets: one template for text and HTML, a link to the page, headers by which a mail program draws one thread."""

import datetime as dt
from collections.abc import Callable
from email.utils import parseaddr

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.urls import reverse

from accounts import mails
from orders import outbox
from support.models import TicketMail

AT_ONCE = 10


def letters_due(clock: Callable[[], dt.datetime]) -> int:
    """Sends the mails about tickets that are due; how many were claimed. A chore of the worker."""
    return outbox.deliver(letters(), message_about, most=AT_ONCE, clock=clock)


def letters() -> QuerySet[TicketMail]:
    return TicketMail.objects.select_related("ticket__customer", "message")


def message_about(letter: TicketMail, connection: object = None) -> EmailMultiAlternatives:
    ticket, customer = letter.ticket, letter.ticket.customer
    context = {
        "letter": letter,
        "ticket": ticket,
        "kind": letter.kind,
        "message": letter.message,
        "brand": settings.BRAND,
        "page": settings.SITE_ADDRESS + reverse("ticket_detail", args=[ticket.pk]),
    }
    headers = {
        "Message-ID": f"<ticket-{ticket.pk}-{letter.pk}@{_domain()}>",
        "References": f"<ticket-{ticket.pk}@{_domain()}>",
        "In-Reply-To": f"<ticket-{ticket.pk}@{_domain()}>",
        # So that no out-of-office answer comes back.
        "Auto-Submitted": "auto-generated",
    }
    if letter.kind in mails.OPTIONAL:
        off = settings.SITE_ADDRESS + reverse("switch_mails_off", args=[mails.token_for(customer, letter.kind)])
        context["off"] = off
        headers |= {"List-Unsubscribe": f"<{off}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    subject = " ".join(render_to_string("emails/ticket_subject.txt", context).split())
    text = render_to_string("emails/ticket.txt", context).strip() + "\n"
    message = EmailMultiAlternatives(subject, text, to=[customer.email], headers=headers, connection=connection)
    html = render_to_string("emails/letter.html", {"subject": subject, "text": text.strip()})
    message.attach_alternative(html, "text/html")
    return message


def _domain() -> str:
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
