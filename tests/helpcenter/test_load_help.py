import datetime as dt
import json
import re
import shutil
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from helpcenter import first_edition, publishing, writing
from helpcenter.models import AdviceRevision, Article, ArticleRevision, FaqItem, Section, StatusAdvice
from orders.statuses import OrderStatus
from tests.helpcenter.factories import edit, fresh

pytestmark = pytest.mark.django_db

OURS = {
    "/",
    "/static/img/icons.svg",
    "/help/",
    "/help/search/",
    "/help/faq/",
    "/tickets/new/",
    "/balance/",
    "/balance/add/",
    "/services/",
    "/orders/",
}
OURS |= {
    "/orders/new/",
    "/accounts/api-keys/",
    "/accounts/2fa/",
    "/accounts/preferences/",
    "/tickets/",
    "/orders/mass/",
    "/accounts/data/",
    "/contact/",
}
# Terms and privacy are read as a whole: nobody asks them a question.
LEGAL = ("terms-of-service", "privacy")
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
        for model in (Section, Article, ArticleRevision, FaqItem, StatusAdvice, AdviceRevision)
    }


def test_the_whole_first_edition_is_loaded(now):
    loaded = first_edition.load(now=now)
    assert [section.title for section in Section.objects.all()] == SECTIONS
    assert StatusAdvice.objects.count() == len(OrderStatus)
    assert not Article.objects.filter(published=None).exists()
    pages = ArticleRevision.objects.exclude(article__slug__in=LEGAL)
    assert all(page.quick_answer_html and page.faq.exists() for page in pages)
    assert set(loaded.counts) == {"added"}


def test_every_page_of_the_first_edition_answers_and_every_link_within_it_leads_somewhere(client, now):
    first_edition.load(now=now)
    addresses = {row.get_absolute_url() for model in (Section, Article) for row in model.objects.all()}
    linked = set()
    for address in addresses:
        page = client.get(address)
        assert page.status_code == 200
        linked |= set(re.findall(r'href="(/[^"#?]*)', re.search(r"<main.*</main>", page.text, re.DOTALL)[0]))
    texts = "".join(ArticleRevision.objects.values_list("body", flat=True)) + "".join(
        FaqItem.objects.values_list("answer", flat=True)
    )
    assert "](/help/" not in texts, "links between articles are kept by number"
    assert linked - addresses <= OURS


def test_loading_again_changes_nothing(now):
    first_edition.load(now=now)
    before = snapshot()
    loaded = first_edition.load(now=now + dt.timedelta(days=1))
    assert set(loaded.counts) == {"unchanged"}
    assert snapshot() == before


def test_what_people_edited_unpublished_or_removed_stays(now, content):
    first_edition.load(now=now, content=content)
    edit(Article.objects.get(slug="when-will-my-order-start"), title="Ours", now=now)
    hidden = Article.objects.get(slug="api-quick-start")
    publishing.unpublish(owner=hidden, actor=None, now=now)
    Article.objects.get(slug="place-your-first-order").delete()
    edit(Article.objects.get(slug="one-link-one-open-order"), faq=[], now=now, is_published=False)
    advice = StatusAdvice.objects.select_related("latest").get(status="error")
    texts = {name: getattr(advice.latest, name) for name in StatusAdvice.TEXTS} | {"meaning": "Our words"}
    writing.save_advice(advice=advice, texts=texts, based_on=1, now=now)
    before = snapshot()
    for path in content.glob("*.*"):
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
    kept = {"when-will-my-order-start", "api-quick-start", "one-link-one-open-order"}
    kept_pks = set(Article.objects.filter(slug__in=kept).values_list("pk", flat=True))

    def theirs(rows: dict) -> list:
        return [
            *(row for row in rows["Article"] if row["id"] in kept_pks),
            *(row for row in rows["ArticleRevision"] if row["article_id"] in kept_pks),
            *(row for row in rows["AdviceRevision"] if row["advice_id"] == "error"),
        ]

    assert theirs(after) == theirs(before)
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
    page = fresh(Article.objects.get(slug="partial-orders-and-returns")).published
    assert loaded.counts["updated"] == 1
    assert page.headings[0]["text"] == "How it is calculated"
    assert page.updated_at == later
    assert "Yes, when" in page.faq.get(question__startswith="May I order").answer_html
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
