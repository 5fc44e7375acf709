"""Who of the team changed something, and why, where no row of ours tells it. It is Django's own log: "History" in admin."""

import datetime as dt
import logging

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model

from accounts.models import User

log = logging.getLogger(__name__)


def write(*, actor: User, thing: Model, words: str, now: dt.datetime) -> None:
    """One line in the history of `thing`, in the caller's transaction."""
    LogEntry.objects.create(
        user=actor,
        content_type=ContentType.objects.get_for_model(thing),
        object_id=str(thing.pk),
        object_repr=str(thing)[:200],
        action_flag=CHANGE,
        change_message=words,
        action_time=now,
    )
    log.info("%s changed %s %s: %s", actor, thing._meta.label, thing.pk, words)
