"""Notes below a text: `a word[^1]` and, anywhere, `[^1]: what the note says`. Pure.

Every note leads back to the places that refer to it, by links that say so to who cannot see an arrow.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.utils import translation
from django.utils.html import escape
from django.utils.translation import gettext as _
from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.footnote import footnote_plugin

PREFIX = "note-"
MARK, SECTION = "note-mark", "notes"
UNWRITTEN = re.compile(r"\[\^([^\]\s]{1,60})\]")


def enable(markdown: MarkdownIt) -> None:
    markdown.use(footnote_plugin, inline=False)
    markdown.add_render_rule("footnote_ref", draw_mark)
    markdown.add_render_rule("footnote_block_open", draw_section_open)
    markdown.add_render_rule("footnote_block_close", draw_section_close)
    markdown.add_render_rule("footnote_open", draw_note_open)
    markdown.add_render_rule("footnote_close", draw_note_close)
    markdown.add_render_rule("footnote_anchor", draw_way_back)


def number_of(token: Token) -> int:
    return int(token.meta["id"]) + 1


def place_id(token: Token) -> str:
    """Where the text refers to the note: the first place, the second ..."""
    nth = int(token.meta["subId"]) + 1
    return f"{PREFIX}{number_of(token)}-from" + (f"-{nth}" if nth > 1 else "")


@contextmanager
def shop_language() -> Iterator[None]:
    """What stands inside a text is kept with it: it is in the text's language, whoever publishes that."""
    with translation.override(settings.LANGUAGE_CODE):
        yield


def draw_mark(renderer, tokens, place, options, env) -> str:
    number = number_of(tokens[place])
    with shop_language():
        says = escape(_("Note %(number)s") % {"number": number})
    link = f'<a href="#{PREFIX}{number}" role="doc-noteref" aria-label="{says}">{number}</a>'
    return f'<sup class="{MARK}" id="{place_id(tokens[place])}">{link}</sup>'


def draw_section_open(renderer, tokens, place, options, env) -> str:
    with shop_language():
        return f'<section class="{SECTION}" role="doc-endnotes" aria-label="{escape(_("Notes"))}">\n<ol>\n'


def draw_section_close(renderer, tokens, place, options, env) -> str:
    return "</ol>\n</section>\n"


def draw_note_open(renderer, tokens, place, options, env) -> str:
    return f'<li id="{PREFIX}{number_of(tokens[place])}">'


def draw_note_close(renderer, tokens, place, options, env) -> str:
    return "</li>\n"


def draw_way_back(renderer, tokens, place, options, env) -> str:
    token = tokens[place]
    nth, number = int(token.meta["subId"]) + 1, number_of(token)
    with shop_language():
        if nth > 1:
            says = _("Back to the text, place %(nth)s of note %(number)s") % {"nth": nth, "number": number}
        else:
            says = _("Back to the text from note %(number)s") % {"number": number}
    # The sign after the arrow keeps phones from drawing a coloured picture.
    return f' <a href="#{place_id(token)}" role="doc-backlink" aria-label="{escape(says)}">\u21a9\ufe0e</a>'


def notices_of(tokens: list[Token], env: dict) -> Iterator[str]:
    """What the author should hear: a note that nothing refers to is not shown, a mark without its note stays as it is."""
    for label, number in env.get("footnotes", {}).get("refs", {}).items():
        if number < 0:
            yield _("Nothing refers to the note “%(label)s”: readers do not see it.") % {"label": label[1:61]}
    for token in tokens:
        for child in token.children or ():
            if child.type == "text" and (found := UNWRITTEN.search(child.content)):
                yield _("The note “%(label)s” is not written.") % {"label": found[1]}
