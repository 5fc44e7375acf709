"""How the team did: first answer, resolution, reopening, rating, wrong waits, by topic, by service and by day. Reads only.

Medians are taken in Python over at most MOST tickets, the newest of the span: no database function is the same on both.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import median
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from orders.models import OrderEvent
from orders.verdict import Advice
from support.models import Ticket, TicketEvent, TicketState, Topic

MOST = 20_000


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
    service_id: int | None
    service: str | None


COLUMNS = (
    "number", "topic", "rating", "created_at", "first_replied_at", "closed_at", "order__service_id", "order__service__name",
)  # fmt: skip


def report(*, since: dt.datetime, until: dt.datetime) -> Report:
    """The tickets that were opened in the span; four queries whatever it holds."""
    span = Ticket.objects.filter(created_at__gte=since, created_at__lt=until, merged_into=None)
    found = [Told(*columns) for columns in span.order_by("-created_at", "-number").values_list(*COLUMNS)[: MOST + 1]]
    tickets = found[:MOST]
    moved = TicketEvent.objects.filter(code=TicketEvent.Code.MOVED, from_state=TicketState.SOLVED, ticket__in=span)
    reopened = set(moved.values_list("ticket_id", flat=True))
    waits = wrong_waits(span)
    wrong = {ticket.pk for ticket in waits}

    def by(name: Callable[[Told], str]) -> tuple[Row, ...]:
        groups: dict[str, list[Told]] = defaultdict(list)
        for ticket in tickets:
            groups[name(ticket)].append(ticket)
        rows = (row_of(name, group, reopened, wrong) for name, group in groups.items())
        return tuple(sorted(rows, key=lambda row: (-row.tickets, row.name)))

    return Report(
        since=since,
        until=until,
        is_cut=len(found) > MOST,
        total=row_of(_("All tickets"), tickets, reopened, wrong),
        topics=by(lambda ticket: str(Topic(ticket.topic).label)),
        services=by(lambda ticket: f"{ticket.service_id} · {ticket.service}" if ticket.service_id else _("None")),
        days=days_of(tickets, since, until),
        wrong_waits=waits,
    )


def row_of(name: str, tickets: Iterable[Told], reopened: set[int], wrong: set[int]) -> Row:
    tickets = list(tickets)
    return Row(
        name=name,
        tickets=len(tickets),
        first_reply=middle(first_replies(tickets)),
        resolution=middle(one.closed_at - one.created_at for one in tickets if one.closed_at),
        reopened=sum(one.number in reopened for one in tickets),
        good=sum(one.rating == Ticket.Rating.GOOD for one in tickets),
        bad=sum(one.rating == Ticket.Rating.BAD for one in tickets),
        wrong_waits=sum(one.number in wrong for one in tickets),
    )


def first_replies(tickets: Iterable[Told]) -> Iterable[dt.timedelta]:
    return (one.first_replied_at - one.created_at for one in tickets if one.first_replied_at)


def days_of(tickets: Iterable[Told], since: dt.datetime, until: dt.datetime) -> tuple[Day, ...]:
    zone = ZoneInfo(settings.TIME_ZONE)
    groups: dict[dt.date, list[Told]] = defaultdict(list)
    for ticket in tickets:
        groups[ticket.created_at.astimezone(zone).date()].append(ticket)
    first, last = since.astimezone(zone).date(), (until - dt.timedelta.resolution).astimezone(zone).date()
    days = (first + dt.timedelta(days=nth) for nth in range((last - first).days + 1))
    return tuple(Day(day, len(groups[day]), middle(first_replies(groups[day]))) for day in days)


def middle(spans: Iterable[dt.timedelta]) -> dt.timedelta | None:
    seconds = [span.total_seconds() for span in spans]
    return dt.timedelta(seconds=median(seconds)) if seconds else None


def wrong_waits(tickets: QuerySet[Ticket]) -> tuple[Ticket, ...]:
    """Those whose customer had just read "wait" (the verdict frozen with the ticket), and in whose order an agent acted later."""
    told = (
        tickets.filter(order__isnull=False, evidence__verdict__advice=Advice.WAIT.value)
        .defer("evidence")
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
