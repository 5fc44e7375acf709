"""How texts are written: Markdown as the help center knows it, as a parser. Pure.

The parser knows no HTML at all. Ids that an author can influence carry a prefix, so that none can pass for one of the page's own.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from django.utils.html import escape
from django.utils.text import slugify
from django.utils.translation import gettext as _
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from helpcenter import footnotes

# Some fifteen thousand words. Parsing is not linear for every text that somebody can make up.
MOST_CHARACTERS = 100_000
MOST_NESTING = 20
HEADING_PREFIX = "h-"
# More than a text needs; each one is written out.
MOST_SNIPPETS = 100
LOWEST_HEADING, HIGHEST_HEADING = 4, 2  # the page's title is its only h1

LIVE_BLOCK = re.compile(r"\{\{\s*([a-z][a-z0-9-]*)\s*\}\}")
SNIPPET = re.compile(r"\{\{\s*snippet:\s*([a-z0-9-]+)\s*\}\}")
# Places within the help center are linked by number, so that a new address breaks nothing.
ARTICLE_ADDRESS = re.compile(r"article:(\d{1,18})(#[^\s]*)?")
IMAGE_ADDRESS = re.compile(r"image:(\d{1,18})")
# Tabs, line breaks and other control characters hide a scheme from a reader, never from a browser.
HIDDEN = re.compile(r"[\x00-\x20\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]+")

# As a class of the panel's own style sheet: an inline style breaks the page's policy.
ALIGNMENT_CLASSES = {"text-align:center": "center", "text-align:right": "end"}
ALIGNED = set(ALIGNMENT_CLASSES.values())
CARD_TITLE = "table__title"
SCHEMES = {"http", "https", "mailto"}
ARTICLE_SCHEME = "article"


class TooLong(ValueError):
    """A text with more than MOST_CHARACTERS characters."""


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


NOTHING = Sources()


def checked(markdown: str) -> str:
    if len(markdown) > MOST_CHARACTERS:
        raise TooLong(len(markdown))
    # A lone surrogate is no character, and the sanitiser refuses it.
    return markdown.encode(errors="replace").decode()


def is_safe_address(address: str) -> bool:
    """What a link may point to: the schemes of SCHEMES, places within the site, articles and pictures by number."""
    if ARTICLE_ADDRESS.fullmatch(address) or IMAGE_ADDRESS.fullmatch(address):
        return True
    scheme, colon, _rest = HIDDEN.sub("", address).partition(":")
    return not colon or scheme.lower() in SCHEMES or any(mark in scheme for mark in "/?#")


def mark_places(state: StateCore) -> None:
    """A paragraph that is nothing but `{{ name }}` becomes a place for a live block; what `mark_snippets` does."""
    mark_snippets(state)
    replace_paragraphs(state, lambda paragraph, inline: live_block_at(inline))


def mark_snippets(state: StateCore) -> None:
    """A paragraph that is nothing but `{{ snippet:name }}` becomes all that the snippet holds, lists and tables included."""
    replace_paragraphs(state, lambda paragraph, inline: None if paragraph.hidden else snippet_alone(inline))


def replace_paragraphs(state: StateCore, place_for: Callable[[Token, Token], Token | None]) -> None:
    kept: list[Token] = []
    tokens = iter(state.tokens)
    for token in tokens:
        kept.append(token)
        if token.type != "inline" or len(kept) < 2 or kept[-2].type != "paragraph_open":
            continue
        if place := place_for(kept[-2], token):
            close = next(tokens)
            # A note's way back to the text stands in its last paragraph.
            kept[-2:] = [place] if close.type == "paragraph_close" else [place, close]
    state.tokens = kept


def live_block_at(inline: Token) -> Token | None:
    """Not in a list, a quotation or a note: it may be as large as a page."""
    found = LIVE_BLOCK.fullmatch(inline.content.strip()) if inline.level == 1 else None
    return Token("live_block", "div", 0, block=True, meta={"name": found[1]}) if found else None


def snippet_alone(inline: Token) -> Token | None:
    child = inline.children[0] if inline.children and len(inline.children) == 1 else None
    if child is None or child.type != "snippet":
        return None
    return Token("snippet_block", "", 0, block=True, content=child.content, meta=child.meta)


def read_snippet(state: StateInline, silent: bool) -> bool:
    """`{{ snippet:name }}` in a sentence, a list or a cell. A name that is not known stays as it was written."""
    found = SNIPPET.match(state.src, state.pos) if state.src.startswith("{{", state.pos) else None
    if not found or found[1] not in state.env["sources"].snippets:
        return False
    if not silent:
        used = state.env.setdefault("snippets", {})
        state.env["uses"] = state.env.get("uses", 0) + 1
        if state.env["uses"] > MOST_SNIPPETS:
            return False
        if found[1] not in used:
            used[found[1]] = parsed_snippet(found[1], state.env["sources"])
        token = state.push("snippet", "", 0)
        token.content, token.meta = used[found[1]].words, {"snippet": used[found[1]]}
    state.pos = found.end()
    return True


@dataclass(frozen=True)
class ParsedSnippet:
    """`block` is all of it, `inline` its sentences alone, for a place where no list and no table can stand."""

    name: str
    block: str
    inline: str
    words: str
    is_sentence: bool


def parsed_snippet(name: str, sources: Sources) -> ParsedSnippet:
    # It sees no snippets, so that none can hold another, or itself.
    env = {"sources": Sources(pictures=sources.pictures)}
    parse = answer_parser([])
    tokens = parse.parse(checked(sources.snippets[name]), env)
    inline = [token for token in tokens if token.type == "inline"]
    return ParsedSnippet(
        name=name,
        block=parse.renderer.render(tokens, parse.options, env),
        inline=" ".join(parse.renderer.renderInline(one.children or [], parse.options, env) for one in inline),
        words="\n".join(plain_lines(tokens)),
        is_sentence=[token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"],
    )


def plain_lines(tokens: list[Token]) -> Iterator[str]:
    """What search reads: the words of every paragraph, heading, cell and code block."""
    for token in tokens:
        words = plain_text(token) if token.type == "inline" else token.content.strip()
        if words:
            yield words


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
    """In the shop's language, as the text around it: it is kept with the text, whoever publishes that."""
    with footnotes.shop_language():
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
        elif child.type in {"text", "code_inline", "image", "snippet"}:
            parts.append(child.content)
    return "".join(parts).strip()


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
    return tokens[place].meta["snippet"].inline


def draw_snippet_block(renderer, tokens, place, options, env) -> str:
    return tokens[place].meta["snippet"].block


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
    markdown.add_render_rule("snippet_block", draw_snippet_block)
    markdown.inline.ruler.before("link", "snippet", read_snippet)
    markdown.core.ruler.push("callouts", set_callouts)
    markdown.core.ruler.push("tables", set_tables)
    return markdown


def article_parser(notices: list[str]) -> MarkdownIt:
    markdown = parser(notices)
    footnotes.enable(markdown)
    markdown.core.ruler.push("places", mark_places)
    markdown.core.ruler.push("headings", set_headings)
    return markdown


def answer_parser(notices: list[str]) -> MarkdownIt:
    """Without headings and notes; snippets have their place, live blocks stay words."""
    markdown = parser(notices).disable(["heading", "lheading"])
    markdown.core.ruler.push("places", mark_snippets)
    return markdown
