"""Draft -> in review -> approved -> published, for articles; addresses that survive; what a moment shows."""

import datetime as dt

import pytest
import time_machine
from django.core.exceptions import ValidationError

from helpcenter import guide, publishing, search, writing
from helpcenter.models import ArticleRevision, OldAddress, State
from helpcenter.publishing import Refused
from tests.factories import NOW
from tests.helpcenter.factories import edit, fresh, make_advice, make_article, make_section

pytestmark = pytest.mark.django_db

LATER = NOW + dt.timedelta(days=3)


@pytest.fixture
def section():
    return make_section()


@pytest.fixture
def at_noon():
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


def approved(article, author, reviewer, **texts) -> ArticleRevision:
    revision = edit(article, author=author, is_published=False, now=NOW, **texts)
    publishing.send_to_review(owner=article, number=revision.number, actor=author, now=NOW)
    return publishing.approve(owner=article, number=revision.number, actor=reviewer, now=NOW)


def titles(query: str, now: dt.datetime) -> list[str]:
    return [hit.page.title for hit in search.search(query, now=now).hits]


def test_a_text_goes_from_draft_to_readers_step_by_step(client, section, editor, admin, at_noon):
    article = make_article(section=section, title="Old title")
    revision = edit(article, title="Fresh title", author=editor, is_published=False, now=NOW)
    assert revision.state == State.DRAFT
    with pytest.raises(Refused):
        publishing.publish(owner=article, number=2, actor=admin, now=NOW)
    publishing.send_to_review(owner=article, number=2, actor=editor, now=NOW)
    publishing.approve(owner=article, number=2, actor=admin, now=NOW)
    assert "Old title" in client.get("/help/orders/waiting/").text
    publishing.publish(owner=article, number=2, actor=admin, now=NOW)
    page = client.get("/help/orders/waiting/").text
    assert "Fresh title" in page
    assert 'datetime="2026-11-25T12:00:00+00:00"' in page
    assert titles("fresh", NOW) == ["Fresh title"]
    assert titles("old", NOW) == []
    said = list(article.events.order_by("pk").values_list("code", flat=True))
    assert said == ["saved", "loaded", "saved", "sent", "approved", "published"]


def test_nobody_approves_a_text_they_wrote_a_part_of(section, editor, admin, settings):
    article = make_article(section=section)
    edit(article, body="Most of it", author=admin, is_published=False, now=NOW)
    edit(article, body="Most of it, and a comma", author=editor, is_published=False, now=NOW)
    with pytest.raises(Refused, match="Somebody else"):
        publishing.approve(owner=article, number=3, actor=admin, now=NOW)
    settings.HELP_SELF_APPROVAL = True
    assert publishing.approve(owner=article, number=3, actor=admin, now=NOW).state == State.APPROVED


def test_an_edit_after_approval_is_a_draft_again(section, editor, admin):
    article = make_article(section=section)
    approved(article, editor, admin, body="Good")
    edit(article, body="Good?", author=editor, is_published=False, now=NOW)
    assert fresh(article).latest.state == State.DRAFT
    with pytest.raises(Refused):
        publishing.publish(owner=article, number=2, actor=admin, now=NOW)


def test_a_reviewer_sends_back_with_words(section, editor, admin):
    article = make_article(section=section)
    edit(article, body="x", author=editor, is_published=False, now=NOW)
    publishing.send_to_review(owner=article, number=2, actor=editor, now=NOW)
    publishing.send_back(owner=article, number=2, actor=admin, words="Say when.", now=NOW)
    assert fresh(article).latest.state == State.DRAFT
    assert article.events.first().words == "Say when."


def test_a_scheduled_text_appears_at_its_moment_and_nothing_has_to_run(client, section, editor, admin, at_noon):
    article = make_article(section=section, title="Good until today")
    approved(article, editor, admin, title="From tomorrow on")
    publishing.publish(owner=article, number=2, actor=admin, at=LATER, now=NOW)
    assert "Good until today" in client.get("/help/orders/waiting/").text
    assert titles("today", NOW) == ["Good until today"]
    at_noon.move_to(LATER)
    page = client.get("/help/orders/waiting/").text
    assert "From tomorrow on" in page
    assert 'datetime="2026-11-28T12:00:00+00:00"' in page
    assert titles("tomorrow", LATER) == ["From tomorrow on"]
    assert "From tomorrow on" in client.get("/help/").text


def test_a_new_article_can_be_scheduled(client, section, editor, admin, at_noon):
    article = make_article(section=section, is_published=False, author=editor)
    publishing.approve(owner=article, number=1, actor=admin, now=NOW)
    publishing.publish(owner=article, number=1, actor=admin, at=LATER, now=NOW)
    assert client.get("/help/orders/waiting/").status_code == 404
    at_noon.move_to(LATER)
    assert client.get("/help/orders/waiting/").status_code == 200


