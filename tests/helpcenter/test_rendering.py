import re
import time
from html.parser import HTMLParser

import pytest

from helpcenter.markup import MOST_CHARACTERS, SCHEMES, Sources, TooLong
from helpcenter.rendering import (
    Heading,
    render,
    render_answer,
    render_inline,
)

ALLOWED_ATTRIBUTES = {"href", "title", "rel", "id", "class", "scope", "data-label", "data-live", "start", "tabindex"}
ALLOWED_ATTRIBUTES |= {"role", "aria-label"}
ALLOWED_TAGS = {
    *("a", "blockquote", "br", "code", "div", "em", "h2", "h3", "h4", "hr", "li", "ol", "p", "pre", "s", "strong"),
    *("section", "sup", "table", "tbody", "td", "th", "thead", "tr", "ul"),
}

HOSTILE = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<svg><animate onbegin=alert(1) attributeName=x></svg>",
    "<a href='javascript:alert(1)'>x</a>",
    "<b hx-get='/balance/' hx-trigger='load'>x</b>",
    "<div data-hx-get='/balance/' data-hx-trigger='load'>x</div>",
    "<div data-live='statuses'></div>",
    "<style>body{display:none}</style>",
    "<p style='position:fixed;inset:0'>x</p>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<form action=//evil.example><input name=password></form>",
    "<base href='//evil.example/'>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>",
    "<a id=main name=csrf>x</a>",
    "<!--><img src=x onerror=alert(1)>-->",
    "<![CDATA[<img src=x onerror=alert(1)>]]>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](<java\nscript:alert(1)>)",
    "[x](<java\tscript:alert(1)>)",
    "[x](\x01javascript:alert(1))",
    "[x](<   javascript:alert(1)>)",
    "[x](java&Tab;script:alert(1))",
    "[x](java&NewLine;script:alert(1))",
    "[x](&#106;&#97;vascript:alert(1))",
    "[x](&#x6A&#x61vascript&#58;alert(1))",
    "[x](javascript&colon;alert(1))",
    "[x](javascript\\:alert(1))",
    "[x](java\u200bscript:alert(1))",
    "[x][y]\n\n[y]: javascript:alert(1)",
    "[x][y]\n\n[y]: java\nscript:alert(1)",
    "<javascript:alert(1)>",
    "javascript:alert(1)//https://example.com",
    "[x](vbscript:msgbox(1))",
    "[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    "[x](file:///etc/passwd)",
    "[x](blob:https://example.com/1)",
    "![x](data:image/svg+xml;base64,PHN2Zz48L3N2Zz4=)",
    "![x](https://evil.example/pixel.gif)",
    '![x" onerror="alert(1)](https://evil.example/pixel.gif)',
    '[x](https://example.com "t\\" onmouseover=\\"alert(1)")',
    "[x](https://example.com/'onmouseover='alert(1))",
    "# <img src=x onerror=alert(1)>",
    "# main {#main onclick=alert(1)}",
    "a[^1]\n\n[^1]: <script>alert(1)</script> [x](javascript:alert(1))",
    'a[^"onclick=alert(1)]\n\n[^"onclick=alert(1)]: x',
    "<sup id=main role=alert aria-label=x>x</sup>",
    "| <img src=x onerror=alert(1)> |\n| --- |\n| `x` |",
    '| " onclick="alert(1) |\n| --- |\n| x |',
    "```html\n<script>alert(1)</script>",
    '```" onclick="alert(1)\nx\n```',
    "> [!NOTE]\n> <script>alert(1)</script>",
    '> [!" onclick="alert(1)]\n> x',
    "{{ statuses }} <script>",
    "{{7*7}}",
    "{% load helpcenter_tags %}",
    "\x00<script>alert(1)</script>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "\ud800<script>",
]


class Found(HTMLParser):
    """Every element and attribute that a browser would see."""

    def __init__(self, html: str):
        super().__init__()
        self.elements: list[tuple[str, dict]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))


