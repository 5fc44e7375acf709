"""Brings texts from files into the database, through the doors: what `load_help` and `import_help` have in common."""

import datetime as dt

from django.core.exceptions import ValidationError

from helpcenter import links, publishing, writing
from helpcenter.models import Article, ArticleRevision, Section, StatusAdvice

# --- What the database says, in the shape that files have


def current_section(slug: str) -> dict | None:
    section = Section.objects.filter(slug=slug).select_related("parent").first()
    if section is None:
        return None
    return {
        "title": section.title,
        "summary": section.summary,
        "icon": section.icon,
        "parent": section.parent.slug if section.parent else "",
        "position": section.position,
    }


def current_advice(status: str) -> dict | None:
    advice = StatusAdvice.objects.filter(status=status).select_related("latest").first()
    if advice is None or advice.latest is None:
        return None
    return {name: links.by_address(getattr(advice.latest, name)) for name in StatusAdvice.TEXTS}


def advice_at(status: str) -> StatusAdvice:
    """The place of the words about a status, kept or not."""
    rows = StatusAdvice.objects.select_related("latest", "published", "scheduled")
    return rows.filter(pk=status).first() or StatusAdvice(status=status)


def current_article(section: str, slug: str) -> dict | None:
    """What editors work on; `is_published` says whether readers see exactly this."""
    article = article_at(section, slug)
    return texts_of(article) if article is not None and article.latest else None


def article_at(section: str, slug: str) -> Article | None:
    related = ("section", "latest", "published", "scheduled")
    return Article.objects.filter(section__slug=section, slug=slug).select_related(*related).first()


def has_article(section: str, slug: str) -> bool:
    return Article.objects.filter(section__slug=section, slug=slug).exists()


def texts_of(article: Article) -> dict:
    texts = {name: links.by_address(getattr(article.latest, name)) for name in ArticleRevision.TEXTS}
    return {
        **texts,
        "position": article.position,
        "is_published": article.latest_id == article.published_id,
        "published_from": "",
        "review_by": article.review_by.isoformat() if article.review_by else "",
        "related": [f"{other.section.slug}/{other.slug}" for other in related_of(article)],
        "faq": [[item.question, links.by_address(item.answer)] for item in article.latest.faq.all()],
    }


def related_of(article: Article) -> list[Article]:
    return list(article.related.select_related("section").order_by("section__slug", "slug"))


# --- Writing


def write_section(slug: str, texts: dict) -> None:
    section = Section.objects.filter(slug=slug).first() or Section(slug=slug)
    parent = texts["parent"]
    section.parent = Section.objects.get(slug=parent) if parent else None
    for name in ("title", "summary", "icon", "position"):
        setattr(section, name, texts[name])
    section.full_clean()
    publishing.move_section(section=section)


def write_advice(status: str, texts: dict, now: dt.datetime) -> None:
    advice = advice_at(status)
    based_on = advice.latest.number if advice.latest else 0
    revision = writing.save_advice(advice=advice, texts=texts, based_on=based_on, now=now)
    publishing.publish_loaded(revision=revision, now=now)


def make_place(section: str, slug: str, texts: dict) -> None:
    """The place of an article before its text: others may link to it. Raises ValidationError."""
    if not has_article(section, slug):
        article = Article(section=Section.objects.get(slug=section), slug=slug, position=texts["position"])
        article.full_clean(exclude=["published", "scheduled", "latest"])
        article.save()


def write_article(section: str, slug: str, texts: dict, now: dt.datetime) -> None:
    """The article's facts and, as a published revision or a draft, its text. Raises ValidationError."""
    article = write_place(section, slug, texts)
    faq = [writing.Faq(question, answer) for question, answer in texts["faq"]]
    based_on = article.latest.number if article.latest else 0
    revision = writing.save_article(article=article, texts=texts, faq=faq, based_on=based_on, now=now)
    already = revision.pk in {article.published_id, article.scheduled_id}
    if already != texts["is_published"] or not already:
        publishing.publish_loaded(revision=revision, now=now, is_published=texts["is_published"])


def write_place(section: str, slug: str, texts: dict) -> Article:
    """Everything about an article that is not its text. Raises ValidationError."""
    article = article_at(section, slug)
    assert article is not None
    article.position = texts["position"]
    try:
        article.review_by = dt.date.fromisoformat(texts["review_by"]) if texts["review_by"] else None
    except ValueError as wrong:
        raise ValidationError(str(wrong)) from wrong
    article.save(update_fields=["position", "review_by"])
    related = [article_at(*path.split("/", 1)) for path in texts["related"] if "/" in path]
    article.related.set([other for other in related if other is not None])
    return article
