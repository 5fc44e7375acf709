"""Workers that are killed all the time and started again at once: `python -m tests.chaos.crew WORKERS SECONDS SEED [MUTATION]`.

Each is `manage.py worker` in a forked process, because starting a new Python takes longer than its life would last. SIGUSR1 ends
the killing, SIGTERM ends the crew, which then tells how many were killed.
"""

import contextlib
import json
import logging
import os
import random
import signal
import sys
import time
from types import FrameType

import django
from django.core.management import call_command
from django.db import connections

django.setup()

from neopanel.checks import refuse_to_start_unsafely  # noqa: E402 (models need the line above)
from neopanel.management.commands import worker  # noqa: E402
from tests.chaos.haste import make_haste  # noqa: E402
from tests.orders import mutations  # noqa: E402

# Now and then one is put to sleep instead, and wakes up after its lease has ended.
SLEEPS, SLEEP_SECONDS = 0.05, 10.0
LOOK_SECONDS = 0.02


class Crew:
    def __init__(self, workers: int, every: float, seed: int) -> None:
        self.workers, self.every, self.random = workers, every, random.Random(seed)  # noqa: S311 (no secret)
        self.children: set[int] = set()
        self.asleep: dict[int, float] = {}
        self.killed = self.slept = self.ended = self.hired = 0
        self.killing = self.running = True

    def calm(self, _number: int, _frame: FrameType | None) -> None:
        self.killing = False

    def stop(self, _number: int, _frame: FrameType | None) -> None:
        self.running = False

    def run(self) -> None:
        signal.signal(signal.SIGUSR1, self.calm)
        signal.signal(signal.SIGTERM, self.stop)
        strike = time.monotonic()
        while self.running:
            self.reap()
            while len(self.children) < self.workers:
                self.hire()
            for child, until in list(self.asleep.items()):
                if time.monotonic() > until or not self.killing:
                    self.signal(child, signal.SIGCONT)
                    del self.asleep[child]
            if self.killing and time.monotonic() > strike:
                strike = time.monotonic() + self.random.uniform(0.5, 1.5) * self.every
                self.strike()
            time.sleep(LOOK_SECONDS)
        self.dismiss()

    def hire(self) -> None:
        self.hired += 1
        child = os.fork()
        if child:
            self.children.add(child)
            return
        signal.signal(signal.SIGUSR1, signal.SIG_IGN)
        code = 1
        try:
            # Every other one only asks for statuses: sending comes first, and few live beyond it.
            call_command("worker", *["--chore", "poll"] * (self.hired % 2))
            code = 0
        except BaseException as fault:
            logging.getLogger("chaos").info("a worker ended: %r", fault)
            time.sleep(0.2)  # the database is down: a supervisor would wait a moment too
        os._exit(code)

    def strike(self) -> None:
        child = self.random.choice(sorted(self.children))
        if child in self.asleep:
            return
        if self.random.random() < SLEEPS and len(self.asleep) < self.workers // 2:
            self.signal(child, signal.SIGSTOP)
            self.asleep[child] = time.monotonic() + SLEEP_SECONDS
            self.slept += 1
        else:
            self.signal(child, signal.SIGKILL)
            self.killed += 1

    def signal(self, child: int, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, number)

    def reap(self) -> None:
        while self.children:
            child, status = os.waitpid(-1, os.WNOHANG)
            if not child:
                return
            self.children.discard(child)
            self.asleep.pop(child, None)
            self.ended += os.WIFEXITED(status)

    def dismiss(self) -> None:
        for child in self.children:
            self.signal(child, signal.SIGCONT)
            self.signal(child, signal.SIGTERM)
        until = time.monotonic() + 10
        while self.children and time.monotonic() < until:
            self.reap()
            time.sleep(LOOK_SECONDS)
        for child in self.children:
            self.signal(child, signal.SIGKILL)
        sys.stdout.write(json.dumps({"killed": self.killed, "slept": self.slept, "ended": self.ended}) + "\n")


def check_once() -> None:
    """The checks at the start take longer than a worker lives here: they are made once, for all of them."""
    refuse_to_start_unsafely()
    connections.close_all()
    worker.refuse_to_start_unsafely = lambda: None


if __name__ == "__main__":
    make_haste()
    check_once()
    if len(sys.argv) > 4:
        getattr(mutations, sys.argv[4])(setattr)
    Crew(int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])).run()