def test_what_was_scheduled_and_has_come_stays_when_the_next_is_scheduled(client, section, editor, admin, at_noon):
    article = make_article(section=section, title="One")
    approved(article, editor, admin, title="Two")
    publishing.publish(owner=article, number=2, actor=admin, at=NOW + dt.timedelta(hours=1), now=NOW)
    at_noon.move_to(NOW + dt.timedelta(hours=2))
    approved(article, editor, admin, title="Three")
    publishing.publish(owner=article, number=3, actor=admin, at=LATER, now=NOW + dt.timedelta(hours=2))
    assert "Two" in client.get("/help/orders/waiting/").text


def test_an_article_is_taken_offline_and_comes_back(client, section, admin, at_noon):
    article = make_article(section=section, title="Findable")
    publishing.unpublish(owner=article, actor=admin, now=NOW)
    assert client.get("/help/orders/waiting/").status_code == 404
    assert titles("findable", NOW) == []
    publishing.publish(owner=article, number=1, actor=admin, now=NOW)
    assert client.get("/help/orders/waiting/").status_code == 200
    assert titles("findable", NOW) == ["Findable"]


def test_an_old_version_comes_back_as_a_draft_with_its_questions(section, editor):
    article = make_article(section=section, body="First", faq=(writing.Faq("Why?", "So."),))
    edit(article, body="Second", faq=[], now=NOW)
    revision = publishing.restore(owner=article, number=2, restored=1, actor=editor, now=NOW)
    assert (revision.number, revision.body, revision.state) == (3, "First", State.DRAFT)
    assert revision.faq.get().anchor == "faq-why"
    with pytest.raises(Refused, match="says the same"):
        publishing.restore(owner=article, number=3, restored=1, actor=editor, now=NOW)


def test_nothing_is_done_with_a_version_that_was_overtaken(section, editor, admin):
    article = make_article(section=section, is_published=False, author=editor)
    edit(article, body="Newer", author=editor, is_published=False, now=NOW)
    with pytest.raises(Refused, match="meanwhile"):
        publishing.approve(owner=article, number=1, actor=admin, now=NOW)


def test_advice_is_published_like_an_article_and_never_taken_away(editor, admin, at_noon):
    row = make_advice(status="error", meaning="Old")
    texts = {name: getattr(row, name) for name in row.TEXTS} | {"meaning": "New"}
    writing.save_advice(advice=row.advice, texts=texts, author=editor, based_on=1, now=NOW)
    publishing.approve(owner=row.advice, number=2, actor=admin, now=NOW)
    publishing.publish(owner=row.advice, number=2, actor=admin, at=LATER, now=NOW)
    assert guide.advice_for("error").meaning == "Old"
    at_noon.move_to(LATER)
    assert guide.advice_for("error").meaning == "New"
    with pytest.raises(Refused):
        publishing.unpublish(owner=row.advice, actor=admin, now=LATER)


# --- Addresses


def test_old_addresses_of_articles_and_sections_answer_301(client, section, admin):
    article = make_article(section=section, slug="first")
    other = make_section(slug="other", title="Other")
    publishing.move(article=article, section=section, slug="second", actor=admin, now=NOW)
    publishing.move(article=article, section=other, slug="second", actor=admin, now=NOW)
    other.slug = "another"
    publishing.move_section(section=other)
    for old in ("/help/orders/first/", "/help/orders/second/", "/help/other/second/"):
        answer = client.get(old)
        assert (old, answer.status_code, answer.headers.get("Location")) == (old, 301, "/help/another/second/")
    assert client.get("/help/other/").headers["Location"] == "/help/another/"
    assert client.get("/help/another/second/").status_code == 200


def test_a_section_takes_no_address_that_leads_to_another_one(client, admin):
    moved, other = make_section(slug="first", title="Moved"), make_section(slug="other", title="Other")
    moved.slug = "second"
    publishing.move_section(section=moved)
    client.force_login(admin)
    form = {"title": "Other", "slug": "first", "summary": "", "icon": "", "position": 1}
    refused = client.post(f"/admin/helpcenter/section/{other.pk}/change/", form)
    assert "This address still leads to “Moved”. Choose another one." in refused.text
    assert client.get("/help/first/").headers["Location"] == "/help/second/"
    back = client.post(f"/admin/helpcenter/section/{moved.pk}/change/", form | {"title": "Moved"})
    assert (back.status_code, client.get("/help/first/").status_code) == (302, 200)


def test_an_article_takes_its_own_old_address_back_and_nothing_goes_in_circles(client, section, admin):
    article = make_article(section=section, slug="second")
    publishing.move(article=article, section=section, slug="third", actor=admin, now=NOW)
    publishing.move(article=article, section=section, slug="second", actor=admin, now=NOW)
    assert client.get("/help/orders/second/").status_code == 200
    assert client.get("/help/orders/third/").headers["Location"] == "/help/orders/second/"
    assert OldAddress.objects.count() == 1


