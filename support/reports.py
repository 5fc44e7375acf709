"""How the team did: first answer, resolution, reopening, rating, wrong waits, by topic, by service and by day. Reads only.

Medians are taken in Python over at most MOST tickets, the newest of the span: no database function is the same on both.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter
from statistics import median
from typing import TypeVar
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from orders.models import OrderEvent
from orders.verdict import Advice
from support.models import Ticket, TicketEvent, TicketState, Topic

MOST = 20_000

Key = TypeVar("Key", str, tuple[int | None, str | None])


@dataclass(frozen=True)
class Row:
    """One line: `name` is a topic or a service; a span is None where nothing came to it yet."""

    name: str
    tickets: int
    first_reply: dt.timedelta | None
    resolution: dt.timedelta | None
    reopened: int
    good: int
    bad: int
    wrong_waits: int

    @property
    def rated(self) -> int:
        return self.good + self.bad


@dataclass(frozen=True)
class Day:
    """The tickets that were opened on one day of the shop's time zone, and how long their first answers took."""

    day: dt.date
    tickets: int
    first_reply: dt.timedelta | None


@dataclass(frozen=True)
class Report:
    """`is_cut`: there were more than MOST tickets, and these are the newest. `days` are all days of the span, oldest first."""

    since: dt.datetime
    until: dt.datetime
    is_cut: bool
    total: Row
    topics: tuple[Row, ...]
    services: tuple[Row, ...]
    days: tuple[Day, ...]
    wrong_waits: tuple[Ticket, ...]


@dataclass(frozen=True)
class Told:
    """What a report needs of one ticket."""

    number: int
    topic: str
    rating: str
    created_at: dt.datetime
    first_replied_at: dt.datetime | None
    closed_at: dt.datetime | None
    service: tuple[int | None, str | None]

    @cached_property
    def first_reply(self) -> float | None:
        """Seconds: a ticket is counted in all tickets, in its topic, its service and its day."""
        return (self.first_replied_at - self.created_at).total_seconds() if self.first_replied_at else None

    @cached_property
    def resolution(self) -> float | None:
        return (self.closed_at - self.created_at).total_seconds() if self.closed_at else None


COLUMNS = (
    "number", "topic", "rating", "created_at", "first_replied_at", "closed_at", "order__service_id", "order__service__name",
)  # fmt: skip


def report(*, since: dt.datetime, until: dt.datetime) -> Report:
    """The tickets that were opened in the span; four queries whatever it holds."""
    span = Ticket.objects.filter(created_at__gte=since, created_at__lt=until, merged_into=None)
    rows = span.order_by("-created_at", "-number").values_list(*COLUMNS)[: MOST + 1]
    found = [Told(*columns, service=(service, name)) for *columns, service, name in rows]
    tickets = found[:MOST]
    moved = TicketEvent.objects.filter(code=TicketEvent.Code.MOVED, from_state=TicketState.SOLVED, ticket__in=span)
    reopened = set(moved.values_list("ticket_id", flat=True))
    waits = wrong_waits(span)
    wrong = {ticket.pk for ticket in waits}

    def by(key: Callable[[Told], Key], name: Callable[[Key], str]) -> tuple[Row, ...]:
        # A group is named once it is whole: translating a word for each of 20,000 tickets took longer than the database.
        groups: dict[Key, list[Told]] = defaultdict(list)
        for ticket in tickets:
            groups[key(ticket)].append(ticket)
        rows = (row_of(name(key), group, reopened, wrong) for key, group in groups.items())
        return tuple(sorted(rows, key=lambda row: (-row.tickets, row.name)))

    return Report(
        since=since,
        until=until,
        is_cut=len(found) > MOST,
        total=row_of(_("All tickets"), tickets, reopened, wrong),
        topics=by(attrgetter("topic"), lambda topic: str(Topic(topic).label)),
        services=by(attrgetter("service"), service_words),
        days=days_of(tickets, since, until),
        wrong_waits=waits,
    )


def service_words(service: tuple[int | None, str | None]) -> str:
    number, name = service
    return f"{number} · {name}" if number else _("Without an order")


def row_of(name: str, tickets: list[Told], reopened: set[int], wrong: set[int]) -> Row:
    return Row(
        name=name,
        tickets=len(tickets),
        first_reply=middle(one.first_reply for one in tickets),
        resolution=middle(one.resolution for one in tickets),
        reopened=sum(one.number in reopened for one in tickets),
        good=sum(one.rating == Ticket.Rating.GOOD for one in tickets),
        bad=sum(one.rating == Ticket.Rating.BAD for one in tickets),
        wrong_waits=sum(one.number in wrong for one in tickets),
    )


def days_of(tickets: Iterable[Told], since: dt.datetime, until: dt.datetime) -> tuple[Day, ...]:
    zone = ZoneInfo(settings.TIME_ZONE)
    groups: dict[dt.date, list[Told]] = defaultdict(list)
    for ticket in tickets:
        groups[ticket.created_at.astimezone(zone).date()].append(ticket)
    first, last = since.astimezone(zone).date(), (until - dt.timedelta.resolution).astimezone(zone).date()
    days = (first + dt.timedelta(days=nth) for nth in range((last - first).days + 1))
    return tuple(Day(day, len(groups[day]), middle(one.first_reply for one in groups[day])) for day in days)


def middle(spans: Iterable[float | None]) -> dt.timedelta | None:
    seconds = [span for span in spans if span is not None]
    return dt.timedelta(seconds=median(seconds)) if seconds else None


def wrong_waits(tickets: QuerySet[Ticket]) -> tuple[Ticket, ...]:
    """Those whose customer had just read "wait" (the verdict frozen with the ticket), and in whose order an agent acted later."""
    told = (
        tickets.filter(order__isnull=False, evidence__verdict__advice=Advice.WAIT.value)
        .only("topic", "created_at", "order__service__name")
        .select_related("order__service")
        .order_by("-number")[:MOST]
    )
    acted: dict[int, dt.datetime] = dict(
        OrderEvent.objects.filter(
            order__tickets__in=tickets.filter(order__isnull=False), source=OrderEvent.Source.AGENT, applied=True
        )
        .order_by("created_at")
        .values_list("order_id", "created_at")
    )
    return tuple(ticket for ticket in told if acted.get(ticket.order_id, ticket.created_at) > ticket.created_at)
