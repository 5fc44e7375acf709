"""Which text readers see at a moment. Nothing has to run for a scheduled text to appear: its time is compared when it is read."""

import datetime as dt

from django.db.models import Q, QuerySet

from helpcenter.models import AdviceRevision, ArticleRevision


def readable(now: dt.datetime) -> Q:
    """Articles that have something to read."""
    return Q(published__isnull=False) | Q(scheduled__published_from__lte=now)


def live_articles(now: dt.datetime) -> QuerySet[ArticleRevision]:
    """The one revision of each readable article that readers see, with its article and section."""
    return ArticleRevision.objects.filter(live(now, "article")).select_related("article__section")


def live_advice(now: dt.datetime) -> QuerySet[AdviceRevision]:
    return AdviceRevision.objects.filter(live(now, "advice"))


def live(now: dt.datetime, owner: str) -> Q:
    not_yet_replaced = Q(**{f"{owner}__scheduled__isnull": True}) | Q(
        **{f"{owner}__scheduled__published_from__gt": now}
    )
    return Q(scheduled_of__isnull=False, published_from__lte=now) | Q(published_of__isnull=False) & not_yet_replaced