def assert_harmless(html: str) -> None:
    for tag, attributes in Found(html).elements:
        assert tag in ALLOWED_TAGS
        assert set(attributes) <= ALLOWED_ATTRIBUTES
        assert attributes.get("id", "h-").startswith(("h-", "note-"))
        assert attributes.get("role", "doc-noteref").startswith("doc-")
        assert attributes.get("data-live", "statuses") == "statuses"
        address = re.sub(r"[\x00-\x20\u200b]", "", attributes.get("href", ""))
        scheme = re.match(r"([a-z][a-z0-9+.-]*):", address.lower())
        assert scheme is None or scheme[1] in SCHEMES


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_markdown_is_harmless_everywhere(text):
    assert_harmless(render(text).html)
    assert_harmless(render_answer(text))
    assert_harmless(render_inline(text))
    assert_harmless(render(f"- a\n\n  {text}\n\n> {text}").html)


@pytest.mark.parametrize("text", [text for text in HOSTILE if text.startswith("<")])
def test_raw_html_is_shown_as_text_and_never_understood(text):
    tags = {tag for tag, _ in Found(render(text).html).elements}
    assert tags <= {"p", "a"}


def test_a_megabyte_is_refused_at_once():
    started = time.monotonic()
    with pytest.raises(TooLong):
        render("a" * 1_000_000)
    assert time.monotonic() - started < 1


@pytest.mark.parametrize(
    "piece",
    [
        "[",
        "![",
        "> ",
        "- ",
        "*a ",
        "`",
        "[a](",
        "<",
        "a**b",
        "```\n",
        "&#x",
        "# a\n\n",
        "[a]: x\n",
        "[^a]",
        "[^a]: x\n",
        "[^a]: ",
        "[^a]: a[^a]\n\n",
        "{{ snippet:x }}",
        "~~a",
        "http://",
        "\\",
    ],
)
def test_the_longest_text_made_of_one_piece_is_rendered_in_seconds(piece):
    started = time.monotonic()
    assert_harmless(render((piece * MOST_CHARACTERS)[:MOST_CHARACTERS]).html)
    assert time.monotonic() - started < 20


def test_ten_thousand_cells_are_a_table():
    row = "|" + "a|" * 100 + "\n"
    html = render(row + "|" + "-|" * 100 + "\n" + row * 100).html
    assert html.count("<td") == 10_000


def test_headings_fit_below_the_title_and_have_addresses_of_their_own():
    rendered = render("# Main\n\n###### Deep `code`\n\n## Main\n\n## Main-2\n\n## ***\n")
    assert rendered.headings == (
        Heading(2, "h-main", "Main"),
        Heading(4, "h-deep-code", "Deep code"),
        Heading(2, "h-main-2", "Main"),
        Heading(2, "h-main-2-2", "Main-2"),
        Heading(2, "h-part", "***"),
    )


def test_a_callout_has_the_panels_classes_and_a_title():
    assert render("> [!WARNING]\n> Mind the **gap**.").html == (
        '<div class="callout callout--warning">\n<p class="callout__title">Warning</p>\n'
        "<p>Mind the <strong>gap</strong>.</p>\n</div>\n"
    )


def test_a_table_aligns_by_class_and_its_cells_know_their_column():
    html = render("| Name | Sum |\n| --- | ---: |\n| a | 1 |").html
    assert '<td class="table__title" data-label="Name">a</td>' in html
    assert '<td class="end" data-label="Sum">1</td>' in html
    assert "style" not in html


def test_links_say_that_nobody_vouches_for_them():
    assert render_inline("[x](https://example.com/)") == (
        '<a href="https://example.com/" rel="nofollow ugc noopener">x</a>'
    )


def test_a_live_block_stands_alone_in_its_paragraph():
    rendered = render("Before\n\n{{ statuses }}\n\nIn a line {{ statuses }} it is text.")
    assert rendered.blocks == ("statuses",)
    assert rendered.html == (
        '<p>Before</p>\n<div data-live="statuses"></div>\n<p>In a line {{ statuses }} it is text.</p>\n'
    )


def test_search_reads_the_words_without_their_markup():
    assert (
        render("## Head\n\nA **bold** [link](https://example.com).\n\n```\ncode\n```").text
        == "Head\nA bold link.\ncode"
    )


def test_an_unclosed_fence_ends_with_the_text():
    assert render("```\n<b>x").html == '<pre tabindex="0"><code>&lt;b&gt;x</code></pre>\n'


