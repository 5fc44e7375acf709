"""Finds English of ours on a page that is in another language: texts that are, as a whole, a message the catalogue translates."""

import re
from collections.abc import Iterator
from gettext import GNUTranslations
from html.parser import HTMLParser

from neopanel.env import ROOT

READ_ALOUD = {"aria-label", "alt", "title", "placeholder", "value", "data-label", "data-working"}
# What programs read, and what says of itself that it is in another language.
PASSED_OVER = {"code", "pre", "script", "style", "svg"}
VOID = {"area", "br", "col", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
PLACE = re.compile(r"%\([a-z_]+\)[sd]|\{[a-z_]+\}")


def catalogue(language: str) -> dict[str, str]:
    """The messages of our catalogue that differ from their translation."""
    with open(ROOT / "locale" / language / "LC_MESSAGES" / "django.mo", "rb") as file:
        kept = GNUTranslations(file)._catalog
    pairs = {(key if isinstance(key, str) else key[0]): words for key, words in kept.items()}
    return {english: words for english, words in pairs.items() if english and english != words}


def pattern_of(english: str) -> re.Pattern[str]:
    parts = [re.escape(part) for part in PLACE.split(re.sub(r"<[^>]+>", "", english).replace("%%", "%"))]
    return re.compile(".+".join(parts))


class Texts(HTMLParser):
    """Every text of a page that somebody reads or hears, in the order of the page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.open: list[tuple[str, bool]] = []

    @property
    def is_passed_over(self) -> bool:
        return any(hidden for _tag, hidden in self.open)

    def handle_starttag(self, tag, attrs):
        has = dict(attrs)
        hidden = tag in PASSED_OVER or (has.get("lang") == "en")
        if not (hidden or self.is_passed_over):
            # What a field holds was typed by somebody; what a button is called was not.
            spoken = READ_ALOUD - ({"value"} if has.get("type") not in {"submit", "button"} else set())
            self.found += [value for name, value in attrs if name in spoken and value]
        if tag not in VOID:
            self.open.append((tag, hidden))

    def handle_endtag(self, tag):
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data):
        if not self.is_passed_over:
            self.found.append(data)


def english_on(html: str, language: str = "es") -> Iterator[str]:
    """The English texts of ours that stand on the page."""
    messages = catalogue(language)
    whole = {english for english in messages if not PLACE.search(english)}
    shaped = [pattern_of(english) for english in messages if len(re.findall(r"[A-Za-z]", PLACE.sub("", english))) > 3]
    texts = Texts()
    texts.feed(html)
    spanish = set(messages.values())
    for text in dict.fromkeys(" ".join(found.split()) for found in texts.found):
        if text and text not in spanish and (text in whole or any(one.fullmatch(text) for one in shaped)):
            yield text
