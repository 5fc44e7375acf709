"""The conversation: who says what, and whose turn it is then. With `desk.py` the only writer of tickets.

One transaction each: row locked, transition, message, event, narrow save. Callers decide who may do it; the doors decide what it
means. Lock order: the ticket's row, then its order's; a new ticket locks its order first, because nobody can hold a row that
does not exist. Files are on the disk before the transaction begins, and are taken away again where no row came to name them.
"""

import datetime as dt
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from django.db import IntegrityError, transaction

from accounts.models import User
from orders import lifecycle
from orders.models import Order
from support import ticket_rows as rows
from support import uploads
from support.evidence import evidence_for
from support.models import Draft, Message, Ticket, TicketEvent, TicketMail, TicketState, Topic
from support.texts import clean
from support.ticket_rows import AlreadyOpen, TicketRefused

__all__ = ["AlreadyOpen", "TicketRefused"]

Code = TicketEvent.Code
T = TypeVar("T")
LONGEST_KEY = 72

# Where an agent's reply may leave the ticket.
AFTER_STAFF_REPLY = (TicketState.WAITING, TicketState.SOLVED, TicketState.WORKING)


class SentBefore(TicketRefused):
    """The form's token came before with other content, and made this ticket."""


class TooLate(TicketRefused):
    """The ticket is solved for longer than `models.REOPEN_WITHIN`: a new one may follow it."""


class Stale(TicketRefused):
    """Somebody wrote into the ticket after the agent last looked. Words that the agent wrote are kept as a draft."""


def open_ticket(
    *,
    customer: User,
    topic: Topic,
    order: Order | None,
    text: str,
    now: dt.datetime,
    client_key: str = "",
    follows: Ticket | None = None,
    files: Sequence[uploads.Sent] = (),
    details: Mapping[str, str] | None = None,
    shown: Sequence[str] = (),
    opened: Sequence[str] = (),
    agent: User | None = None,
) -> Ticket:
    """One ticket with its first message, files and frozen evidence, or nothing.

    `details` is what only the customer can know, by `topics.py`; `shown` names the articles
    that stood beside the form, `opened` those that were read shortly before. With
    `agent` it is opened for the customer: the words are the agent's, who has the ticket, and the customer's answer is awaited.
    The same `client_key` with the same content again gives the first ticket; with other content it raises SentBefore.
    Raises AlreadyOpen where the order has an open ticket, texts.BadText, uploads.NotKept, and ValueError for somebody else's
    order or ticket.
    """
    text = clean(text)
    if order is not None and order.wallet_id != customer.pk:
        raise ValueError("The order belongs to somebody else.")
    if follows is not None and follows.customer_id != customer.pk:
        raise ValueError("The ticket belongs to somebody else.")
    key = client_key or fresh_key()
    assert len(key) <= LONGEST_KEY
    if twin := _twin(customer, key):
        return _same_or_refused(twin, topic=topic, order=order, text=text)

    def born(kept: list[uploads.Kept]) -> Ticket:
        # Under the order's lock nobody opens a second ticket on it, and what is frozen fits together.
        about = None if order is None else lifecycle.locked(order.pk)
        if about is not None:
            rows.refuse_second(about.pk)
        ticket = Ticket(
            customer=customer,
            client_key=key,
            topic=topic,
            order=about,
            follows=follows,
            details=dict(details or {}),
            evidence=evidence_for(about, customer=customer, now=now, shown=shown, opened=opened),
            assignee=agent,
            created_at=now,
            changed_at=now,
        )
        if agent is not None:
            rows.TRANSITIONS[TicketState.WAITING](ticket)
        else:
            rows.expect_reply(ticket, now=now, fields=[])
        ticket.save(force_insert=True)
        message = rows.write(ticket, author=agent or customer, text=text, by_staff=agent is not None, now=now)
        rows.attach(message, kept, now=now)
        rows.record(ticket, Code.OPENED, actor=agent or customer, assignee=agent, now=now)
        kind = TicketMail.Kind.RECEIPT if agent is None else TicketMail.Kind.REPLY
        rows.tell(ticket, kind, message=message, now=now)
        return ticket

    try:
        return _with_files(files, born)
    except (AlreadyOpen, IntegrityError):
        # Two clicks at once: the other one may have opened this very ticket meanwhile.
        if twin := _twin(customer, key):
            return _same_or_refused(twin, topic=topic, order=order, text=text)
        raise


