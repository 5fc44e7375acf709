"""The reads that pages need, by name. Access is decided here: what a customer may see is what `..._of(customer)` gives."""

import datetime as dt
from statistics import median

from django.core.cache import cache
from django.db.models import QuerySet

from accounts.models import User
from orders.models import LedgerEntry, Order
from orders.queries import entries_of, orders_of
from support.models import Attachment, Message, Ticket

FEWEST_FOR_A_MEDIAN = 10
MOST_LOOKED_AT = 2000
USUAL_KEY = "support:usual-first-reply"
MISSING = "missing"


def tickets_of(customer: User) -> QuerySet[Ticket]:
    return Ticket.objects.filter(customer=customer).defer("evidence")


def open_tickets_of(customer: User) -> QuerySet[Ticket]:
    """Tickets that are not solved, newest first."""
    return tickets_of(customer).filter(closed_at__isnull=True).order_by("-number")


def conversation_of(ticket: Ticket) -> QuerySet[Message]:
    """What the customer may read, oldest first, with what was written in tickets that were merged into this one.

    Notes of the team are not in it. One query more brings the files of all messages.
    """
    said = Message.objects.filter(ticket__in=with_merged(ticket.pk), is_internal=False)
    return said.order_by("id").prefetch_related("attachments")


def with_merged(number: int) -> QuerySet[Ticket, int]:
    """The numbers of the ticket and of those that were merged into it."""
    # Each by its index: "the ticket or what it was merged into" as one condition makes PostgreSQL read every message there is.
    tickets = Ticket.objects.order_by().values_list("pk", flat=True)
    return tickets.filter(pk=number).union(tickets.filter(merged_into=number), all=True)


def recent_orders(customer: User, most: int) -> QuerySet[Order]:
    """The customer's newest orders with their services."""
    return orders_of(customer).select_related("service").order_by("-pk")[:most]


def own_order(customer: User, number: str) -> Order | None:
    """The customer's order with this number; None for anything else, a stranger's order included."""
    if not is_number(number):
        return None
    return orders_of(customer).select_related("service").filter(pk=int(number)).first()


def own_ticket(customer: User, number: str) -> Ticket | None:
    """The customer's ticket with this number; None for anything else."""
    if not is_number(number):
        return None
    return tickets_of(customer).select_related("order__service").filter(pk=int(number)).first()


def deposits_booked(customer: User) -> QuerySet[LedgerEntry]:
    """The entries by which payments came onto the customer's balance."""
    return entries_of(customer).filter(kind=LedgerEntry.Kind.DEPOSIT)


def is_number(text: str) -> bool:
    """Digits that fit into a key of the database."""
    return text.isascii() and text.isdigit() and len(text) < 19


def own_file(customer: User, number: int, key: str) -> Attachment | None:
    """A file of the customer's ticket, by its key; None for a removed one, one of a note, and anything of a stranger's."""
    return (
        files_of(Ticket.objects.filter(customer=customer))
        .filter(message__ticket__in=with_merged(number), key=key, message__is_internal=False)
        .first()
    )


def files_of(tickets: QuerySet[Ticket]) -> QuerySet[Attachment]:
    """The files of these tickets that are still there."""
    return Attachment.objects.filter(message__ticket__in=tickets, removed_at=None)


def usual_first_reply(now: dt.datetime) -> dt.timedelta | None:
    """How long the first answer usually takes: the median of the last week; None where there were too few. Kept for a minute."""
    kept = cache.get(USUAL_KEY, default=MISSING)
    if kept is not MISSING:
        return kept
    answered = Ticket.objects.filter(first_replied_at__gt=now - dt.timedelta(days=7)).order_by("-first_replied_at")
    rows = answered.values_list("created_at", "first_replied_at")[:MOST_LOOKED_AT]
    seconds = [(replied - opened).total_seconds() for opened, replied in rows if replied]
    usual = dt.timedelta(seconds=median(seconds)) if len(seconds) >= FEWEST_FOR_A_MEDIAN else None
    cache.set(USUAL_KEY, usual, 60)
    return usual
