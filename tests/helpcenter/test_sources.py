"""Snippets, pictures, what is missing, and a draft from a ticket."""

import datetime as dt
import io

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.utils import timezone
from PIL import Image

from helpcenter import asking, guide, images, publishing, showing_again
from helpcenter.markup import Sources
from helpcenter.models import (
    AdviceRevision,
    Article,
    ArticleRevision,
    FaqItem,
    HelpImage,
    SearchLog,
    Snippet,
)
from helpcenter.rendering import render
from helpcenter.search import search
from helpcenter.writing import Faq
from support import ticketing
from support.models import TicketState, Topic
from tests.factories import NOW, place
from tests.helpcenter.factories import edit, fresh, make_advice, make_article, make_section

pytestmark = pytest.mark.django_db


@pytest.fixture
def section():
    return make_section()


def make_snippet(name: str = "refund-rule", body: str = "It goes to **your** balance.") -> Snippet:
    snippet = Snippet(name=name, body=body)
    showing_again.save_snippet(snippet=snippet)
    return snippet


# --- Snippets


def test_a_snippet_stands_in_texts_and_answers_and_changes_in_all_of_them(client, section):
    snippet = make_snippet()
    make_article(
        section=section, body="Before\n\n{{ snippet:refund-rule }}", faq=(Faq("Where?", "{{ snippet:refund-rule }}"),)
    )
    assert client.get("/help/orders/waiting/").text.count("<p>It goes to <strong>your</strong> balance.</p>") == 2
    snippet.body = "It goes elsewhere."
    showing_again.save_snippet(snippet=snippet)
    page = client.get("/help/orders/waiting/").text
    assert page.count("<p>It goes elsewhere.</p>") == 2
    assert "balance" not in page.partition("<article")[2].partition("</article")[0]


def test_a_snippet_in_a_quick_answer_and_in_advice_changes_there_and_in_search(client, section, admin):
    snippet = make_snippet(body="To *your* balance.")
    make_article(
        section=section, quick_answer="Where? {{ snippet:refund-rule }}", body="- So: {{ snippet:refund-rule }}"
    )
    make_advice(status="partial", money="It comes back. {{ snippet:refund-rule }}")
    snippet.body = "Elsewhere, marzipan."
    showing_again.save_snippet(snippet=snippet)
    page = client.get("/help/orders/waiting/").text
    assert "Where? Elsewhere, marzipan." in page
    assert "<li>So: Elsewhere, marzipan.</li>" in page
    assert guide.advice_for("partial").money == "It comes back. Elsewhere, marzipan."
    assert [hit.page.title for hit in search("marzipan", now=NOW).hits] == ["Waiting"]
    client.force_login(admin)
    address = f"/admin/helpcenter/snippet/{snippet.pk}/"
    assert "Waiting, Partial" in client.get(address + "change/").text
    ArticleRevision.objects.all().delete()
    assert client.post(address + "delete/", {"post": "yes"}).status_code == 403


def test_what_an_older_renderer_made_is_made_anew_at_the_next_migrate(section, django_assert_num_queries):
    article = make_article(section=section, body="Fast[^1].\n\n[^1]: Why.", faq=(Faq("Why?", "*So*."),))
    before = edit(article, body="**New**", is_published=False, now=NOW)
    make_advice(status="partial", meaning="A *part*.")
    ArticleRevision.objects.update(body_html="old", renderer=1)
    FaqItem.objects.update(answer_html="old")
    AdviceRevision.objects.update(meaning_html="old", renderer=1)
    call_command("migrate", verbosity=0)
    assert 'id="note-1"' in fresh(article).published.body_html
    assert ArticleRevision.objects.get(pk=before.pk).body_html == "<p><strong>New</strong></p>\n"
    assert set(FaqItem.objects.values_list("answer_html", flat=True)) == {"<p><em>So</em>.</p>\n"}
    assert guide.advice_for("partial").meaning == "A <em>part</em>."
    with django_assert_num_queries(4):  # two of them begin and end the transaction
        assert showing_again.bring_up_to_date() == 0


