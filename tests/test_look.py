"""The look keeps its promises: small, readable in both themes, and nothing in a page that the policy forbids."""

import itertools
import re
from pathlib import Path

import pytest
from django import forms
from django.template.loader import render_to_string
from django.test import Client

from orders.statuses import OrderStatus

ROOT = Path(__file__).resolve().parent.parent
CSS = ROOT / "static" / "css"
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
PANEL_CSS = ("tokens.css", "base.css", "components.css")
MOST_BYTES = 25_000
READABLE = 4.5
SEEN = 3.0

TOKEN = re.compile(r"--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);")
TOKENS = {name: colours for name, *colours in TOKEN.findall((CSS / "tokens.css").read_text())}
TONES = sorted(name.removesuffix("-tint") for name in TOKENS if name.endswith("-tint"))
GROUNDS = ("page", "surface", "sunken")

WORDS_ON_GROUNDS = [
    *itertools.product(("ink", "muted", "brand", "brand-strong", "red", "green"), GROUNDS),
    *((tone, f"{tone}-tint") for tone in TONES),
    *itertools.product(("ink", "muted", "brand"), [f"{tone}-tint" for tone in TONES]),
    ("on-brand", "brand"),
    ("on-brand", "brand-strong"),
]
EDGES_ON_GROUNDS = list(itertools.product(("edge", "focus"), ("page", "surface")))


def luminance(colour: str) -> float:
    channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def too_faint(pairs, *, least: float) -> list:
    return [
        (words, ground, theme, round(ratio, 2))
        for words, ground in pairs
        for theme, one, other in zip(("light", "dark"), TOKENS[words], TOKENS[ground], strict=True)
        if (ratio := contrast(one, other)) < least
    ]


def test_contrast_is_computed_as_the_guideline_says():
    assert round(contrast("#000000", "#ffffff"), 2) == 21
    assert round(contrast("#767676", "#ffffff"), 2) == 4.54


def test_all_words_are_readable_on_their_ground_in_light_and_dark():
    assert len(TONES) == 8
    assert too_faint(WORDS_ON_GROUNDS, least=READABLE) == []


def test_edges_of_inputs_and_the_focus_ring_can_be_seen_in_light_and_dark():
    assert too_faint(EDGES_ON_GROUNDS, least=SEEN) == []


def test_components_use_no_colour_that_is_not_a_token():
    plain = re.compile(r"#[0-9a-f]{3,8}\b|\brgba?\(|\bhsl", re.IGNORECASE)
    found = [
        line.strip()
        for name in ("base.css", "components.css", "admin.css")
        for line in (CSS / name).read_text().splitlines()
        if plain.search(line) and not line.startswith(".qr ")  # a QR code is read on white in either theme
    ]
    assert found == []


@pytest.mark.parametrize(
    "kind",
    [
        *(f"badge--{status.value}" for status in OrderStatus),
        *(f"verdict--{kind}" for kind in ("wait", "check", "contact", "ours", "done")),
        *(f"callout--{kind}" for kind in ("note", "tip", "warning", "important", "caution")),
    ],
)
def test_every_status_verdict_and_call_out_has_its_tone_and_its_drawing(kind):
    components = (CSS / "components.css").read_text()
    assert re.search(rf"\.{kind}\b[^{{]*\{{ --tone: var\(--(\w+)\); --tint: var\(--\1-tint\); \}}", components)
    assert f'<symbol id="{kind.partition("--")[2]}"' in (ROOT / "static/img/icons.svg").read_text()


def test_the_style_sheets_of_a_page_stay_below_25_kb():
    assert sum((CSS / name).stat().st_size for name in PANEL_CSS) < MOST_BYTES


def test_the_style_sheets_load_nothing():
    assert [path.name for path in CSS.glob("*.css") if re.search(r"url\(|@import", path.read_text())] == []


COMMENT = re.compile(r"\{#.*?#\}|\{% comment %\}.*?\{% endcomment %\}", re.DOTALL)
FORBIDDEN = {
    "a style attribute": re.compile(r"<[^>]*\sstyle\s*=", re.IGNORECASE),
    "a style element": re.compile(r"<style\b", re.IGNORECASE),
    "an inline script": re.compile(r"<script(?![^>]*\bsrc=)(?![^>]*\btype=\"application/json\")", re.IGNORECASE),
    "an on… handler": re.compile(r"<[a-z][^>]*\s(?:on[a-z]+|hx-on[\w:-]*)\s*=", re.IGNORECASE),
    "a javascript: address": re.compile(r"javascript:", re.IGNORECASE),
    "something loaded from elsewhere": re.compile(
        r"<(?:script|img|link|iframe|source|video|audio|embed|object|form|use)\b[^>]*(?:https?:)?//\w", re.IGNORECASE
    ),
}


# Letters are read in mail programs, which know no style sheet of ours and no policy; test_every_mail.py holds them.
LETTERS = ROOT / "templates" / "emails"


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_template_holds_what_the_policy_forbids(what):
    assert TEMPLATES
    pages = [template for template in TEMPLATES if not template.is_relative_to(LETTERS)]
    found = [str(t.relative_to(ROOT)) for t in pages if FORBIDDEN[what].search(COMMENT.sub("", t.read_text()))]
    assert found == []


@pytest.mark.parametrize(
    ("what", "sample"),
    [
        ("a style attribute", '<p class="x" style="color: red">'),
        ("a style element", "<style>"),
        ("an inline script", "<script>alert(1)</script>"),
        ("an on… handler", '<button type="button" onclick="go()">'),
        ("a javascript: address", '<a href="javascript:go()">'),
        ("something loaded from elsewhere", '<script src="https://cdn.example.com/a.js">'),
        ("something loaded from elsewhere", '<img src="//cdn.example.com/a.png">'),
    ],
)
def test_what_the_policy_forbids_would_be_found(what, sample):
    assert FORBIDDEN[what].search(sample)


