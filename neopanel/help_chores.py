"""What the worker does for the help center: forgetting, once an hour."""

import datetime as dt

from helpcenter import asking
from orders import worker

EVERY = dt.timedelta(hours=1)
_next: list[dt.datetime] = []


def tidy_help(clock: worker.Clock) -> int:
    """Forgets old searches and abandoned desks; 0, since nothing more is due after it."""
    now = clock()
    if _next and now < _next[0]:
        return 0
    _next[:] = [now + EVERY]
    asking.tidy(now)
    return 0


worker.CHORES["tidy_help"] = tidy_help
