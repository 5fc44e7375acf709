"""Where somebody is signed in: listed, and ended one by one or all but this."""

import datetime as dt
from dataclasses import dataclass

from allauth.usersessions.models import UserSession
from django.http import HttpRequest

from accounts.devices import device_of
from accounts.models import User


@dataclass(frozen=True)
class Shown:
    pk: int
    device: str
    address: str
    began: dt.datetime
    seen: dt.datetime
    is_this: bool


def sessions_of(request: HttpRequest) -> list[Shown]:
    """The living sessions of who asks, this one first, then the last seen. Those that are over are taken off."""
    found = [
        Shown(one.pk, device_of(one.user_agent), one.ip, one.created_at, one.last_seen_at, one.is_current())
        for one in UserSession.objects.purge_and_list(request.user)
    ]
    return sorted(found, key=lambda one: (not one.is_this, -one.seen.timestamp()))


def end(*, user: User, session_id: int) -> bool:
    """Signs this session out at once. False where the user has no such session."""
    found = UserSession.objects.filter(user=user, pk=session_id).first()
    if found is not None:
        found.end()
    return found is not None


def end_others(*, user: User, but: str | None) -> int:
    """Signs out every session of the user but the one with the key `but`; how many."""
    others = list(UserSession.objects.filter(user=user).exclude(session_key=but or ""))
    for one in others:
        one.end()
    return len(others)