def reply(
    *,
    ticket_number: int,
    author: User,
    text: str,
    by_staff: bool,
    now: dt.datetime,
    then: TicketState = TicketState.WAITING,
    client_key: str = "",
    files: Sequence[uploads.Sent] = (),
    seen: int | None = None,
) -> Message:
    """Adds a message that the customer sees, and moves the ticket to whose turn it is. In a merged ticket it goes on in the other.

    A customer's reply: Working on it where an agent has the ticket, else Received; on a solved one it reopens within
    `models.REOPEN_WITHIN`, later it raises TooLate. A staff reply goes to `then` (one of AFTER_STAFF_REPLY), takes a
    ticket that nobody has, and ends the agent's draft. `seen` is the id of the last message that the agent had read: where
    somebody else wrote after it, nothing is sent, the text is kept as a draft, and it raises Stale.
    The same `client_key` with the same text again gives the first message and moves nothing.
    Raises AlreadyOpen where reopening meets another open ticket on the order, texts.BadText and uploads.NotKept.
    """
    text = clean(text)
    assert then in AFTER_STAFF_REPLY
    assert len(client_key) <= LONGEST_KEY
    if client_key and (twin := _said(ticket_number, client_key, text)):
        return twin

    def added(kept: list[uploads.Kept]) -> Message:
        ticket = rows.locked(ticket_number)
        if ticket.merged_into_id is not None:
            ticket = rows.locked(ticket.merged_into_id)
        twin = ticket.messages.filter(client_key=client_key).first() if client_key else None
        if twin is not None and twin.text == text:
            uploads.discard(kept)
            return twin
        fields = ["changed_at"]
        if by_staff:
            if seen is not None and ticket.messages.filter(pk__gt=seen).exclude(author=author).exists():
                raise Stale(ticket)
            if ticket.assignee_id is None:
                rows.give(ticket, author, actor=author, now=now, fields=fields)
            if ticket.first_replied_at is None:
                ticket.first_replied_at = now
                fields.append("first_replied_at")
            ticket.due_at = None
            rows.move(ticket, then, actor=author, now=now, fields=fields)
            if then == TicketState.WORKING:
                rows.expect_reply(ticket, now=now, fields=fields)
            Draft.objects.filter(ticket=ticket, agent=author, is_internal=False).delete()
        else:
            until = ticket.reopens_until
            if until is not None and now > until:
                raise TooLate(ticket)
            rows.move(ticket, rows.our_turn(ticket), actor=author, now=now, fields=fields)
            if ticket.due_at is None:
                rows.expect_reply(ticket, now=now, fields=fields)
        fields.append("due_at")
        # A used key with other words is somebody who went back and wrote more: nothing that was written gets lost.
        key = client_key if twin is None else ""
        message = rows.write(ticket, author=author, text=text, by_staff=by_staff, now=now, client_key=key)
        rows.attach(message, kept, now=now)
        ticket.changed_at = now
        ticket.save(update_fields=fields)
        if by_staff:
            rows.tell(ticket, TicketMail.Kind.REPLY, message=message, now=now)
        return message

    try:
        return _with_files(files, added)
    except Stale:
        keep_draft(ticket_number=ticket_number, agent=author, text=text, is_internal=False, now=now)
        raise


def note(*, ticket_number: int, author: User, text: str, now: dt.datetime, client_key: str = "") -> Message:
    """Adds a note for the team alone; the ticket's state and last change stay. Same key and text: the first note.

    Raises texts.BadText.
    """
    text = clean(text)
    with transaction.atomic(durable=True):
        ticket = rows.locked(ticket_number)
        twin = ticket.messages.filter(client_key=client_key).first() if client_key else None
        if twin is not None and twin.text == text:
            return twin
        key = client_key if twin is None else ""
        Draft.objects.filter(ticket=ticket, agent=author, is_internal=True).delete()
        return rows.write(ticket, author=author, text=text, by_staff=True, is_internal=True, now=now, client_key=key)


