"""What a reader may read, in the order they should find it. Access is decided here, by the query."""

import datetime as dt
from dataclasses import dataclass, field
from itertools import groupby

from django.db.models import F, Prefetch, QuerySet, Window
from django.db.models.functions import RowNumber

from helpcenter import search
from helpcenter.models import Article, ArticleRevision, FaqItem, OldAddress, Section
from helpcenter.visibility import live, live_articles, readable

FIRST_OF_SECTION = 5
PAGE = 60
# Lists show titles and summaries; the texts stay in the database.
LIST_FIELDS = ("title", "summary", "keywords", "published_from", "created_at", "article__slug", "article__position")
SHELF = ("article__position", "article")


@dataclass
class Shelf:
    """A section with the articles that a page shows of it, and the sections that stand in it."""

    section: Section
    articles: list[ArticleRevision] = field(default_factory=list)
    children: list["Shelf"] = field(default_factory=list)
    has_more: bool = False


def listed(now: dt.datetime) -> QuerySet[ArticleRevision]:
    return live_articles(now).only(*LIST_FIELDS, "article__section__slug", "article__section__title")


def is_editor(user) -> bool:
    return user.is_authenticated and user.is_staff and user.has_perm("helpcenter.change_article")


def page_at(section: str, slug: str, user, now: dt.datetime) -> ArticleRevision | None:
    """What stands at an address: the live text; for editors also the latest of an article that has none."""
    place = {"article__section__slug": section, "article__slug": slug}
    related = ("article__section__parent", "article__latest")
    page = live_articles(now).select_related(*related).filter(**place).first()
    if page is None and is_editor(user):
        page = ArticleRevision.objects.filter(latest_of__isnull=False, **place).select_related(*related).first()
    return page


def moved_to(section: str, slug: str | None, now: dt.datetime) -> str | None:
    """Where something that was at this address is now; None where nothing was, or where readers may not see it."""
    if slug is not None:
        article = Article.objects.filter(readable(now)).select_related("section")
        old = article.filter(old_addresses__path=f"{section}/{slug}").first()
        old = old or article.filter(section__old_addresses__path=section, slug=slug).first()
        return old.get_absolute_url() if old else None
    place = OldAddress.objects.filter(path=section).select_related("section", "article__section").first()
    if place is None:
        return None
    return (place.section or place.article).get_absolute_url()


def shelves(now: dt.datetime) -> list[Shelf]:
    """The sections of the top with their first articles, and those that stand in them; three queries."""
    # Places are counted among articles alone: their texts would make it slow where there are thousands.
    in_order = Window(RowNumber(), partition_by=F("section"), order_by=[F("position"), F("pk")])
    first = Article.objects.filter(readable(now)).annotate(place=in_order).filter(place__lte=FIRST_OF_SECTION + 1)
    by_section: dict[int, list[ArticleRevision]] = {}
    for revision in listed(now).filter(article__in=list(first.values_list("pk", flat=True))).order_by(*SHELF):
        by_section.setdefault(revision.article.section_id, []).append(revision)
    every = {section.pk: Shelf(section) for section in Section.objects.all()}
    for shelf in every.values():
        found = by_section.get(shelf.section.pk, [])
        shelf.articles, shelf.has_more = found[:FIRST_OF_SECTION], len(found) > FIRST_OF_SECTION
    for shelf in every.values():
        if shelf.section.parent_id in every:
            every[shelf.section.parent_id].children.append(shelf)
    return [shelf for shelf in every.values() if shelf.section.parent_id is None]


def section_at(slug: str) -> Section | None:
    children = Prefetch("children", queryset=Section.objects.order_by("position", "title"))
    return Section.objects.filter(slug=slug).select_related("parent__parent").prefetch_related(children).first()


def articles_of(section: Section, page: int, now: dt.datetime) -> tuple[list[ArticleRevision], bool]:
    """One page of a section's articles, and whether there are more; one query."""
    start = (page - 1) * PAGE
    found = list(listed(now).filter(article__section=section).order_by(*SHELF)[start : start + PAGE + 1])
    return found[:PAGE], len(found) > PAGE


@dataclass(frozen=True)
class Suggestion:
    """An article as other apps name it: its number, its title, its address."""

    pk: int
    title: str
    url: str


def suggestions(words: list[str], *, now: dt.datetime, most: int) -> tuple[Suggestion, ...]:
    """Readable articles that hold at least one of these words, those that hold more and in better places first."""
    found = search.with_any_word(words, now=now, most=most) if words else []
    return tuple(Suggestion(page.article_id, page.title, page.get_absolute_url()) for page in found)


def titles_of(numbers: list[int], now: dt.datetime) -> list[str]:
    """The titles that readers see of these articles, in the order of their numbers."""
    shown = live_articles(now).filter(article__in=numbers).order_by("article")
    return list(shown.values_list("title", flat=True))


def faq_by_article(now: dt.datetime) -> list[tuple[ArticleRevision, list[FaqItem]]]:
    """The common questions of all readable articles, in the order of the sections; one query."""
    items = (
        FaqItem.objects.filter(revision__in=ArticleRevision.objects.filter(live(now, "article")))
        .select_related("revision__article__section")
        .defer("revision__body", "revision__body_html", "revision__body_text", "revision__headings")
        .order_by(
            "revision__article__section__position",
            "revision__article__section",
            "revision__article__position",
            "revision",
            "position",
            "pk",
        )
    )
    return [(revision, list(group)) for revision, group in groupby(items, key=lambda item: item.revision)]
