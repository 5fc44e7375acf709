"""What is shown is kept ready. Where a snippet, a picture's words or the renderer itself change, the texts that readers and
editors see are made ready anew; earlier versions are not shown and stay as they are."""

from collections.abc import Iterable

from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.models import Q

from helpcenter import links, search_index, writing
from helpcenter.markup import SNIPPET
from helpcenter.models import (
    AdviceRevision,
    Article,
    ArticleRevision,
    FaqItem,
    HelpImage,
    SearchText,
    Snippet,
    StatusAdvice,
)
from helpcenter.rendering import RENDERER

# The revisions that readers see, will see, or that editors work on.
STANDING = Q(published_of__isnull=False) | Q(scheduled_of__isnull=False) | Q(latest_of__isnull=False)
MADE = ("body_html", "body_text", "headings", "quick_answer_html", "renderer")
MADE_OF_ADVICE = (*(f"{name}_html" for name in StatusAdvice.TEXTS), "renderer")


def save_snippet(*, snippet: Snippet) -> None:
    """Keeps a snippet, and shows its new words in every text that uses it. Raises ValidationError as `check_snippet`."""
    snippet.body = links.by_number(writing.tidy(snippet.body))[0]
    writing.check_snippet(snippet.body)
    with transaction.atomic():
        snippet.save()
        show_again(users_of(snippet), advice_users_of(snippet))


def save_picture_words(*, image: HelpImage) -> None:
    """Keeps the alternative text of a picture, and says it in every text that shows the picture."""
    with transaction.atomic():
        image.save(update_fields=["alternative"])
        show_again(image.used_in.filter(pk__in=ArticleRevision.objects.filter(STANDING)))


def users_of(snippet: Snippet):
    return snippet.used_in.filter(pk__in=ArticleRevision.objects.filter(STANDING)).select_related("article")


def advice_users_of(snippet: Snippet) -> list[AdviceRevision]:
    """There are at most three standing versions for each status: they are looked through."""
    named = (
        (revision, {found[1] for name in StatusAdvice.TEXTS for found in SNIPPET.finditer(getattr(revision, name))})
        for revision in AdviceRevision.objects.filter(STANDING).order_by("advice", "number")
    )
    return [revision for revision, names in named if snippet.name in names]


def linking_to(article: Article) -> list[Article]:
    """The other articles that link to this one in a version that stands."""
    revisions = article.linked_from.filter(STANDING).exclude(article=article)
    return list(Article.objects.filter(revisions__in=revisions).select_related("latest").distinct())


def show_again(revisions: Iterable[ArticleRevision], advice: Iterable[AdviceRevision] = ()) -> int:
    """Makes ready what is shown of these; how many there were."""
    done = 0
    for revision in revisions:
        items = list(revision.faq.all())
        writing.fill_in(revision, items)
        writing.keep_references(revision, items)
        revision.save(update_fields=MADE)
        FaqItem.objects.bulk_update(items, ["answer_html"])
        if SearchText.objects.filter(revision=revision).exists():
            search_index.put(revision)
        done += 1
    for words in advice:
        writing.fill_in_advice(words)
        words.save(update_fields=MADE_OF_ADVICE)
        done += 1
    return done


def bring_up_to_date() -> int:
    """Shows again what was made ready by an earlier renderer; two queries where nothing was. How many there were."""
    with transaction.atomic():
        return show_again(
            ArticleRevision.objects.filter(STANDING, renderer__lt=RENDERER).distinct(),
            AdviceRevision.objects.filter(STANDING, renderer__lt=RENDERER).distinct(),
        )


def after_migrate(sender, using, **kwargs) -> None:
    if using == DEFAULT_DB_ALIAS and has_every_column(using):
        bring_up_to_date()


def has_every_column(using: str) -> bool:
    """Not where somebody migrated backwards, or only a part of the way."""
    connection = connections[using]
    tables = set(connection.introspection.table_names())
    for model in (ArticleRevision, AdviceRevision, FaqItem, HelpImage, SearchText, Snippet):
        if model._meta.db_table not in tables:
            return False
    with connection.cursor() as cursor:
        columns = connection.introspection.get_table_description(cursor, AdviceRevision._meta.db_table)
    return "renderer" in {column.name for column in columns}