def keep_draft(*, ticket_number: int, agent: User, text: str, is_internal: bool, now: dt.datetime) -> None:
    """What the agent has typed and not sent, one a ticket and kind; an empty text ends it."""
    if text.strip():
        Draft.objects.update_or_create(
            ticket_id=ticket_number,
            agent=agent,
            is_internal=is_internal,
            defaults={"text": text, "changed_at": now},
        )
    else:
        Draft.objects.filter(ticket=ticket_number, agent=agent, is_internal=is_internal).delete()


def wait_for_customer(*, ticket_number: int, actor: User, now: dt.datetime, seen: int | None = None) -> Ticket:
    """The customer's turn, without a further reply. Repeating it changes nothing. Reopening may raise AlreadyOpen.

    With `seen`, the id of the last message that there was when the agent looked, a ticket that was solved since stays
    solved, and one in which its customer wrote since stays as it is: that raises Stale.
    """
    return _moved(ticket_number, TicketState.WAITING, actor=actor, now=now, seen=seen)


def solve(*, ticket_number: int, actor: User, now: dt.datetime, seen: int | None = None) -> Ticket:
    """Closes the ticket, by an agent or by its customer, who is not told by mail then. Repeating it changes nothing.

    With `seen` it raises Stale where the customer wrote since, as `wait_for_customer` does.
    """
    return _moved(ticket_number, TicketState.SOLVED, actor=actor, now=now, seen=seen)


def reopen(*, ticket_number: int, actor: User, now: dt.datetime) -> Ticket:
    """An agent opens a solved ticket again, however old. Nothing happens to an open one.

    Raises AlreadyOpen where its order has another open ticket.
    """
    with transaction.atomic(durable=True):
        ticket = rows.locked(ticket_number)
        if not ticket.is_open:
            fields = ["changed_at"]
            rows.move(ticket, rows.our_turn(ticket), actor=actor, now=now, fields=fields)
            ticket.changed_at = now
            ticket.save(update_fields=fields)
    return ticket


def rate(*, ticket_number: int, rating: Ticket.Rating, actor: User, now: dt.datetime) -> Ticket:
    """What the customer thinks of a solved ticket; it may be changed. Nothing happens to an open one."""
    with transaction.atomic(durable=True):
        ticket = rows.locked(ticket_number)
        if not ticket.is_open and ticket.rating != rating:
            ticket.rating, ticket.rated_at = rating, now
            ticket.save(update_fields=["rating", "rated_at"])
            rows.record(ticket, Code.RATED, actor=actor, words=str(rating.label), now=now)
    return ticket


def fresh_key() -> str:
    """A token for a form, by which the same form sent twice is known."""
    return str(uuid.uuid4())


def _moved(number: int, to: TicketState, *, actor: User, now: dt.datetime, seen: int | None) -> Ticket:
    with transaction.atomic(durable=True):
        ticket = rows.locked(number)
        if seen is not None:
            if not ticket.is_open:
                return ticket
            if ticket.messages.filter(pk__gt=seen, by_staff=False).exists():
                raise Stale(ticket)
        if ticket.state != to:
            fields = ["changed_at"]
            rows.move(ticket, to, actor=actor, now=now, fields=fields)
            ticket.changed_at = now
            ticket.save(update_fields=fields)
            if to == TicketState.SOLVED and actor.pk != ticket.customer_id:
                rows.tell(ticket, TicketMail.Kind.SOLVED, now=now)
    return ticket


def _with_files(files: Sequence[uploads.Sent], work: Callable[[list[uploads.Kept]], T]) -> T:
    """`work` in a transaction of its own, with the files on the disk; without them where it fails."""
    kept = uploads.keep(files)
    try:
        with transaction.atomic(durable=True):
            return work(kept)
    except BaseException:
        uploads.discard(kept)
        raise


def _twin(customer: User, client_key: str) -> Ticket | None:
    return Ticket.objects.filter(customer=customer, client_key=client_key).first()


def _said(number: int, client_key: str, text: str) -> Message | None:
    return Message.objects.filter(ticket=number, client_key=client_key, text=text).first()


def _same_or_refused(twin: Ticket, *, topic: Topic, order: Order | None, text: str) -> Ticket:
    first = twin.messages.order_by("id").values_list("text", flat=True)[0]
    if (twin.topic, twin.order_id, first) == (topic, order.pk if order else None, text):
        return twin
    raise SentBefore(twin)
