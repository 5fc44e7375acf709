"""Chores that are due by the clock rather than by a row: one row a chore, whose next time is the lease.

Of many workers one runs it: the one whose UPDATE met the old time.
"""

import datetime as dt
from zoneinfo import ZoneInfo

from django.conf import settings

from orders.models import ChoreRun


def take(*, name: str, every: dt.timedelta, now: dt.datetime) -> bool:
    """Whether this worker is to run the chore now; its next time is `every` from now, whatever comes of this run."""
    row, made = ChoreRun.objects.get_or_create(name=name, defaults={"due_at": now + every})
    if not made and row.due_at > now:  # most of the time; on SQLite an UPDATE would take the write lock to learn it
        return False
    return made or ChoreRun.objects.filter(name=name, due_at__lte=now).update(due_at=now + every) == 1


def last_run(*, name: str) -> dt.datetime | None:
    """When the chore ran last on any worker; None where it never did."""
    return ChoreRun.objects.filter(name=name).values_list("ran_at", flat=True).first()


def note(*, name: str, now: dt.datetime, took_ms: int, outcome: str) -> None:
    """Writes down what came of the run, for the desk and for whoever watches."""
    ChoreRun.objects.filter(name=name).update(ran_at=now, took_ms=took_ms, outcome=outcome[:300])


def shop_zone() -> ZoneInfo:
    """The zone of whoever chose none."""
    return ZoneInfo(settings.TIME_ZONE)
