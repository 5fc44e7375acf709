"""The editor's screen: writing, seeing, keeping what was typed, two at once."""

import datetime as dt
import re

import pytest
from django.utils import timezone

from helpcenter import desk, guide, images, publishing
from helpcenter.markup import MOST_CHARACTERS
from helpcenter.models import Article, ArticleRevision, OpenEditor, Section, StatusAdvice
from helpcenter.writing import Faq
from tests.factories import NOW
from tests.helpcenter.factories import edit, fresh, make_advice, make_article, make_section
from tests.helpcenter.test_sources import picture

pytestmark = pytest.mark.django_db

ADD = "/admin/helpcenter/article/add/"


@pytest.fixture
def section():
    return make_section()


@pytest.fixture
def editing(client, editor):
    client.force_login(editor)
    return client


def change(article: Article) -> str:
    return f"/admin/helpcenter/article/{article.pk}/change/"


def article_form(*faq: tuple[str, str], based_on: int = 1, **fields) -> dict:
    form = {"title": "Waiting", "summary": "", "quick_answer": "", "body": "", "keywords": "", "based_on": based_on}
    form |= {"faq-TOTAL_FORMS": len(faq), "faq-INITIAL_FORMS": 0}
    for number, (question, answer) in enumerate(faq):
        form |= {f"faq-{number}-question": question, f"faq-{number}-answer": answer}
    return form | fields


def test_an_editor_writes_an_article_and_readers_see_nothing_of_it_yet(editing, section, client):
    form = article_form(
        ("Why?", "Because *so*."), section=section.pk, slug="new-one", title="New one", body="## Hello\r\n\r\nText"
    )
    answer = editing.post(ADD, form | {"based_on": 0})
    assert answer.status_code == 302
    revision = ArticleRevision.objects.get()
    assert (revision.number, revision.state, revision.author.email) == (1, "draft", "eddy@example.com")
    assert revision.faq.get().answer_html == "<p>Because <em>so</em>.</p>\n"
    assert "only editors see this page" in editing.get("/help/orders/new-one/").text
    client.logout()
    assert client.get("/help/orders/new-one/").status_code == 404


def test_a_live_article_is_edited_beside_itself(editing, section, client):
    article = make_article(section=section, body="Old words")
    assert editing.post(change(article), article_form(body="New **words**")).status_code == 302
    client.logout()
    page = client.get("/help/orders/waiting/").text
    assert "Old words" in page
    assert "New" not in page.partition("<main")[2].partition("</main>")[0]


def test_a_question_that_is_emptied_is_gone_and_the_others_keep_their_anchors(editing, section):
    article = make_article(section=section, faq=(Faq("One?", "1"), Faq("Two?", "2")))
    form = article_form(("", ""), ("Two, really?", "2"), **{"faq-1-anchor": "faq-two"})
    assert editing.post(change(article), form).status_code == 302
    assert list(fresh(article).latest.faq.values_list("question", "anchor")) == [("Two, really?", "faq-two")]


def test_saving_the_same_words_makes_no_new_version(editing, section):
    article = make_article(section=section, body="One\n\nTwo")
    assert editing.post(change(article), article_form(body="One\r\n\r\nTwo\r\n")).status_code == 302
    assert article.revisions.count() == 1


def test_of_two_editors_at_once_the_second_loses_nothing(editing, section):
    article = make_article(section=section, body="The first words")
    edit(article, body="The words of somebody else", now=timezone.now())
    answer = editing.post(change(article), article_form(body="The first words, longer"))
    assert answer.status_code == 409
    assert "saved version 2 while you were writing" in answer.text
    assert "The first words, longer" in answer.text
    assert "<ins>first </ins>words" in answer.text
    assert 'name="based_on" value="2"' in answer.text
    assert article.revisions.count() == 2
    assert editing.post(change(article), article_form(body="Both", based_on=2)).status_code == 302
    assert fresh(article).latest.body == "Both"


def test_what_did_not_change_is_no_difference_however_a_browser_ends_its_lines(editing, section):
    lines = "One\n\n[x](/help/orders/waiting/)\n\nTwo"
    article = make_article(section=section, body=lines)
    edit(article, title="Another title", now=timezone.now())
    answer = editing.post(change(article), article_form(body=lines.replace("\n", "\r\n")))
    assert answer.status_code == 409
    conflict = answer.text.partition('id="conflict"')[2].partition("</section>")[0]
    assert "<h3>" in conflict
    assert "Two" not in conflict


def test_pages_of_the_panel_are_linked_with_or_without_their_last_slash(editing, section):
    make_article(section=section)
    body = "[a](/balance/add/?x=1) [b](/balance#top) [c](/orders/7/) [d](//example.com/x) [e](https://example.com/y)"
    answer = editing.post(ADD, article_form(body=body, section=section.pk, slug="linking", based_on=0))
    assert answer.status_code == 302


