"""One table of the kinds of services that are sold: what each asks for, what its quantity is, how its price is made. A leaf.

Forms, the API and the provider payload all read it. Names and words are those of the trade's API (`docs/api.md`).
"""

import enum
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

LONGEST_LINE = 500
LONGEST_LINES = 200_000
LARGEST_NUMBER = 1_000_000
REORDERING = "\u202a\u202b\u202d\u202e\u2066\u2067\u2068"


class ServiceType(models.TextChoices):
    DEFAULT = "Default", gettext_lazy("Default")
    PACKAGE = "Package", gettext_lazy("Package")
    SEO = "SEO", gettext_lazy("SEO")
    CUSTOM_COMMENTS = "Custom Comments", gettext_lazy("Custom comments")
    CUSTOM_COMMENTS_PACKAGE = "Custom Comments Package", gettext_lazy("Custom comments, package")
    MENTIONS = "Mentions", gettext_lazy("Mentions")
    MENTIONS_WITH_HASHTAGS = "Mentions with Hashtags", gettext_lazy("Mentions with hashtags")
    MENTIONS_CUSTOM_LIST = "Mentions Custom List", gettext_lazy("Mentions, own list")
    MENTIONS_HASHTAG = "Mentions Hashtag", gettext_lazy("Mentions by hashtag")
    MENTIONS_USER_FOLLOWERS = "Mentions User Followers", gettext_lazy("Mentions, followers of a user")
    MENTIONS_MEDIA_LIKERS = "Mentions Media Likers", gettext_lazy("Mentions, likers of a post")
    COMMENT_LIKES = "Comment Likes", gettext_lazy("Comment likes")
    POLL = "Poll", gettext_lazy("Poll")
    INVITES_FROM_GROUPS = "Invites from Groups", gettext_lazy("Invites from groups")
    WEB_TRAFFIC = "Web Traffic", gettext_lazy("Web traffic")


class Kind(enum.Enum):
    LINE = "line"
    LINES = "lines"
    NUMBER = "number"
    CHOICE = "choice"


@dataclass(frozen=True)
class Input:
    """One further input of a type. `choices` are the trade's own codes with our words for them."""

    name: str
    kind: Kind
    label: str | Promise
    hint: str | Promise = ""
    required: bool = True
    choices: tuple[tuple[str, str | Promise], ...] = ()


class Counted(enum.Enum):
    """Where the quantity comes from: asked for, the number of lines of an input, or always one."""

    ASKED = "asked"
    LINES = "lines"
    ONE = "one"


@dataclass(frozen=True)
class TypeRule:
    """How a type is ordered. `counted`: the customer says a quantity. `per_thousand`: else the rate is paid once."""

    quantity: Counted
    per_thousand: bool
    inputs: tuple[Input, ...] = ()
    lines_of: str = ""

    @property
    def counted(self) -> bool:
        return self.quantity == Counted.ASKED


def _lines(name: str, label: Promise, hint: Promise) -> Input:
    return Input(name, Kind.LINES, label, hint)


