"""Markdown -> safe HTML, headings and plain text. Pure: the same text gives the same result, nothing else is touched.

Two walls stand between an author and a reader's browser: the parser knows no HTML at all, and what it writes passes an
allow-list sanitiser. Ids that an author can influence carry a prefix, so that none can pass for one of the page's own.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import nh3
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify
from django.utils.translation import gettext as _
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

# Some fifteen thousand words. Parsing is not linear for every text that somebody can make up.
MOST_CHARACTERS = 100_000
MOST_NESTING = 20
HEADING_PREFIX = "h-"
LOWEST_HEADING, HIGHEST_HEADING = 4, 2  # the page's title is its only h1

LIVE_BLOCK = re.compile(r"\{\{\s*([a-z][a-z0-9-]*)\s*\}\}")
# Tabs, line breaks and other control characters hide a scheme from a reader, never from a browser.
HIDDEN = re.compile(r"[\x00-\x20\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]+")

CALLOUTS = ("note", "tip", "important", "warning", "caution")
INLINE_TAGS = frozenset({"a", "br", "code", "em", "s", "strong"})
BLOCK_TAGS = INLINE_TAGS | {
    *("blockquote", "div", "h2", "h3", "h4", "hr", "li", "ol", "p", "pre", "ul"),
    *("table", "tbody", "td", "th", "thead", "tr"),
}
ATTRIBUTES = {
    "a": {"href", "title"},
    "div": {"data-live"},
    "h2": {"id"},
    "h3": {"id"},
    "h4": {"id"},
    "ol": {"start"},
    "td": {"data-label"},
    "th": {"scope"},
}
# As a class of the panel's own style sheet: an inline style breaks the page's policy.
ALIGNMENT_CLASSES = {"text-align:center": "center", "text-align:right": "end"}
ALIGNED = set(ALIGNMENT_CLASSES.values())
CARD_TITLE = "table__title"
CLASSES = {
    "div": {"callout", *(f"callout--{kind}" for kind in CALLOUTS)},
    "p": {"callout__title"},
    "table": {"table", "table--cards", "table--words"},
    "td": ALIGNED | {CARD_TITLE},
    "th": ALIGNED,
}
SCHEMES = {"http", "https", "mailto"}
LINK_REL = "nofollow ugc noopener"


class TooLong(ValueError):
    """A text with more than MOST_CHARACTERS characters."""


@dataclass(frozen=True)
class Heading:
    level: int
    id: str
    text: str


@dataclass(frozen=True)
class Rendered:
    """`blocks` are the live blocks that the text asks for; `live_blocks.fill` puts them in at the moment of reading."""

    html: SafeString
    headings: tuple[Heading, ...]
    text: str
    blocks: tuple[str, ...]


def render(markdown: str) -> Rendered:
    """An article's body. Headings become h2 to h4 with anchors; `{{ name }}` alone in a paragraph is a live block.

    Raises TooLong.
    """
    tokens = ARTICLE.parse(checked(markdown))
    live = tuple(token.meta["name"] for token in tokens if token.type == "live_block")
    return Rendered(
        html=cleaned(ARTICLE.renderer.render(tokens, ARTICLE.options, {}), BLOCK_TAGS),
        headings=tuple(headings_of(tokens)),
        text="\n".join(plain_lines(tokens)),
        blocks=live,
    )


def render_answer(markdown: str) -> SafeString:
    """A short text inside a page: everything but headings and live blocks. Raises TooLong."""
    return cleaned(ANSWER.render(checked(markdown)), BLOCK_TAGS)


def render_inline(markdown: str) -> SafeString:
    """A sentence or two: emphasis, code, links. Raises TooLong."""
    return cleaned(ANSWER.renderInline(checked(markdown)), INLINE_TAGS)


def checked(markdown: str) -> str:
    if len(markdown) > MOST_CHARACTERS:
        raise TooLong(len(markdown))
    # A lone surrogate is no character, and the sanitiser refuses it.
    return markdown.encode(errors="replace").decode()


def cleaned(html: str, tags: frozenset[str]) -> SafeString:
    return mark_safe(  # noqa: S308  (this is the sanitiser)
        nh3.clean(
            html,
            tags=set(tags),
            attributes=ATTRIBUTES,
            allowed_classes=CLASSES,
            url_schemes=SCHEMES,
            link_rel=LINK_REL,
            # A block of code that scrolls sideways can be reached by keyboard.
            set_tag_attribute_values={"pre": {"tabindex": "0"}},
            clean_content_tags={"script", "style"},
        )
    )


def is_safe_address(address: str) -> bool:
    """What a link may point to: the schemes of SCHEMES, and places within the site."""
    scheme, colon, _rest = HIDDEN.sub("", address).partition(":")
    return not colon or scheme.lower() in SCHEMES or any(mark in scheme for mark in "/?#")


def mark_live_blocks(state: StateCore) -> None:
    """A paragraph that is nothing but `{{ name }}` becomes a place for a live block."""
    kept: list[Token] = []
    tokens = iter(state.tokens)
    for token in tokens:
        kept.append(token)
        if token.type != "inline" or token.level != 1 or kept[-2].type != "paragraph_open":
            continue
        found = LIVE_BLOCK.fullmatch(token.content.strip())
        if not found:
            continue
        next(tokens)  # paragraph_close
        kept[-2:] = [Token("live_block", "div", 0, block=True, meta={"name": found[1]})]
    state.tokens = kept


def set_headings(state: StateCore) -> None:
    """Headings fit below the page's title, and each has an address of its own."""
    used: dict[str, int] = {}
    for place, token in enumerate(state.tokens):
        if token.type not in {"heading_open", "heading_close"}:
            continue
        token.tag = f"h{min(max(int(token.tag[1]), HIGHEST_HEADING), LOWEST_HEADING)}"
        if token.type == "heading_open":
            words = plain_text(state.tokens[place + 1])
            token.attrSet("id", unused(HEADING_PREFIX + (slugify(words, allow_unicode=True) or "part"), used))


