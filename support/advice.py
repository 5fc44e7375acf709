"""What stands beside the ticket form: the order's open ticket, or the advice that is worth reading before writing.

From the verdict first and the typed words second; nothing at all where advice would only stand in the way.
"""

import datetime as dt
import re
from dataclasses import dataclass

from accounts.models import User
from helpcenter.reading import Suggestion, suggestions
from orders.models import Order
from orders.queries import halted_since
from orders.verdict import Advice, Facts, Verdict, verdict_for
from support.models import TOPICS_OF_MONEY, Ticket, Topic

MOST_LINKS = 3
MOST_WORDS_LOOKED_UP = 5
SHORTEST_WORD = 4
# Who comes a second time so soon was not helped by what we wrote.
SECOND_CONTACT = dt.timedelta(days=7)

WORDS_OF_TOPIC: dict[str, tuple[str, ...]] = {
    Topic.NOT_STARTED: ("start", "stated"),
    Topic.RESULT_MISSING: ("dropped", "completed"),
    Topic.WRONG_LINK: ("link",),
}


@dataclass(frozen=True)
class Beside:
    """`articles` are links, at most MOST_LINKS; `verdict` is the one answer in place."""

    order: Order | None
    open_ticket: int | None = None
    verdict: Verdict | None = None
    articles: tuple[Suggestion, ...] = ()


def beside(*, customer: User, order: Order | None, topic: str, words: str, now: dt.datetime) -> Beside:
    """Advice is left out where the verdict is "contact us", where money is missing, and on a second contact within a week."""
    verdict = None
    if order is not None:
        open_ticket = Ticket.objects.filter(order=order, closed_at=None).values_list("pk", flat=True).first()
        if open_ticket is not None:
            return Beside(order, open_ticket=open_ticket)
        verdict = verdict_for(order, Facts(halted_since=halted_since(now)), now)
        if verdict.advice == Advice.CONTACT:
            return Beside(order)
    if topic in TOPICS_OF_MONEY or _came_before(customer, order, now):
        return Beside(order)
    return Beside(order, verdict=verdict, articles=articles_for(topic, words, now))


def articles_for(topic: str, words: str, now: dt.datetime) -> tuple[Suggestion, ...]:
    """The articles that hold most of the words; the topic's own where nothing was typed yet."""
    typed = sorted({word for word in re.findall(r"\w+", words.lower()) if len(word) >= SHORTEST_WORD}, key=len)
    wanted = [*typed[-MOST_WORDS_LOOKED_UP:][::-1], *WORDS_OF_TOPIC.get(topic, ())]
    return suggestions(wanted, now=now, most=MOST_LINKS)


def _came_before(customer: User, order: Order | None, now: dt.datetime) -> bool:
    before = Ticket.objects.filter(customer=customer, created_at__gt=now - SECOND_CONTACT)
    return (before if order is None else before.filter(order=order)).exists()
