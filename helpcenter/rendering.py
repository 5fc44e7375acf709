"""Markdown -> safe HTML, headings and plain text. Pure: the same text gives the same result, nothing else is touched.

Two walls stand between an author and a reader's browser: the parser knows no HTML at all, and what it writes passes an
allow-list sanitiser. Ids that an author can influence carry a prefix, so that none can pass for one of the page's own.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import nh3
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from markdown_it.token import Token

from helpcenter import footnotes
from helpcenter.markup import (
    ALIGNED,
    ARTICLE_SCHEME,
    CARD_TITLE,
    IMAGE_ADDRESS,
    NOTHING,
    SCHEMES,
    Sources,
    answer_parser,
    article_parser,
    checked,
    plain_lines,
    plain_text,
)

# Goes up with every change of what the same text is shown as: what is kept in an older way is then rendered anew.
RENDERER = 2

RAW_HTML = re.compile(r"</?[a-zA-Z][^<>]{0,200}>|<!--")
MOST_NOTICES = 8
CALLOUTS = ("note", "tip", "important", "warning", "caution")
INLINE_TAGS = frozenset({"a", "br", "code", "em", "s", "strong"})
BLOCK_TAGS = INLINE_TAGS | {
    *("blockquote", "div", "h2", "h3", "h4", "hr", "li", "ol", "p", "pre", "ul"),
    *("img", "section", "sup", "table", "tbody", "td", "th", "thead", "tr"),
}
ATTRIBUTES = {
    "a": {"href", "title", "role", "aria-label"},
    "div": {"data-live"},
    "h2": {"id"},
    "h3": {"id"},
    "h4": {"id"},
    "img": {"src", "alt", "width", "height", "loading"},
    "li": {"id"},
    "ol": {"start"},
    "section": {"role", "aria-label"},
    "sup": {"id"},
    "td": {"data-label"},
    "th": {"scope"},
}
CLASSES = {
    "div": {"callout", *(f"callout--{kind}" for kind in CALLOUTS)},
    "p": {"callout__title"},
    "section": {footnotes.SECTION},
    "sup": {footnotes.MARK},
    "table": {"table", "table--cards", "table--words"},
    "td": ALIGNED | {CARD_TITLE},
    "th": ALIGNED,
}
LINK_REL = "nofollow ugc noopener"


@dataclass(frozen=True)
class Heading:
    level: int
    id: str
    text: str


@dataclass(frozen=True)
class Rendered:
    """`blocks` are the live blocks that the text asks for; `live_blocks.fill` puts them in at the moment of reading.

    `notices` tell the author what readers will not see as it was written.
    """

    html: SafeString
    headings: tuple[Heading, ...]
    text: str
    blocks: tuple[str, ...]
    notices: tuple[str, ...]


def render(markdown: str, sources: Sources = NOTHING) -> Rendered:
    """An article's body. Headings become h2 to h4 with anchors; `{{ name }}` alone in a paragraph is a live block.

    Raises TooLong.
    """
    notices: list[str] = []
    parse, text = article_parser(notices), checked(markdown)
    env = {"sources": sources}
    tokens = parse.parse(text, env)
    live = tuple(token.meta["name"] for token in tokens if token.type == "live_block")
    notices += [*notices_of(tokens, text), *footnotes.notices_of(tokens, env)]
    return Rendered(
        html=cleaned(parse.renderer.render(tokens, parse.options, env), BLOCK_TAGS),
        headings=tuple(headings_of(tokens)),
        text="\n".join(plain_lines(tokens)),
        blocks=live,
        notices=tuple(dict.fromkeys(notices))[:MOST_NOTICES],
    )


def render_answer(markdown: str, sources: Sources = NOTHING) -> SafeString:
    """A short text inside a page: everything but headings and live blocks. Raises TooLong."""
    return cleaned(answer_parser([]).render(checked(markdown), {"sources": sources}), BLOCK_TAGS)


def render_inline(markdown: str, sources: Sources = NOTHING) -> SafeString:
    """A sentence or two: emphasis, code, links, snippets. Raises TooLong."""
    return cleaned(answer_parser([]).renderInline(checked(markdown), {"sources": sources}), INLINE_TAGS)


def notices_in(markdown: str, sources: Sources = NOTHING) -> tuple[str, ...]:
    """What readers of a short text will not see as it was written. Raises TooLong."""
    notices: list[str] = []
    text = checked(markdown)
    tokens = answer_parser(notices).parse(text, {"sources": sources})
    return tuple(dict.fromkeys([*notices, *notices_of(tokens, text)]))


def cleaned(html: str, tags: frozenset[str]) -> SafeString:
    return mark_safe(  # noqa: S308  (this is the sanitiser)
        nh3.clean(
            html,
            tags=set(tags),
            attributes=ATTRIBUTES,
            allowed_classes=CLASSES,
            url_schemes=SCHEMES | {ARTICLE_SCHEME},
            link_rel=LINK_REL,
            # A block of code that scrolls sideways can be reached by keyboard.
            set_tag_attribute_values={"pre": {"tabindex": "0"}},
            clean_content_tags={"script", "style"},
        )
    )


def headings_of(tokens: list[Token]) -> Iterator[Heading]:
    for place, token in enumerate(tokens):
        if token.type == "heading_open":
            yield Heading(level=int(token.tag[1]), id=str(token.attrs["id"]), text=plain_text(tokens[place + 1]))


def notices_of(tokens: list[Token], text: str) -> Iterator[str]:
    lines = text.split("\n")
    for token in tokens:
        if token.type == "fence" and token.map and not is_closed(token, lines):
            yield _("The block of code that begins in line %(line)s is never closed.") % {"line": token.map[0] + 1}
        for child in token.children or ():
            if child.type == "text" and (found := RAW_HTML.search(child.content)):
                yield _("HTML is shown as text and does nothing: %(words)s") % {"words": found[0][:60]}
            elif child.type == "snippet" and not child.meta["snippet"].is_sentence:
                words = _(
                    "The snippet “%(name)s” has more than one paragraph. To keep them, put it alone in a paragraph."
                )
                yield words % {"name": child.meta["snippet"].name}
            elif child.type == "image" and not IMAGE_ADDRESS.fullmatch(str(child.attrs.get("src", ""))):
                yield _("A picture from elsewhere is left out, only its words stay: %(words)s") % {
                    "words": str(child.attrs.get("src", ""))[:60]
                }


def is_closed(fence: Token, lines: list[str]) -> bool:
    first, after = fence.map or [0, 0]
    last = lines[min(after, len(lines)) - 1].strip(" >\t")
    return after - first >= 2 and len(last) >= len(fence.markup) and set(last) == {fence.markup[0]}
