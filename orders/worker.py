"""The loop over chores. Any number of processes may run it side by side; each chore is a plain function on due rows."""

import datetime as dt
import logging
import threading
from collections.abc import Callable

from django.db import close_old_connections
from django.utils import timezone

from orders import sync

log = logging.getLogger(__name__)

Clock = Callable[[], dt.datetime]

# What is due is looked for this often when there was nothing to do, in seconds.
IDLE_SECONDS = 1.0
# A chore that fails (the database restarts, say) is not tried again at once.
AFTER_A_FAULT_SECONDS = 5.0

CHORES: dict[str, Callable[[Clock], int]] = {
    "expire": sync.expire_claims,
    "submit": sync.submit_due,
    "poll": sync.poll_due,
}


def run_once(*, chores: tuple[str, ...] = tuple(CHORES), clock: Clock = timezone.now) -> int:
    """Runs each named chore once; how many rows they handled."""
    return sum(CHORES[name](clock) for name in chores)


def run_due(*, chores: tuple[str, ...] = tuple(CHORES), clock: Clock = timezone.now) -> int:
    """Runs the chores until nothing is due any more; how many rows they handled."""
    handled = 0
    while (now_handled := run_once(chores=chores, clock=clock)) > 0:
        handled += now_handled
    return handled


def run_for_ever(stop: threading.Event, *, chores: tuple[str, ...] = tuple(CHORES)) -> None:
    """Runs until `stop` is set. A fault in a chore is logged and never ends the loop: the rows are still due."""
    while not stop.is_set():
        try:
            handled = run_once(chores=chores)
            pause = 0.0 if handled else IDLE_SECONDS
        except Exception:
            log.exception("A chore failed; the loop goes on")
            pause = AFTER_A_FAULT_SECONDS
        close_old_connections()
        stop.wait(pause)
