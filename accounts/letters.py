"""What every mail of the shop is made of, and the one pair of templates that draws it (`emails/letter.txt`, `emails/letter.html`).

A letter is words alone; both templates show the same of them. Whoever writes one says nothing about looks, headers or encoding.
"""

import re
import zoneinfo
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import parseaddr

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation

from accounts import languages, mails
from accounts.models import User


@dataclass(frozen=True)
class Item:
    """One of the things that a letter lists: an order, a ticket."""

    title: str
    words: tuple[str, ...] = ()
    address: str = ""


@dataclass(frozen=True)
class Letter:
    """Paragraphs (`words`), then what stands out: a code, quoted words, items, the way to the page; then small print."""

    subject: str
    words: tuple[str, ...]
    code: str = ""
    quote: str = ""
    items: tuple[Item, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    # The label of the button, and the whole address it leads to.
    way: tuple[str, str] | None = None
    after: tuple[str, ...] = ()
    # Of which optional kind it is (`mails.OPTIONAL`): the letter then says how to switch that off.
    kind: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


def message_of(
    letter: Letter, *, to: str, user: User | None = None, connection: object = None
) -> EmailMultiAlternatives:
    """The letter as it is sent: text and HTML, and the headers by which mail programs know what it is.

    `user` is whose mails the link switches off, for a letter of an optional kind.
    """
    # So that no out-of-office answer comes back.
    headers = {"Auto-Submitted": "auto-generated", **letter.headers}
    off = ""
    if letter.kind and user is not None:
        off = settings.SITE_ADDRESS + reverse("switch_mails_off", args=[mails.token_for(user, letter.kind)])
        headers |= {"List-Unsubscribe": f"<{off}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    # A brand with a line end in it must not write headers.
    subject = " ".join(letter.subject.split())
    context = {"letter": letter, "subject": subject, "brand": settings.BRAND, "site": settings.SITE_ADDRESS, "off": off}
    text = re.sub(r"\n{3,}", "\n\n", render_to_string("emails/letter.txt", context)).strip() + "\n"
    message = EmailMultiAlternatives(subject, text, to=[to], headers=headers, connection=connection)
    message.attach_alternative(render_to_string("emails/letter.html", context), "text/html")
    return message


def page(name: str, *args: object, after: str = "") -> str:
    """The whole address of one of our pages: no request is at hand where mails are written."""
    return settings.SITE_ADDRESS + reverse(name, args=args) + after


def domain() -> str:
    """What ids of our mails end in."""
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"


def zone_of(user: User) -> zoneinfo.ZoneInfo | None:
    """The time zone that somebody chose; None for the shop's own."""
    try:
        return zoneinfo.ZoneInfo(user.time_zone) if user.time_zone else None
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return None


@contextmanager
def read_by(user: User) -> Iterator[None]:
    """Words are in this person's language and times in their zone while it lasts; in the shop's where they chose none."""
    with translation.override(languages.language_of(user) or settings.LANGUAGE_CODE), timezone.override(zone_of(user)):
        yield
