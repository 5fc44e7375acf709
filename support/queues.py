"""The agents' queues: each an address, each answered by an index, none of them counted."""

import datetime as dt
from dataclasses import dataclass

from django.db.models import F, OrderBy, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from support.models import TOPICS_OF_MONEY, Ticket, TicketState

# "Due soon" looks so far ahead.
SOON = dt.timedelta(hours=1)

DUE_FIRST = (OrderBy(F("due_at"), nulls_last=True), OrderBy(F("number")))


@dataclass(frozen=True)
class Queue:
    name: str
    label: Promise
    due_first: bool = True


QUEUES = (
    Queue("mine", _("Mine")),
    Queue("unassigned", _("Unassigned")),
    Queue("due", _("Due soon")),
    Queue("waiting", _("Waiting for customer"), due_first=False),
    Queue("money", _("Money")),
    Queue("all", _("All"), due_first=False),
)
BY_NAME = {queue.name: queue for queue in QUEUES}


def in_queue(tickets: QuerySet[Ticket], name: str, *, agent: User | None, now: dt.datetime) -> QuerySet[Ticket]:
    """The tickets of this queue; all of them for an unknown name. Only "mine" asks for the agent."""
    unsolved = tickets.filter(closed_at=None)
    if name == "mine":
        return unsolved.filter(assignee=agent)
    if name == "unassigned":
        return unsolved.filter(assignee=None, due_at__isnull=False)
    if name == "due":
        return unsolved.filter(due_at__lt=now + SOON)
    if name == "waiting":
        return unsolved.filter(state=TicketState.WAITING)
    if name == "money":
        return unsolved.filter(topic__in=TOPICS_OF_MONEY)
    return tickets