COMMENTS = _lines("comments", gettext_lazy("Comments"), gettext_lazy("One a line. Their number is the quantity."))
COMMENTS_OF_PACKAGE = _lines("comments", gettext_lazy("Comments"), gettext_lazy("One a line."))
KEYWORDS = _lines("keywords", gettext_lazy("Keywords"), gettext_lazy("One a line."))
USERNAMES = _lines("usernames", gettext_lazy("Usernames"), gettext_lazy("One a line."))
USERNAMES_COUNTED = _lines(
    "usernames", gettext_lazy("Usernames"), gettext_lazy("One a line. Their number is the quantity.")
)
HASHTAGS = _lines("hashtags", gettext_lazy("Hashtags"), gettext_lazy("One a line."))
GROUPS = _lines("groups", gettext_lazy("Groups"), gettext_lazy("One a line."))
HASHTAG = Input("hashtag", Kind.LINE, gettext_lazy("Hashtag"))
USERNAME = Input("username", Kind.LINE, gettext_lazy("Username"))
MEDIA = Input("media", Kind.LINE, gettext_lazy("Link of the post"), gettext_lazy("Whose likers are mentioned."))
ANSWER = Input("answer_number", Kind.NUMBER, gettext_lazy("Number of the answer"), gettext_lazy("1 is the first."))
COUNTRY = Input("country", Kind.LINE, gettext_lazy("Country"), gettext_lazy("Two letters, or WW for all."))
DEVICE = Input(
    "device",
    Kind.CHOICE,
    gettext_lazy("Device"),
    choices=(
        ("1", gettext_lazy("Desktop")),
        ("2", gettext_lazy("Phone, Android")),
        ("3", gettext_lazy("Phone, iOS")),
        ("4", gettext_lazy("Phones, mixed")),
        ("5", gettext_lazy("All, mixed")),
    ),
)
BY_KEYWORD, BY_REFERRER = "1", "2"
TRAFFIC = Input(
    "type_of_traffic",
    Kind.CHOICE,
    gettext_lazy("Where visitors come from"),
    choices=(
        (BY_KEYWORD, gettext_lazy("A search for a keyword")),
        (BY_REFERRER, gettext_lazy("A page that links here")),
        ("3", gettext_lazy("Directly")),
    ),
)
SEARCH_KEYWORD = Input("google_keyword", Kind.LINE, gettext_lazy("Search keyword"), required=False)
REFERRER = Input("referring_url", Kind.LINE, gettext_lazy("Page that links here"), required=False)


def _asked(*inputs: Input) -> TypeRule:
    return TypeRule(Counted.ASKED, per_thousand=True, inputs=inputs)


RULES: Mapping[ServiceType, TypeRule] = {
    ServiceType.DEFAULT: _asked(),
    # A package is one thing at one price: its quantity is 1, whatever anybody sends.
    ServiceType.PACKAGE: TypeRule(Counted.ONE, per_thousand=False),
    ServiceType.SEO: _asked(KEYWORDS),
    # A count is what the lines say, never what the browser says.
    ServiceType.CUSTOM_COMMENTS: TypeRule(Counted.LINES, True, (COMMENTS,), "comments"),
    ServiceType.CUSTOM_COMMENTS_PACKAGE: TypeRule(Counted.ONE, False, (COMMENTS_OF_PACKAGE,)),
    ServiceType.MENTIONS: _asked(USERNAMES),
    ServiceType.MENTIONS_WITH_HASHTAGS: _asked(USERNAMES, HASHTAGS),
    ServiceType.MENTIONS_CUSTOM_LIST: TypeRule(Counted.LINES, True, (USERNAMES_COUNTED,), "usernames"),
    ServiceType.MENTIONS_HASHTAG: _asked(HASHTAG),
    ServiceType.MENTIONS_USER_FOLLOWERS: _asked(USERNAME),
    ServiceType.MENTIONS_MEDIA_LIKERS: _asked(MEDIA),
    ServiceType.COMMENT_LIKES: _asked(USERNAME),
    ServiceType.POLL: _asked(ANSWER),
    ServiceType.INVITES_FROM_GROUPS: _asked(GROUPS),
    ServiceType.WEB_TRAFFIC: _asked(COUNTRY, DEVICE, TRAFFIC, SEARCH_KEYWORD, REFERRER),
}

# Those of which a customer says how many.
COUNTED_TYPES = tuple(type for type, rule in RULES.items() if rule.counted)

# Every name that some type reads: what forms and APIs take over, and nothing else; and what people call it.
LABELS: Mapping[str, Promise] = {found.name: found.label for rule in RULES.values() for found in rule.inputs}
INPUT_NAMES = tuple(LABELS)

# Known, and not sold: the import says why.
NOT_SOLD: Mapping[str, Promise] = {
    "subscriptions": gettext_lazy("Subscriptions are not sold yet"),
}


def rule_for(type_word: str) -> TypeRule:
    """The rule of a type as services carry it. Raises ValueError for a type that is not sold."""
    return RULES[ServiceType(type_word)]


