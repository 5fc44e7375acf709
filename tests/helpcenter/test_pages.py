import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from helpcenter import live_blocks, related
from helpcenter.models import Article, SearchLog, Section
from helpcenter.writing import Faq
from orders.statuses import OrderStatus
from tests.helpcenter.factories import make_advice, make_article, make_section

pytestmark = pytest.mark.django_db


@pytest.fixture
def section():
    return make_section(slug="orders", title="Orders & troubleshooting", summary="About orders")


def text_of(response) -> str:
    return response.content.decode()


def test_the_home_page_lists_sections_with_their_articles(client, section):
    make_article(section=section, title="Waiting well")
    page = text_of(client.get("/help/"))
    assert "Orders &amp; troubleshooting" in page
    assert '<a href="/help/orders/waiting/">Waiting well</a>' in page
    assert "/tickets/new/" in page


def test_an_empty_help_center_still_answers(client):
    for address in ("/help/", "/help/faq/", "/help/search/"):
        assert client.get(address).status_code == 200


def test_a_section_lists_its_articles_alone(client, section):
    make_article(section=section, title="Waiting well", summary="How to wait")
    other = make_section(slug="other", title="Other")
    make_article(section=other, title="Elsewhere")
    page = text_of(client.get("/help/orders/"))
    assert "How to wait" in page
    assert "Elsewhere" not in page


def test_an_article_has_all_its_parts(client, section):
    make_article(
        section=section,
        title="Waiting well",
        faq=(Faq("How long?", "Not *long*."),),
        quick_answer="Just **wait**.",
        body="## One\n\nText\n\n## Two\n\n> [!NOTE]\n> Mind.\n\n## Three\n\n| a |\n| --- |\n| b |",
    )
    make_article(section=section, slug="sibling", title="A sibling")
    page = text_of(client.get("/help/orders/waiting/"))
    assert "<h1>Waiting well</h1>" in page
    assert "Just <strong>wait</strong>." in page
    assert 'href="/help/orders/"><span itemprop="name">Orders &amp; troubleshooting</span></a>' in page
    assert '<a href="#h-two">Two</a>' in page
    assert 'class="callout callout--note"' in page
    assert '<td class="table__title" data-label="a">b</td>' in page
    assert '<details id="faq-how-long">' in page
    assert "Not <em>long</em>." in page
    assert "A sibling" in page
    assert 'datetime="2026-11-20T09:00:00+00:00"' in page
    assert "Still need help?" in page
    assert 'href="/tickets/new/"' in page


def test_two_headings_need_no_contents_list(client, section):
    make_article(section=section, body="## One\n\n## Two")
    assert "On this page" not in text_of(client.get("/help/orders/waiting/"))


def test_what_does_not_exist_is_not_found(client, section):
    make_article(section=section)
    other = make_section(slug="other", title="Other")
    assert other.articles.count() == 0
    for address in ("/help/no/", "/help/orders/no/", "/help/other/waiting/", "/help/search/waiting/"):
        assert client.get(address).status_code == 404


def test_an_unpublished_article_is_hidden_everywhere(client, customer, section):
    make_article(section=section, title="Secret plan", is_published=False, faq=(Faq("Secret question?", "No."),))
    make_article(section=section, slug="open", title="Open")
    client.force_login(customer)
    assert client.get("/help/orders/waiting/").status_code == 404
    for address in ("/help/", "/help/orders/", "/help/orders/open/", "/help/faq/", "/help/search/?q=secret"):
        page = text_of(client.get(address))
        assert "Secret plan" not in page
        assert "Secret question" not in page


def test_an_editor_sees_an_unpublished_article_and_that_it_is_one(client, admin, section):
    make_article(section=section, is_published=False)
    client.force_login(admin)
    assert "only editors see this page" in text_of(client.get("/help/orders/waiting/"))


def test_common_questions_are_collected_with_their_anchors(client, section):
    make_article(section=section, title="Waiting well", faq=(Faq("How long?", "Not long."),))
    page = text_of(client.get("/help/faq/"))
    assert '<details id="faq-how-long">' in page
    assert '<a href="/help/orders/waiting/">Waiting well</a>' in page


def test_the_same_question_in_two_articles_has_two_anchors(section):
    asked = (Faq("How long?", "Not long."),)
    first = make_article(section=section, faq=asked)
    second = make_article(section=section, slug="other", faq=asked)
    anchors = [article.published.faq.get().anchor for article in (first, second)]
    assert anchors == ["faq-how-long", "faq-how-long-2"]


def test_the_status_table_has_a_row_with_an_anchor_for_every_status(client, section):
    make_advice(status=OrderStatus.IN_PROGRESS, meaning="It *runs*.")
    make_article(section=section, body="{{ statuses }}")
    page = text_of(client.get("/help/orders/waiting/"))
    for status in OrderStatus:
        assert f'id="{status.anchor}"' in page
    assert 'id="status-in-progress"' in page
    assert "It <em>runs</em>." in page
    assert "The guide has no text for this status yet." in page


def test_the_project_may_draw_beside_each_status_and_add_blocks(client, section, monkeypatch):
    monkeypatch.setattr(live_blocks, "registered", dict(live_blocks.registered))
    monkeypatch.setattr(live_blocks, "registered_beside_statuses", [])
    live_blocks.beside_statuses(lambda request: {"pending": "order 5521 & more"})
    live_blocks.block("greeting")(lambda request: "Hello <you>")
    make_article(section=section, body="{{ statuses }}\n\n{{ greeting }}")
    page = text_of(client.get("/help/orders/waiting/"))
    assert "order 5521 &amp; more" in page
    assert "Hello &lt;you&gt;" in page


def fill_help_center(rows: int) -> None:
    faq = tuple(Faq(f"Question {number}?", "Answer.") for number in range(rows))
    for number in range(rows):
        section = make_section(slug=f"section-{number}", title=f"Section {number}")
        for place in range(rows):
            make_article(
                section=section,
                slug=f"article-{place}",
                position=place,
                body="{{ statuses }}\n\nneedle",
                keywords="needle",
                faq=faq,
            )


def queries_of(client, address: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    return len(queries)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("/help/", 3),
        ("/help/section-0/", 3),
        ("/help/section-0/article-0/", 8),
        ("/help/faq/", 1),
        # With the log of searches: looking for the last keystroke, and writing.
        ("/help/search/?q=needle", 6),
    ],
)
def test_a_page_asks_the_database_as_often_for_four_rows_as_for_two(client, address, expected):
    fill_help_center(2)
    for status in OrderStatus:
        make_advice(status=status)
    assert queries_of(client, address) == expected
    Article.objects.all().delete()
    Section.objects.all().delete()
    SearchLog.objects.all().delete()
    fill_help_center(4)
    related.forget()
    assert queries_of(client, address) == expected
