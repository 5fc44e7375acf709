"""Uploads that are kept elsewhere than on this machine's disk (`NEOPANEL_UPLOADS`)."""

from collections.abc import Iterator
from contextlib import contextmanager


class StoreFailed(OSError):
    """The store did not do what it was asked for; it may a moment later (`neopanel/unavailable.py`)."""


@contextmanager
def told_as_a_disk_would() -> Iterator[None]:
    """Whatever the library of a store raises, callers hear OSError: they know what to do when a disk takes no file."""
    try:
        yield
    except OSError:  # a missing file stays a missing file
        raise
    except Exception as fault:
        # The library's own words may hold the address with its signature; its code (`AccessDenied`) does not.
        answer = getattr(fault, "response", None) or {}
        code = answer.get("Error", {}).get("Code", "")
        raise StoreFailed(
            f"the store did not answer as it should ({' '.join([type(fault).__name__, code]).strip()})"
        ) from None


class Remote:
    """Before a storage class of django-storages: its faults become OSError, and what was opened is read already."""

    def _save(self, name, content):
        with told_as_a_disk_would():
            return super()._save(name, content)

    def _open(self, name, mode="rb"):
        with told_as_a_disk_would():
            opened = super()._open(name, mode)
            # The library fetches the bytes when they are first looked at: too late to answer that they are gone.
            opened.seek(0)
            return opened

    def delete(self, name):
        with told_as_a_disk_would():
            return super().delete(name)

    def exists(self, name):
        with told_as_a_disk_would():
            return super().exists(name)

    def listdir(self, path):
        with told_as_a_disk_would():
            return super().listdir(path)

    def get_modified_time(self, name):
        with told_as_a_disk_would():
            return super().get_modified_time(name)
