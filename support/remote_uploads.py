"""Uploads that are kept elsewhere than on this machine's disk (`NEOPANEL_UPLOADS`)."""

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def told_as_a_disk_would() -> Iterator[None]:
    """Whatever the library of a store raises, callers hear OSError: they know what to do when a disk takes no file."""
    try:
        yield
    except OSError:  # a missing file stays a missing file
        raise
    except Exception as fault:
        # The library's own words may hold the address with its signature.
        raise OSError(f"the store did not answer as it should ({type(fault).__name__})") from None


class Remote:
    """Before a storage class of django-storages: its faults become OSError."""

    def _save(self, name, content):
        with told_as_a_disk_would():
            return super()._save(name, content)

    def _open(self, name, mode="rb"):
        with told_as_a_disk_would():
            return super()._open(name, mode)

    def delete(self, name):
        with told_as_a_disk_would():
            return super().delete(name)
