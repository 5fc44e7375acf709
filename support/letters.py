"""Mails about tickets: a link to the page, and headers by which a mail program draws one thread."""

import datetime as dt
from collections.abc import Callable

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts import outbox
from accounts.letters import Letter, domain, message_of, page, read_by
from support.models import TicketMail
from support.models.ticket import REOPEN_WITHIN

AT_ONCE = 10


def letters_due(clock: Callable[[], dt.datetime]) -> int:
    """Sends the mails about tickets that are due; how many were claimed. A chore of the worker."""
    return outbox.deliver(letters(), message_about, most=AT_ONCE, clock=clock)


def letters() -> QuerySet[TicketMail]:
    return TicketMail.objects.select_related("ticket__customer", "message")


def message_about(letter: TicketMail, connection: object = None) -> EmailMultiAlternatives:
    customer = letter.ticket.customer
    with read_by(customer):
        return message_of(letter_about(letter), to=customer.email, user=customer, connection=connection)


def letter_about(mail: TicketMail) -> Letter:
    ticket = mail.ticket
    words = {"number": ticket.pk, "topic": ticket.get_topic_display(), "brand": settings.BRAND}
    thread = f"<ticket-{ticket.pk}@{domain()}>"
    headers = {
        "Message-ID": f"<ticket-{ticket.pk}-{mail.pk}@{domain()}>",
        "References": thread,
        "In-Reply-To": thread,
    }
    way = (_("Open the ticket"), page("ticket_detail", ticket.pk))
    if mail.kind == TicketMail.Kind.RECEIPT:
        return Letter(
            subject=_("We have your ticket #%(number)s · %(brand)s") % words,
            words=(
                _(
                    "Your ticket #%(number)s (%(topic)s) has arrived. A person reads it next; "
                    "you get a mail when there is an answer."
                )
                % words,
            ),
            way=way,
            kind=mail.kind,
            headers=headers,
        )
    if mail.kind == TicketMail.Kind.SOLVED:
        return Letter(
            subject=_("Your ticket #%(number)s is solved · %(brand)s") % words,
            words=(
                _("Our team has solved your ticket #%(number)s (%(topic)s).") % words,
                _("Not solved after all? A reply on its page opens it again within %(days)s days.")
                % {"days": REOPEN_WITHIN.days},
            ),
            way=way,
            kind=mail.kind,
            headers=headers,
        )
    return Letter(
        subject=_("Our answer in your ticket #%(number)s · %(brand)s") % words,
        words=(_("Our team wrote in your ticket #%(number)s (%(topic)s):") % words,),
        quote=mail.message.text if mail.message else "",
        way=way,
        after=(_("Please answer on the page, not by mail: nobody reads this address."),),
        headers=headers,
    )
