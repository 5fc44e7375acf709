"""Is the panel well? For load balancers and whoever watches; each question is one row or one look at the catalog."""

import datetime as dt
from dataclasses import dataclass

from orders import halt, timetable, triggers
from orders.bookkeeping import BEAT, BEAT_EVERY

SILENT_AFTER = BEAT_EVERY * 8


@dataclass(frozen=True)
class Health:
    """`guarded`: the ledger's triggers are there; without them nothing may be served. The other two are for people:
    while money is halted, or no worker is at work, pages are served all the same.
    """

    guarded: bool
    halted: bool
    worker: str  # ok, silent, never seen


def look(*, now: dt.datetime) -> Health:
    """Three queries, none of which grows with the shop."""
    return Health(
        guarded=not triggers.missing(),
        halted=halt.current() is not None,
        worker=word_for(timetable.last_run(name=BEAT), now),
    )


def word_for(last: dt.datetime | None, now: dt.datetime) -> str:
    if last is None:
        return "never seen"
    return "ok" if now - last < SILENT_AFTER else "silent"
