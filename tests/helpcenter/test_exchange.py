"""The whole help center as a folder of files, both ways without loss."""

import datetime as dt
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from helpcenter import exchange, first_edition, images, publishing, writing
from helpcenter.files import BadContent, read_article, value
from helpcenter.models import Article, ArticleRevision, HelpImage, OldAddress, Section, Snippet, StatusAdvice, Synonyms
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
    for model in (OldAddress, Article, HelpImage, Snippet, Synonyms, StatusAdvice):
        model.objects.all().delete()
    Section.objects.filter(parent__isnull=False).delete()
    Section.objects.all().delete()


def test_out_in_and_out_again_is_the_same_to_the_last_byte(admin, tmp_path):
    fill(admin)
    exchange.export(tmp_path / "one")
    empty()
    exchange.import_from(tmp_path / "one", now=NOW)
    exchange.export(tmp_path / "two")
    one, two = files_of(tmp_path / "one"), files_of(tmp_path / "two")
    assert one == two
    assert "getting-started/odder.draft.md" in one
    assert fresh(Article.objects.get(slug="refund-policy")).scheduled.title == "From then on"
    assert Article.objects.get(slug="odder").review_by == dt.date(2027, 1, 2)


def test_importing_what_is_there_changes_nothing(admin, tmp_path):
    fill(admin)
    exchange.export(tmp_path / "one")
    before = ArticleRevision.objects.filter(published_of__isnull=False).count()
    exchange.import_from(tmp_path / "one", now=NOW)
    exchange.export(tmp_path / "two")
    assert files_of(tmp_path / "one") == files_of(tmp_path / "two")
    assert ArticleRevision.objects.filter(published_of__isnull=False).count() == before


def test_a_file_that_was_edited_is_a_new_published_version(client, tmp_path):
    first_edition.load(now=NOW)
    exchange.export(tmp_path / "one")
    path = tmp_path / "one" / "payments-balance-policies" / "adding-funds.md"
    path.write_text(path.read_text().replace("Your balance pays for orders.", "Orders are paid from your balance."))
    call_command("import_help", str(tmp_path / "one"), verbosity=0)
    assert "Orders are paid from your balance." in client.get("/help/payments-balance-policies/adding-funds/").text
    assert fresh(Article.objects.get(slug="adding-funds")).latest.number == 2


def test_a_broken_folder_changes_nothing_and_is_named(tmp_path):
    first_edition.load(now=NOW)
    exchange.export(tmp_path / "one")
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


@pytest.mark.parametrize("text", ['"', "\\", '"""', "a\nb", "\t", "\x7f", "", "a\\", 'x"\ny""" \\', "é😀"])
def test_every_text_survives_its_file(tmp_path, text):
    (tmp_path / "x.md").write_text(f'+++\nsection = "a"\nslug = "b"\ntitle = {value(text)}\n+++\nbody')
    assert read_article(tmp_path / "x.md")[2]["title"] == text
