"""Files go some time after their ticket is solved, and files that no row names go too. A chore of the worker."""

import datetime as dt
import itertools
import logging
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from django.core.files.storage import default_storage
from django.db.models import Q

from orders import timetable
from support import uploads
from support.models import Attachment

log = logging.getLogger(__name__)

Thing = TypeVar("Thing")

NAME = "tidy"
EVERY = dt.timedelta(minutes=15)
KEEP_AFTER_SOLVED = dt.timedelta(days=90)
# A file is written before its row; what is younger may still get one.
ORPHAN_AFTER = dt.timedelta(days=1)
AT_ONCE = 200
# One file that is not given up holds up no other. After so many in a run the store itself is at fault, and each takes its time.
MOST_REFUSALS = 3


def tidy_due(clock: Callable[[], dt.datetime]) -> int:
    """Removes what is due, at most AT_ONCE files of each kind a run; how many. A file that is not given up is tried again."""
    now = clock()
    if not timetable.take(name=NAME, every=EVERY, now=now):
        return 0
    expired, refused = expire(now)
    swept, refused_too = sweep(now) if refused < MOST_REFUSALS else (0, 0)
    removed, kept = expired + swept, refused + refused_too
    words = f"{removed} files removed" + (f", {kept} not given up" if kept else "")
    timetable.note(name=NAME, now=now, took_ms=0, outcome=words)
    return removed


def expire(now: dt.datetime) -> tuple[int, int]:
    """Files of tickets that are solved for KEEP_AFTER_SOLVED; in a merged one those of the ticket where it goes on count.
    How many went, and how many were not given up."""
    long_ago = now - KEEP_AFTER_SOLVED
    due = Attachment.objects.filter(
        Q(message__ticket__merged_into=None) | Q(message__ticket__merged_into__closed_at__lt=long_ago),
        message__ticket__closed_at__lt=long_ago,
        removed_at=None,
    )

    def remove(file: Attachment) -> None:
        # The bytes first: a row that says "removed" must be true.
        uploads.remove(file.key, file.kind)
        Attachment.objects.filter(pk=file.pk).update(removed_at=now)

    # By chance: a few that are never given up would otherwise stand before all others for good.
    return _each(due.order_by("?")[:AT_ONCE], remove)


def sweep(now: dt.datetime) -> tuple[int, int]:
    """Files on the disk that no row names: a process died between writing them and their transaction.
    How many went, and how many were not given up."""
    return _each(itertools.islice(_unnamed(now), AT_ONCE), default_storage.delete)


def _each(things: Iterable[Thing], remove: Callable[[Thing], None]) -> tuple[int, int]:
    removed = refused = 0
    for thing in things:
        try:
            remove(thing)
            removed += 1
        except OSError as error:
            log.error("A file was not removed: %s", error)
            refused += 1
            if refused == MOST_REFUSALS:
                break
    return removed, refused


def _unnamed(now: dt.datetime) -> Iterator[str]:
    for folder in _listed(uploads.FOLDER)[0]:
        paths = [f"{uploads.FOLDER}/{folder}/{name}" for name in _listed(f"{uploads.FOLDER}/{folder}")[1]]
        keys = {path: path.rpartition("/")[2].partition(".")[0] for path in paths}
        named = set(
            Attachment.objects.filter(key__in=set(keys.values()), removed_at=None).values_list("key", flat=True)
        )
        for path, key in keys.items():
            if key not in named and default_storage.get_modified_time(path) < now - ORPHAN_AFTER:
                yield path


def _listed(path: str) -> tuple[list[str], list[str]]:
    try:
        return default_storage.listdir(path)
    except FileNotFoundError:  # a disk says so; a bucket has no folders and lists nothing
        return [], []
