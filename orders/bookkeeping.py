"""Once an hour the worker looks at the books: every balance is recomputed, and money stops where one is wrong; and it sweeps."""

import datetime as dt
import logging
import time
from collections.abc import Callable

from accounts import call_rate
from orders import halt, timetable, verification

log = logging.getLogger(__name__)

EVERY = dt.timedelta(hours=1)
NAME = "reconcile"
SHOWN = 5


def reconcile_due(clock: Callable[[], dt.datetime]) -> int:
    """Checks the ledger when it is due. A fault begins a halt: reading goes on, orders and returns stop, staff are told."""
    now = clock()
    if not timetable.take(name=NAME, every=EVERY, now=now):
        return 0
    begun = time.monotonic()
    faults = verification.verify()
    took_ms = int((time.monotonic() - begun) * 1000)
    timetable.note(name=NAME, now=now, took_ms=took_ms, outcome=f"{len(faults)} faults")
    if faults:
        listed = "; ".join(f"{fault.where}: {fault.what}" for fault in faults[:SHOWN])
        log.critical("The ledger is not in order, money stands still: %s", listed)
        halt.begin(reason=f"The hourly check found the books wrong. {listed}", now=now)
    return 1


def sweep_due(clock: Callable[[], dt.datetime]) -> int:
    """Removes, when it is due, what counted API calls that are long past."""
    now = clock()
    if not timetable.take(name="sweep", every=EVERY, now=now):
        return 0
    call_rate.forget_ended(now=now)
    return 1
