"""Prepared answers: the names that stand in braces, filled with what the ticket is about. Nothing in them is a template."""

import re

from django.conf import settings
from django.db.models import Case, F, Q, QuerySet, When
from django.utils.translation import gettext as _

from orders.money import Units, show
from support.models import CannedReply, Ticket

NAME = re.compile(r"\{([a-z_]+)\}")
NAMES = ("ticket", "order", "service", "link", "status", "returned", "balance", "brand")
MOST_OFFERED = 30


def unknown_names(text: str) -> list[str]:
    """Names in braces that nothing fills."""
    return [name for name in dict.fromkeys(NAME.findall(text)) if name not in NAMES]


def values_for(ticket: Ticket, *, balance: Units) -> dict[str, str]:
    """What each name stands for in this ticket, `balance` (units) its customer's; without an order fewer names have a value."""
    values = {
        "ticket": f"#{ticket.pk}",
        "brand": settings.BRAND,
        "balance": show(balance, settings.CURRENCY),
    }
    if ticket.order is not None:
        values |= {
            "order": f"#{ticket.order.pk}",
            "service": ticket.order.service.name,
            "link": ticket.order.link,
            "status": str(ticket.order.get_status_display()),
            "returned": show(ticket.order.refunded, settings.CURRENCY),
        }
    return values


def fill(text: str, values: dict[str, str]) -> str:
    """The text with what its names stand for; a name without a value stays visible, so that the agent sees it."""
    return NAME.sub(lambda found: values.get(found[1], found[0]), text)


def offered(ticket: Ticket, search: str = "") -> QuerySet[CannedReply]:
    """Replies for the ticket's topic and for every topic; by words of title or text where searched.

    Those in the language in which the customer opened the ticket stand first, the most used of them at the head.
    """
    replies = CannedReply.objects.all()
    if search := search.strip().replace("\x00", "")[:100]:
        replies = replies.filter(Q(title__icontains=search) | Q(text__icontains=search))
    else:
        replies = replies.filter(topic__in=["", ticket.topic])
    own_language = Case(When(language=ticket.evidence.get("language", ""), then=0), default=1)
    return replies.order_by(own_language, "-used", "title")[:MOST_OFFERED]


def count_used(numbers: list[int]) -> list[str]:
    """Counts each of these replies as used once; the tags that they bring."""
    used = CannedReply.objects.filter(pk__in=numbers)
    tags = [tag for reply in used for tag in reply.tags.split(",")]
    used.update(used=F("used") + 1)
    return tags


def words_for_unknown(names: list[str]) -> str:
    known = ", ".join("{" + name + "}" for name in NAMES)
    wrong = ", ".join("{" + name + "}" for name in names)
    return _("Nothing fills %(wrong)s. Known names: %(known)s.") % {"wrong": wrong, "known": known}
