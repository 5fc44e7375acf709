"""How much money one member of the team moves to or from one customer in a day; above it, a support lead decides."""

import datetime as dt

from django.conf import settings
from django.db.models import Sum
from django.db.models.functions import Abs
from django.utils.translation import gettext as _

from accounts.models import User
from orders.models import LedgerEntry
from orders.money import show

BY_PEOPLE = (LedgerEntry.Kind.REFUND, LedgerEntry.Kind.ADJUST, LedgerEntry.Kind.DEPOSIT)


def is_above(*, actor: User, wallet_id: int, amount: int, now: dt.datetime) -> bool:
    """Whether `amount` (units) more is beyond what this person may move: the limit for one customer in 24 hours, so that many
    small movements are one large one. Never for who may exceed it, and never for nothing."""
    if amount <= 0 or may_exceed(actor):
        return False
    moved = LedgerEntry.objects.filter(
        wallet_id=wallet_id, actor=actor, kind__in=BY_PEOPLE, created_at__gt=now - dt.timedelta(hours=24)
    ).aggregate(total=Sum(Abs("amount")))["total"]
    return bool((moved or 0) + amount > settings.MONEY_LIMIT)


def may_exceed(actor: User) -> bool:
    return actor.has_perm("orders.exceed_limit")


def sentence() -> str:
    limit = show(settings.MONEY_LIMIT, settings.CURRENCY)
    return _("More than %(limit)s a day for one customer is for a support lead to decide.") % {"limit": limit}


def sentence_in_all() -> str:
    limit = show(settings.MONEY_LIMIT, settings.CURRENCY)
    return _("More than %(limit)s in all at once is for a support lead to decide.") % {"limit": limit}
