"""Words of people who cannot sign in: received within bounds, answered by mail or put aside. The only writer of ContactNote.

It is no ticket: nobody knows whose order it is about, and whoever can sign in gets a ticket that brings its own evidence.
"""

import datetime as dt

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from accounts import addresses, call_rate, posting
from accounts.letters import Letter, domain
from accounts.models import User
from orders import trail
from support.models import ContactNote
from support.texts import clean

# From one address or network, and from all together.
MOST_AN_HOUR, MOST_OF_ALL = 5, 200
HOUR = 3600


class TooMany(Exception):
    """Nothing was kept: too many messages within the hour. `minutes` says when to try again."""

    def __init__(self, minutes: int):
        super().__init__(minutes)
        self.minutes = minutes


class Closed(Exception):
    """It is answered or put aside already."""


def receive(*, email: str, text: str, address: str, now: dt.datetime) -> ContactNote:
    """Keeps the words for the team. `address` is where the call came from. Raises TooMany and texts.BadText."""
    text = clean(text)
    for subject, most in ((f"contact:{addresses.counted_as(address)}", MOST_AN_HOUR), ("contact", MOST_OF_ALL)):
        if wait := call_rate.take(subject=subject, most=most, seconds=HOUR, now=now):
            raise TooMany(-(-wait // 60))
    return ContactNote.objects.create(email=email, text=text, created_at=now)


def answer(*, note_id: int, agent: User, text: str, now: dt.datetime) -> None:
    """Sends the answer by mail, once, and closes the matter. Raises Closed and texts.BadText."""
    text = clean(text)
    with transaction.atomic(durable=True):
        note = _locked(note_id)
        note.answer = text
        _close(note, agent=agent, now=now)
        trail.write(actor=agent, thing=note, words=_("Answered by mail."), now=now)
        # Not in the language of whoever answers: nothing is known of the reader's but that they found the shop.
        with translation.override(settings.LANGUAGE_CODE):
            posting.post(_letter(note), to=note.email, now=now)


def put_aside(*, note_id: int, agent: User, now: dt.datetime) -> None:
    """Closes the matter without an answer: it is spam, or it was settled elsewhere. Raises Closed."""
    with transaction.atomic(durable=True):
        note = _locked(note_id)
        _close(note, agent=agent, now=now)
        trail.write(actor=agent, thing=note, words=_("Put aside without an answer."), now=now)


def _locked(note_id: int) -> ContactNote:
    note = ContactNote.objects.select_for_update(no_key=True).get(pk=note_id)
    if note.closed_at is not None:
        raise Closed
    return note


def _close(note: ContactNote, *, agent: User, now: dt.datetime) -> None:
    note.closed_at, note.closed_by = now, agent
    note.save(update_fields=["answer", "closed_at", "closed_by"])


def _letter(note: ContactNote) -> Letter:
    thread = f"<contact-{note.pk}@{domain()}>"
    return Letter(
        subject=_("Our answer to your message to %(brand)s") % {"brand": settings.BRAND},
        words=(*(part for part in note.answer.split("\n\n") if part.strip()), _("You wrote:")),
        quote=Truncator(note.text).chars(1000),
        way=(_("Write to us again"), f"{settings.SITE_ADDRESS}/contact/"),
        after=(_("Please do not answer by mail: nobody reads this address."),),
        headers={"References": thread, "In-Reply-To": thread},
    )
