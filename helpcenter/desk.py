"""What is open on editors' desks: who else has this article open, and what was typed and not saved."""

import datetime as dt

from helpcenter.models import Article, OpenEditor

HERE = dt.timedelta(seconds=60)
LONGEST_TYPED = 200_000


def sit_down(*, article: Article | None, user, now: dt.datetime) -> OpenEditor:
    """Marks that this person has the article (or a new one) open."""
    desk, _made = OpenEditor.objects.update_or_create(article=article, user=user, defaults={"seen_at": now})
    return desk


def others(*, article: Article | None, user, now: dt.datetime) -> list[OpenEditor]:
    """Who else had it open within the last minute."""
    if article is None:
        return []
    rows = OpenEditor.objects.filter(article=article, seen_at__gt=now - HERE).exclude(user=user)
    return list(rows.select_related("user").order_by("user"))


def keep_typed(*, article: Article | None, user, typed: dict, based_on: int, now: dt.datetime) -> None:
    """Keeps what was typed and not saved, for this person alone; nothing larger than an article can be."""
    if sum(len(str(value)) for value in typed.values()) > LONGEST_TYPED:
        return
    desk = sit_down(article=article, user=user, now=now)
    desk.typed, desk.typed_at, desk.based_on = typed, now, based_on
    desk.save(update_fields=["typed", "typed_at", "based_on"])


def typed_before(*, article: Article | None, user) -> OpenEditor | None:
    return OpenEditor.objects.filter(article=article, user=user, typed__isnull=False).first()


def clear(*, article: Article | None, user) -> None:
    """The text is saved, or thrown away."""
    OpenEditor.objects.filter(article=article, user=user).update(typed=None, typed_at=None)
