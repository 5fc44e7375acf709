"""One wish for many tickets: what it would change, counted before; then through the doors, one transaction a ticket.

Whoever asks decides who may. What the count saw is what is changed: tickets that were solved since stay as they are, and so do
those in which a customer wrote since, where the wish would say that it is the customer's turn or that nothing is open any more.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Max, QuerySet

from accounts.models import User
from support import desk, ticketing
from support.models import Message, Ticket, TicketState

# As far as the lists count, too.
MOST = 10_000
# So many a request: a batch is done within seconds, and the page says how far it is.
AT_ONCE = 100

ASSIGN, TAG, WAIT, SOLVE = CHANGES = ("assign", "tag", "wait", "solve")


@dataclass(frozen=True)
class Chosen:
    """The tickets that are asked about: their numbers, for how many each change does something, and the last message there is."""

    numbers: tuple[int, ...]
    changes: dict[str, int]
    seen: int

    @property
    def solved(self) -> int:
        return len(self.numbers) - self.changes[SOLVE]


@dataclass(frozen=True)
class Done:
    """What became of a batch: `newer` are those that stayed as they are because their customer wrote meanwhile."""

    changed: int
    newer: tuple[int, ...]


def chosen(tickets: QuerySet[Ticket]) -> Chosen:
    """The tickets, counted; at most MOST + 1 of them, so that whoever asks sees that there are more."""
    rows = list(tickets.order_by("number").values_list("number", "state")[: MOST + 1])
    unsolved = [state for _number, state in rows if state != TicketState.SOLVED]
    changes = {
        ASSIGN: len(unsolved),
        TAG: len(rows),
        WAIT: sum(state != TicketState.WAITING for state in unsolved),
        SOLVE: len(unsolved),
    }
    seen = Message.objects.aggregate(last=Max("pk"))["last"] or 0
    return Chosen(tuple(number for number, _state in rows), changes, seen)


def change(
    name: str,
    *,
    numbers: Iterable[int],
    actor: User,
    now: dt.datetime,
    seen: int,
    to: User | None = None,
    tags: Iterable[str] = (),
) -> Done:
    """Does one of CHANGES to each of these tickets. Numbers of no ticket, and tickets that are so already, count as unchanged."""
    tags = list(tags)
    changed, newer = 0, []
    found = Ticket.objects.filter(pk__in=list(numbers)).order_by("number")
    for number, state, assignee in found.values_list("number", "state", "assignee_id"):
        common = {"ticket_number": number, "actor": actor, "now": now}
        if name == TAG:
            changed += desk.add_tags(**common, names=tags)
        elif state == TicketState.SOLVED or (name == WAIT and state == TicketState.WAITING):
            continue
        elif name == ASSIGN:
            desk.assign(**common, to=to)
            changed += assignee != (to.pk if to else None)
        else:
            door = ticketing.wait_for_customer if name == WAIT else ticketing.solve
            try:
                door(**common, seen=seen)
            except ticketing.Stale:
                newer.append(number)
            else:
                changed += 1
    return Done(changed, tuple(newer))