def test_new_words_for_a_picture_are_said_where_it_is_shown_in_a_snippet_too(client, section, editor):
    kept = images.keep(data=picture(), alternative="A red field", now=NOW)
    make_snippet(body=f"See ![](image:{kept.pk})")
    make_article(section=section, body=f"![](image:{kept.pk})\n\n{{{{ snippet:refund-rule }}}}")
    client.force_login(editor)
    answer = client.post(f"/admin/helpcenter/helpimage/{kept.pk}/change/", {"alternative": "A field of poppies"})
    assert answer.status_code == 302
    page = client.get("/help/orders/waiting/").text
    assert page.count('alt="A field of poppies"') == 2
    assert "A red field" not in page


@pytest.mark.parametrize("body", ["{{ snippet:loop }}", "x\n\n{{ snippet:other }}", "[x](article:987654)"])
def test_a_snippet_that_refers_to_itself_another_or_nothing_is_refused(client, section, editor, body):
    client.force_login(editor)
    answer = client.post("/admin/helpcenter/snippet/add/", {"name": "loop", "body": body})
    assert answer.status_code == 200
    assert not Snippet.objects.exists()


def test_even_a_snippet_that_holds_itself_in_the_database_ends():
    html = render("{{ snippet:loop }}", Sources(snippets={"loop": "a\n\n{{ snippet:loop }}"})).html
    assert html == "<p>a</p>\n<p>{{ snippet:loop }}</p>\n"


def test_a_snippet_is_never_a_template():
    html = render("{{ snippet:x }}", Sources(snippets={"x": "{% load x %} {{ request }} <script>"})).html
    assert html == "<p>{% load x %} {{ request }} &lt;script&gt;</p>\n"


def test_a_snippet_in_use_is_not_deleted_and_says_where(client, section, admin):
    snippet = make_snippet()
    article = make_article(section=section, title="The user of it", body="{{ snippet:refund-rule }}")
    client.force_login(admin)
    address = f"/admin/helpcenter/snippet/{snippet.pk}/"
    assert "The user of it" in client.get(address + "change/").text
    assert client.post(address + "delete/", {"post": "yes"}).status_code == 403
    edit(article, body="Without", now=NOW)
    assert client.post(address + "delete/", {"post": "yes"}).status_code == 302
    assert not Snippet.objects.exists()


# --- Pictures


def picture(kind: str = "PNG", size=(40, 30), **options) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "red").save(out, kind, **options)
    return out.getvalue()


def test_a_picture_is_drawn_anew_and_nothing_that_was_sent_survives():
    comment = b"<script>alert(1)</script>"
    sent = picture("JPEG", comment=comment) + comment
    kept = images.keep(data=sent, alternative="A red field", now=NOW)
    with images.default_storage.open(images.path_of(kept.name)) as file:
        stored = file.read()
    assert comment not in stored
    assert stored[:4] == b"RIFF"
    assert (kept.width, kept.height) == (40, 30)


