"""What the help center lacks, as editors should hear of it. Each list is short and says what to do."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field

from django.db.models import Count, F, Max, Q
from django.utils.translation import gettext as _

from helpcenter import search
from helpcenter.guide import missing_advice
from helpcenter.models import Article, HelpfulVote, MissingPage, OldAddress, SearchLog, State, TicketAfterReading
from helpcenter.visibility import live_articles, readable

MOST = 15
LOOKED_BACK = dt.timedelta(days=90)
# A search for the words of a ticket finds something nearly always; below this it does not answer.
ENOUGH_HITS = 1

# What customers wrote to support lately, newest first: (words, address of the ticket in admin). The project fills it.
Questions = Callable[[], list[tuple[str, str]]]
registered_questions: list[Questions] = []


def questions(source: Questions) -> Questions:
    """Registers where the questions come from that people ask instead of reading."""
    registered_questions.append(source)
    return source


@dataclass(frozen=True)
class Gap:
    """One thing that is missing: its words, how often, and where to look."""

    words: str
    times: int = 0
    url: str = ""
    at: dt.datetime | None = None
    key: str = ""


@dataclass(frozen=True)
class Missing:
    without_result: list[Gap] = field(default_factory=list)
    without_click: list[Gap] = field(default_factory=list)
    unanswered: list[Gap] = field(default_factory=list)
    unhelpful: list[HelpfulVote] = field(default_factory=list)
    after_reading: list[Gap] = field(default_factory=list)
    pages: list[MissingPage] = field(default_factory=list)
    broken: list[Gap] = field(default_factory=list)
    overdue: list[Article] = field(default_factory=list)
    waiting: list[Article] = field(default_factory=list)
    statuses: list[str] = field(default_factory=list)


def missing(now: dt.datetime) -> Missing:
    since = now - LOOKED_BACK
    searches = SearchLog.objects.filter(created_at__gt=since)
    named = ("section", "latest")
    return Missing(
        without_result=asked(searches.filter(found=0, clicked__isnull=True)),
        without_click=asked(searches.filter(found__gt=0, clicked__isnull=True)),
        unanswered=unanswered(now),
        unhelpful=list(
            HelpfulVote.objects.filter(is_helpful=False, voted_at__gt=since)
            .filter(~Q(words="") | ~Q(reason=""))
            .select_related("article__latest")
            .order_by("-voted_at")[:MOST]
        ),
        after_reading=after_reading(since),
        pages=list(MissingPage.objects.order_by("-times", "-last_at")[:MOST]),
        broken=broken(now),
        overdue=list(
            Article.objects.filter(review_by__lte=now.date()).select_related(*named).order_by("review_by")[:MOST]
        ),
        waiting=list(
            Article.objects.filter(latest__state__in=[State.IN_REVIEW, State.APPROVED])
            .select_related(*named)
            .order_by("latest__created_at")[:MOST]
        ),
        statuses=[str(status.label) for status in missing_advice()],
    )


def asked(searches) -> list[Gap]:
    rows = searches.values("query").annotate(times=Count("pk"), last=Max("created_at")).order_by("-times", "-last")
    return [Gap(row["query"], row["times"], at=row["last"]) for row in rows[:MOST]]


def unanswered(now: dt.datetime) -> list[Gap]:
    """Questions to support that no article holds all the words of."""
    gaps = []
    for source in registered_questions:
        for words, url in source():
            results = search.search(words, now=now, most=ENOUGH_HITS)
            if not results.hits or results.is_loose or results.corrected:
                gaps.append(Gap(words, url=url))
    return gaps[:MOST]


def after_reading(since: dt.datetime) -> list[Gap]:
    rows = (
        TicketAfterReading.objects.filter(created_at__gt=since)
        .values(
            "article", title=F("article__latest__title"), section=F("article__section__slug"), slug=F("article__slug")
        )
        .annotate(times=Count("pk"))
        .order_by("-times", "title")
    )
    return [
        Gap(row["title"] or row["slug"], row["times"], f"/help/{row['section']}/{row['slug']}/") for row in rows[:MOST]
    ]


def broken(now: dt.datetime) -> list[Gap]:
    """Links of readable articles to articles that readers cannot see."""
    hidden = Article.objects.exclude(readable(now))
    pages = live_articles(now).filter(links__in=hidden).distinct().prefetch_related("links__latest")[:MOST]
    seen = set(Article.objects.filter(readable(now)).values_list("pk", flat=True)) if pages else set()
    return [
        Gap(
            _("“%(page)s” links to “%(other)s”, which is not published.") % {"page": page.title, "other": other},
            url=page.get_absolute_url(),
        )
        for page in pages
        for other in page.links.all()
        if other.pk not in seen
    ]


def lead_on(*, path: str, article: Article) -> None:
    """An address that was asked for in vain leads to this article from now on."""
    OldAddress.objects.update_or_create(path=path, defaults={"article": article, "section": None})
    MissingPage.objects.filter(path=path).delete()
