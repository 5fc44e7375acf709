"""The only writer of tickets. One transaction each: row locked, transition, message, event, narrow save.

Callers decide who may do it; the doors decide what it means. Lock order: the ticket's row, then its order's; a new ticket
locks its order first, because nobody can hold a row that does not exist.
"""

import datetime as dt
import uuid

from django.db import IntegrityError, transaction

from accounts.models import User
from orders import lifecycle
from orders.models import Order
from support import texts
from support.evidence import evidence_for
from support.models import Message, Ticket, TicketEvent, TicketState, Topic

Code = TicketEvent.Code
LONGEST_KEY = 72

TRANSITIONS = {
    TicketState.RECEIVED: Ticket.back_to_queue,
    TicketState.WORKING: Ticket.work_on,
    TicketState.WAITING: Ticket.wait_for_customer,
    TicketState.SOLVED: Ticket.solve,
}

# Where an agent's reply may leave the ticket.
AFTER_STAFF_REPLY = (TicketState.WAITING, TicketState.SOLVED, TicketState.WORKING)


class TicketRefused(Exception):
    """Nothing was written. `ticket` is the one in the way or the one that it was about."""

    def __init__(self, ticket: Ticket):
        super().__init__(str(ticket))
        self.ticket = ticket


class AlreadyOpen(TicketRefused):
    """The order has this open ticket: show it instead of a second one."""


class SentBefore(TicketRefused):
    """The form's token came before with other content, and made this ticket."""


class TooLate(TicketRefused):
    """The ticket is solved for longer than `models.REOPEN_WITHIN`: a new one may follow it."""


class TakenBySomebody(TicketRefused):
    """Another agent has the ticket already."""


def open_ticket(
    *,
    customer: User,
    topic: Topic,
    order: Order | None,
    text: str,
    now: dt.datetime,
    client_key: str = "",
    follows: Ticket | None = None,
) -> Ticket:
    """One ticket with its first message and frozen evidence, or nothing.

    The same `client_key` with the same content again gives the first ticket; with other content it raises SentBefore.
    Raises AlreadyOpen where the order has an open ticket, texts.BadText, and ValueError for somebody else's order or ticket.
    """
    text = texts.clean(text)
    if order is not None and order.wallet_id != customer.pk:
        raise ValueError("The order belongs to somebody else.")
    if follows is not None and follows.customer_id != customer.pk:
        raise ValueError("The ticket belongs to somebody else.")
    key = client_key or str(uuid.uuid4())
    assert len(key) <= LONGEST_KEY
    if twin := _twin(customer, key):
        return _same_or_refused(twin, topic=topic, order=order, text=text)
    try:
        with transaction.atomic(durable=True):
            if order is not None:
                # Under the order's lock nobody opens a second ticket on it, and what is frozen fits together.
                order = lifecycle.locked(order.pk)
                _refuse_second(order.pk)
            ticket = Ticket(
                customer=customer,
                client_key=key,
                topic=topic,
                order=order,
                follows=follows,
                evidence=evidence_for(order, customer=customer, now=now),
                created_at=now,
                changed_at=now,
            )
            ticket.save(force_insert=True)
            _write(ticket, author=customer, text=text, by_staff=False, now=now)
            _record(ticket, Code.OPENED, actor=customer, now=now)
    except (AlreadyOpen, IntegrityError):
        # Two clicks at once: the other one may have opened this very ticket meanwhile.
        if twin := _twin(customer, key):
            return _same_or_refused(twin, topic=topic, order=order, text=text)
        raise
    return ticket


def reply(
    *,
    ticket_number: int,
    author: User,
    text: str,
    by_staff: bool,
    now: dt.datetime,
    then: TicketState = TicketState.WAITING,
    client_key: str = "",
) -> Message:
    """Adds a message that the customer sees, and moves the ticket to whose turn it is.

    A customer's reply: Working on it where an agent has the ticket, else Received; on a solved one it reopens within
    `models.REOPEN_WITHIN`, later it raises TooLate. A staff reply goes to `then` (one of AFTER_STAFF_REPLY) and takes a
    ticket that nobody has. The same `client_key` with the same text again gives the first message and moves nothing.
    Raises AlreadyOpen where reopening meets another open ticket on the order, and texts.BadText.
    """
    text = texts.clean(text)
    assert then in AFTER_STAFF_REPLY
    assert len(client_key) <= LONGEST_KEY
    with transaction.atomic(durable=True):
        ticket = _locked(ticket_number)
        twin = ticket.messages.filter(client_key=client_key).first() if client_key else None
        if twin is not None and twin.text == text:
            return twin
        fields = ["changed_at"]
        if by_staff:
            if ticket.assignee_id is None:
                _give(ticket, author, actor=author, now=now, fields=fields)
            _move(ticket, then, actor=author, now=now, fields=fields)
        else:
            until = ticket.reopens_until
            if until is not None and now > until:
                raise TooLate(ticket)
            _move(ticket, _our_turn(ticket), actor=author, now=now, fields=fields)
        # A used key with other words is somebody who went back and wrote more: nothing that was written gets lost.
        key = client_key if twin is None else ""
        message = _write(ticket, author=author, text=text, by_staff=by_staff, now=now, client_key=key)
        ticket.changed_at = now
        ticket.save(update_fields=fields)
    return message


def note(*, ticket_number: int, author: User, text: str, now: dt.datetime, client_key: str = "") -> Message:
    """Adds a note for the team alone; the ticket's state and last change stay. Same key and text: the first note.

    Raises texts.BadText.
    """
    text = texts.clean(text)
    with transaction.atomic(durable=True):
        ticket = _locked(ticket_number)
        twin = ticket.messages.filter(client_key=client_key).first() if client_key else None
        if twin is not None and twin.text == text:
            return twin
        key = client_key if twin is None else ""
        return _write(ticket, author=author, text=text, by_staff=True, is_internal=True, now=now, client_key=key)


