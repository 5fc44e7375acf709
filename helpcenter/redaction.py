"""Takes out of a text what says who wrote it or about whom. Pure."""

import re

from django.utils.translation import gettext as _

EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
ADDRESS = re.compile(
    r"\b(?:https?://|www\.)\S+|\b[\w-]+(?:\.[\w-]+)*\.(?:com|net|org|io|me|tv|gg|co|be)(?:/\S*)?", re.I
)
ACCOUNT = re.compile(r"(?<![\w/])@[\w.]{2,}")
PLACE_ON_NET = re.compile(r"\b(?:\d{1,3}\.){3}\d{1,3}\b")
# Order numbers, phone and card numbers: anything that could be looked up.
LONG_NUMBER = re.compile(r"#\d+|\+?\b\d(?:[ -]?\d){4,}\b")


def without_identities(text: str, *secrets: str) -> str:
    """The text without addresses, accounts and numbers, and without `secrets` (names, links) wherever they occur."""
    for secret in sorted({one.strip() for one in secrets if len(one.strip()) >= 3}, key=len, reverse=True):
        text = re.sub(re.escape(secret), "…", text, flags=re.IGNORECASE)
    for pattern, instead in (
        (EMAIL, _("[email]")),
        (ADDRESS, _("[link]")),
        (ACCOUNT, _("[account]")),
        (PLACE_ON_NET, _("[number]")),
        (LONG_NUMBER, _("[number]")),
    ):
        text = pattern.sub(instead, text)
    return text
