import datetime as dt

import pytest
from django.db import IntegrityError, transaction

from helpcenter import guide, writing
from helpcenter.models import Article, FaqItem, Section, StatusAdvice
from tests.helpcenter.factories import WRITTEN, make_advice, make_article, make_faq, make_section

LATER = WRITTEN + dt.timedelta(days=3)

pytestmark = pytest.mark.django_db


@pytest.fixture
def section():
    return make_section()


@pytest.fixture
def editing(client, admin):
    client.force_login(admin)
    return client


def article_form(**fields) -> dict:
    form = {
        "title": "Waiting",
        "summary": "",
        "quick_answer": "",
        "body": "",
        "keywords": "",
        "position": "0",
        "is_published": "on",
        "faq-TOTAL_FORMS": "0",
        "faq-INITIAL_FORMS": "0",
    }
    return form | fields


def test_an_editor_writes_an_article_with_a_question_and_readers_see_it(editing, section):
    form = article_form(
        section=section.pk,
        slug="new-one",
        title="New one",
        body="## Hello\r\n\r\nText",
        **{
            "faq-TOTAL_FORMS": "1",
            "faq-0-question": "Why?",
            "faq-0-answer": "Because *so*.",
            "faq-0-position": "1",
        },
    )
    assert editing.post("/admin/helpcenter/article/add/", form).status_code == 302
    page = editing.get("/help/orders/new-one/").content.decode()
    assert '<h2 id="h-hello">Hello</h2>' in page
    assert "Because <em>so</em>." in page
    assert '<details id="faq-why">' in page


def test_an_editor_changes_an_article_and_the_page_changes(editing, section):
    article = make_article(section=section, body="Old words")
    response = editing.post(f"/admin/helpcenter/article/{article.pk}/change/", article_form(body="New **words**"))
    assert response.status_code == 302
    page = editing.get("/help/orders/waiting/").content.decode()
    assert "New <strong>words</strong>" in page
    assert "Old words" not in page


def test_an_editor_removes_a_question(editing, section):
    article = make_article(section=section)
    item = make_faq(article=article)
    form = article_form(
        **{
            "faq-TOTAL_FORMS": "1",
            "faq-INITIAL_FORMS": "1",
            "faq-0-id": item.pk,
            "faq-0-article": article.pk,
            "faq-0-question": item.question,
            "faq-0-answer": item.answer,
            "faq-0-position": "0",
            "faq-0-DELETE": "on",
        }
    )
    assert editing.post(f"/admin/helpcenter/article/{article.pk}/change/", form).status_code == 302
    assert not FaqItem.objects.exists()
    article.refresh_from_db()
    assert article.updated_at > WRITTEN


def test_an_editor_changes_advice_and_every_reader_of_it_sees_the_change(editing, section):
    make_advice(status="partial")
    make_article(section=section, body="{{ statuses }}")
    form = {
        "meaning": "Only *some*.",
        "what_to_do": "Look.",
        "note": "",
        "money": "It comes back.",
        "contact_when": "Never.",
    }
    assert editing.post("/admin/helpcenter/statusadvice/partial/change/", form).status_code == 302
    assert "Only <em>some</em>." in editing.get("/help/orders/waiting/").content.decode()
    assert guide.advice_for("partial").meaning == "Only <em>some</em>."


def test_advice_can_be_neither_added_nor_deleted(editing):
    make_advice(status="partial")
    assert editing.get("/admin/helpcenter/statusadvice/add/").status_code == 403
    assert editing.post("/admin/helpcenter/statusadvice/partial/delete/", {"post": "yes"}).status_code == 403
    assert StatusAdvice.objects.count() == 1


def test_the_admin_pages_answer_and_link_to_the_site(editing, section):
    article = make_article(section=section)
    make_advice(status="partial")
    for model in ("section", "article", "statusadvice"):
        assert editing.get(f"/admin/helpcenter/{model}/").status_code == 200
    page = editing.get(f"/admin/helpcenter/article/{article.pk}/change/").content.decode()
    assert 'href="/help/orders/waiting/"' in page
    page = editing.get("/admin/helpcenter/statusadvice/partial/change/").content.decode()
    assert guide.status_url("partial") in page
    assert editing.get(f"/admin/helpcenter/section/{section.pk}/change/").status_code == 200


def test_an_address_stays_once_it_exists(editing, section):
    article = make_article(section=section)
    other = make_section(slug="other", title="Other")
    form = article_form(slug="moved", section=other.pk)
    assert editing.post(f"/admin/helpcenter/article/{article.pk}/change/", form).status_code == 302
    article.refresh_from_db()
    assert (article.slug, article.section) == ("waiting", section)


@pytest.mark.parametrize("slug", ["faq", "search", "With-Capitals", "under_score", "-edge", "two--hyphens", "a b", ""])
def test_an_address_that_cannot_be_one_is_refused(editing, section, slug):
    form = article_form(section=section.pk, slug=slug)
    assert editing.post("/admin/helpcenter/article/add/", form).status_code == 200
    assert (
        editing.post("/admin/helpcenter/section/add/", {"title": "X", "slug": slug, "position": 0}).status_code == 200
    )
    assert Article.objects.count() == 0
    assert Section.objects.count() == 1


def test_the_database_too_refuses_a_section_at_a_reserved_address():
    with pytest.raises(IntegrityError), transaction.atomic():
        make_section(slug="faq")


def test_an_address_is_used_once_in_a_section_and_again_in_another(editing, section):
    make_article(section=section)
    other = make_section(slug="other", title="Other")
    refused = editing.post("/admin/helpcenter/article/add/", article_form(section=section.pk, slug="waiting"))
    assert "This section already has an article at this address." in refused.content.decode()
    taken = editing.post("/admin/helpcenter/article/add/", article_form(section=other.pk, slug="waiting"))
    assert taken.status_code == 302


def test_an_unknown_live_block_is_refused_in_words_and_the_text_is_kept(editing, section):
    form = article_form(section=section.pk, slug="x", body="Kept words\n\n{{ stauses }}")
    page = editing.post("/admin/helpcenter/article/add/", form).content.decode()
    assert "There is no live block {{ stauses }}. There are: statuses." in page
    assert "Kept words" in page


def test_a_text_that_is_too_long_is_refused_in_words(editing, section):
    form = article_form(section=section.pk, slug="x", body="a" * 1_000_000)
    assert "This text is too long" in editing.post("/admin/helpcenter/article/add/", form).content.decode()


def test_a_nul_byte_is_refused_in_words(editing, section):
    form = article_form(section=section.pk, slug="x", body="a\x00b")
    assert "Null characters are not allowed" in editing.post("/admin/helpcenter/article/add/", form).content.decode()


def test_saving_without_a_change_leaves_the_updated_date(section):
    article = make_article(section=section, body="One\n\nTwo")
    item = make_faq(article=article)
    article.body = "One\r\n\r\nTwo\r\n"
    writing.save_article(article=article, now=LATER)
    writing.save_faq_item(item=item, now=LATER)
    article.refresh_from_db()
    assert article.updated_at == WRITTEN


def test_a_changed_answer_moves_the_updated_date_of_its_article_and_keeps_its_anchor(section):
    article = make_article(section=section)
    item = make_faq(article=article, question="How long?")
    item.question = "How many hours?"
    writing.save_faq_item(item=item, now=LATER)
    article.refresh_from_db()
    assert article.updated_at == LATER
    assert item.anchor == "faq-how-long"