def set_tables(state: StateCore) -> None:
    """Each cell knows the name of its column, so that a phone can show a row as a card under its first cell."""
    columns: list[str] = []
    column = 0
    for place, token in enumerate(state.tokens):
        if token.type == "table_open":
            columns = []
            token.attrSet("class", "table table--cards table--words")
        elif token.type == "tr_open":
            column = 0
        elif token.type in {"th_open", "td_open"}:
            alignment = ALIGNMENT_CLASSES.get(str(token.attrs.pop("style", "")))
            if token.type == "td_open" and column == 0:
                token.attrJoin("class", CARD_TITLE)
            if alignment:
                token.attrJoin("class", alignment)
            if token.type == "th_open":
                token.attrSet("scope", "col")
                columns.append(plain_text(state.tokens[place + 1]))
            elif column < len(columns):
                token.attrSet("data-label", columns[column])
            column += 1


def set_callouts(state: StateCore) -> None:
    """`> [!NOTE]` in the classes of the panel's own call-outs, with a title that is translated."""
    for place, token in enumerate(state.tokens):
        if token.type == "alert_open":
            token.attrSet("class", f"callout callout--{token.meta['kind'].lower()}")
        elif token.type == "alert_title_open":
            token.attrSet("class", "callout__title")
            title = state.tokens[place + 1]
            title.children = [Token("text", "", 0, content=callout_title(title.content.lower()))]


def callout_title(kind: str) -> str:
    titles = {
        "note": _("Note"),
        "tip": _("Tip"),
        "important": _("Important"),
        "warning": _("Warning"),
        "caution": _("Caution"),
    }
    return titles[kind]


def unused(name: str, used: dict[str, int]) -> str:
    """`name`, or `name-2`, `name-3` ... if it is taken; remembered in `used`, with the number to go on from."""
    number = used.get(name, 0)
    candidate = name
    while candidate in used:
        number += 1
        candidate = f"{name}-{number}"
    used[name] = max(number, 1)
    used.setdefault(candidate, 1)
    return candidate


def plain_text(inline: Token) -> str:
    """The words of an inline token without their markup."""
    parts = []
    for child in inline.children or ():
        if child.type in {"softbreak", "hardbreak"}:
            parts.append(" ")
        elif child.type in {"text", "code_inline", "image"}:
            parts.append(child.content)
    return "".join(parts).strip()


def headings_of(tokens: list[Token]) -> Iterator[Heading]:
    for place, token in enumerate(tokens):
        if token.type == "heading_open":
            yield Heading(level=int(token.tag[1]), id=str(token.attrs["id"]), text=plain_text(tokens[place + 1]))


def plain_lines(tokens: list[Token]) -> Iterator[str]:
    """What search reads: the words of every paragraph, heading, cell and code block."""
    for token in tokens:
        words = plain_text(token) if token.type == "inline" else token.content.strip()
        if words:
            yield words


def draw_image(renderer, tokens, place, options, env) -> str:
    """Only its words: pictures come with uploads of their own, never from a foreign host."""
    return escape(tokens[place].content)


def draw_live_block(renderer, tokens, place, options, env) -> str:
    return f'<div data-live="{tokens[place].meta["name"]}"></div>\n'


def parser() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": False, "linkify": True, "alerts": True, "maxNesting": MOST_NESTING})
    markdown.enable(["table", "strikethrough", "linkify"])
    markdown.disable(["html_block", "html_inline"])
    markdown.linkify.set({"fuzzy_link": False, "fuzzy_email": False})
    markdown.validateLink = is_safe_address
    markdown.add_render_rule("image", draw_image)
    markdown.core.ruler.push("callouts", set_callouts)
    markdown.core.ruler.push("tables", set_tables)
    return markdown


def article_parser() -> MarkdownIt:
    markdown = parser()
    markdown.core.ruler.push("live_blocks", mark_live_blocks)
    markdown.core.ruler.push("headings", set_headings)
    markdown.add_render_rule("live_block", draw_live_block)
    return markdown


ARTICLE = article_parser()
ANSWER = parser().disable(["heading", "lheading"])