def test_words_that_arrive_once_more_after_they_were_saved_are_not_unsaved(editing, section, editor):
    article = make_article(section=section)
    form = article_form(body="One\r\n\r\nTwo", touched="1")
    assert editing.post(change(article), form).status_code == 302
    editing.post(f"/admin/helpcenter/article/typing/{article.pk}/", form)
    assert desk.typed_before(article=article, user=editor) is None
    new = article_form(
        body="A\r\n\r\nB", title="Quite new", touched="1", section=section.pk, slug="quite-new", based_on=0
    )
    assert editing.post(ADD, new).status_code == 302
    editing.post("/admin/helpcenter/article/typing/0/", new)
    assert desk.typed_before(article=None, user=editor) is None


def test_everything_that_is_wrong_is_said_in_one_place(editing, section):
    make_article(section=section, slug="taken")
    form = article_form(body="{{ snippet:nope }}", section=section.pk, slug="taken", based_on=0)
    answer = editing.post(ADD, form)
    assert answer.status_code == 422
    assert answer.text.count("Please look at this first") == 1
    summary = answer.text.partition("Please look at this first")[2].partition("</div>")[0]
    assert "already has an article at this address" in summary
    assert "There is no snippet called “nope”." in summary


@pytest.mark.parametrize("slug", ["faq", "search", "With-Capitals", "under_score", "-edge", "two--hyphens", "a b", ""])
def test_an_address_that_cannot_be_one_is_refused(editing, section, slug):
    form = article_form(section=section.pk, slug=slug, based_on=0, body="Kept words")
    answer = editing.post(ADD, form)
    assert answer.status_code == 422
    assert "Kept words" in answer.text
    refused = editing.post("/admin/helpcenter/section/add/", {"title": "X", "slug": slug, "position": 0})
    assert refused.status_code == 200
    assert (Article.objects.count(), Section.objects.count()) == (0, 1)


def test_an_address_is_used_once_in_a_section_and_again_in_another(editing, section):
    make_article(section=section)
    other = make_section(slug="other", title="Other")
    refused = editing.post(ADD, article_form(section=section.pk, slug="waiting", based_on=0))
    assert "This section already has an article at this address." in refused.text
    assert editing.post(ADD, article_form(section=other.pk, slug="waiting", based_on=0)).status_code == 302


def test_an_address_that_still_leads_to_another_article_is_refused_on_the_screen(editing, section, editor):
    leads = "This address still leads to “The old hand”. Choose another one."
    article = make_article(section=section, slug="first", title="The old hand")
    publishing.move(article=article, section=section, slug="second", actor=editor, now=NOW)
    assert leads in editing.post(ADD, article_form(section=section.pk, slug="first", based_on=0)).text
    other = make_article(section=section, slug="other")
    place = {"place-section": section.pk, "place-slug": "first", "place-position": 0}
    refused = editing.post(f"/admin/helpcenter/article/place/{other.pk}/", place)
    assert (refused.status_code, leads in refused.text) == (422, True)
    assert Article.objects.count() == 2
    own = editing.post(f"/admin/helpcenter/article/place/{article.pk}/", place)
    assert (own.status_code, fresh(article).slug) == (302, "first")


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("{{ stauses }}", "There is no live block {{ stauses }}."),
        ("{{ snippet:nothing }}", "There is no snippet called “nothing”."),
        ("[x](article:987654)", "There is no article number 987654."),
        ("[x](/help/orders/gone/)", "There is no page at /help/orders/gone/."),
        ("[x](/balance/ad/)", "There is no page at /balance/ad/."),
        ("![x](image:77)", "There is no picture number 77."),
        ("a" * (MOST_CHARACTERS + 1), "This text is too long"),
        ("a\x00b", "Null characters are not allowed"),
    ],
)
def test_what_cannot_be_shown_is_refused_in_words_and_the_text_is_kept(editing, section, body, sentence):
    answer = editing.post(ADD, article_form(section=section.pk, slug="x", based_on=0, title="Kept title", body=body))
    assert answer.status_code == 422
    assert sentence in answer.text
    assert "Kept title" in answer.text
    assert not Article.objects.exists()


def test_a_megabyte_is_refused_in_words_and_not_previewed(editing, section):
    article = make_article(section=section)
    text = "a " * 500_000
    assert "This text is too long" in editing.post(change(article), article_form(body=text)).text
    preview = editing.post(f"/admin/helpcenter/article/typing/{article.pk}/", article_form(body=text, touched="1"))
    assert preview.status_code == 200
    assert "This text is too long" in preview.text
    assert not OpenEditor.objects.filter(typed__isnull=False).exists()


# --- While somebody writes


