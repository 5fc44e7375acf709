"""Takes everything off an account that says whose it is. What others need of it stays, under a number instead of a name."""

import datetime as dt

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType

from accounts import sessions
from accounts.models import AccountMail, User


def forget(*, user: User, now: dt.datetime) -> None:
    """Address, password, second factors, sessions, preferences and keys go; the row stays. In the caller's transaction.

    Nobody can sign in with it any more, and the address is free for a new account.
    """
    email, pseudonym = user.email, f"deleted-{user.pk}@deleted.invalid"
    sessions.end_others(user=user, but=None)
    EmailAddress.objects.filter(user=user).delete()
    Authenticator.objects.filter(user=user).delete()
    AccountMail.objects.filter(to__iexact=email).delete()
    user.api_keys.filter(revoked_at=None).update(revoked_at=now)
    user.api_keys.update(name="", networks="")
    lines = LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(User), object_id=str(user.pk))
    lines.update(object_repr=pseudonym)
    user.email, user.mails_off = pseudonym, []
    user.time_zone = user.language = user.digest = ""
    user.is_active, user.last_login = False, None
    user.low_balance = user.digest_at = user.leaves_at = None
    user.left_at = now
    user.set_unusable_password()
    user.save()
