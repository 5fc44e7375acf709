"""Everything that the shop keeps of one person, as one zip of JSON files, written while it is read.

The rows come in chunks and leave in chunks: somebody with 100,000 orders needs no more memory than somebody with ten.
"""

import datetime as dt
import json
import zipfile
from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import QuerySet

from accounts.models import User
from orders import queries
from orders.models import Order
from orders.money import plain
from support.models import Attachment, CustomerRead, Message, Ticket

CHUNK = 500


class Stream:
    """What the zip is written to: keeps the bytes until they are taken. It cannot go back, and zipfile needs no more."""

    def __init__(self):
        self.parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        self.parts.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing waits anywhere."""

    def close(self) -> None:
        """Nothing is open."""

    def take(self) -> bytes:
        taken, self.parts = b"".join(self.parts), []
        return taken


def archive_of(user: User, *, now: dt.datetime) -> Iterator[bytes]:
    """The zip, piece by piece."""
    stream = Stream()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, rows in files_of(user):
            info = zipfile.ZipInfo(name, date_time=now.timetuple()[:6])
            info.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(info, "w") as file:
                file.write(b"[")
                for number, row in enumerate(rows):
                    text = json.dumps(row, ensure_ascii=False, default=written)
                    file.write((",\n" if number else "\n").encode() + text.encode())
                    if number % CHUNK == CHUNK - 1 and (taken := stream.take()):
                        yield taken
                file.write(b"\n]\n")
            yield stream.take()
    yield stream.take()


def written(value: Any) -> str:
    if isinstance(value, dt.datetime):
        return value.isoformat()
    raise TypeError(value)


def files_of(user: User) -> list[tuple[str, Iterable[dict]]]:
    """Name and rows of each file. Hashes of passwords and keys, and what the team notes for itself, are not in it."""
    return [
        ("account.json", [account_of(user)]),
        ("orders.json", map(order_row, chunks(queries.orders_of(user).select_related("service")))),
        ("balance.json", map(entry_row, chunks(queries.entries_of(user)))),
        ("payments.json", map(deposit_row, chunks(queries.deposits_of(user).select_related("method")))),
        ("tickets.json", map(ticket_row, chunks(Ticket.objects.filter(customer=user)))),
        ("messages.json", map(message_row, chunks(messages_of(user)))),
        ("files.json", map(file_row, chunks(Attachment.objects.filter(message__in=messages_of(user))))),
    ]


def chunks(rows: QuerySet) -> Iterator[Any]:
    """All rows by their key, CHUNK at a time, each chunk from where the last one ended."""
    last: int | None = None
    while True:
        ordered = rows.order_by("pk") if last is None else rows.filter(pk__gt=last).order_by("pk")
        found = list(ordered[:CHUNK])
        yield from found
        if len(found) < CHUNK:
            return
        last = found[-1].pk


def messages_of(user: User) -> QuerySet[Message]:
    return Message.objects.filter(ticket__customer=user, is_internal=False)


def account_of(user: User) -> dict:
    return {
        "number": user.pk,
        "email": user.email,
        "addresses": list(user.emailaddress_set.values("email", "verified", "primary")),
        "joined": user.date_joined,
        "last_sign_in": user.last_login,
        "time_zone": user.time_zone,
        "language": user.language,
        "mails_switched_off": user.mails_off,
        "summary": user.digest,
        "tell_below": None if user.low_balance is None else plain(user.low_balance),
        "second_factors": list(user.authenticator_set.values("type", "created_at", "last_used_at")),
        "api_keys": list(user.api_keys.values("name", "prefix", "scope", "created_at", "last_used_at", "revoked_at")),
        "sessions": list(user.usersession_set.values("ip", "user_agent", "created_at", "last_seen_at")),
        "favourites": list(user.favourites.values_list("service_id", flat=True)),
        "looked_at_by_the_team": list(CustomerRead.objects.filter(customer=user).values("what", "hour")),
    }


def order_row(order: Order) -> dict:
    return {
        "order": order.pk,
        "placed": order.created_at,
        "service": order.service_id,
        "service_name": order.service.name,
        "link": order.link,
        "quantity": order.quantity,
        "status": order.status,
        "since": order.status_since,
        "charge": plain(order.charge),
        "returned": plain(order.refunded),
        "start_count": order.start_count,
        "remains": order.remains,
    }


def entry_row(entry) -> dict:
    return {
        "entry": entry.pk,
        "time": entry.created_at,
        "kind": entry.kind,
        "amount": plain(entry.amount),
        "balance": plain(entry.balance),
        "order": entry.order_id,
        "payment": entry.deposit_id,
        "note": entry.note,
    }


def deposit_row(deposit) -> dict:
    return {
        "payment": deposit.pk,
        "method": deposit.method.name if deposit.method else None,
        "reference": deposit.reference,
        "amount": plain(deposit.amount),
        "booked": None if deposit.booked is None else plain(deposit.booked),
        "state": deposit.state,
        "note": deposit.note,
        "reason": deposit.reason,
        "reported": deposit.reported_at,
        "decided": deposit.decided_at,
    }


def ticket_row(ticket: Ticket) -> dict:
    return {
        "ticket": ticket.pk,
        "topic": ticket.topic,
        "order": ticket.order_id,
        "state": ticket.state,
        "opened": ticket.created_at,
        "solved": ticket.closed_at,
        "rating": ticket.rating,
        "details": ticket.details,
        "what_the_panel_knew": ticket.evidence,
    }


def message_row(message: Message) -> dict:
    return {
        "ticket": message.ticket_id,
        "message": message.pk,
        "from": "team" if message.by_staff else "you",
        "time": message.created_at,
        "text": message.text,
    }


def file_row(file: Attachment) -> dict:
    return {
        "message": file.message_id,
        "name": file.name,
        "bytes": file.size,
        "sent": file.created_at,
        "removed": file.removed_at,
    }
