"""Somebody leaves: they ask, seven days pass in which they can stay, then everything that says who they were is gone.

Money is never rewritten: ledger entries, orders and payments stay under the account's number (`docs/operations.md`).
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.db import connection, transaction
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from accounts import forgetting, letters, posting
from accounts.letters import Letter, page
from accounts.models import User
from orders import forgetting as money_forgetting
from orders import ledger, queries, trail
from orders.models import Deposit
from orders.money import Units
from orders.statuses import ACTIVE
from support import forgetting as support_forgetting
from support import uploads
from support.models import Ticket

WAIT = dt.timedelta(days=7)
# Where something stands in the way on the day, it is looked at again after this.
LATER = dt.timedelta(days=1)
AT_ONCE = 5


class CannotLeave(Exception):
    """Nothing was changed; the message says why."""


@dataclass(frozen=True)
class Standing:
    """What stands in the way of leaving, as sentences; and the balance in units, which nobody pays out by itself."""

    obstacles: tuple[str, ...]
    balance: Units


def standing_of(user: User) -> Standing:
    found = []
    if user.is_staff:
        found.append(_("Accounts of the team are ended by an administrator."))
    orders = queries.orders_of(user)
    if any(orders.filter(status=status).exists() for status in ACTIVE) or orders.filter(review=True).exists():
        found.append(_("You have open orders. Wait until they are settled: their money may still come back."))
    if queries.deposits_of(user).filter(state=Deposit.State.REPORTED).exists():
        found.append(_("A payment that you reported is not decided yet."))
    return Standing(tuple(found), ledger.balance_of(user))


def ask(*, user: User, gives_up_balance: bool, now: dt.datetime) -> dt.datetime:
    """The account is to be deleted; gives the moment from which. Told by mail. Repeating it changes nothing. Raises CannotLeave."""
    with transaction.atomic():
        user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
        if user.leaves_at is not None:
            return user.leaves_at
        standing = standing_of(user)
        if standing.obstacles:
            raise CannotLeave(standing.obstacles[0])
        if standing.balance > 0 and not gives_up_balance:
            raise CannotLeave(_("Say what is to become of your balance first."))
        user.leaves_at = now + WAIT
        user.save(update_fields=["leaves_at"])
        trail.write(actor=user, thing=user, words="Asked for the account to be deleted.", now=now)
        with letters.read_by(user):
            posting.post(_asked_letter(user.leaves_at), to=user.email, now=now)
    return user.leaves_at


def stay(*, user: User, now: dt.datetime) -> bool:
    """Takes the wish to leave back. False where there was none (any more)."""
    with transaction.atomic():
        stays = User.objects.filter(pk=user.pk, leaves_at__isnull=False).update(leaves_at=None) == 1
        if stays:
            trail.write(actor=user, thing=user, words="Stays: the account is not deleted.", now=now)
    return stays


def leave_due(clock: Callable[[], dt.datetime]) -> int:
    """Deletes the accounts that are due; how many were looked at. A chore of the worker."""
    now = clock()
    due = User.objects.filter(leaves_at__lte=now).order_by("leaves_at")
    numbers = list(due.values_list("pk", flat=True)[:AT_ONCE])
    for number in numbers:
        leave(user_id=number, now=now)
    return len(numbers)


def leave(*, user_id: int, now: dt.datetime) -> bool:
    """Deletes one account that is due, all of it or nothing; later, where something stands in the way. Whether it is deleted."""
    with transaction.atomic(durable=True):
        rows = User.objects.filter(pk=user_id, leaves_at__lte=now)
        if connection.features.has_select_for_update_skip_locked:
            rows = rows.select_for_update(skip_locked=True, no_key=True)
        user = rows.first()
        if user is None:
            return False
        if standing_of(user).obstacles:
            User.objects.filter(pk=user.pk).update(leaves_at=now + LATER)
            return False
        for ticket in Ticket.objects.select_for_update(no_key=True).filter(customer=user, closed_at=None):
            ticket.solve()
            ticket.closed_at, ticket.due_at, ticket.changed_at = now, None, now
            ticket.save(update_fields=["state", "closed_at", "due_at", "changed_at"])
        with letters.read_by(user):
            last_word = letters.message_of(_gone_letter(), to=user.email)
        files = support_forgetting.forget(user=user, now=now)
        money_forgetting.forget(user=user)
        forgetting.forget(user=user, now=now)
        trail.write(actor=user, thing=user, words="The account is deleted, as its owner asked.", now=now)
        posting.keep(last_word, now=now)
    uploads.give_up(files)
    return True


def _asked_letter(when: dt.datetime) -> Letter:
    words = {"brand": settings.BRAND, "when": date_format(localtime(when), _("j M Y, H:i"))}
    return Letter(
        subject=_("Your account at %(brand)s will be deleted") % words,
        words=(
            _("You asked for your account at %(brand)s to be deleted. That happens on %(when)s.") % words,
            _(
                "Until then you can change your mind on the page below. Afterwards nobody can bring it back, our team included."
            ),
        ),
        way=(_("Keep my account"), page("leave")),
        after=(_("Was it not you? Keep the account, change your password, and end all other sessions."),),
    )


def _gone_letter() -> Letter:
    words = {"brand": settings.BRAND}
    return Letter(
        subject=_("Your account at %(brand)s is deleted") % words,
        words=(
            _("Your account at %(brand)s is deleted, as you asked. This is the last mail from us.") % words,
            _("Orders and movements of money stay in our books under a number, without your name or address."),
        ),
    )
