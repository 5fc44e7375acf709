"""Files go some time after their ticket is solved, and files that no row names go too. A chore of the worker."""

import datetime as dt
from collections.abc import Callable

from django.core.files.storage import default_storage
from django.db.models import Q

from orders import timetable
from support import uploads
from support.models import Attachment

NAME = "tidy"
EVERY = dt.timedelta(minutes=15)
KEEP_AFTER_SOLVED = dt.timedelta(days=90)
# A file is written before its row; what is younger may still get one.
ORPHAN_AFTER = dt.timedelta(days=1)
AT_ONCE = 200


def tidy_due(clock: Callable[[], dt.datetime]) -> int:
    """Removes what is due, at most AT_ONCE files a run; how many. A file that the disk does not give up is tried again."""
    now = clock()
    if not timetable.take(name=NAME, every=EVERY, now=now):
        return 0
    removed = expire(now) + sweep(now)
    timetable.note(name=NAME, now=now, took_ms=0, outcome=f"{removed} files removed")
    return removed


def expire(now: dt.datetime) -> int:
    """Files of tickets that are solved for KEEP_AFTER_SOLVED; in a merged one those of the ticket where it goes on count."""
    long_ago = now - KEEP_AFTER_SOLVED
    due = Attachment.objects.filter(
        Q(message__ticket__merged_into=None) | Q(message__ticket__merged_into__closed_at__lt=long_ago),
        message__ticket__closed_at__lt=long_ago,
        removed_at=None,
    ).order_by("id")[:AT_ONCE]
    for file in due:
        # The bytes first: a row that says "removed" must be true.
        uploads.remove(file.key, file.kind)
        Attachment.objects.filter(pk=file.pk).update(removed_at=now)
    return len(due)


def sweep(now: dt.datetime) -> int:
    """Files on the disk that no row names: a process died between writing them and their transaction."""
    removed = 0
    for folder in _listed(uploads.FOLDER)[0]:
        paths = [f"{uploads.FOLDER}/{folder}/{name}" for name in _listed(f"{uploads.FOLDER}/{folder}")[1]]
        keys = {path: path.rpartition("/")[2].partition(".")[0] for path in paths}
        named = set(
            Attachment.objects.filter(key__in=set(keys.values()), removed_at=None).values_list("key", flat=True)
        )
        for path, key in keys.items():
            if key not in named and default_storage.get_modified_time(path) < now - ORPHAN_AFTER and removed < AT_ONCE:
                default_storage.delete(path)
                removed += 1
    return removed


def _listed(path: str) -> tuple[list[str], list[str]]:
    try:
        return default_storage.listdir(path)
    except FileNotFoundError:  # a disk says so; a bucket has no folders and lists nothing
        return [], []
