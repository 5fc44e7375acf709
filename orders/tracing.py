"""Which request, or which round of the worker, is being served: one id in the answer, in the log and in an order's events."""

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

# What comes from outside stands in logs and in the database: no spaces, no signs that a reader of either would act on.
VALID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")

_current: ContextVar[str] = ContextVar("trace", default="")


def current() -> str:
    """The id of what is being served in this thread; "" outside a request and a round of the worker."""
    return _current.get()


def new() -> str:
    return uuid.uuid4().hex


def accepted(text: str) -> str:
    """The id that a caller gave, where it has the shape of one; else a new one."""
    return text if VALID.fullmatch(text) else new()


@contextmanager
def under(trace: str) -> Iterator[None]:
    """Everything that is logged and recorded inside carries this id."""
    token = _current.set(trace)
    try:
        yield
    finally:
        _current.reset(token)
