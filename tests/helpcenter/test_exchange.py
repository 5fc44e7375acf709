"""The whole help center as a folder of files, both ways without loss."""

import datetime as dt
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from helpcenter import exchange, first_edition, images, publishing, showing_again, writing
from helpcenter.files import BadContent, read_article, value
from helpcenter.models import (
    Article,
    ArticleRevision,
    HelpImage,
    LoadedText,
    OldAddress,
    Section,
    Snippet,
    State,
    StatusAdvice,
    Synonyms,
)
from tests.factories import NOW
from tests.helpcenter.factories import edit, fresh, make_article, make_section
from tests.helpcenter.test_sources import picture

pytestmark = pytest.mark.django_db


def fill(admin) -> None:
    """Something of everything, with signs that files must not lose."""
    first_edition.load(now=NOW)
    section = Section.objects.get(slug="getting-started")
    child = make_section(slug="child", title='Quotes " and \\ signs', parent=section)
    image = images.keep(data=picture(), alternative='A "red" field', now=NOW)
    odd = 'Tab\there, quotes """ and \\n, three `+++`\n\n+++ \n\n```\n{{ statuses }}\n```\n\n€ 😀 \u200b end'
    article = make_article(
        section=child,
        slug="odd",
        title='"Odd" \\ one',
        body=f"![x](image:{image.pk})\n\n{odd}\n\n[x](/help/getting-started/place-your-first-order/#h-x)",
        faq=(writing.Faq('Why "so"?', "Line one\n\n- two\n- `three`"),),
    )
    Article.objects.filter(pk=article.pk).update(review_by=dt.date(2027, 1, 2), position=7)
    article.related.add(Article.objects.get(slug="adding-funds"))
    edit(article, title="A newer draft", is_published=False, now=NOW)
    publishing.move(article=article, section=section, slug="odder", actor=admin, now=NOW)
    later = edit(Article.objects.get(slug="refund-policy"), title="From then on", is_published=False, now=NOW)
    publishing.approve(owner=later.article, number=later.number, actor=admin, now=NOW)
    publishing.publish(owner=later.article, number=later.number, actor=admin, at=NOW + dt.timedelta(days=9), now=NOW)
    make_article(section=child, slug="hidden", title="Hidden", is_published=False)


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def empty() -> None:
    for model in (OldAddress, Article, HelpImage, Snippet, Synonyms, StatusAdvice, LoadedText):
        model.objects.all().delete()
    Section.objects.filter(parent__isnull=False).delete()
    Section.objects.all().delete()


def test_out_in_and_out_again_is_the_same_to_the_last_byte(admin, tmp_path):
    fill(admin)
    exchange.export(tmp_path / "one", now=NOW)
    empty()
    exchange.import_from(tmp_path / "one", now=NOW)
    exchange.export(tmp_path / "two", now=NOW)
    one, two = files_of(tmp_path / "one"), files_of(tmp_path / "two")
    assert one == two
    assert "getting-started/odder.draft.md" in one
    assert fresh(Article.objects.get(slug="refund-policy")).scheduled.title == "From then on"
    assert Article.objects.get(slug="odder").review_by == dt.date(2027, 1, 2)


def test_importing_what_is_there_changes_nothing(admin, tmp_path):
    fill(admin)
    exchange.export(tmp_path / "one", now=NOW)
    before = ArticleRevision.objects.filter(published_of__isnull=False).count()
    exchange.import_from(tmp_path / "one", now=NOW)
    exchange.export(tmp_path / "two", now=NOW)
    assert files_of(tmp_path / "one") == files_of(tmp_path / "two")
    assert ArticleRevision.objects.filter(published_of__isnull=False).count() == before


def advance(article_or_advice, admin, *, to: str) -> None:
    """The latest version as far as `to`, on the way that people take."""
    owner = article_or_advice
    if to == "in_review":
        publishing.send_to_review(owner=owner, number=owner.latest.number, actor=admin, now=NOW)
    if to == "approved":
        publishing.approve(owner=owner, number=owner.latest.number, actor=admin, now=NOW)


def test_everything_that_somebody_wrote_is_in_another_database_as_far_as_it_was(admin, tmp_path, client):
    """Three versions of one text, each on its way; anchors that outlived their question; words of advice that wait."""
    fill(admin)
    article = Article.objects.get(slug="what-the-labels-of-a-service-mean")
    asked = edit(article, faq=(writing.Faq("What is it?", "This."),), now=NOW)
    anchor = asked.faq.get().anchor
    edit(article, faq=(writing.Faq("What is that called?", "That.", anchor),), now=NOW + dt.timedelta(hours=1))
    later = edit(article, title="Labels to come", is_published=False, now=NOW)
    publishing.approve(owner=later.article, number=later.number, actor=admin, now=NOW)
    publishing.publish(owner=later.article, number=later.number, actor=admin, at=NOW + dt.timedelta(days=2), now=NOW)
    edit(article, title="Labels one day", is_published=False, now=NOW)
    advance(fresh(article), admin, to="in_review")
    advice = StatusAdvice.objects.get(pk="partial")
    texts = {name: f"{name} for later" for name in StatusAdvice.TEXTS}
    writing.save_advice(advice=advice, texts=texts, based_on=1, now=NOW)
    advance(StatusAdvice.objects.get(pk="partial"), admin, to="approved")
    snippet = Snippet(name="linked", body="See [funds](/help/payments-balance-policies/adding-funds/).")
    showing_again.save_snippet(snippet=snippet)
    Article.objects.get(slug="protect-your-account-with-a-second-factor").delete()

    exchange.export(tmp_path / "one", now=NOW)
    empty()
    make_section(slug="so-that-numbers-differ").delete()
    call_command("import_help", str(tmp_path / "one"), verbosity=0)
    exchange.export(tmp_path / "two", now=NOW)

    assert files_of(tmp_path / "one") == files_of(tmp_path / "two")
    back = fresh(Article.objects.get(slug="what-the-labels-of-a-service-mean"))
    assert back.published.faq.get().anchor == anchor
    assert back.published.published_from == NOW + dt.timedelta(hours=1)
    assert (back.scheduled.title, back.scheduled.published_from) == ("Labels to come", NOW + dt.timedelta(days=2))
    assert (back.latest.title, back.latest.state) == ("Labels one day", State.IN_REVIEW)
    advice = StatusAdvice.objects.get(pk="partial")
    assert (advice.latest.state, advice.latest.meaning) == (State.APPROVED, "meaning for later")
    assert advice.published.meaning != advice.latest.meaning
    assert Snippet.objects.get(name="linked").body.startswith("See [funds](article:")
    call_command("load_help", verbosity=0)
    assert not Article.objects.filter(slug="protect-your-account-with-a-second-factor").exists()


