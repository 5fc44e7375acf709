"""Processes that die at a chosen line: `os._exit` asks nobody and tidies up nothing, like `kill -9` or a power cut."""

import os
import traceback
from collections.abc import Callable
from typing import Any

from django.db import connections
from django.db.models import Model

from orders import rows

DIED = 42
FAILED = 99


def die(*_args: Any, **_named: Any) -> None:
    os._exit(DIED)


def before(owner: Any, name: str) -> Callable[[], None]:
    """Arranges that the process dies instead of calling `owner.name`."""
    return lambda: setattr(owner, name, die)


def after(owner: Any, name: str) -> Callable[[], None]:
    """Arranges that the process dies when `owner.name` has done its work and before anybody learns of it."""
    original = getattr(owner, name)

    def last(*args: Any, **named: Any) -> None:
        original(*args, **named)
        die()

    return lambda: setattr(owner, name, last)


def after_row(model: type[Model]) -> Callable[[], None]:
    """Arranges that the process dies when a row of this model is written by `rows.insert`, before anybody learns of it."""
    original = rows.insert

    def last(row: Model) -> None:
        original(row)
        if isinstance(row, model):
            die()

    return lambda: setattr(rows, "insert", last)


def fork(job: Callable[[], object]) -> int:
    """Runs `job` in a process with a database connection of its own; its number. Nothing comes back from it."""
    connections.close_all()
    child = os.fork()
    if child:
        return child
    try:
        job()
    except BaseException:
        traceback.print_exc()
        os._exit(FAILED)
    os._exit(0)


def ended(child: int) -> int:
    """Waits for the process; its exit code, or the negative number of the signal that killed it."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def dies(job: Callable[[], object], crash: Callable[[], None]) -> None:
    """Runs `job` in a process of its own that dies at `crash`. Fails where it got past it."""

    def arranged() -> None:
        crash()
        job()

    assert ended(fork(arranged)) == DIED