def test_the_preview_is_what_readers_will_see(editing, section):
    article = make_article(section=section)
    make_advice(status="partial", meaning="Some of it.")
    body = "## One\n\n> [!NOTE]\n> Mind.\n\n{{ statuses }}\n\n[x](/help/orders/waiting/)"
    form = article_form(("Why?", "So."), title="T", quick_answer="Just **wait**.", body=body)
    preview = editing.post(f"/admin/helpcenter/article/typing/{article.pk}/", form).text
    for part in (
        '<h2 id="h-one">One</h2>',
        "callout--note",
        "Some of it.",
        "Just <strong>wait</strong>.",
        "<p>So.</p>",
    ):
        assert part in preview
    assert '<a href="/help/orders/waiting/">x</a>' in preview
    assert "1 minute to read" in preview
    assert article.revisions.count() == 1


@pytest.mark.parametrize(
    ("body", "notice"),
    [
        ("<script>alert(1)</script>", "HTML is shown as text and does nothing: &lt;script&gt;"),
        ("<b hx-get='/balance/'>x</b>", "HTML is shown as text and does nothing"),
        ("[x](javascript:alert(1))", "A link that readers must not follow is left out: javascript:alert(1)"),
        ("[x](data:text/html;base64,AA)", "A link that readers must not follow is left out"),
        ("![x](https://evil.example/pixel.gif)", "A picture from elsewhere is left out"),
        ("Text\n\n```\nnever closed", "The block of code that begins in line 3 is never closed."),
    ],
)
def test_the_editor_is_told_what_readers_will_not_see(editing, section, body, notice):
    article = make_article(section=section)
    preview = editing.post(f"/admin/helpcenter/article/typing/{article.pk}/", article_form(body=body)).text
    assert notice in preview


def test_a_good_text_has_no_notices(editing, section):
    article = make_article(section=section)
    body = "A `<b>` and\n\n```\n<script>\n```\n\n> ```\n> x\n> ```\n\n[x](https://example.com) 1 < 2 > 1"
    preview = editing.post(f"/admin/helpcenter/article/typing/{article.pk}/", article_form(body=body)).text
    assert "Readers will not see this" not in preview


def test_typed_words_are_kept_for_who_typed_them_until_they_are_saved(editing, section, editor, admin):
    article = make_article(section=section)
    form = article_form(body="Half a sent", touched="1")
    assert "unsaved words kept" in editing.post(f"/admin/helpcenter/article/typing/{article.pk}/", form).text
    assert desk.typed_before(article=article, user=editor).typed["body"] == "Half a sent"
    assert desk.typed_before(article=article, user=admin) is None
    assert "did not save it" in editing.get(change(article)).text
    assert "Half a sent" in editing.get(change(article) + "?unsaved=1").text
    editing.post(change(article), article_form(body="Half a sentence."))
    assert desk.typed_before(article=article, user=editor) is None
    editing.post(f"/admin/helpcenter/article/typing/{article.pk}/", form)
    editing.post(f"/admin/helpcenter/article/discard/{article.pk}/")
    assert "did not save it" not in editing.get(change(article)).text


def test_looking_at_the_preview_keeps_nothing(editing, section, editor):
    article = make_article(section=section)
    editing.post(f"/admin/helpcenter/article/typing/{article.pk}/", article_form(touched=""))
    assert desk.typed_before(article=article, user=editor) is None


def test_editors_see_who_else_is_here_for_a_minute(editing, section, admin):
    article = make_article(section=section)
    desk.sit_down(article=article, user=admin, now=timezone.now())
    address = f"/admin/helpcenter/article/present/{article.pk}/?based_on="
    assert "ada@example.com has this open too." in editing.get(address + "1").text
    assert "newer version" in editing.get(address + "7").text
    desk.sit_down(article=article, user=admin, now=timezone.now() - dt.timedelta(minutes=2))
    assert "has this open too" not in editing.get(address + "1").text


def test_who_may_only_read_sees_the_previews_too_and_nothing_of_it_is_kept(client, section, lead):
    article = make_article(section=section)
    make_advice(status="partial")
    client.force_login(lead)
    form = article_form(title="T", body="Some *words*.") | {"touched": "1"}
    answer = client.post(f"/admin/helpcenter/article/typing/{article.pk}/", form)
    assert (answer.status_code, "<em>words</em>" in answer.text) == (200, True)
    assert desk.typed_before(article=article, user=lead) is None
    assert client.post("/admin/helpcenter/statusadvice/typing/partial/", {"meaning": "Half."}).status_code == 200
    assert client.post(change(article), article_form(title="T", body="Mine")).status_code == 403


