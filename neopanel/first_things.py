"""What needs a human first, for the front page of admin: numbers, each with the list that it counts."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy

from accounts.models import User
from helpcenter.editing import APPROVE
from helpcenter.models import Article, SearchLog, State
from orders import queries
from orders.models import Deposit, Halt, Provider
from support.models import ContactNote, Ticket
from support.queues import in_queue

MOST_COUNTED = 999
A_WEEK = dt.timedelta(days=7)
CACHE_KEY, CACHED_FOR = "neopanel:first-things", 60


@dataclass(frozen=True)
class Thing:
    words: Any
    right: str
    page: str
    rest: str

    @property
    def address(self) -> str:
        return reverse(f"admin:{self.page}") + self.rest


@dataclass(frozen=True)
class Counted:
    words: str
    address: str
    number: str


# In the order of their urgency.
THINGS = {
    "halt": Thing(gettext_lazy("Money stands still"), "orders.view_halt", "orders_halt_changelist", ""),
    "held": Thing(
        gettext_lazy("Providers whose returns are held"),
        "orders.view_provider",
        "orders_provider_changelist",
        "?returns_held_at__isnull=False",
    ),
    "unknown": Thing(
        gettext_lazy("Orders to be found at the provider"),
        "orders.view_order",
        "orders_order_changelist",
        "?attention=unknown",
    ),
    "review": Thing(
        gettext_lazy("Reports to be decided"), "orders.view_order", "orders_order_changelist", "?attention=review"
    ),
    "refill": Thing(
        gettext_lazy("Refills to be settled"), "orders.view_order", "orders_order_changelist", "?attention=refill"
    ),
    "deposit": Thing(
        gettext_lazy("Payments to be confirmed"),
        "orders.view_deposit",
        "orders_deposit_changelist",
        "?state__exact=reported",
    ),
    "due": Thing(
        gettext_lazy("Tickets due soon or overdue"), "support.view_ticket", "support_ticket_changelist", "?queue=due"
    ),
    "ticket": Thing(
        gettext_lazy("Tickets that nobody has"), "support.view_ticket", "support_ticket_changelist", "?queue=unassigned"
    ),
    "outside": Thing(
        gettext_lazy("Messages from people who cannot sign in"),
        "support.view_contactnote",
        "support_contactnote_changelist",
        "?state=open",
    ),
    "late": Thing(
        gettext_lazy("Orders far beyond their time"), "orders.view_order", "orders_order_changelist", "?attention=late"
    ),
    "paused": Thing(
        gettext_lazy("Providers that are paused"),
        "orders.view_provider",
        "orders_provider_changelist",
        "?paused_until__isnull=False",
    ),
    "article": Thing(
        gettext_lazy("Articles to be reviewed"),
        APPROVE,
        "helpcenter_article_changelist",
        f"?standing={State.IN_REVIEW}",
    ),
    "again": Thing(
        gettext_lazy("Articles to be read again"), "helpcenter.change_article", "helpcenter_article_missing", "#overdue"
    ),
    "search": Thing(
        gettext_lazy("Searches of this week that found nothing"),
        "helpcenter.change_article",
        "helpcenter_article_missing",
        "#none",
    ),
}


def first_things(user: User) -> list[Counted]:
    """What waits, of what this person may see; at most a minute old. Nothing that is at 0 is in it."""
    counts = cache.get_or_set(CACHE_KEY, lambda: count_all(timezone.now()), CACHED_FOR)
    return [
        Counted(str(thing.words), thing.address, str(count) if count <= MOST_COUNTED else f"{MOST_COUNTED}+")
        for name, thing in THINGS.items()
        if (count := counts[name]) and user.has_perm(thing.right)
    ]


def count_all(now: dt.datetime) -> dict[str, int]:
    """Each count stops after 999, whatever the tables hold."""
    rows: dict[str, QuerySet] = {
        "halt": Halt.objects.filter(ended_at=None),
        "held": Provider.objects.exclude(returns_held_at=None),
        "unknown": queries.unknown(),
        "review": queries.under_review(),
        "refill": queries.refills_to_settle(),
        "deposit": Deposit.objects.filter(state=Deposit.State.REPORTED),
        "due": in_queue(Ticket.objects.all(), "due", agent=None, now=now),
        "ticket": in_queue(Ticket.objects.all(), "unassigned", agent=None, now=now),
        "outside": ContactNote.objects.filter(closed_at=None),
        "late": queries.overdue(now),
        "paused": Provider.objects.exclude(paused_until=None),
        "article": Article.objects.filter(latest__state=State.IN_REVIEW),
        "again": Article.objects.filter(review_by__lte=now.date()),
        "search": SearchLog.objects.filter(created_at__gt=now - A_WEEK, found=0, clicked=None),
    }
    assert rows.keys() == THINGS.keys()
    return {name: found.order_by()[: MOST_COUNTED + 1].count() for name, found in rows.items()}
