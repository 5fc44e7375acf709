"""How often one source is heard: so many votes and searches an hour are kept, the others are answered and forgotten.

The help center knows nothing of accounts and addresses: who counts is named in `neopanel/`, in `AppConfig.ready`.
"""

import datetime as dt
from typing import Protocol

from django.http import HttpRequest

VOTES_AN_HOUR = 30
# Suggestions come while somebody types: one search is several of these.
SEARCHES_AN_HOUR = 120


class Counter(Protocol):
    def __call__(self, request: HttpRequest, *, what: str, most: int, now: dt.datetime) -> bool:
        """Counts one `what` of who sent this request; whether it is among the first `most` of the hour."""
        ...


_counters: list[Counter] = []


def counted_by(counter: Counter) -> Counter:
    """From now on this one counts."""
    _counters[:] = [counter]
    return counter


def hears_vote(request: HttpRequest, *, now: dt.datetime) -> bool:
    return _hears(request, "vote", VOTES_AN_HOUR, now)


def hears_search(request: HttpRequest, *, now: dt.datetime) -> bool:
    return _hears(request, "search", SEARCHES_AN_HOUR, now)


def _hears(request: HttpRequest, what: str, most: int, now: dt.datetime) -> bool:
    return all(counter(request, what=what, most=most, now=now) for counter in _counters)
