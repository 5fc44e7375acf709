"""Keys of customers' programs: issued, found, revoked.

A key is 256 random bits, so a fast hash is right: a slow one protects guessable secrets and would only slow every call.
The pepper (SECRET_KEY) makes a stolen database useless on its own.
"""

import datetime as dt
import hashlib
import hmac
import secrets

from django.conf import settings

from accounts import addresses
from accounts.models import ApiKey, User

# Writing "last used" on every call would make each API read a write.
LAST_USED_GRAIN = dt.timedelta(minutes=1)


def digest_of(key: str) -> str:
    return hmac.new(settings.SECRET_KEY.encode(), key.encode(errors="replace"), hashlib.sha256).hexdigest()


def issue(
    *,
    user: User,
    name: str,
    scope: str = ApiKey.Scope.ORDER,
    networks: str = "",
    daily_cap: int | None = None,
    now: dt.datetime,
) -> tuple[ApiKey, str]:
    """A new key and its text. The text is shown to the person once and cannot be read again.

    `networks`: lines as `addresses.read_networks` gives them; empty for anywhere. `daily_cap`: units that the key's orders of
    one day may cost together; None for no limit.
    """
    text = secrets.token_urlsafe(32)
    key = ApiKey.objects.create(
        user=user,
        name=name,
        prefix=text[:6],
        digest=digest_of(text),
        scope=ApiKey.Scope(scope),
        networks=networks,
        daily_cap=daily_cap,
        created_at=now,
    )
    return key, text


def find(*, text: str, now: dt.datetime, address: str | None = None) -> ApiKey | None:
    """The live key with this text, its user loaded; None for an unknown or revoked key and for a disabled account.

    With `address` (as `addresses.address_of` gives it) also None where the key may not come from there. The look-up is by
    digest, so its time tells nothing about the key.
    """
    if not text:
        return None
    key = (
        ApiKey.objects.select_related("user")
        .filter(digest=digest_of(text), revoked_at=None, user__is_active=True)
        .first()
    )
    if key and address is not None and not addresses.is_inside(address, key.networks):
        return None
    if key and (key.last_used_at is None or now - key.last_used_at >= LAST_USED_GRAIN):
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)
    return key


def revoke(*, user: User, key_id: int, now: dt.datetime) -> bool:
    """Ends one of the user's keys at once. False where the user has no such live key."""
    return ApiKey.objects.filter(pk=key_id, user=user, revoked_at=None).update(revoked_at=now) == 1
