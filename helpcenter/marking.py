"""Finds and marks searched words in a text as a reader sees it. Pure."""

import re
from functools import lru_cache

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from helpcenter.search_index import WORD, folded

SNIPPET_AROUND = 80
SHORTEST_BEGINNING = 3
SHORTEST_STEM = 3
# The longest that fits is cut off; enough to see that two words are one in different clothes.
SUFFIXES = ("ations", "ation", "ments", "ment", "ings", "ing", "edly", "ed", "ers", "er", "es", "s", "ly", "e")


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """`refunds`, `refunded` and `refunding` are `refund`; the word is folded already."""
    if word.endswith("ies") and len(word) > SHORTEST_STEM + 2:
        return word[:-3] + "y"
    for suffix in SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= SHORTEST_STEM and not word.endswith("ss"):
            word = word[: -len(suffix)]
            break
    if len(word) > SHORTEST_STEM and word[-1] == word[-2] and word[-1] not in "aeiou":
        word = word[:-1]
    return word


class Matcher:
    """Whether a word of a text is one of those that were searched for: the same stem, or a beginning."""

    def __init__(self, words: list[str]):
        self.stems = {stem(word) for word in words}
        self.beginnings = tuple(word for word in words if len(word) >= SHORTEST_BEGINNING)

    def __call__(self, word: str) -> bool:
        word = word.lower() if word.isascii() else folded(word)
        return word.startswith(self.beginnings) or stem(word) in self.stems

    def first(self, text: str) -> re.Match | None:
        return next((found for found in WORD.finditer(text) if self(found[0])), None)


def marked(text: str, matcher: Matcher) -> SafeString:
    """The text, safe to show, with every searched word in `<mark>`."""
    parts, seen = [], 0
    for found in WORD.finditer(text):
        if matcher(found[0]):
            parts += [escape(text[seen : found.start()]), f"<mark>{escape(found[0])}</mark>"]
            seen = found.end()
    parts.append(escape(text[seen:]))
    return mark_safe("".join(parts))  # noqa: S308


def snippet(text: str, matcher: Matcher) -> SafeString:
    """The surroundings of the first searched word, with every one marked; whole words at both ends."""
    first = matcher.first(text)
    at = first.start() if first else 0
    start = max(0, at - SNIPPET_AROUND)
    end = min(len(text), at + 2 * SNIPPET_AROUND)
    if start > 0:
        start = min(at, text.find(" ", start) + 1 or at)
    if end < len(text):
        end = max(at + 1, text.rfind(" ", at, end)) if " " in text[at:end] else end
    part = marked(" ".join(text[start:end].split()), matcher)
    return mark_safe(("… " if start > 0 else "") + part + (" …" if end < len(text) else ""))  # noqa: S308
