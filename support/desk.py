"""The desk: who has a ticket, what it is filed under, and which tickets belong together. With `ticketing.py` the only writer.

One transaction each. Two tickets are locked in the order of their numbers.
"""

import datetime as dt
from collections.abc import Iterable

from django.db import connection, transaction

from accounts.models import User
from support import ticket_rows as rows
from support.models import Tag, Ticket, TicketEvent, TicketState
from support.ticket_rows import TicketRefused

Code = TicketEvent.Code

LONGEST_TAG = 40
MOST_TAGS = 10


class TakenBySomebody(TicketRefused):
    """Another agent has the ticket already."""


class AboutItsOrder(TicketRefused):
    """The ticket is about an order that the other is not about: merged away, the order would seem to have no open ticket."""


class NotTogether(TicketRefused):
    """The two tickets cannot be merged or linked: one matter of another customer, itself, or a ticket that is merged already."""


def take(*, ticket_number: int, agent: User, now: dt.datetime, instead_of: int | None = None) -> Ticket:
    """Gives the ticket to `agent`; a Received one is Working on it then. Repeating it changes nothing.

    `instead_of` is the id of the agent from whom it is taken over; raises TakenBySomebody where another one has it.
    """
    with transaction.atomic(durable=True):
        ticket = rows.locked(ticket_number)
        if ticket.assignee_id not in {None, agent.pk, instead_of}:
            raise TakenBySomebody(ticket)
        _assign(ticket, agent, actor=agent, now=now)
    return ticket


def assign(*, ticket_number: int, to: User | None, actor: User, now: dt.datetime) -> Ticket:
    """Gives the ticket to an agent, whoever had it, or back to nobody; a Received one that somebody gets is Working on it."""
    with transaction.atomic(durable=True):
        ticket = rows.locked(ticket_number)
        _assign(ticket, to, actor=actor, now=now)
    return ticket


def take_next(*, agent: User, now: dt.datetime) -> Ticket | None:
    """Gives the agent the ticket of nobody that is due first; None where there is none. Two agents at once get two tickets."""
    waiting = Ticket.objects.filter(closed_at=None, assignee=None, due_at__isnull=False)
    if connection.features.has_select_for_update_skip_locked:
        waiting = waiting.select_for_update(skip_locked=True, no_key=True)
    with transaction.atomic(durable=True):
        ticket = waiting.order_by("due_at", "number").first()
        if ticket is not None:
            _assign(ticket, agent, actor=agent, now=now)
    return ticket


def tag(*, ticket_number: int, names: Iterable[str], actor: User, now: dt.datetime) -> list[str]:
    """Files the ticket under these words and no others; the words as they are kept. Words beyond MOST_TAGS are left out."""
    wanted = tag_names(names)[:MOST_TAGS]
    with transaction.atomic(durable=True):
        ticket = rows.locked(ticket_number)
        before = set(ticket.tags.values_list("name", flat=True))
        if before != set(wanted):
            ticket.tags.set([Tag.objects.get_or_create(name=name)[0] for name in wanted])
            rows.record(ticket, Code.TAGGED, actor=actor, words=", ".join(wanted)[:300], now=now)
    return wanted


def add_tags(*, ticket_number: int, names: Iterable[str], actor: User, now: dt.datetime) -> bool:
    """Files the ticket under these words too, up to MOST_TAGS in all; whether that changed anything."""
    with transaction.atomic(durable=True):
        ticket = rows.locked(ticket_number)
        before = list(ticket.tags.values_list("name", flat=True))
        added = [name for name in tag_names(names) if name not in before][: max(0, MOST_TAGS - len(before))]
        if added:
            ticket.tags.add(*(Tag.objects.get_or_create(name=name)[0] for name in added))
            rows.record(ticket, Code.TAGGED, actor=actor, words=", ".join([*before, *added])[:300], now=now)
    return bool(added)


def tag_names(names: Iterable[str]) -> list[str]:
    """The words as they are kept: small letters, single spaces, each once, none empty."""
    return list(dict.fromkeys(filter(None, (" ".join(name.lower().split())[:LONGEST_TAG] for name in names))))