def take(*, ticket_number: int, agent: User, now: dt.datetime, instead_of: int | None = None) -> Ticket:
    """Gives the ticket to `agent`; a Received one is Working on it then. Repeating it changes nothing.

    `instead_of` is the id of the agent from whom it is taken over; raises TakenBySomebody where another one has it.
    """
    with transaction.atomic(durable=True):
        ticket = _locked(ticket_number)
        if ticket.assignee_id not in {None, agent.pk, instead_of}:
            raise TakenBySomebody(ticket)
        _assign(ticket, agent, actor=agent, now=now)
    return ticket


def assign(*, ticket_number: int, to: User | None, actor: User, now: dt.datetime) -> Ticket:
    """Gives the ticket to an agent, whoever had it, or back to nobody; a Received one that somebody gets is Working on it."""
    with transaction.atomic(durable=True):
        ticket = _locked(ticket_number)
        _assign(ticket, to, actor=actor, now=now)
    return ticket


def wait_for_customer(*, ticket_number: int, actor: User, now: dt.datetime) -> Ticket:
    """The customer's turn, without a further reply. Repeating it changes nothing. Reopening may raise AlreadyOpen."""
    return _moved(ticket_number, TicketState.WAITING, actor=actor, now=now)


def solve(*, ticket_number: int, actor: User, now: dt.datetime) -> Ticket:
    """Closes the ticket, by an agent or by its customer. Repeating it changes nothing, the time of closing included."""
    return _moved(ticket_number, TicketState.SOLVED, actor=actor, now=now)


def reopen(*, ticket_number: int, actor: User, now: dt.datetime) -> Ticket:
    """An agent opens a solved ticket again, however old. Nothing happens to an open one.

    Raises AlreadyOpen where its order has another open ticket.
    """
    with transaction.atomic(durable=True):
        ticket = _locked(ticket_number)
        if not ticket.is_open:
            fields = ["changed_at"]
            _move(ticket, _our_turn(ticket), actor=actor, now=now, fields=fields)
            ticket.changed_at = now
            ticket.save(update_fields=fields)
    return ticket


# --- What the doors share. Callers hold the ticket's lock and save the fields named.


def _locked(number: int) -> Ticket:
    """The ticket as it is now, its row locked until the transaction ends (on SQLite the transaction has locked everything)."""
    return Ticket.objects.select_for_update(no_key=True).get(pk=number)


def _our_turn(ticket: Ticket) -> TicketState:
    """Where a ticket stands when it is the team's turn and nobody has looked at the news yet."""
    if ticket.assignee_id is None:
        return TicketState.RECEIVED
    return TicketState.WORKING


def _moved(number: int, to: TicketState, *, actor: User, now: dt.datetime) -> Ticket:
    with transaction.atomic(durable=True):
        ticket = _locked(number)
        if ticket.state != to:
            fields = ["changed_at"]
            _move(ticket, to, actor=actor, now=now, fields=fields)
            ticket.changed_at = now
            ticket.save(update_fields=fields)
    return ticket


def _move(ticket: Ticket, to: TicketState, *, actor: User, now: dt.datetime, fields: list[str]) -> None:
    """Transition and event; nothing where the ticket is there already."""
    if ticket.state == to:
        return
    before = ticket.state
    if before == TicketState.SOLVED and ticket.order_id is not None:
        lifecycle.locked(ticket.order_id)
        _refuse_second(ticket.order_id)
    TRANSITIONS[to](ticket)
    ticket.closed_at = now if to == TicketState.SOLVED else None
    fields += ["state", "closed_at"]
    _record(ticket, Code.MOVED, actor=actor, now=now, from_state=before)


def _assign(ticket: Ticket, to: User | None, *, actor: User, now: dt.datetime) -> None:
    fields: list[str] = []
    if ticket.assignee_id != (to.pk if to else None):
        _give(ticket, to, actor=actor, now=now, fields=fields)
    if to is not None and ticket.state == TicketState.RECEIVED:
        _move(ticket, TicketState.WORKING, actor=actor, now=now, fields=fields)
        ticket.changed_at = now
        fields.append("changed_at")
    if fields:
        ticket.save(update_fields=fields)


def _give(ticket: Ticket, to: User | None, *, actor: User, now: dt.datetime, fields: list[str]) -> None:
    ticket.assignee = to
    fields.append("assignee")
    _record(ticket, Code.ASSIGNED, actor=actor, now=now, assignee=to, from_state=ticket.state)


def _refuse_second(order_id: int) -> None:
    other = Ticket.objects.filter(order_id=order_id, closed_at__isnull=True).first()
    if other is not None:
        raise AlreadyOpen(other)


def _twin(customer: User, client_key: str) -> Ticket | None:
    return Ticket.objects.filter(customer=customer, client_key=client_key).first()


def _same_or_refused(twin: Ticket, *, topic: Topic, order: Order | None, text: str) -> Ticket:
    first = twin.messages.order_by("id").values_list("text", flat=True)[0]
    if (twin.topic, twin.order_id, first) == (topic, order.pk if order else None, text):
        return twin
    raise SentBefore(twin)


def _write(
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


def _record(
    ticket: Ticket,
    code: str,
    *,
    actor: User,
    now: dt.datetime,
    from_state: str = "",
    assignee: User | None = None,
) -> None:
    TicketEvent.objects.create(
        ticket=ticket,
        code=code,
        from_state=from_state,
        to_state=ticket.state,
        assignee=assignee,
        actor=actor,
        created_at=now,
    )
