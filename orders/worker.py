"""The loop over chores. Any number of processes may run it side by side; each chore is a plain function on due rows."""

import datetime as dt
import logging
import threading
from collections.abc import Callable

from django.db import close_old_connections
from django.utils import timezone

from orders import (
    bookkeeping,
    catalogue_jobs,
    delivery_times,
    notifications,
    provider_health,
    sync,
    tallies,
    tracing,
    turns,
    wishes,
)

log = logging.getLogger(__name__)

Clock = Callable[[], dt.datetime]

# What is due is looked for this often when there was nothing to do, in seconds.
IDLE_SECONDS = 1.0
# A chore that fails (the database restarts, say) is not tried again at once.
AFTER_A_FAULT_SECONDS = 5.0

CHORES: dict[str, Callable[[Clock], int]] = {
    "beat": bookkeeping.beat,
    "expire": sync.expire_claims,
    "check_providers": provider_health.check_due,
    "turns": turns.release_due,
    "submit": sync.submit_due,
    "ask_again": sync.ask_again_due,
    "numbers": wishes.numbers_due,
    "cancel": wishes.cancel_due,
    "poll": sync.poll_due,
    "refill_leases": wishes.refill_leases_due,
    "refill": wishes.refills_due,
    "refill_poll": wishes.refill_polls_due,
    "notify": notifications.notify_due,
    "summaries": notifications.digests_due,
    "tell": notifications.tell_due,
    "reconcile": bookkeeping.reconcile_due,
    "sweep": bookkeeping.sweep_due,
    "learn": delivery_times.learn_due,
    "tally": tallies.tally_due,
    "import": catalogue_jobs.import_due,
}


def run_once(*, chores: tuple[str, ...] = tuple(CHORES), clock: Clock = timezone.now) -> int:
    """Runs each named chore once; how many rows they handled. A fault in one is raised after all others have run."""
    handled, faults = 0, []
    for name in chores:
        try:
            with tracing.under(tracing.new()):
                handled += CHORES[name](clock)
        except Exception as fault:
            log.exception("The chore %s failed", name)
            faults.append(fault)
    if faults:
        raise faults[0]
    return handled


def run_due(*, chores: tuple[str, ...] = tuple(CHORES), clock: Clock = timezone.now) -> int:
    """Runs the chores until nothing is due any more; how many rows they handled."""
    handled = 0
    while (now_handled := run_once(chores=chores, clock=clock)) > 0:
        handled += now_handled
    return handled


def run_for_ever(stop: threading.Event, *, chores: tuple[str, ...] = tuple(CHORES)) -> None:
    """Runs until `stop` is set. A fault in a chore never ends the loop: what it did not do is still due."""
    while not stop.is_set():
        try:
            handled = run_once(chores=chores)
            pause = 0.0 if handled else IDLE_SECONDS
        except Exception:
            pause = AFTER_A_FAULT_SECONDS
        close_old_connections()
        stop.wait(pause)
