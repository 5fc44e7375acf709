"""How the team did: first answer, resolution, reopening, rating, by topic and by service. Reads only.

Medians are taken in Python over at most MOST tickets, the newest of the span: no database function is the same on both.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import median

from django.utils.translation import gettext as _

from orders.models import OrderEvent
from support.models import Ticket, TicketEvent, TicketState, Topic

MOST = 20_000
# A ticket so soon after we said "wait", in which an agent then had to act, shows that waiting was the wrong advice.
WRONG_WAIT_WITHIN = dt.timedelta(hours=24)


@dataclass(frozen=True)
class Row:
    """One line: `name` is a topic or a service; shares are None where there is nothing to share."""

    name: str
    tickets: int
    first_reply: dt.timedelta | None
    resolution: dt.timedelta | None
    reopened: int
    good: int
    bad: int

    @property
    def rated(self) -> int:
        return self.good + self.bad


@dataclass(frozen=True)
class Report:
    since: dt.datetime
    until: dt.datetime
    total: Row
    topics: tuple[Row, ...]
    services: tuple[Row, ...]
    wrong_waits: tuple[Ticket, ...]


def report(*, since: dt.datetime, until: dt.datetime) -> Report:
    """The tickets that were opened in the span; three queries whatever it holds."""
    tickets = list(
        Ticket.objects.filter(created_at__gte=since, created_at__lt=until, merged_into=None)
        .select_related("order__service")
        .order_by("-number")[:MOST]
    )
    reopened = set(
        TicketEvent.objects.filter(
            ticket__in=[ticket.pk for ticket in tickets],
            code=TicketEvent.Code.MOVED,
            from_state=TicketState.SOLVED,
        ).values_list("ticket_id", flat=True)
    )

    def by(name: Callable[[Ticket], str]) -> tuple[Row, ...]:
        groups: dict[str, list[Ticket]] = defaultdict(list)
        for ticket in tickets:
            groups[name(ticket)].append(ticket)
        rows = (row_of(name, group, reopened) for name, group in groups.items())
        return tuple(sorted(rows, key=lambda row: (-row.tickets, row.name)))

    return Report(
        since=since,
        until=until,
        total=row_of(_("All tickets"), tickets, reopened),
        topics=by(lambda ticket: str(Topic(ticket.topic).label)),
        services=by(
            lambda ticket: f"{ticket.order.service_id} · {ticket.order.service.name}" if ticket.order else _("None")
        ),
        wrong_waits=wrong_waits(tickets),
    )


def row_of(name: str, tickets: Iterable[Ticket], reopened: set[int]) -> Row:
    tickets = list(tickets)
    return Row(
        name=name,
        tickets=len(tickets),
        first_reply=middle(one.first_replied_at - one.created_at for one in tickets if one.first_replied_at),
        resolution=middle(one.closed_at - one.created_at for one in tickets if one.closed_at),
        reopened=sum(one.pk in reopened for one in tickets),
        good=sum(one.rating == Ticket.Rating.GOOD for one in tickets),
        bad=sum(one.rating == Ticket.Rating.BAD for one in tickets),
    )


def middle(spans: Iterable[dt.timedelta]) -> dt.timedelta | None:
    seconds = [span.total_seconds() for span in spans]
    return dt.timedelta(seconds=median(seconds)) if seconds else None


def wrong_waits(tickets: list[Ticket]) -> tuple[Ticket, ...]:
    """Tickets whose customer had read "wait" for a day at most, and in whose order an agent acted after they were opened."""
    told = [
        ticket
        for ticket in tickets
        if ticket.order_id
        and ticket.evidence.get("verdict", {}).get("advice") == "wait"
        and ticket.created_at - _since(ticket) <= WRONG_WAIT_WITHIN
    ]
    acted = {
        event.order_id: event.created_at
        for event in OrderEvent.objects.filter(
            order__in=[ticket.order_id for ticket in told], source=OrderEvent.Source.AGENT, applied=True
        ).order_by("created_at")
    }
    return tuple(ticket for ticket in told if acted.get(ticket.order_id, ticket.created_at) > ticket.created_at)


def _since(ticket: Ticket) -> dt.datetime:
    """Since when the customer read that advice: since the order came to its status."""
    return dt.datetime.fromisoformat(ticket.evidence["order"]["status_since"])
