import pytest

from helpcenter.marking import Matcher, snippet
from helpcenter.search import MOST_CHARACTERS
from helpcenter.search import search as search_at
from tests.factories import NOW
from tests.helpcenter.factories import make_article, make_section

pytestmark = pytest.mark.django_db


@pytest.fixture
def section():
    return make_section()


def search(query: str):
    return search_at(query, now=NOW)


def titles(query: str) -> list[str]:
    return [hit.page.title for hit in search(query).hits]


def test_a_hit_in_the_title_comes_before_keywords_summary_and_text(section):
    make_article(section=section, slug="a", title="A body", body="All about refunds.")
    make_article(section=section, slug="b", title="B summary", summary="All about refunds.")
    make_article(section=section, slug="c", title="C keywords", keywords="refunds")
    make_article(section=section, slug="d", title="D Refunds")
    assert titles("REFUNDS") == ["D Refunds", "C keywords", "B summary", "A body"]


def test_a_heading_comes_before_text_and_after_the_summary(section):
    make_article(section=section, slug="a", title="A body", body="All about refunds.")
    make_article(section=section, slug="b", title="B heading", body="## Refunds\n\nAll.")
    make_article(section=section, slug="c", title="C summary", summary="All about refunds.")
    assert titles("refunds") == ["C summary", "B heading", "A body"]


def test_every_word_must_occur_in_whatever_place(section):
    make_article(section=section, slug="a", title="Partial orders", quick_answer="The rest returns.")
    make_article(section=section, slug="b", title="Partial eclipse")
    assert titles("partial returns") == ["Partial orders"]


def test_markup_is_not_searched(section):
    make_article(section=section, body="A [link](https://example.com/needle).")
    assert titles("needle") == []


def test_signs_of_the_query_language_are_plain_text(section):
    make_article(section=section, slug="a", title="100% safe")
    assert titles("100%") == ["100% safe"]
    assert titles("_") == []
    for operator in (
        "AND",
        "NOT",
        "safe AND",
        '"safe',
        "safe*",
        "safe:",
        "^safe",
        "(safe",
        "safe | nothing",
        "NEAR(a b)",
    ):
        search(operator)


@pytest.mark.parametrize(
    "query", ["", "   ", "\x00", "a\x00b", "' OR 1=1 --", "\\", "%", "*" * 50, "(" * 50, "😀", "\u202e"]
)
def test_odd_queries_find_nothing_and_never_fail(client, section, query):
    make_article(section=section, title="Waiting")
    assert titles(query) == []
    response = client.get("/help/search/", {"q": query})
    assert response.status_code == 200
    assert "Waiting" not in response.content.decode()


@pytest.mark.parametrize("query", ["a" * 10_000, "a " * 5_000, "waiting " * 1_250])
def test_ten_thousand_characters_are_cut_and_answered(client, section, query):
    make_article(section=section)
    assert len(search(query).query) <= MOST_CHARACTERS
    assert client.get("/help/search/", {"q": query}).status_code == 200


def test_the_page_shows_hits_with_the_match_marked_and_the_query_escaped(client, section):
    make_article(section=section, title="Waiting", summary="Why a <slow> start is normal")
    page = client.get("/help/search/", {"q": "SLOW"}).content.decode()
    assert "Why a &lt;<mark>slow</mark>&gt; start is normal" in page
    assert "“&lt;script&gt;”" in client.get("/help/search/", {"q": "<script>"}).content.decode()


def test_a_snippet_of_a_quick_answer_shows_no_markup(section):
    make_article(section=section, quick_answer="Look **here** & [there](https://example.com) for the needle.")
    assert search("needle").hits[0].snippet == "Look here &amp; there for the <mark>needle</mark>."


def test_a_page_without_hits_says_what_to_do(client):
    page = client.get("/help/search/", {"q": "unheard-of"}).content.decode()
    assert "Nothing found for “unheard-of”" in page
    assert "/tickets/new/" in page


def test_a_snippet_shows_the_surroundings_of_the_first_hit():
    text = "start " + "filler " * 40 + "the needle & more " + "filler " * 40 + "end"
    found = snippet(text, Matcher(["needle"]))
    assert "the <mark>needle</mark> &amp; more" in found
    assert found.startswith("… filler")
    assert found.endswith("filler …")
    assert len(found) < 350


def test_a_snippet_of_one_long_word_does_not_fail():
    assert "<mark>needle</mark>" in snippet("x" * 500 + " needle " + "x" * 500, Matcher(["needle"]))


@pytest.fixture
def little(section):
    """One article says “form”, in its text; four speak of “from” in what search learns words of."""
    make_article(section=section, slug="one", title="One", body="A formt to fill in.")
    for slug in ("a", "b", "c", "d"):
        make_article(section=section, slug=slug, title=f"The format of {slug}", summary="How a file looks.")


def test_where_little_is_found_the_page_shows_it_and_asks_what_was_meant(client, little):
    found = search("formt")
    assert ([hit.page.title for hit in found.hits], found.corrected, found.meant) == (["One"], "", "format")
    page = client.get("/help/search/?q=formt").text
    assert "Did you mean" in page
    assert 'href="/help/search/?q=format&amp;' in page
    typing = client.get("/help/search/?q=formt", headers={"HX-Request": "true"}).text
    assert "One" in typing
    assert "?q=format&amp;" in typing


def test_nothing_is_asked_where_enough_is_found_or_nothing_else_would_be(little, section):
    assert search("format").meant == ""
    assert search("forma").meant == ""  # the beginning of a word finds the word itself
    make_article(section=section, slug="solo", title="Sole", body="Soles.")
    assert search("soles").meant == ""


def test_a_search_that_is_loosened_says_what_it_was_corrected_to(little):
    found = search("formatt zeppelin")
    assert (found.is_loose, found.corrected) == (True, "format zeppelin")
    assert len(found.hits) == 4
