"""Help center texts made through their doors, so that no test reads what an editor could not have written."""

import datetime as dt

from helpcenter import loading, publishing, writing
from helpcenter.models import AdviceRevision, Article, ArticleRevision, Section, StatusAdvice
from helpcenter.writing import Faq

WRITTEN = dt.datetime(2026, 11, 20, 9, 0, tzinfo=dt.UTC)


def make_section(*, slug: str = "orders", title: str = "Orders", **fields) -> Section:
    return Section.objects.create(slug=slug, title=title, **fields)


def make_article(
    *,
    section: Section,
    slug: str = "waiting",
    title: str = "Waiting",
    faq: tuple[Faq, ...] = (),
    is_published: bool = True,
    position: int = 0,
    author=None,
    now: dt.datetime = WRITTEN,
    **texts,
) -> Article:
    """An article that readers see, or a draft."""
    article = Article(section=section, slug=slug, position=position)
    revision = writing.save_article(article=article, texts={"title": title, **texts}, faq=faq, author=author, now=now)
    if is_published:
        publishing.publish_loaded(revision=revision, now=now)
    return fresh(article)


def edit(
    article: Article, *, now: dt.datetime, is_published: bool = True, author=None, faq=None, **texts
) -> ArticleRevision:
    """Another revision of the article with these texts changed."""
    article = fresh(article)
    latest = article.latest
    words = {name: getattr(latest, name) for name in latest.TEXTS} | texts
    if faq is None:
        faq = [Faq(item.question, item.answer, item.anchor) for item in latest.faq.all()]
    revision = writing.save_article(
        article=article, texts=words, faq=faq, author=author, based_on=latest.number, now=now
    )
    if is_published:
        publishing.publish_loaded(revision=revision, now=now)
    return revision


def make_advice(*, status: str, now: dt.datetime = WRITTEN, **texts) -> AdviceRevision:
    words = {name: f"{name} of {status}" for name in StatusAdvice.TEXTS} | texts
    loading.write_advice(status, words, now)
    return StatusAdvice.objects.get(pk=status).published


def fresh(article: Article) -> Article:
    rows = Article.objects.select_related("section", "latest", "published", "scheduled")
    return rows.get(pk=article.pk)
