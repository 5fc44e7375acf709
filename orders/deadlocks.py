"""What the database gave up because two transactions waited for each other is done once more. A leaf.

Locks are taken in one order everywhere, so this is for what nobody thought of. Only whole doors are repeated: the transaction is
rolled back, and nothing outside it has happened - no call, no mail, no file.
"""

import functools
import logging
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from django.db import OperationalError, connection

log = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")

# PostgreSQL's words for "you or the other one, and it was you": a deadlock, and a transaction that could not be put in order.
GIVEN_UP = frozenset({"40P01", "40001"})


def is_given_up(error: OperationalError) -> bool:
    """Whether the database ended the transaction in favour of another one. A lock that did not come in time is not that: it may not
    come the next time either, and people wait. SQLite never says it: its writers begin one after the other."""
    return getattr(error.__cause__, "sqlstate", None) in GIVEN_UP


def once_more(door: Callable[P, R]) -> Callable[P, R]:
    """The door, done a second time where the database gave it up the first time; a second time it fails.

    For functions that are one transaction of their own. Inside somebody else's transaction nothing is repeated: that one is over.
    """

    @functools.wraps(door)
    def finished(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return door(*args, **kwargs)
        except OperationalError as error:
            if connection.in_atomic_block or not is_given_up(error):
                raise
            log.warning("%s was given up by the database in favour of another and is done again", door.__qualname__)
        return door(*args, **kwargs)

    return finished