def test_scripts_of_ours_evaluate_no_text_and_write_no_html():
    script = (ROOT / "static/js/panel.js").read_text()
    assert not re.search(
        r"\beval\(|new Function|innerHTML|outerHTML|insertAdjacentHTML|document\.write|\.style\b", script
    )


@pytest.mark.parametrize("template", ["500.html", "400.html"])
def test_pages_for_our_own_failures_need_no_context(template):
    page = render_to_string(template)
    assert "<h1>" in page
    assert "components.css" in page


def test_the_page_of_a_failure_says_where_to_look_before_repeating_anything():
    page = render_to_string("500.html")
    assert 'href="/orders/"' in page
    assert 'href="/balance/"' in page
    assert 'href="/tickets/new/"' in page


@pytest.mark.parametrize("address", ["/nowhere/", "/orders/999999999999/nowhere/"])
def test_an_unknown_address_says_what_to_do(client, db, address):
    answer = client.get(address)
    assert answer.status_code == 404
    assert "This page does not exist" in answer.text
    assert 'href="/help/"' in answer.text


def test_a_form_without_its_token_says_what_to_do(db, client_with_csrf_checks):
    answer = client_with_csrf_checks.post("/theme/", {"theme": "dark"})
    assert answer.status_code == 403
    assert "Please send it again" in answer.text


@pytest.fixture
def client_with_csrf_checks():
    return Client(enforce_csrf_checks=True)


@pytest.mark.parametrize(("theme", "expected"), [("dark", 'data-theme="dark"'), ("light", 'data-theme="light"')])
def test_a_chosen_theme_is_rendered_by_the_server_from_then_on(client, db, theme, expected):
    answer = client.post("/theme/", {"theme": theme, "next": "/accounts/login/"})
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/login/")
    assert expected in client.get("/accounts/login/").text


@pytest.mark.parametrize("theme", ["", "pink", '"><script>'])
def test_any_other_theme_follows_the_system(client, db, theme):
    client.post("/theme/", {"theme": "dark"})
    client.post("/theme/", {"theme": theme})
    assert "data-theme" not in client.get("/accounts/login/").text


@pytest.mark.parametrize("elsewhere", ["https://evil.example.com/", "//evil.example.com/", "javascript:go()"])
def test_choosing_a_theme_never_leads_off_the_site(client, db, elsewhere):
    assert client.post("/theme/", {"theme": "dark", "next": elsewhere})["Location"] == "/"


def test_every_page_has_help_and_support_in_the_same_place(client, customer):
    def help_links(path: str) -> list[tuple[str, str]]:
        part = re.search(r'<nav class="cluster" aria-label="Help">.*?</nav>', client.get(path).text, re.DOTALL).group()
        return re.findall(r'<a href="([^"]+)">([^<]+)</a>', part)

    for_visitors = help_links("/accounts/login/")
    client.force_login(customer)
    for_customers = help_links("/accounts/preferences/")
    assert [words for _to, words in for_customers] == [words for _to, words in for_visitors]
    assert ("/help/", "Help") in for_visitors
    # Who cannot sign in writes from outside; whoever is signed in brings the facts along.
    assert ("/contact/", "Contact support") in for_visitors
    assert ("/tickets/new/", "Contact support") in for_customers


def test_a_page_has_one_polite_live_region(client, db):
    page = client.get("/accounts/login/").text
    assert page.count("aria-live") == 1
    assert re.search(r'<div[^>]* id="live" role="status" aria-live="polite"></div>', page)


def test_visitors_and_staff_see_the_ways_that_are_theirs(client, customer, admin):
    visitor = client.get("/accounts/login/").text
    assert 'href="/services/"' in visitor
    assert 'href="/orders/new/"' not in visitor
    client.force_login(customer)
    page = client.get("/accounts/preferences/").text
    assert 'href="/orders/new/"' in page
    assert 'href="/admin/"' not in page
    client.force_login(admin)
    assert 'href="/admin/"' in client.get("/accounts/preferences/").text


class Parcel(forms.Form):
    weight = forms.IntegerField(label="Weight", help_text="In grams.")


def test_a_field_ties_its_hint_and_its_error_to_the_input():
    html = render_to_string("components/form.html", {"form": Parcel({"weight": "heavy"})})
    field = re.search(r"<input[^>]*>", html).group()
    assert 'aria-invalid="true"' in field
    assert 'aria-describedby="id_weight_helptext id_weight_error"' in field
    assert 'value="heavy"' in field
    assert re.search(r'id="id_weight_helptext">\s*In grams\.', html)
    assert re.search(r'id="id_weight_error">.*Enter a whole number\.', html, re.DOTALL)
    assert '<label class="field__label" for="id_weight">Weight</label>' in html
    assert '<a href="#id_weight">Weight</a>: Enter a whole number.' in html


def test_a_form_without_errors_has_no_error_summary():
    assert "error-summary" not in render_to_string("components/form.html", {"form": Parcel()})


def test_a_status_is_shown_as_drawing_and_word():
    badge = render_to_string("components/badge.html", {"status": "in_progress", "label": "In Progress"})
    assert 'class="badge badge--in_progress"' in badge
    assert 'img/icons.svg#in_progress"' in badge
    assert badge.endswith("In Progress</span>\n")


def test_too_many_attempts_at_signing_in_are_answered_with_what_to_do(client, db):
    for _ in range(40):
        answer = client.post("/accounts/password/reset/", {"email": "carol@example.com"})
        if answer.status_code == 429:
            break
    assert answer.status_code == 429
    assert "Too many attempts" in answer.text
    assert "Wait a few minutes" in answer.text
