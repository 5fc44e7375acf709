"""What readers get beside the words: a 304, old addresses, votes, feeds; and what is kept of them, which names nobody."""

import datetime as dt
import re

import pytest
from django.test import Client
from django.utils import timezone

from helpcenter import asking, feeds, publishing
from helpcenter.models import Article, HelpfulVote, MissingPage, SearchLog, TicketAfterReading
from helpcenter.search import Results
from helpcenter.writing import Faq
from tests.factories import NOW
from tests.helpcenter.factories import edit, make_article, make_section

pytestmark = pytest.mark.django_db

ADDRESS = "/help/orders/waiting/"


@pytest.fixture
def section():
    return make_section()


# --- Seen again


@pytest.mark.parametrize("address", ["/help/", "/help/orders/", ADDRESS, "/help/faq/"])
def test_a_visitors_second_view_is_a_304_until_something_changes(client, section, address):
    article = make_article(section=section, summary="One.", faq=(Faq("Why?", "So."),))
    client.get(address)  # the form cookie comes with the first page
    first = client.get(address)
    assert first["Cache-Control"] == "private, no-cache"
    again = client.get(address, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    edit(article, title="Another title", now=timezone.now())
    assert client.get(address, headers={"If-None-Match": first["ETag"]}).status_code == 200


def test_another_theme_or_form_cookie_is_another_page(client, section):
    make_article(section=section)
    client.get(ADDRESS)
    tag = client.get(ADDRESS)["ETag"]
    client.cookies["theme"] = "dark"
    assert client.get(ADDRESS, headers={"If-None-Match": tag}).status_code == 200
    del client.cookies["theme"]
    client.cookies["csrftoken"] = "x" * 32
    assert client.get(ADDRESS, headers={"If-None-Match": tag}).status_code == 200


def test_a_signed_in_readers_page_is_kept_nowhere(client, section, customer):
    make_article(section=section)
    client.force_login(customer)
    answer = client.get(ADDRESS)
    assert "ETag" not in answer
    assert "no-store" in answer["Cache-Control"]


def test_a_page_says_what_it_is_to_machines(client, section):
    make_article(section=section, title="Waiting well", summary="How to wait.")
    page = client.get(ADDRESS).text
    for part in (
        '<link rel="canonical" href="http://testserver/help/orders/waiting/">',
        '<meta property="og:title" content="Waiting well">',
        '<meta property="og:description" content="How to wait.">',
        'itemtype="https://schema.org/BreadcrumbList"',
    ):
        assert part in page


def test_the_sitemap_and_the_feed_name_what_is_published_alone(client, section):
    make_article(section=section, title="Open & shown", summary="Yes.")
    make_article(section=section, slug="secret", title="Secret", is_published=False)
    for address in ("/sitemap.xml", "/help/changes.xml"):
        text = client.get(address).text
        assert "/help/orders/waiting/" in text
        assert "secret" not in text.lower()
    assert "<title>Open &amp; shown</title>" in client.get("/help/changes.xml").text


def test_the_feed_tells_what_else_changed_newest_first(client, section, monkeypatch):
    make_article(section=section, title="The rules", now=NOW)
    line = feeds.Change(
        "Likes are cheaper", "From 2.00 to 1.50", "/services/", NOW + dt.timedelta(hours=1), "s#1", "Likes"
    )
    monkeypatch.setattr(feeds, "registered", [feeds.articles, lambda most: [line][:most]])
    text = client.get("/help/changes.xml").text
    assert text.index("Likes are cheaper") < text.index("The rules")
    assert '<guid isPermaLink="false">s#1</guid>' in text
    assert "<link>http://testserver/services/</link>" in text
    assert "<category>Likes</category>" in text


# --- Votes


def vote(client, **form):
    return client.post(ADDRESS + "helpful/", form)


def test_a_reader_has_one_vote_and_may_change_it(client, section, customer):
    article = make_article(section=section)
    client.force_login(customer)
    assert vote(client, helpful="no")["Location"] == ADDRESS + "?helpful=no#helpful"
    assert "What was wrong with it?" in client.get(ADDRESS + "?helpful=no").text
    assert vote(client, helpful="no", reason="wrong", words="Ask sam@example.com").status_code == 302
    row = article.votes.get()
    assert (row.is_helpful, row.reason, row.words) == (False, "wrong", "Ask [email]")
    vote(client, helpful="yes")
    row = article.votes.get()
    assert (row.is_helpful, row.reason, row.words) == (True, "", "")
    assert len(row.reader) == 64
    assert customer.email not in row.reader


def test_two_readers_have_two_votes(client, section, customer, stranger):
    make_article(section=section)
    for who in (customer, stranger):
        client.force_login(who)
        vote(client, helpful="yes")
    client.logout()
    client.get(ADDRESS)
    vote(client, helpful="no")
    vote(client, helpful="no")
    assert HelpfulVote.objects.count() == 3


@pytest.mark.parametrize(
    "form", [{}, {"helpful": "maybe"}, {"helpful": "no", "reason": "spite"}, {"helpful": "no", "words": "x" * 1001}]
)
def test_a_vote_that_is_none_is_refused_and_keeps_nothing(client, section, form):
    make_article(section=section)
    assert vote(client, **form).status_code == 422
    assert not HelpfulVote.objects.exists()


def test_one_source_has_thirty_votes_an_hour_and_is_told_that_the_next_is_not_kept(section):
    article = make_article(section=section)
    for _reader in range(30):
        vote(Client(), helpful="yes")
    late = Client()
    assert vote(late, helpful="no")["Location"] == ADDRESS + "?helpful=enough#helpful"
    part = late.post(ADDRESS + "helpful/", {"helpful": "no"}, headers={"HX-Request": "true"})
    for answer in (late.get(ADDRESS + "?helpful=enough"), part):
        assert "this one is not kept" in answer.text
    assert article.votes.count() == 30
    late.post(ADDRESS + "helpful/", {"helpful": "no"}, REMOTE_ADDR="203.0.113.9")
    assert article.votes.count() == 31


# --- What was asked


def test_over_a_hundred_and_twenty_searches_an_hour_of_one_source_are_answered_and_not_written_down(client, section):
    make_article(section=section, title="Partial orders")
    for number in range(120):
        client.get("/help/search/", {"q": f"partial {number}"})
    assert "Partial" in client.get("/help/search/", {"q": "partial again"}).text
    assert not SearchLog.objects.filter(query="partial again").exists()
    client.get("/help/search/", {"q": "partial elsewhere"}, REMOTE_ADDR="203.0.113.9")
    assert SearchLog.objects.filter(query="partial elsewhere").exists()
    assert SearchLog.objects.count() == 121


def said(query: str, found: int = 0) -> Results:
    return Results(query=query, hits=[None] * found)


def test_keystrokes_of_one_visit_are_one_search(section):
    for seconds, query in enumerate(["ref", "refu", "refun", "refund", "refun"]):
        asking.note_search(visit="a" * 12, results=said(query), now=NOW + dt.timedelta(seconds=seconds))
    asking.note_search(visit="a" * 12, results=said("other words"), now=NOW + dt.timedelta(seconds=9))
    asking.note_search(visit="b" * 12, results=said("refund"), now=NOW + dt.timedelta(seconds=9))
    asking.note_search(visit="a" * 12, results=said("re"), now=NOW + dt.timedelta(seconds=9))
    assert list(SearchLog.objects.order_by("pk").values_list("query", flat=True)) == ["refun", "other words", "refund"]


def test_what_was_searched_for_says_nothing_about_who(client, section, customer):
    client.force_login(customer)
    client.get("/help/search/", {"q": "order #812345 of me@example.com on https://example.com/me @me_too"})
    query = SearchLog.objects.get().query
    assert query == "order [number] of [email] on [link] [account]"


def test_a_click_is_counted_for_its_search(client, section):
    article = make_article(section=section, title="Partial orders")
    page = client.get("/help/search/", {"q": "partial"}).text
    address = re.search(r'href="(/help/orders/waiting/\?visit=[0-9a-f]+)"', page)[1]
    client.get(address)
    assert SearchLog.objects.get().clicked == article


def test_suggestions_carry_titles_and_summaries_and_never_texts(client, section):
    make_article(section=section, title="Partial orders", summary="What comes back.", body="The secret partial body.")
    answer = client.get("/help/search/", {"q": "parti"}, headers={"HX-Request": "true"})
    assert "<mark>Partial</mark> orders" in answer.text
    assert "What comes back." in answer.text
    assert "secret" not in answer.text
    assert "<html" not in answer.text


def test_old_searches_are_forgotten_after_ninety_days(section):
    asking.note_search(visit="", results=said("old words"), now=NOW - dt.timedelta(days=91))
    asking.note_search(visit="", results=said("new words"), now=NOW - dt.timedelta(days=89))
    assert asking.tidy(NOW) == 1
    assert SearchLog.objects.get().query == "new words"


def test_a_ticket_within_half_an_hour_of_reading_is_counted_without_a_name(section):
    article, early = make_article(section=section), make_article(section=section, slug="early")
    at = int(NOW.timestamp())
    session = {asking.READ: [[early.pk, at - 31 * 60], [article.pk, at - 29 * 60], [999_999, at]]}
    asking.note_ticket(session, NOW)
    assert [row.article for row in TicketAfterReading.objects.all()] == [article]
    assert asking.READ not in session


def test_a_page_that_is_not_there_is_counted_and_led_on(client, section, editor):
    article = make_article(section=section)
    for _ in range(2):
        assert client.get("/help/orders/how-to-wait/").status_code == 404
    assert client.get("/help/nothing/").status_code == 404
    row = MissingPage.objects.get(path="orders/how-to-wait")
    assert row.times == 2
    client.force_login(editor)
    client.post("/admin/helpcenter/article/missing/lead-on/", {"path": row.path, "to": article.get_absolute_url()})
    client.logout()
    assert client.get("/help/orders/how-to-wait/").headers["Location"] == ADDRESS


def test_the_list_of_pages_asked_for_is_bounded(section, monkeypatch):
    monkeypatch.setattr(asking, "MOST_MISSING_PAGES", 2)
    for number in range(5):
        asking.note_missing(f"orders/x-{number}", NOW)
    asking.note_missing("x" * 500, NOW)
    assert MissingPage.objects.count() == 2


def test_related_articles_are_chosen_by_hand_and_then_by_section_and_keywords(client, section):
    other = make_section(slug="other", title="Other")
    here = make_article(section=section, title="Here", keywords="money return")
    make_article(section=section, slug="near", title="Near by section")
    make_article(section=section, slug="alike", title="Alike by keywords", keywords="return", position=9)
    far = make_article(section=other, slug="far", title="Far by hand")
    make_article(section=other, slug="else", title="Elsewhere by keywords", keywords="money")
    here.related.add(far)
    page = client.get(ADDRESS).text.partition('id="related"')[2]
    found = re.findall(r'<li><a href="[^"]+">([^<]+)</a></li>', page)
    assert found[:4] == ["Far by hand", "Alike by keywords", "Near by section", "Elsewhere by keywords"]
    publishing.unpublish(owner=far, actor=None, now=timezone.now())
    assert "Far by hand" not in client.get(ADDRESS).text


def test_an_article_that_another_process_hid_stands_below_no_other(client, section):
    """Which ones are related is remembered; whether they may be read is not."""
    make_article(section=section)
    near = make_article(section=section, slug="near", title="Near by section")
    assert "Near by section" in client.get(ADDRESS).text
    Article.objects.filter(pk=near.pk).update(published=None)
    assert "Near by section" not in client.get(ADDRESS).text
