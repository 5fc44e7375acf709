"""Markdown -> safe HTML, headings and plain text. Pure: the same text gives the same result, nothing else is touched.

Two walls stand between an author and a reader's browser: the parser knows no HTML at all, and what it writes passes an
allow-list sanitiser. Ids that an author can influence carry a prefix, so that none can pass for one of the page's own.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

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
SNIPPET = re.compile(r"\{\{\s*snippet:\s*([a-z0-9-]+)\s*\}\}")
# Places within the help center are linked by number, so that a new address breaks nothing.
ARTICLE_ADDRESS = re.compile(r"article:(\d{1,18})(#[^\s]*)?")
IMAGE_ADDRESS = re.compile(r"image:(\d{1,18})")
RAW_HTML = re.compile(r"</?[a-zA-Z][^<>]{0,200}>|<!--")
MOST_NOTICES = 8
# Tabs, line breaks and other control characters hide a scheme from a reader, never from a browser.
HIDDEN = re.compile(r"[\x00-\x20\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]+")

CALLOUTS = ("note", "tip", "important", "warning", "caution")
INLINE_TAGS = frozenset({"a", "br", "code", "em", "s", "strong"})
BLOCK_TAGS = INLINE_TAGS | {
    *("blockquote", "div", "h2", "h3", "h4", "hr", "li", "ol", "p", "pre", "ul"),
    *("img", "table", "tbody", "td", "th", "thead", "tr"),
}
ATTRIBUTES = {
    "a": {"href", "title"},
    "div": {"data-live"},
    "h2": {"id"},
    "h3": {"id"},
    "h4": {"id"},
    "img": {"src", "alt", "width", "height", "loading"},
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
ARTICLE_SCHEME = "article"
LINK_REL = "nofollow ugc noopener"


class TooLong(ValueError):
    """A text with more than MOST_CHARACTERS characters."""


@dataclass(frozen=True)
class Heading:
    level: int
    id: str
    text: str


@dataclass(frozen=True)
class Picture:
    """Where a picture of ours is, how large, and what it says to who cannot see it."""

    url: str
    width: int
    height: int
    alternative: str


@dataclass(frozen=True)
class Sources:
    """What a text may refer to: the Markdown of snippets by name, pictures by number."""

    snippets: Mapping[str, str] = field(default_factory=dict)
    pictures: Mapping[int, Picture] = field(default_factory=dict)


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


NOTHING = Sources()


def render(markdown: str, sources: Sources = NOTHING) -> Rendered:
    """An article's body. Headings become h2 to h4 with anchors; `{{ name }}` alone in a paragraph is a live block.

    Raises TooLong.
    """
    notices: list[str] = []
    parse, text = article_parser(notices), checked(markdown)
    env = {"sources": sources}
    tokens = parse.parse(text, env)
    live = tuple(token.meta["name"] for token in tokens if token.type == "live_block")
    notices += notices_of(tokens, text)
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


def render_inline(markdown: str) -> SafeString:
    """A sentence or two: emphasis, code, links. Raises TooLong."""
    return cleaned(answer_parser([]).renderInline(checked(markdown), {"sources": NOTHING}), INLINE_TAGS)


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
            url_schemes=SCHEMES | {ARTICLE_SCHEME},
            link_rel=LINK_REL,
            # A block of code that scrolls sideways can be reached by keyboard.
            set_tag_attribute_values={"pre": {"tabindex": "0"}},
            clean_content_tags={"script", "style"},
        )
    )


def is_safe_address(address: str) -> bool:
    """What a link may point to: the schemes of SCHEMES, places within the site, articles and pictures by number."""
    if ARTICLE_ADDRESS.fullmatch(address) or IMAGE_ADDRESS.fullmatch(address):
        return True
    scheme, colon, _rest = HIDDEN.sub("", address).partition(":")
    return not colon or scheme.lower() in SCHEMES or any(mark in scheme for mark in "/?#")


def mark_places(state: StateCore) -> None:
    """A paragraph that is nothing but `{{ name }}` becomes a place for a live block, `{{ snippet:name }}` its snippet."""
    replace_paragraphs(state, lambda words: live_block_at(words) or snippet_at(words, state.env["sources"]))


def mark_snippets(state: StateCore) -> None:
    replace_paragraphs(state, lambda words: snippet_at(words, state.env["sources"]))


def replace_paragraphs(state: StateCore, place_for: Callable[[str], Token | None]) -> None:
    kept: list[Token] = []
    tokens = iter(state.tokens)
    for token in tokens:
        kept.append(token)
        if token.type != "inline" or token.level != 1 or kept[-2].type != "paragraph_open":
            continue
        if place := place_for(token.content.strip()):
            next(tokens)  # paragraph_close
            kept[-2:] = [place]
    state.tokens = kept


def live_block_at(words: str) -> Token | None:
    found = LIVE_BLOCK.fullmatch(words)
    return Token("live_block", "div", 0, block=True, meta={"name": found[1]}) if found else None


def snippet_at(words: str, sources: Sources) -> Token | None:
    found = SNIPPET.fullmatch(words)
    if not found or found[1] not in sources.snippets:
        return None
    # It sees no sources of its own, so that no snippet can hold another, or itself.
    env = {"sources": Sources(pictures=sources.pictures)}
    parse = answer_parser([])
    inner = parse.parse(checked(sources.snippets[found[1]]), env)
    html = parse.renderer.render(inner, parse.options, env)
    return Token("snippet", "", 0, block=True, content="\n".join(plain_lines(inner)), meta={"html": html})


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


def notices_of(tokens: list[Token], text: str) -> Iterator[str]:
    lines = text.split("\n")
    for token in tokens:
        if token.type == "fence" and token.map and not is_closed(token, lines):
            yield _("The block of code that begins in line %(line)s is never closed.") % {"line": token.map[0] + 1}
        for child in token.children or ():
            if child.type == "text" and (found := RAW_HTML.search(child.content)):
                yield _("HTML is shown as text and does nothing: %(words)s") % {"words": found[0][:60]}
            elif child.type == "image" and not IMAGE_ADDRESS.fullmatch(str(child.attrs.get("src", ""))):
                yield _("A picture from elsewhere is left out, only its words stay: %(words)s") % {
                    "words": str(child.attrs.get("src", ""))[:60]
                }


def is_closed(fence: Token, lines: list[str]) -> bool:
    first, after = fence.map or [0, 0]
    last = lines[min(after, len(lines)) - 1].strip(" >\t")
    return after - first >= 2 and len(last) >= len(fence.markup) and set(last) == {fence.markup[0]}


def draw_image(renderer, tokens, place, options, env) -> str:
    """A picture of ours by its number. Of any other only the words stay: nothing is fetched from a foreign host."""
    token = tokens[place]
    found = IMAGE_ADDRESS.fullmatch(str(token.attrs.get("src", "")))
    picture = env["sources"].pictures.get(int(found[1])) if found else None
    if picture is None:
        return escape(token.content)
    words = escape(token.content.strip() or picture.alternative)
    size = f'width="{picture.width}" height="{picture.height}"'
    return f'<img src="{escape(picture.url)}" alt="{words}" {size} loading="lazy">'


def draw_live_block(renderer, tokens, place, options, env) -> str:
    return f'<div data-live="{tokens[place].meta["name"]}"></div>\n'


def draw_snippet(renderer, tokens, place, options, env) -> str:
    return tokens[place].meta["html"]


def parser(notices: list[str]) -> MarkdownIt:
    """Both kinds of text. What is left out of a text while it is read is added to `notices`."""

    def is_allowed(address: str) -> bool:
        if is_safe_address(address):
            return True
        notices.append(_("A link that readers must not follow is left out: %(words)s") % {"words": address[:60]})
        return False

    markdown = MarkdownIt("commonmark", {"html": False, "linkify": True, "alerts": True, "maxNesting": MOST_NESTING})
    markdown.enable(["table", "strikethrough", "linkify"])
    markdown.disable(["html_block", "html_inline"])
    markdown.linkify.set({"fuzzy_link": False, "fuzzy_email": False})
    markdown.validateLink = is_allowed
    markdown.add_render_rule("image", draw_image)
    markdown.add_render_rule("live_block", draw_live_block)
    markdown.add_render_rule("snippet", draw_snippet)
    markdown.core.ruler.push("callouts", set_callouts)
    markdown.core.ruler.push("tables", set_tables)
    return markdown


def article_parser(notices: list[str]) -> MarkdownIt:
    markdown = parser(notices)
    markdown.core.ruler.push("places", mark_places)
    markdown.core.ruler.push("headings", set_headings)
    return markdown


def answer_parser(notices: list[str]) -> MarkdownIt:
    """Without headings; snippets have their place, live blocks stay words."""
    markdown = parser(notices).disable(["heading", "lheading"])
    markdown.core.ruler.push("places", mark_snippets)
    return markdown
