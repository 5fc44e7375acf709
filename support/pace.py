"""How often one customer may write: their tickets and replies are counted by account. What the team writes is not counted."""

import datetime as dt

from django.utils.translation import ngettext

from accounts import call_rate
from accounts.models import User

TICKETS_AN_HOUR, REPLIES_AN_HOUR = 20, 60
HOUR = 3600


class TooMany(Exception):
    """Nothing was written: the account wrote too much within the hour. The message says when to try again."""


def take_ticket(customer: User, *, now: dt.datetime) -> None:
    """Counts one ticket that is about to be opened. Raises TooMany."""
    _take(f"tickets:{customer.pk}", TICKETS_AN_HOUR, now)


def take_reply(customer: User, *, now: dt.datetime) -> None:
    """Counts one reply that is about to be sent. Raises TooMany."""
    _take(f"replies:{customer.pk}", REPLIES_AN_HOUR, now)


def _take(subject: str, most: int, now: dt.datetime) -> None:
    if wait := call_rate.take(subject=subject, most=most, seconds=HOUR, now=now):
        minutes = -(-wait // 60)
        sentence = ngettext(
            "You have written very often within the hour. Please try again in %(minutes)s minute.",
            "You have written very often within the hour. Please try again in %(minutes)s minutes.",
            minutes,
        )
        raise TooMany(sentence % {"minutes": minutes})
