"""The worker's own chores: a sign of life, the hourly check of the books (money stops where one is wrong), and sweeping."""

import datetime as dt
import logging
import os
import socket
import time
from collections.abc import Callable

from accounts import call_rate
from orders import halt, notifications, timetable, verification

log = logging.getLogger(__name__)

EVERY = dt.timedelta(hours=1)
NAME = "reconcile"
# Whoever watches may call the workers silent after a few of these (`neopanel/health.py`).
BEAT, BEAT_EVERY = "beat", dt.timedelta(seconds=15)
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


def beat(clock: Callable[[], dt.datetime]) -> int:
    """Notes that a worker is at work, and where. One row for all of them: what matters is whether there is one."""
    now = clock()
    if timetable.take(name=BEAT, every=BEAT_EVERY, now=now):
        timetable.note(name=BEAT, now=now, took_ms=0, outcome=f"{socket.gethostname()}, process {os.getpid()}")
    return 0  # nothing was due that anybody waits for


def sweep_due(clock: Callable[[], dt.datetime]) -> int:
    """Removes, when it is due, what counted API calls, and notices that were told, long ago."""
    now = clock()
    if not timetable.take(name="sweep", every=EVERY, now=now):
        return 0
    call_rate.forget_ended(now=now)
    notifications.forget_told(now=now)
    return 1
