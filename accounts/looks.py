"""Somebody of the team opens what belongs to a customer: said here, written down by whoever the project names for it.

The log itself belongs to a higher app (`neopanel/looks.py` ties the two together), as the help center's live blocks do.
"""

import datetime as dt
from typing import Protocol

from accounts.models import User


class Writer(Protocol):
    def __call__(self, *, staff: User, customer: User, what: str, now: dt.datetime) -> None: ...


_writers: list[Writer] = []


def written_by(writer: Writer) -> Writer:
    """From now on this one writes looks down."""
    _writers.append(writer)
    return writer


def note(*, staff: User, customer: User, what: str, now: dt.datetime) -> None:
    """Who looked, at whose, at what. Call it where a page of one customer's data is about to be shown."""
    for writer in _writers:
        writer(staff=staff, customer=customer, what=what, now=now)