def test_a_picture_in_a_text_has_its_words_and_its_size(client, section):
    kept = images.keep(data=picture(), alternative="A red field", now=NOW)
    make_article(section=section, body=f'![](image:{kept.pk})\n\n![Mine "x](image:{kept.pk})')
    page = client.get("/help/orders/waiting/").text
    url = f"/help/images/{kept.pk}/{kept.name}"
    assert f'<img src="{url}" alt="A red field" width="40" height="30" loading="lazy">' in page
    assert 'alt="Mine &quot;x"' in page
    answer = client.get(url)
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/webp")
    assert "immutable" in answer["Cache-Control"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert client.get(f"/help/images/{kept.pk}/other.webp").status_code == 404
    assert kept.used_in.count() == 1


def test_a_wide_picture_is_made_smaller():
    kept = images.keep(data=picture(size=(3000, 300)), alternative="Wide", now=NOW)
    assert (kept.width, kept.height) == (1400, 140)


@pytest.mark.parametrize(
    "data", [b"", b"GIF89a", b"<svg onload=alert(1)>", b"%PDF-1.4", picture()[:40], b"x" * (images.MOST_BYTES + 1)]
)
def test_what_is_no_picture_is_refused_in_words(data):
    with pytest.raises(ValidationError):
        images.keep(data=data, alternative="x", now=NOW)
    assert not HelpImage.objects.exists()


def test_a_picture_with_too_many_pixels_is_refused():
    with pytest.raises(ValidationError, match="too many pixels"):
        images.keep(data=picture(size=(6000, 5000)), alternative="x", now=NOW)


def test_an_editor_adds_a_picture_and_must_say_what_it_shows(client, editor):
    client.force_login(editor)
    address = "/admin/helpcenter/helpimage/add/"
    file = SimpleUploadedFile("x.png", picture(), "image/png")
    assert client.post(address, {"file": file, "alternative": ""}).status_code == 200
    assert not HelpImage.objects.exists()
    file.seek(0)
    assert client.post(address, {"file": file, "alternative": "A red field"}).status_code == 302
    kept = HelpImage.objects.get()
    assert (kept.alternative, kept.added_by) == ("A red field", editor)


# --- What is missing


def test_the_editors_home_names_what_is_missing(client, section, editor, customer):
    now = timezone.now()
    article = make_article(section=section, title="Overdue one")
    hidden = make_article(section=section, slug="hidden", title="Hidden one", is_published=False)
    make_article(section=section, slug="linking", title="Linking", body=f"[x](article:{hidden.pk})")
    Article.objects.filter(pk=article.pk).update(review_by=now.date() - dt.timedelta(days=1))
    SearchLog.objects.create(query="how to fly", found=0, created_at=now)
    SearchLog.objects.create(query="overdue", found=1, created_at=now)
    asking.keep_vote(article=article, reader="r", is_helpful=False, reason="unclear", words="Say it simply", now=now)
    asking.note_ticket({asking.READ: [[article.pk, int(now.timestamp())]]}, now)
    asking.note_missing("orders/gone", now)
    ticketing.open_ticket(customer=customer, topic=Topic.OTHER, order=None, text="Zebra crossing?", now=now)
    client.force_login(editor)
    page = client.get("/admin/helpcenter/article/missing/").text
    for words in (
        "how to fly",
        "overdue",
        "Overdue one",
        "Say it simply",
        "“Linking” links to “Hidden one”, which is not published.",
        "/help/orders/gone/",
        "Zebra crossing?",
        "No words about the status Pending",
    ):
        assert words in page


def test_a_draft_from_a_ticket_holds_nothing_of_the_customer(client, section, customer, admin):
    order = place(customer, link="https://www.example.com/carols.bakery/posts")
    text = f"Order {order.pk + 10_000} #{order.pk} for carols.bakery: mail carol@example.com or +49 170 1234567, see {order.link}"
    ticket = ticketing.open_ticket(customer=customer, topic=Topic.OTHER, order=order, text=text, now=NOW)
    ticketing.note(ticket_number=ticket.pk, author=admin, text="Internal gossip", now=NOW)
    ticketing.reply(
        ticket_number=ticket.pk,
        author=admin,
        text="Dear carol, wait a day.",
        by_staff=True,
        then=TicketState.WAITING,
        now=NOW,
    )
    client.force_login(admin)
    answer = client.post(f"/admin/help-from-ticket/{ticket.pk}/")
    article = fresh(Article.objects.get())
    assert answer["Location"] == f"/admin/helpcenter/article/{article.pk}/change/"
    assert article.published is None
    whole = f"{article.slug} {article.latest.title} {article.latest.body}".lower()
    assert "wait a day" in whole
    for secret in ("carol", "bakery", "@", "1234567", str(order.pk + 10_000), "gossip", "example.com"):
        assert secret not in whole


def test_a_draft_from_a_ticket_takes_no_address_that_leads_to_an_article(client, section, customer, admin):
    article = make_article(section=section, slug="where-is-it")
    publishing.move(article=article, section=section, slug="waiting-long", actor=admin, now=NOW)
    ticket = ticketing.open_ticket(customer=customer, topic=Topic.OTHER, order=None, text="Where is it?", now=NOW)
    client.force_login(admin)
    client.post(f"/admin/help-from-ticket/{ticket.pk}/")
    assert Article.objects.exclude(pk=article.pk).get().slug == "where-is-it-2"


def test_who_may_not_write_an_article_is_not_sent_to_write_one(client, lead, editor):
    for person, may in ((lead, False), (editor, True)):
        client.force_login(person)
        page = client.get("/admin/helpcenter/article/missing/").text
        assert ("/admin/helpcenter/article/add/" in page) is may
