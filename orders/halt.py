"""The switch that stops orders, returns and adjustments, while reading goes on: set by the ledger's check or by a person.

Payments that customers reported are still booked: that money has come in, and refusing to write it down would lose it.
"""

import datetime as dt

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from orders.models import Halt

# Nearly every page says whether a halt holds, some of them in three places, and it rarely begins.
REMEMBERED = dt.timedelta(seconds=5)

_seen: list[tuple[dt.datetime, Halt | None]] = []


class Halted(Exception):
    """Money is not moved now. The message is for the person who wished it."""


def current() -> Halt | None:
    """The halt that holds now, if any; one query."""
    return Halt.objects.filter(ended_at=None).first()


def shown(now: dt.datetime) -> Halt | None:
    """The halt that pages speak of: each process remembers it for REMEMBERED. Nothing is decided by it: see `current`."""
    # One look: another thread may forget it between two.
    seen = _seen[:1]
    if not seen or abs(now - seen[0][0]) >= REMEMBERED:
        seen = _seen[:] = [(now, current())]
    return seen[0][1]


def forget() -> None:
    """The next page of this process looks again; those of other processes within REMEMBERED."""
    _seen.clear()


def refuse_while_halted() -> None:
    """Raises Halted while a halt holds. Doors that move money call it inside their transaction."""
    if current() is not None:
        raise Halted(
            _("Orders and returns are stopped for a check of the books. Nothing is lost; please try again later.")
        )


def begin(*, reason: str, now: dt.datetime, by: User | None = None) -> Halt:
    """Stops orders, returns and adjustments. While a halt holds already, that one stays and is given."""
    try:
        with transaction.atomic():
            begun = Halt.objects.create(reason=reason[:500], begun_at=now, begun_by=by)
    except IntegrityError:
        holding = current()
        if holding is None:
            raise
        begun = holding
    forget()
    return begun


def lift(*, by: User, now: dt.datetime) -> bool:
    """Lets money move again. False where nothing was halted."""
    lifted = Halt.objects.filter(ended_at=None).update(ended_at=now, ended_by=by)
    forget()
    return lifted == 1
