"""What readers look for, find helpful and miss. Nothing that is kept says who they are."""

import datetime as dt
import re

from django.db.models import F
from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.utils.crypto import salted_hmac

from helpcenter.models import Article, HelpfulVote, MissingPage, OpenEditor, SearchLog, TicketAfterReading
from helpcenter.redaction import without_identities
from helpcenter.search import Results

VISIT_BYTES = 6
VISIT = re.compile(r"[0-9a-f]{12}")
SAME_TYPING = dt.timedelta(seconds=60)
CLICK_WITHIN = dt.timedelta(hours=1)
TICKET_WITHIN = dt.timedelta(minutes=30)
KEPT = dt.timedelta(days=90)
DESK_KEPT = dt.timedelta(days=30)
SHORTEST_LOGGED = 3
MOST_REMEMBERED = 5
# Looking at the same page again is remembered anew after so many seconds: the session is not written for each look.
REMEMBERED_ANEW = 300
MOST_MISSING_PAGES = 1000
LONGEST_PATH = 220
# Somebody who sends votes by program spoils the picture of an hour at most so far.
MOST_VOTES_AN_HOUR = 200
READ = "help_read"


# --- Searches


def clean_visit(text: str) -> str:
    return text if VISIT.fullmatch(text) else ""


def is_worth_keeping(results: Results) -> bool:
    return len(_kept_words(results)) >= SHORTEST_LOGGED


def note_search(*, visit: str, results: Results, now: dt.datetime) -> None:
    """One row for what somebody typed in the end: `re`, `ref`, `refund` of one visit are one search."""
    query = _kept_words(results)
    if len(query) < SHORTEST_LOGGED:
        return
    found = 0 if results.corrected or results.is_loose else len(results.hits)
    last = SearchLog.objects.filter(visit=visit, created_at__gt=now - SAME_TYPING).order_by("-id").first()
    if last and not last.clicked_id and (query.startswith(last.query) or last.query.startswith(query)):
        last.query, last.found, last.created_at = query, found, now
        last.save(update_fields=["query", "found", "created_at"])
        return
    SearchLog.objects.create(visit=visit, query=query, found=found, created_at=now)


def _kept_words(results: Results) -> str:
    return without_identities(" ".join(results.query.casefold().split()))[:200]


def note_click(visit: str, article: Article, now: dt.datetime) -> None:
    last = SearchLog.objects.filter(visit=visit, created_at__gt=now - CLICK_WITHIN).order_by("-id").first()
    if last and not last.clicked_id:
        last.clicked = article
        last.save(update_fields=["clicked"])


# --- Readings


def note_reading(request: HttpRequest, article: Article, now: dt.datetime) -> None:
    """Remembers in the session of a signed-in reader what they read last, and which search led here."""
    if visit := clean_visit(request.GET.get("visit", "")):
        note_click(visit, article, now)
    if not request.user.is_authenticated:
        return
    read, at = request.session.get(READ, []), int(now.timestamp())
    if read and read[-1][0] == article.pk and at - read[-1][1] < REMEMBERED_ANEW:
        return
    request.session[READ] = [*(one for one in read if one[0] != article.pk), [article.pk, at]][-MOST_REMEMBERED:]


def note_ticket(session, now: dt.datetime) -> None:
    """A ticket was opened: what was read within the last half an hour did not answer it."""
    since = (now - TICKET_WITHIN).timestamp()
    numbers = {pk for pk, at in session.pop(READ, []) if at >= since}
    TicketAfterReading.objects.bulk_create(
        TicketAfterReading(article_id=pk, created_at=now)
        for pk in Article.objects.filter(pk__in=numbers).values_list("pk", flat=True)
    )


def note_missing(path: str, now: dt.datetime) -> None:
    """An address that does not exist was asked for. Programs that try addresses fill a bounded list."""
    if len(path) > LONGEST_PATH:
        return
    if MissingPage.objects.filter(path=path).update(times=F("times") + 1, last_at=now):
        return
    if MissingPage.objects.count() < MOST_MISSING_PAGES:
        MissingPage.objects.get_or_create(path=path, defaults={"last_at": now})


# --- Votes


def reader_key(request: HttpRequest) -> str:
    """A fingerprint of the account, or of the browser's form cookie; it cannot be read back."""
    if request.user.is_authenticated:
        who = f"user:{request.user.pk}"
    else:
        get_token(request)
        who = f"browser:{request.META['CSRF_COOKIE']}"
    return salted_hmac("helpcenter.reader", who, algorithm="sha256").hexdigest()


def keep_vote(
    *, article: Article, reader: str, is_helpful: bool, reason: str = "", words: str = "", now: dt.datetime
) -> None:
    """The reader's last word on the article."""
    known = HelpfulVote.objects.filter(article=article, reader=reader)
    if not known.exists():
        lately = HelpfulVote.objects.filter(article=article, voted_at__gt=now - dt.timedelta(hours=1))
        if lately.count() >= MOST_VOTES_AN_HOUR:
            return
    HelpfulVote.objects.update_or_create(
        article=article,
        reader=reader,
        defaults={
            "is_helpful": is_helpful,
            "reason": "" if is_helpful else reason,
            "words": "" if is_helpful else without_identities(words),
            "voted_at": now,
        },
    )


# --- Forgetting


def tidy(now: dt.datetime) -> int:
    """Forgets what was asked more than 90 days ago, and desks that nobody came back to. How many rows went."""
    old = now - KEPT
    gone = SearchLog.objects.filter(created_at__lt=old).delete()[0]
    gone += TicketAfterReading.objects.filter(created_at__lt=old).delete()[0]
    gone += MissingPage.objects.filter(last_at__lt=old).delete()[0]
    return gone + OpenEditor.objects.filter(seen_at__lt=now - DESK_KEPT).delete()[0]
