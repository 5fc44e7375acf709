"""What a reader may read, in the order they should find it. Access is decided here, by the query."""

from itertools import groupby

from django.db.models import Prefetch, QuerySet

from helpcenter.models import Article, FaqItem, Section

MOST_RELATED = 4
# Lists show titles and summaries; the texts stay in the database.
LIST_FIELDS = ("pk", "section", "slug", "title", "summary", "position", "updated_at")


def articles_for(user) -> QuerySet[Article]:
    """Published articles for everybody; editors also see what is not published yet."""
    if user.is_staff and user.has_perm("helpcenter.change_article"):
        return Article.objects.all()
    return Article.objects.filter(is_published=True)


def sections_with_articles() -> QuerySet[Section]:
    """All sections, each with its published articles in `published`; two queries."""
    published = Article.objects.filter(is_published=True).only(*LIST_FIELDS).order_by("position", "title")
    return Section.objects.prefetch_related(Prefetch("articles", queryset=published, to_attr="published"))


def related_to(article: Article) -> list[Article]:
    """The next articles of the same section, beginning again at the first after the last."""
    siblings = list(
        Article.objects.filter(is_published=True, section=article.section_id)
        .exclude(pk=article.pk)
        .only(*LIST_FIELDS)
        .order_by("position", "title")
    )
    for sibling in siblings:
        sibling.section = article.section
    here = (article.position, article.title)
    after = [sibling for sibling in siblings if (sibling.position, sibling.title) > here]
    before = [sibling for sibling in siblings if (sibling.position, sibling.title) <= here]
    return (after + before)[:MOST_RELATED]


def faq_by_article() -> list[tuple[Article, list[FaqItem]]]:
    """The common questions of all published articles, in the order of the sections; one query."""
    items = (
        FaqItem.objects.filter(article__is_published=True)
        .select_related("article__section")
        .defer("article__body", "article__body_html", "article__body_text", "article__headings")
        .order_by("article__section__position", "article__section", "article__position", "article", "position", "pk")
    )
    return [(article, list(group)) for article, group in groupby(items, key=lambda item: item.article)]
