"""The switch that stops orders, returns and adjustments, while reading goes on: set by the ledger's check or by a person.

Payments that customers reported are still booked: that money has come in, and refusing to write it down would lose it.
"""

import datetime as dt

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from orders.models import Halt


class Halted(Exception):
    """Money is not moved now. The message is for the person who wished it."""


def current() -> Halt | None:
    """The halt that holds now, if any; one query."""
    return Halt.objects.filter(ended_at=None).first()


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
            return Halt.objects.create(reason=reason[:500], begun_at=now, begun_by=by)
    except IntegrityError:
        holding = current()
        if holding is None:
            raise
        return holding


def lift(*, by: User, now: dt.datetime) -> bool:
    """Lets money move again. False where nothing was halted."""
    return Halt.objects.filter(ended_at=None).update(ended_at=now, ended_by=by) == 1
