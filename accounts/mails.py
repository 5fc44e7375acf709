"""Which mails somebody wants: those that nobody needs can be switched off, in the preferences or by the link in the mail itself."""

import datetime as dt

from django.core import signing
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User

# What is not here (answers of the team, decided payments, codes, changes of the account) always comes.
OPTIONAL = {
    "order_trouble": _("When an order of mine ends with money back, or fails"),
    "order_settled": _("When an order of mine is completed"),
    "ticket_receipt": _("When a ticket of mine has arrived"),
    "ticket_solved": _("When a ticket of mine is solved"),
    "balance_low": _("When my balance falls below the amount that I chose"),
    "digest": _("A summary of my orders and my balance"),
}
# Chosen by a field of their own.
BY_FIELD = ("balance_low", "digest")
SALT = "mails"
# When summaries come, in their reader's zone; weekly ones on Mondays.
DIGEST_AT = dt.time(8)


def wants(user: User, kind: str) -> bool:
    if kind == "balance_low":
        return user.low_balance is not None
    if kind == "digest":
        return bool(user.digest)
    return kind not in user.mails_off


def next_digest(*, every: str, zone: dt.tzinfo, now: dt.datetime) -> dt.datetime | None:
    """When the next summary is due after `now`; None where none is wanted."""
    if every not in User.Digest.values:
        return None
    local = now.astimezone(zone)
    day = local.date()
    if local.time() >= DIGEST_AT:
        day += dt.timedelta(days=1)
    if every == User.Digest.WEEKLY:
        day += dt.timedelta(days=-day.weekday() % 7)
    return dt.datetime.combine(day, DIGEST_AT, tzinfo=zone).astimezone(dt.UTC)


def token_for(user: User, kind: str) -> str:
    """What stands in the link of a mail; it can do nothing but switch off this kind for this person."""
    return signing.dumps([user.pk, kind], salt=SALT)


def kind_of(token: str) -> tuple[int, str] | None:
    """Whose mails of which kind the token is about; None for anything that we did not sign."""
    try:
        number, kind = signing.loads(token, salt=SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return (number, kind) if kind in OPTIONAL else None


def switch_off(*, user_id: int, kind: str) -> None:
    """No mail of this kind from now on. Repeating it changes nothing."""
    with transaction.atomic():
        user = User.objects.select_for_update(no_key=True).filter(pk=user_id).first()
        if user is None or not wants(user, kind):
            return
        if kind == "balance_low":
            user.low_balance = None
        elif kind == "digest":
            user.digest, user.digest_at = "", None
        else:
            user.mails_off = sorted({*user.mails_off, kind})
        user.save(update_fields=["mails_off", "low_balance", "digest", "digest_at"])
