"""What a message may be. Pure: pages, admin and doors hold to the same rule."""

import re
import unicodedata

from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils.translation import gettext as _

LONGEST = 5000

# Separators, control and format characters (zero-width space, joiners, direction marks): nobody can read a text of these alone.
INVISIBLE = frozenset({"Zs", "Zl", "Zp", "Cc", "Cf"})
# Letters by their category, and yet blank: fillers of Hangul and the empty Braille cell.
BLANK_LETTERS = frozenset("\u115f\u1160\u3164\uffa0\u2800")

# "password: hunter2", "my pw is hunter2", "pass = x1": the word, a sign or "is", and something that could be one.
PASSWORD = re.compile(
    r"\b(?:pass ?word|passwd|pass ?code|pass|pwd|pw|pin|contraseña|mot de passe)\b\s*(?:is\b|[:=>-])+\s*[\"'“]?"
    r"(?=\S*[\d_#!$%&*+@])\S{4,}",
    re.IGNORECASE,
)


class BadText(ValueError):
    """The text cannot be a message; the exception's text says why, for the person who typed it."""


class NoWords(BadText):
    """There is nothing to read. Who asked for the text may have a better sentence for it."""


def clean(text: str) -> str:
    """The text as it is kept: line ends as one character, without blank edges. Raises BadText."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise BadText(_("The message has a character that cannot be kept. Type it again instead of pasting it."))
    if not any(_is_visible(character) for character in text):
        raise NoWords(_("Write a few words about what happened."))
    if len(text) > LONGEST:
        words = {"length": intcomma(len(text)), "longest": intcomma(LONGEST)}
        raise BadText(_("The message has %(length)s characters; %(longest)s is the most. Shorten it.") % words)
    return text


def _is_visible(character: str) -> bool:
    return unicodedata.category(character) not in INVISIBLE and character not in BLANK_LETTERS


def looks_like_a_password(text: str) -> bool:
    """Whether the text seems to give a password away. A guess: the person who wrote it has the last word."""
    return PASSWORD.search(text) is not None