def test_no_article_takes_an_address_that_still_leads_to_another_one(client, section, admin):
    article = make_article(section=section, slug="first", title="The old hand")
    publishing.move(article=article, section=section, slug="second", actor=admin, now=NOW)
    other = make_article(section=section, slug="other")
    with pytest.raises(ValidationError, match="This address still leads to “The old hand”"):
        publishing.move(article=other, section=section, slug="first", actor=admin, now=NOW)
    with pytest.raises(ValidationError, match="The old hand"):
        make_article(section=section, slug="first", title="The newcomer")
    assert fresh(other).slug == "other"
    assert client.get("/help/orders/first/").headers["Location"] == "/help/orders/second/"


def test_an_old_address_of_what_readers_may_not_see_is_not_found(client, section, admin):
    article = make_article(section=section, slug="first")
    publishing.move(article=article, section=section, slug="second", actor=admin, now=NOW)
    publishing.unpublish(owner=article, actor=admin, now=NOW)
    assert client.get("/help/orders/first/").status_code == 404


def test_links_follow_an_article_to_its_new_address(client, section, admin):
    target = make_article(section=section, slug="target", title="Target")
    make_article(section=section, slug="here", body="See [this](/help/orders/target/#h-part) and [that](/help/).")
    assert fresh(target).linked_from.get().body == f"See [this](article:{target.pk}#h-part) and [that](/help/)."
    publishing.move(article=target, section=section, slug="moved", actor=admin, now=NOW)
    assert '<a href="/help/orders/moved/#h-part">this</a>' in client.get("/help/orders/here/").text
    publishing.unpublish(owner=target, actor=admin, now=NOW)
    page = client.get("/help/orders/here/").text
    assert "See this and" in page


def test_the_screens_buttons_do_it_all(client, section, editor, admin, at_noon):
    article = make_article(section=section, is_published=False, author=editor)
    step = f"/admin/helpcenter/article/step/{article.pk}/"

    def press(who, do, **more):
        client.force_login(who)
        return client.post(step, {"do": do, "number": 1, **more}, follow=True)

    assert "It waits for review." in press(editor, "review").text
    assert press(editor, "approve").status_code == 403
    assert "Say what is missing." in press(admin, "send_back", words="  ").text
    assert fresh(article).latest.state == State.IN_REVIEW
    assert "Your words are in the history." in press(admin, "send_back", words="Say when.").text
    assert "Say when." in press(editor, "review").text
    assert "Approved." in press(admin, "approve").text
    assert press(editor, "publish").status_code == 403
    assert "from the time you chose" in press(admin, "publish", at="2026-11-28T12:00").text
    assert fresh(article).scheduled.published_from == LATER
    assert "Readers do not see it any more." in press(admin, "unpublish").text
    assert press(admin, "explode").status_code == 403


def test_many_are_published_at_once_and_each_that_cannot_be_is_named(client, section, editor, admin):
    ready = make_article(section=section, slug="ready", is_published=False, author=editor)
    publishing.approve(owner=ready, number=1, actor=admin, now=NOW)
    raw = make_article(section=section, slug="raw", title="Raw one", is_published=False, author=editor)
    client.force_login(admin)
    there = make_article(section=section, slug="there", title="There already")
    form = {"action": "publish_approved", "_selected_action": [ready.pk, raw.pk, there.pk]}
    page = client.post("/admin/helpcenter/article/", form, follow=True).text
    assert "Published: 1." in page
    assert "Raw one: This version is" in page
    assert "Published or scheduled already: 1." in page
    assert fresh(ready).published
    assert not fresh(raw).published


def test_two_versions_are_compared_word_by_word(client, section, editor):
    article = make_article(section=section, body="Wait one hour, then write.")
    edit(article, body="Wait two hours, then <write>.", now=NOW)
    client.force_login(editor)
    page = client.get(f"/admin/helpcenter/article/compare/{article.pk}/?before=1&after=2").text
    assert (
        "Wait <del>one</del><ins>two</ins> <del>hour</del><ins>hours</ins>, then <ins>&lt;</ins>write<ins>&gt;</ins>."
        in page
    )
    assert client.get(f"/admin/helpcenter/article/compare/{article.pk}/?before=1&after=9").status_code == 404


def test_a_published_article_is_not_deleted(client, section, admin):
    article = make_article(section=section)
    client.force_login(admin)
    assert client.post(f"/admin/helpcenter/article/{article.pk}/delete/", {"post": "yes"}).status_code == 403
    publishing.unpublish(owner=article, actor=admin, now=NOW)
    assert client.post(f"/admin/helpcenter/article/{article.pk}/delete/", {"post": "yes"}).status_code == 302
