import datetime as dt
import json
import shutil
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from helpcenter import first_edition, writing
from helpcenter.models import Article, FaqItem, Section, StatusAdvice
from orders.statuses import OrderStatus

pytestmark = pytest.mark.django_db

SECTIONS = [
    "Getting started",
    "Orders & troubleshooting",
    "Payments, balance & policies",
    "Service rules & safe ordering",
    "Resellers & API",
]


@pytest.fixture
def content(tmp_path):
    return shutil.copytree(first_edition.CONTENT, tmp_path / "content")


def snapshot() -> dict:
    return {
        model.__name__: list(model.objects.order_by("pk").values())
        for model in (Section, Article, FaqItem, StatusAdvice)
    }


def test_the_whole_first_edition_is_loaded(now):
    loaded = first_edition.load(now=now)
    assert [section.title for section in Section.objects.all()] == SECTIONS
    assert StatusAdvice.objects.count() == len(OrderStatus)
    assert not Article.objects.filter(is_published=False).exists()
    assert all(article.quick_answer_html and article.faq.exists() for article in Article.objects.all())
    assert set(loaded.counts) == {"added"}


def test_every_page_of_the_first_edition_answers_and_every_link_within_it_leads_somewhere(client, now):
    first_edition.load(now=now)
    addresses = {row.get_absolute_url() for model in (Section, Article) for row in model.objects.all()}
    for address in addresses:
        assert client.get(address).status_code == 200
    texts = "".join(Article.objects.values_list("body", flat=True)) + "".join(
        FaqItem.objects.values_list("answer", flat=True)
    )
    linked = {part.partition(")")[0] for part in texts.split("](")[1:]}
    assert linked <= addresses | {"/balance/", "/services/", "/orders/new/", "/accounts/api-keys/"}


def test_loading_again_changes_nothing(now):
    first_edition.load(now=now)
    before = snapshot()
    loaded = first_edition.load(now=now + dt.timedelta(days=1))
    assert set(loaded.counts) == {"unchanged"}
    assert snapshot() == before


def test_what_people_edited_unpublished_or_removed_stays(now, content):
    first_edition.load(now=now, content=content)
    edited = Article.objects.get(slug="when-will-my-order-start")
    edited.title = "Ours"
    writing.save_article(article=edited, now=now)
    hidden = Article.objects.get(slug="api-quick-start")
    hidden.is_published = False
    writing.save_article(article=hidden, now=now)
    Article.objects.get(slug="place-your-first-order").delete()
    FaqItem.objects.filter(article__slug="one-link-one-open-order").first().delete()
    advice = StatusAdvice.objects.get(status="error")
    advice.meaning = "Our words"
    writing.save_advice(advice=advice, now=now)
    before = snapshot()
    for path in content.iterdir():
        path.write_text(path.read_text().replace("You ", "you "))
    loaded = first_edition.load(now=now, content=content)
    after = snapshot()
    assert sorted(loaded.kept) == [
        "article:getting-started/place-your-first-order",
        "article:orders-troubleshooting/when-will-my-order-start",
        "article:resellers-api/api-quick-start",
        "article:service-rules-safe-ordering/one-link-one-open-order",
        "status:error",
    ]
    kept_slugs = {"when-will-my-order-start", "api-quick-start", "one-link-one-open-order"}
    for rows in (before, after):
        rows["Article"] = [row for row in rows["Article"] if row["slug"] in kept_slugs]
        rows["StatusAdvice"] = [row for row in rows["StatusAdvice"] if row["status"] == "error"]
    assert after["Article"] == before["Article"]
    assert after["StatusAdvice"] == before["StatusAdvice"]
    assert not Article.objects.filter(slug="place-your-first-order").exists()


def test_a_new_edition_replaces_what_nobody_touched_and_keeps_the_anchors(now, content):
    first_edition.load(now=now, content=content)
    anchors = set(FaqItem.objects.values_list("anchor", flat=True))
    path = content / "partial-orders-and-returns.md"
    path.write_text(
        path.read_text().replace("## The arithmetic", "## How it is calculated").replace("Yes, once", "Yes, when")
    )
    later = now + dt.timedelta(days=1)
    loaded = first_edition.load(now=later, content=content)
    article = Article.objects.get(slug="partial-orders-and-returns")
    assert loaded.counts["updated"] == 1
    assert article.headings[0]["text"] == "How it is calculated"
    assert article.updated_at == later
    assert "Yes, when" in article.faq.get(question__startswith="May I order").answer_html
    assert set(FaqItem.objects.values_list("anchor", flat=True)) == anchors


def test_a_new_article_for_a_section_that_people_removed_is_not_forced_on_them(now, content):
    first_edition.load(now=now, content=content)
    Article.objects.filter(section__slug="resellers-api").delete()
    Section.objects.get(slug="resellers-api").delete()
    path = content / "api-quick-start.md"
    (content / "api-more.md").write_text(path.read_text().replace('slug = "api-quick-start"', 'slug = "api-more"'))
    loaded = first_edition.load(now=now, content=content)
    assert "article:resellers-api/api-more" in loaded.kept
    assert not Section.objects.filter(slug="resellers-api").exists()


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("no front matter", "broken.md: it must begin with its facts between two lines of"),
        ("+++\ntitle = \n+++\nx", "broken.md: "),
        ('+++\ntitle = "x"\n+++\nx', "broken.md: 'section' is missing"),
        ('+++\nsection = "no"\nslug = "x"\ntitle = "x"\n+++\nx', "article:no/x: "),
        ('+++\nsection = "resellers-api"\nslug = "faq"\ntitle = "x"\n+++\nx', "article:resellers-api/faq: "),
        ('+++\nsection = "resellers-api"\nslug = "x"\ntitle = "x"\n+++\n{{ unheard }}', "There is no live block"),
    ],
)
def test_a_broken_file_is_named_and_nothing_is_loaded(now, content, text, complaint):
    (content / "broken.md").write_text(text)
    with pytest.raises(first_edition.BadContent) as refused:
        first_edition.load(now=now, content=content)
    assert complaint in str(refused.value)
    assert not Section.objects.exists()


def test_the_command_says_what_it_did():
    first, second = StringIO(), StringIO()
    call_command("load_help", stdout=first)
    call_command("load_help", "--json", stdout=second)
    assert "0 kept as people left them" in first.getvalue()
    counts = json.loads(second.getvalue())
    assert (counts["added"], counts["kept_keys"]) == (0, [])


def test_the_command_fails_with_one_sentence(tmp_path):
    (tmp_path / "sections.toml").write_text("broken")
    with pytest.raises(CommandError, match=r"sections\.toml"):
        call_command("load_help", content=tmp_path)
