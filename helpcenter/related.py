"""Which articles stand below an article: by an editor's hand first, then those around it, then whatever shares its keywords."""

import datetime as dt

from helpcenter import search
from helpcenter.models import ArticleRevision
from helpcenter.reading import PAGE, SHELF, listed
from helpcenter.search_index import words_of

MOST_RELATED = 4
# The choice costs four queries, is the same for every reader and may be a little old; what is shown of it is read anew.
REMEMBERED = dt.timedelta(minutes=5)
MOST_REMEMBERED = 2000

_chosen: dict[int, tuple[dt.datetime, list[int]]] = {}


def forget() -> None:
    """The next reader of each article in this process has them chosen again; those of other processes within REMEMBERED."""
    _chosen.clear()


def numbers_for(page: ArticleRevision, now: dt.datetime) -> list[int]:
    """The numbers of the articles related to this text, best first. Some may be hidden by now: read them by `listed`."""
    remembered = _chosen.get(page.pk)
    if remembered is None or abs(now - remembered[0]) >= REMEMBERED:
        if len(_chosen) >= MOST_REMEMBERED:
            forget()
        remembered = _chosen[page.pk] = (now, [revision.article_id for revision in chosen_for(page, now)])
    return remembered[1]


def chosen_for(page: ArticleRevision, now: dt.datetime) -> list[ArticleRevision]:
    """Chosen by hand; then of the same section, those with common keywords first; then of anywhere by keywords."""
    article = page.article
    chosen = list(listed(now).filter(article__related_from=article).order_by(*SHELF)[:MOST_RELATED])
    if len(chosen) >= MOST_RELATED:
        return chosen
    there = {revision.article_id for revision in chosen} | {article.pk}
    keywords = set(words_of(page.keywords))
    around = listed(now).filter(article__section=article.section_id).exclude(article__in=there).order_by(*SHELF)[:PAGE]
    here = (article.position, article.pk)
    siblings = sorted(
        around,
        key=lambda one: (
            -len(keywords & set(words_of(one.keywords))),
            (one.article.position, one.article_id) <= here,
            one.article.position,
            one.article_id,
        ),
    )
    chosen += siblings[: MOST_RELATED - len(chosen)]
    if len(chosen) < MOST_RELATED and keywords:
        there |= {revision.article_id for revision in chosen}
        elsewhere = search.with_any_word(sorted(keywords), now=now, most=MOST_RELATED + len(there))
        chosen += [one for one in elsewhere if one.article_id not in there][: MOST_RELATED - len(chosen)]
    return chosen
