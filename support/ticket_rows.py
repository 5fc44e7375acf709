"""What the doors of tickets share (`ticketing.py`, `desk.py`). Callers hold the ticket's lock and save the fields named.

The due time says until when the customer should hear from us, in business hours. It moves on events only: the customer writes,
the team answers, the ticket waits, is solved or is opened again. While it waits for the customer there is none.
"""

import datetime as dt
from zoneinfo import ZoneInfo

from django.conf import settings

from accounts import mails
from accounts.models import User
from orders import lifecycle
from support import uploads
from support.models import Attachment, Message, Ticket, TicketEvent, TicketMail, TicketState

Code = TicketEvent.Code

TRANSITIONS = {
    TicketState.RECEIVED: Ticket.back_to_queue,
    TicketState.WORKING: Ticket.work_on,
    TicketState.WAITING: Ticket.wait_for_customer,
    TicketState.SOLVED: Ticket.solve,
}
OURS = frozenset({TicketState.RECEIVED, TicketState.WORKING})


class TicketRefused(Exception):
    """Nothing was written. `ticket` is the one in the way or the one that it was about."""

    def __init__(self, ticket: Ticket):
        super().__init__(str(ticket))
        self.ticket = ticket


class AlreadyOpen(TicketRefused):
    """This ticket is where it goes on: the order's open one, or the one that another was merged into."""


def locked(number: int) -> Ticket:
    """The ticket as it is now, its row locked until the transaction ends (on SQLite the transaction has locked everything)."""
    return Ticket.objects.select_for_update(no_key=True).get(pk=number)


def our_turn(ticket: Ticket) -> TicketState:
    """Where a ticket stands when it is the team's turn and nobody has looked at the news yet."""
    if ticket.assignee_id is None:
        return TicketState.RECEIVED
    return TicketState.WORKING


def refuse_second(order_id: int) -> None:
    other = Ticket.objects.filter(order_id=order_id, closed_at__isnull=True).first()
    if other is not None:
        raise AlreadyOpen(other)


def move(ticket: Ticket, to: TicketState, *, actor: User, now: dt.datetime, fields: list[str]) -> None:
    """Transition, due time and event; nothing where the ticket is there already."""
    if ticket.state == to:
        return
    before = ticket.state
    if before == TicketState.SOLVED:
        if ticket.merged_into is not None:
            raise AlreadyOpen(ticket.merged_into)
        if ticket.order_id is not None:
            lifecycle.locked(ticket.order_id)
            refuse_second(ticket.order_id)
    TRANSITIONS[to](ticket)
    ticket.closed_at = now if to == TicketState.SOLVED else None
    fields += ["state", "closed_at"]
    if to not in OURS:
        ticket.due_at = None
        fields.append("due_at")
    elif ticket.due_at is None:
        expect_reply(ticket, now=now, fields=fields)
    record(ticket, Code.MOVED, actor=actor, now=now, from_state=before)


def give(ticket: Ticket, to: User | None, *, actor: User, now: dt.datetime, fields: list[str]) -> None:
    ticket.assignee = to
    fields.append("assignee")
    record(ticket, Code.ASSIGNED, actor=actor, now=now, assignee=to, from_state=ticket.state)


def expect_reply(ticket: Ticket, *, now: dt.datetime, fields: list[str]) -> None:
    """The customer waits for us from now on."""
    within = settings.FIRST_REPLY_WITHIN if ticket.first_replied_at is None else settings.NEXT_REPLY_WITHIN
    ticket.due_at = settings.SUPPORT_SCHEDULE.after(now, within, ZoneInfo(settings.TIME_ZONE))
    fields.append("due_at")


def write(
    ticket: Ticket,
    *,
    author: User,
    text: str,
    by_staff: bool,
    now: dt.datetime,
    is_internal: bool = False,
    client_key: str = "",
) -> Message:
    return Message.objects.create(
        ticket=ticket,
        author=author,
        by_staff=by_staff,
        is_internal=is_internal,
        client_key=client_key or None,
        text=text,
        created_at=now,
    )


def tell(ticket: Ticket, kind: TicketMail.Kind, *, now: dt.datetime, message: Message | None = None) -> None:
    """A mail for the customer, due when this transaction is through; none of a kind that they switched off."""
    if mails.wants(ticket.customer, kind):
        TicketMail.objects.create(ticket=ticket, kind=kind, message=message, created_at=now, notice_due_at=now)


def attach(message: Message, kept: list[uploads.Kept], *, now: dt.datetime) -> None:
    """One row for each file on the disk."""
    Attachment.objects.bulk_create(
        Attachment(
            message=message,
            key=one.key,
            name=one.sent.name,
            kind=one.sent.picture.kind,
            width=one.sent.picture.width,
            height=one.sent.picture.height,
            size=len(one.sent.picture.data),
            created_at=now,
        )
        for one in kept
    )


def record(
    ticket: Ticket,
    code: str,
    *,
    actor: User | None,
    now: dt.datetime,
    from_state: str = "",
    assignee: User | None = None,
    words: str = "",
) -> None:
    TicketEvent.objects.create(
        ticket=ticket,
        code=code,
        from_state=from_state,
        to_state=ticket.state,
        assignee=assignee,
        actor=actor,
        words=words,
        created_at=now,
    )
