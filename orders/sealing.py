"""Secrets that the panel must be able to read again (providers' keys), encrypted at rest. A leaf.

The first of NEOPANEL_FIELD_KEYS seals; all of them unseal, so that keys can be changed without downtime.
"""

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class CannotUnseal(ValueError):
    """The secret was sealed with a key that NEOPANEL_FIELD_KEYS does not hold."""


def _fernet() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.FIELD_KEYS])


def seal(text: str) -> str:
    return _fernet().encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """The text that was sealed. Raises CannotUnseal."""
    try:
        return _fernet().decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise CannotUnseal("NEOPANEL_FIELD_KEYS lacks the key that sealed this secret.") from None
