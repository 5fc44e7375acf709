"""Several programs that live and die together."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

GRACE_SECONDS = 10.0
LOOK_SECONDS = 0.1
# A server that is slow to answer does not hold up the others for longer.
AFTERWARDS_SECONDS = 10.0
PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Part:
    """One program of several: the name that a person knows it by, and its command."""

    name: str
    command: Sequence[str | Path]


def die_with_parent(number: signal.Signals) -> Callable[[], None]:
    """What a child calls before its program starts, so that it gets `number` even when its parent was killed outright.

    Linux alone knows this; elsewhere it does nothing.
    """
    try:
        prctl = ctypes.CDLL(None).prctl
    except (OSError, AttributeError, TypeError):
        return lambda: None
    parent = os.getpid()

    def arrange() -> None:
        prctl(PR_SET_PDEATHSIG, int(number))
        if os.getppid() != parent:
            os._exit(1)  # it died before the line above

    return arrange


class Stopper:
    """Turns Ctrl-C, SIGTERM and a closed terminal into a count that a loop can look at."""

    def __init__(self) -> None:
        self.asked = 0

    def listen(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self.ask)

    def ask(self, number: int, frame: FrameType | None) -> None:
        self.asked += 1


def run_together(
    parts: Sequence[Part],
    *,
    afterwards: Sequence[Part] = (),
    environment: dict[str, str],
    is_ready: Callable[[], bool],
    when_ready: Callable[[], None],
    grace: float = GRACE_SECONDS,
) -> int:
    """Starts all parts, calls `when_ready` once `is_ready` says so, and returns when all of them have ended.

    What comes `afterwards` starts then, or after AFTERWARDS_SECONDS: until then the processors belong to what people wait for.
    0 after Ctrl-C or SIGTERM. 1 when a part ended by itself: the others are stopped and its name is printed.
    Every part is a process group of its own: asked to end by SIGTERM, killed after `grace` seconds or a second Ctrl-C.
    """
    stopper = Stopper()
    stopper.listen()
    children: dict[str, subprocess.Popen[bytes]] = {}
    ready, waiting, begun = False, list(afterwards), time.monotonic()
    try:
        for part in parts:
            children[part.name] = start(part, environment)
        while not stopper.asked:
            if ended := first_ended(children):
                name, code = ended
                how = f"was killed by signal {-code}" if code < 0 else f"stopped with exit code {code}"
                print(f"The {name} {how}; everything is stopped.", file=sys.stderr, flush=True)
                return 1
            if not ready and is_ready():
                ready = True
                when_ready()
            if waiting and (ready or time.monotonic() - begun > AFTERWARDS_SECONDS):
                children |= {part.name: start(part, environment) for part in waiting}
                waiting = []
            time.sleep(LOOK_SECONDS)
        return 0
    finally:
        stop(list(children.values()), grace=grace, stopper=stopper)


def start(part: Part, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [str(word) for word in part.command],
        env=environment,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=die_with_parent(signal.SIGTERM),
    )


def first_ended(children: dict[str, subprocess.Popen[bytes]]) -> tuple[str, int] | None:
    for name, child in children.items():
        code = child.poll()
        if code is not None:
            return name, code
    return None


def stop(children: Sequence[subprocess.Popen[bytes]], *, grace: float, stopper: Stopper) -> None:
    """Ends the process groups of all children, also what a child that has already ended left behind."""
    asked = stopper.asked
    signal_groups(children, signal.SIGTERM)
    end = time.monotonic() + grace
    while any(child.poll() is None for child in children) and time.monotonic() < end and stopper.asked == asked:
        time.sleep(LOOK_SECONDS / 2)
    signal_groups(children, signal.SIGKILL)
    for child in children:
        child.wait()


def signal_groups(children: Sequence[subprocess.Popen[bytes]], number: signal.Signals) -> None:
    for child in children:
        try:
            os.killpg(child.pid, number)
        except ProcessLookupError:
            continue