def merge(*, ticket_number: int, into: int, actor: User, now: dt.datetime) -> Ticket:
    """The first ticket goes on in the other one, which is read as one thread from now on. The other one.

    The first is closed and points to it; nothing is copied, so `split` undoes it. Where the first waits for us, the other does,
    and no later. Raises NotTogether, AboutItsOrder, and AlreadyOpen where the other one is solved and may not be opened again.
    """
    with transaction.atomic(durable=True):
        ticket, other = _both(ticket_number, into)
        if ticket.merged_into_id == other.pk:
            return other
        if other.merged_into_id or ticket.merged_into_id or ticket.merged.exists():
            raise NotTogether(other)
        if ticket.order_id not in {None, other.order_id}:
            raise AboutItsOrder(ticket)
        due = ticket.due_at
        ticket.merged_into = None
        fields: list[str] = []
        rows.move(ticket, TicketState.SOLVED, actor=actor, now=now, fields=fields)
        ticket.merged_into, ticket.changed_at = other, now
        ticket.save(update_fields=[*fields, "merged_into", "changed_at"])
        rows.record(ticket, Code.MERGED, actor=actor, words=str(other), now=now)
        changed = ["changed_at"]
        other.changed_at = now
        if due is not None:
            rows.move(other, rows.our_turn(other), actor=actor, now=now, fields=changed)
            other.due_at = min(due, other.due_at) if other.due_at else due
            changed.append("due_at")
        other.save(update_fields=changed)
        rows.record(other, Code.MERGED, actor=actor, words=str(ticket), now=now)
    return other


def split(*, ticket_number: int, actor: User, now: dt.datetime) -> Ticket:
    """Undoes a merge: the ticket is open again, with everything that was written in it. Nothing happens to any other.

    Raises AlreadyOpen where its order has another open ticket meanwhile.
    """
    with transaction.atomic(durable=True):
        ticket = rows.locked(ticket_number)
        other = ticket.merged_into
        if other is None:
            return ticket
        ticket.merged_into, ticket.changed_at = None, now
        fields = ["merged_into", "changed_at"]
        rows.move(ticket, rows.our_turn(ticket), actor=actor, now=now, fields=fields)
        ticket.save(update_fields=fields)
        rows.record(ticket, Code.SPLIT, actor=actor, words=str(other), now=now)
        rows.record(other, Code.SPLIT, actor=actor, words=str(ticket), now=now)
    return ticket


def relate(*, ticket_number: int, to: int, actor: User, now: dt.datetime) -> None:
    """Shows each of the two at the other. Repeating it changes nothing. Raises NotTogether for a ticket and itself."""
    with transaction.atomic(durable=True):
        ticket, other = _both(ticket_number, to, of_one_customer=False)
        if not ticket.related.filter(pk=other.pk).exists():
            ticket.related.add(other)
            rows.record(ticket, Code.RELATED, actor=actor, words=str(other), now=now)
            rows.record(other, Code.RELATED, actor=actor, words=str(ticket), now=now)


def _both(number: int, other: int, *, of_one_customer: bool = True) -> tuple[Ticket, Ticket]:
    """Both tickets, locked. Raises NotTogether, and Ticket.DoesNotExist where there is no other."""
    found = {pk: rows.locked(pk) for pk in sorted({number, other})}
    ticket, second = found[number], found[other]
    if number == other or (of_one_customer and ticket.customer_id != second.customer_id):
        raise NotTogether(second)
    return ticket, second


def _assign(ticket: Ticket, to: User | None, *, actor: User, now: dt.datetime) -> None:
    fields: list[str] = []
    if ticket.assignee_id != (to.pk if to else None):
        rows.give(ticket, to, actor=actor, now=now, fields=fields)
    if to is not None and ticket.state == TicketState.RECEIVED:
        rows.move(ticket, TicketState.WORKING, actor=actor, now=now, fields=fields)
        ticket.changed_at = now
        fields.append("changed_at")
    if fields:
        ticket.save(update_fields=fields)