def test_a_note_stands_below_the_text_and_leads_back_by_a_link_with_a_name():
    rendered = render("Fast[^why] and *cheap*[^2], again[^why].\n\n[^why]: Because of **this**.\n\n[^2]: No.")
    assert rendered.html == (
        '<p>Fast<sup class="note-mark" id="note-1-from">'
        '<a href="#note-1" role="doc-noteref" aria-label="Note 1" rel="nofollow ugc noopener">1</a></sup>'
        ' and <em>cheap</em><sup class="note-mark" id="note-2-from">'
        '<a href="#note-2" role="doc-noteref" aria-label="Note 2" rel="nofollow ugc noopener">2</a></sup>'
        ', again<sup class="note-mark" id="note-1-from-2">'
        '<a href="#note-1" role="doc-noteref" aria-label="Note 1" rel="nofollow ugc noopener">1</a></sup>.</p>\n'
        '<section class="notes" role="doc-endnotes" aria-label="Notes">\n<ol>\n'
        '<li id="note-1"><p>Because of <strong>this</strong>. '
        '<a href="#note-1-from" role="doc-backlink" aria-label="Back to the text from note 1" '
        'rel="nofollow ugc noopener">\u21a9\ufe0e</a> '
        '<a href="#note-1-from-2" role="doc-backlink" aria-label="Back to the text, place 2 of note 1" '
        'rel="nofollow ugc noopener">\u21a9\ufe0e</a></p>\n</li>\n'
        '<li id="note-2"><p>No. <a href="#note-2-from" role="doc-backlink" aria-label="Back to the text from note 2" '
        'rel="nofollow ugc noopener">\u21a9\ufe0e</a></p>\n</li>\n</ol>\n</section>\n'
    )
    assert rendered.text == "Fast and cheap, again.\nBecause of this.\nNo."
    assert rendered.notices == ()


def test_the_author_hears_of_a_note_without_its_mark_and_of_a_mark_without_its_note():
    rendered = render("One[^lost].\n\n[^unused]: Nobody sees this.")
    assert rendered.notices == (
        "Nothing refers to the note “unused”: readers do not see it.",
        "The note “lost” is not written.",
    )
    assert rendered.html == "<p>One[^lost].</p>\n"


RULE = Sources(snippets={"rule": "It goes to *your* balance.", "list": "First.\n\n- one\n- two"})


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("So: {{ snippet:rule }} Yes.", "<p>So: It goes to <em>your</em> balance. Yes.</p>\n"),
        ("- {{ snippet:rule }}\n- b", "<ul>\n<li>It goes to <em>your</em> balance.</li>\n<li>b</li>\n</ul>\n"),
        ("> {{snippet:list}}", "<blockquote>\n<p>First.</p>\n<ul>\n<li>one</li>\n<li>two</li>\n</ul>\n</blockquote>\n"),
        ("`{{ snippet:rule }}`", "<p><code>{{ snippet:rule }}</code></p>\n"),
        ("\\{{ snippet:rule }}", "<p>{{ snippet:rule }}</p>\n"),
        ("x {{ snippet:none }}", "<p>x {{ snippet:none }}</p>\n"),
        ("a {{ snippet:list }}", "<p>a First. one two</p>\n"),
        ("- {{ statuses }}", "<ul>\n<li>{{ statuses }}</li>\n</ul>\n"),
    ],
)
def test_a_snippet_stands_in_a_sentence_a_list_a_quotation(text, html):
    assert render(text, RULE).html == html


def test_a_snippet_stands_in_a_cell_an_answer_a_heading_and_a_quick_answer():
    shown = "It goes to <em>your</em> balance."
    assert f"{shown}</td>" in render("| a | b |\n| - | - |\n| 1 | {{ snippet:rule }} |", RULE).html
    assert render_answer("Yes. {{ snippet:rule }}", RULE) == f"<p>Yes. {shown}</p>\n"
    assert render_inline("Yes. {{ snippet:rule }}", RULE) == f"Yes. {shown}"
    assert render("## {{ snippet:rule }}", RULE).headings[0].text == "It goes to your balance."
    assert render("Now: {{ snippet:rule }}", RULE).text == "Now: It goes to your balance."


def test_the_author_hears_that_a_sentence_cannot_hold_a_list():
    said = "The snippet “list” has more than one paragraph. To keep them, put it alone in a paragraph."
    assert render("a {{ snippet:list }}", RULE).notices == (said,)
    assert render("{{ snippet:list }}", RULE).notices == ()


def test_a_snippet_named_ten_thousand_times_is_written_out_a_hundred_times():
    long = Sources(snippets={"rule": "x" * 4000})
    assert len(render("{{ snippet:rule }} " * 5000, long).html) < 700_000