def test_what_was_scheduled_and_has_come_is_what_readers_see(admin, tmp_path):
    fill(admin)
    exchange.export(tmp_path / "one", now=NOW)
    then = NOW + dt.timedelta(days=30)
    exchange.export(tmp_path / "then", now=then)
    empty()
    exchange.import_from(tmp_path / "one", now=then)
    exchange.export(tmp_path / "two", now=then)
    assert files_of(tmp_path / "then") == files_of(tmp_path / "two")
    back = fresh(Article.objects.get(slug="refund-policy"))
    assert (back.published.title, back.scheduled) == ("From then on", None)


@pytest.mark.parametrize("line", ['state = "great"', 'published_from = "soon"', 'written = "2026-13-40T00:00:00Z"'])
def test_a_file_that_says_what_cannot_be_is_refused_and_named(tmp_path, line):
    first_edition.load(now=NOW)
    exchange.export(tmp_path / "one", now=NOW)
    path = tmp_path / "one" / "getting-started" / "place-your-first-order.md"
    lines = [
        one
        for one in path.read_text().splitlines()
        if not one.startswith(("is_published", *("published_from", "written")))
    ]
    path.write_text("\n".join([lines[0], "is_published = false", line, *lines[1:]]))
    with pytest.raises(BadContent, match="article:getting-started/place-your-first-order"):
        exchange.import_from(tmp_path / "one", now=NOW)


def test_a_file_that_was_edited_is_a_new_published_version(client, tmp_path):
    first_edition.load(now=NOW)
    exchange.export(tmp_path / "one", now=NOW)
    path = tmp_path / "one" / "payments-balance-policies" / "adding-funds.md"
    path.write_text(path.read_text().replace("Your balance pays for orders.", "Orders are paid from your balance."))
    call_command("import_help", str(tmp_path / "one"), verbosity=0)
    assert "Orders are paid from your balance." in client.get("/help/payments-balance-policies/adding-funds/").text
    assert fresh(Article.objects.get(slug="adding-funds")).latest.number == 2


def test_a_broken_folder_changes_nothing_and_is_named(tmp_path):
    first_edition.load(now=NOW)
    exchange.export(tmp_path / "one", now=NOW)
    path = tmp_path / "one" / "getting-started" / "place-your-first-order.md"
    path.write_text(path.read_text().replace("## 1. Choose", "{{ nothing }}\n\n## 1. Choose"))
    before = ArticleRevision.objects.count()
    with pytest.raises(BadContent, match="article:getting-started/place-your-first-order"):
        exchange.import_from(tmp_path / "one", now=NOW)
    assert ArticleRevision.objects.count() == before
    with pytest.raises(CommandError):
        call_command("import_help", str(tmp_path / "nowhere"))


def test_a_folder_with_something_in_it_is_not_written_over(tmp_path):
    (tmp_path / "mine.txt").write_text("x")
    with pytest.raises(CommandError, match="is not empty"):
        call_command("export_help", str(tmp_path))


def test_a_second_export_takes_the_place_of_the_first_and_leaves_what_others_put_there(admin, tmp_path):
    fill(admin)
    folder = tmp_path / "git"
    exchange.export(folder, now=NOW)
    (folder / ".git").mkdir()
    (folder / ".git" / "HEAD").write_text("ref")
    (folder / "README.md.txt").write_text("ours")
    (tmp_path / "outside.md").write_text("stays")
    with (folder / ".exported").open("a") as listed:
        listed.write("../outside.md\n")
    odder = Article.objects.get(slug="odder")
    publishing.move(article=odder, section=odder.section, slug="oddest", actor=admin, now=NOW)
    call_command("export_help", str(folder), verbosity=0)
    found = files_of(folder)
    assert "getting-started/oddest.md" in found
    assert "getting-started/odder.md" not in found
    assert (found["README.md.txt"], found[".git/HEAD"]) == (b"ours", b"ref")
    assert "README.md.txt" not in found[".exported"].decode()
    assert (tmp_path / "outside.md").exists()


@pytest.mark.parametrize("text", ['"', "\\", '"""', "a\nb", "\t", "\x7f", "", "a\\", 'x"\ny""" \\', "é😀"])
def test_every_text_survives_its_file(tmp_path, text):
    (tmp_path / "x.md").write_text(f'+++\nsection = "a"\nslug = "b"\ntitle = {value(text)}\n+++\nbody')
    assert read_article(tmp_path / "x.md")[2]["title"] == text
