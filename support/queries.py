"""The reads that pages need, by name. Access is decided here: what a customer may see is what `..._of(customer)` gives."""

import datetime as dt
from dataclasses import dataclass

from django.db.models import QuerySet

from accounts.models import User
from orders.models import Order
from orders.queries import orders_of, with_verdicts
from orders.verdict import Advice, Verdict
from support.models import Message, Ticket


def tickets_of(customer: User) -> QuerySet[Ticket]:
    return Ticket.objects.filter(customer=customer).defer("evidence")


def open_tickets_of(customer: User) -> QuerySet[Ticket]:
    """Tickets that are not solved, newest first."""
    return tickets_of(customer).filter(closed_at__isnull=True).order_by("-number")


def conversation_of(ticket: Ticket) -> QuerySet[Message]:
    """What the customer may read, oldest first: notes of the team are not in it."""
    return ticket.messages.filter(is_internal=False).order_by("id")


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


def is_number(text: str) -> bool:
    """Digits that fit into a key of the database."""
    return text.isascii() and text.isdigit() and len(text) < 19


@dataclass(frozen=True)
class About:
    """What the ticket form says beside an order: its open ticket, or the advice worth reading before writing."""

    order: Order
    open_ticket: int | None
    verdict: Verdict | None  # None where it is "contact us": nothing should stand between the customer and us


def about(order: Order, now: dt.datetime) -> About:
    open_ticket = Ticket.objects.filter(order=order, closed_at__isnull=True).values_list("pk", flat=True).first()
    if open_ticket is not None:
        return About(order, open_ticket, None)
    [(_order, verdict)] = with_verdicts([order], now)
    return About(order, None, None if verdict.advice == Advice.CONTACT else verdict)