def known_type(word: str) -> ServiceType | None:
    """The type that a provider's word means, in any case and spacing; None where we do not sell it."""
    folded = _folded(word)
    return next((t for t in ServiceType if t.value.casefold() == folded), None)


def why_not_sold(word: str) -> str:
    """Why a type that `known_type` does not know is left out of an import."""
    reason = NOT_SOLD.get(_folded(word))
    return str(reason) if reason else _("The type %(type)s is not sold here") % {"type": repr(word)}


def _folded(word: str) -> str:
    return word.replace("_", " ").strip().casefold()


class BadInput(ValueError):
    """An input of the type is missing or cannot be used. `name`: which; the message is for the person who typed it."""

    def __init__(self, name: str, sentence: str):
        super().__init__(sentence)
        self.name = name


def read_inputs(rule: TypeRule, given: Mapping[str, str]) -> tuple[dict[str, str], list[BadInput]]:
    """The type's inputs as they are kept and sent, and what is wrong with them; names that the type lacks are ignored.

    Lists keep their non-empty lines, one each, in order, commas and all. Pure.
    """
    kept: dict[str, str] = {}
    wrong: list[BadInput] = []
    for wanted in rule.inputs:
        try:
            # A counted list without lines is a quantity of nothing: the limits have the right sentence for that.
            text = _read(wanted, given.get(wanted.name, ""), may_be_empty=wanted.name == rule.lines_of)
        except BadInput as bad:
            wrong.append(bad)
            continue
        if text:
            kept[wanted.name] = text
    missing = {BY_KEYWORD: SEARCH_KEYWORD, BY_REFERRER: REFERRER}.get(kept.get(TRAFFIC.name, ""))
    if missing and missing.name not in kept and not any(bad.name == missing.name for bad in wrong):
        wrong.append(BadInput(missing.name, _("Needed for visitors that come from there.")))
    return kept, wrong


def quantity_of(rule: TypeRule, asked: int | None, inputs: Mapping[str, str]) -> int | None:
    """How many are ordered, whatever else was sent; None where nobody said it."""
    if rule.quantity == Counted.ONE:
        return 1
    if rule.quantity == Counted.LINES:
        return len(inputs.get(rule.lines_of, "").splitlines())
    return asked


def _read(wanted: Input, given: str, *, may_be_empty: bool) -> str:
    if wanted.kind == Kind.LINES:
        return _read_lines(wanted, given, may_be_empty=may_be_empty)
    text = given.strip()
    if not text:
        if wanted.required and not may_be_empty:
            raise BadInput(wanted.name, _("This is needed."))
        return ""
    if len(text) > LONGEST_LINE or _has_odd_characters(text):
        raise BadInput(wanted.name, _("One line of at most 500 plain characters, please."))
    if wanted.kind == Kind.NUMBER and not (
        re.fullmatch(r"[0-9]{1,7}", text, re.ASCII) and 1 <= int(text) <= LARGEST_NUMBER
    ):
        raise BadInput(wanted.name, _("Enter a whole number from 1, with plain digits."))
    if wanted.kind == Kind.CHOICE and text not in dict(wanted.choices):
        raise BadInput(wanted.name, _("Choose one of the list."))
    return text


def _read_lines(wanted: Input, given: str, *, may_be_empty: bool) -> str:
    if len(given) > LONGEST_LINES:
        raise BadInput(wanted.name, _("This is longer than 200,000 characters. Split it into several orders."))
    lines = [line.strip() for line in re.split(r"\r\n|\r|\n", given)]
    lines = [line for line in lines if line]
    if not lines and wanted.required and not may_be_empty:
        raise BadInput(wanted.name, _("Enter at least one line."))
    for number, line in enumerate(lines, start=1):
        if len(line) > LONGEST_LINE or _has_odd_characters(line):
            sentence = _("Line %(number)s is longer than 500 characters or contains invisible ones.")
            raise BadInput(wanted.name, sentence % {"number": number})
    return "\n".join(lines)


def _has_odd_characters(text: str) -> bool:
    # Zero-width joiners hold emoji together and stay; what reorders or hides text does not.
    return any(unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"} or c in REORDERING for c in text)
