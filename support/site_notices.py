"""Which notices stand on a page. Each process remembers them for some seconds: they rarely change, and every page has them."""

import datetime as dt

from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone

from support.models import SiteNotice

REMEMBERED = dt.timedelta(seconds=15)
COOKIE = "closed-notices"
MOST_CLOSED = 20

_remembered: list[tuple[dt.datetime, list[SiteNotice]]] = []


def forget() -> None:
    """The next page looks again; other processes within REMEMBERED."""
    _remembered.clear()


def current(now: dt.datetime) -> list[SiteNotice]:
    """What is set and not over, newest first, for whomever; at most REMEMBERED old."""
    # One look: another thread may forget it between two.
    remembered = _remembered[:1]
    if not remembered or abs(now - remembered[0][0]) >= REMEMBERED:
        found = list(SiteNotice.objects.filter(Q(ends_at=None) | Q(ends_at__gt=now)).order_by("-id")[:10])
        remembered = _remembered[:] = [(now, found)]
    return [notice for notice in remembered[0][1] if notice.is_shown(now)]


def notices_for(request: HttpRequest) -> list[SiteNotice]:
    """What this reader sees: not what is for others, nor what they closed."""
    closed = closed_by(request)
    return [
        notice
        for notice in current(timezone.now())
        if (notice.audience == SiteNotice.Audience.ALL or request.user.is_authenticated)
        and not (notice.can_be_closed and notice.pk in closed)
    ]


def closed_by(request: HttpRequest) -> list[int]:
    words = request.COOKIES.get(COOKIE, "").split(".")
    return [int(word) for word in words if word.isascii() and word.isdigit() and len(word) < 19][:MOST_CLOSED]