@pytest.mark.parametrize("who", ["lead", "editor"])
def test_who_may_only_read_the_words_sees_that_they_are_not_theirs_to_change(client, request, section, who):
    may = who == "editor"
    article = make_article(section=section, body="Some words.", faq=(Faq("Why?", "So."),))
    make_advice(status="partial")
    client.force_login(request.getfixturevalue(who))
    for address in (change(article), "/admin/helpcenter/statusadvice/partial/change/"):
        page = client.get(address).text
        texts = re.findall(
            r"<(?:textarea|input type=\"text\")[^>]*>", page.partition('id="editor"')[2].partition("</form>")[0]
        )
        assert len(texts) > 2
        assert all(("readonly" in text) is not may for text in texts)
        assert ("You can read this. Content editors change it." in page) is not may
        for offer in ("Save a version", "Insert a link", "One more question"):
            assert offer not in page or may


def test_links_snippets_and_blocks_are_found_to_insert(editing, section):
    article = make_article(section=section, title="Partial orders")
    found = editing.get("/admin/helpcenter/article/insert/?find=partial").text
    assert f'data-insert="[Partial orders](article:{article.pk})"' in found
    assert "{{ statuses }}" in editing.get("/admin/helpcenter/article/insert/?find=stat").text


def test_drafts_and_pictures_are_found_to_insert_and_a_title_with_brackets_stays_a_link(editing, section):
    draft = make_article(section=section, slug="d", title="Draft [soon]", is_published=False)
    kept = images.keep(data=picture(), alternative="A red field", now=NOW)
    found = editing.get("/admin/helpcenter/article/insert/?find=draft").text
    assert f"[Draft \\[soon\\]](article:{draft.pk})" in found
    found = editing.get("/admin/helpcenter/article/insert/?find=red").text
    assert f'data-insert="![](image:{kept.pk})"' in found


def test_an_article_that_others_link_to_is_not_deleted_and_says_which(editing, section, client, admin):
    wanted = make_article(section=section, slug="wanted", title="Wanted", is_published=False)
    other = make_article(section=section, slug="other", title="The other one", body="[x](/help/orders/wanted/)")
    client.force_login(admin)
    address = f"/admin/helpcenter/article/{wanted.pk}/"
    page = client.get(address + "change/").text
    assert "While they do, it cannot be deleted." in page
    assert "The other one" in page
    assert client.post(address + "delete/", {"post": "yes"}).status_code == 403
    edit(other, body="Without", now=NOW)
    assert client.post(address + "delete/", {"post": "yes"}).status_code == 302
    assert not Article.objects.filter(pk=wanted.pk).exists()


def test_the_editor_is_told_what_is_dropped_from_answers_too(editing, section):
    posted = {"quick_answer": "<b>x</b>", "body": "x", "touched": ""}
    posted |= {"faq-TOTAL_FORMS": "1", "faq-0-question": "Q", "faq-0-answer": "[x](javascript:alert(1))"}
    shown = editing.post("/admin/helpcenter/article/typing/0/", posted).text
    assert "HTML is shown as text and does nothing" in shown
    assert "A link that readers must not follow is left out" in shown


# --- Words about a status


def test_advice_is_seen_on_a_sample_order_and_checked_before_it_is_published(editing, section):
    make_advice(status="partial", money="It comes back.")
    form = {
        "meaning": "Only *some*.",
        "what_to_do": "Look.",
        "note": "",
        "money": "It is gone.",
        "contact_when": "Never.",
    }
    preview = editing.post("/admin/helpcenter/statusadvice/typing/partial/", form).text
    assert "Only <em>some</em>." in preview
    assert "0.27" in preview
    assert "The panel returns money in this status." in preview
    answer = editing.post("/admin/helpcenter/statusadvice/partial/change/", form | {"based_on": 1})
    assert answer.status_code == 302
    assert guide.advice_for("partial").meaning == "meaning of partial"
    assert StatusAdvice.objects.get(pk="partial").latest.meaning == "Only *some*."


def test_advice_can_be_neither_added_nor_deleted(editing, admin):
    make_advice(status="partial")
    editing.force_login(admin)
    assert editing.get("/admin/helpcenter/statusadvice/add/").status_code == 403
    assert editing.post("/admin/helpcenter/statusadvice/partial/delete/", {"post": "yes"}).status_code == 403
    assert StatusAdvice.objects.count() == 1


def test_of_two_editors_of_advice_the_second_loses_nothing(editing, section):
    make_advice(status="partial")
    make_advice(status="partial", meaning="Theirs")
    form = {"meaning": "Mine", "what_to_do": "Look.", "note": "", "money": "Back.", "contact_when": "Never."}
    answer = editing.post("/admin/helpcenter/statusadvice/partial/change/", form | {"based_on": 1})
    assert answer.status_code == 409
    assert "Mine" in answer.text
    assert "<del>Theirs</del>" in answer.text
