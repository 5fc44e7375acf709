"""Many made-up articles and how quickly the help center serves them: `python -m tests.benchmarks.articles COUNT`, in the database
that DATABASE_URL names. `tests/benchmarks/help.py` makes one for it.

Words are as frequent as in real language: a few occur everywhere, most in few articles.
"""

import gzip
import itertools
import json
import random
import re
import statistics
import sys
import time
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

django.setup()

from helpcenter import search_index  # noqa: E402 (models need the line above)
from helpcenter.models import Article, ArticleRevision, SearchText, Section, State  # noqa: E402
from helpcenter.rendering import render  # noqa: E402
from helpcenter.search import search  # noqa: E402

ROUNDS = 200
KNOWN = """
order service link balance refund partial start speed delivery account post video follower like comment view payment deposit ticket
support status pending canceled completed error quantity price rate category refill drop retention policy history charge return
entry provider platform public private username address request key program answer limit minute hour day
month number count report check
"""
SYLLABLES = ("ba", "co", "di", "fe", "gu", "ha", "ki", "lo", "mu", "ne", "po", "ra", "si", "ta", "vo")
VOCABULARY = [*KNOWN.split(), *("".join(parts) for parts in itertools.product(SYLLABLES, repeat=3))]
# The n-th word is met about 1/n as often as the first.
FREQUENCY = list(itertools.accumulate(1 / (rank + 5) for rank in range(len(VOCABULARY))))
QUERIES = (
    "refund", "partial order", "start time of my order", "refnd polcy", "how do I get my money back", "payment ticket", "deliv",
    "status canceled", "provider platform limit", "order", "article 4242", "zzz unheard", "bacodi", "order kiloba", "retention",
)  # fmt: skip


def words(chance: random.Random, count: int) -> str:
    return " ".join(chance.choices(VOCABULARY, cum_weights=FREQUENCY, k=count))


def measured(articles: int) -> dict[str, Any]:

    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "testserver"]
    begun = time.monotonic()
    addresses = make_articles(articles)
    made = time.monotonic() - begun
    chance = random.Random(1)  # noqa: S311
    client = Client()

    def timed(act) -> float:
        begun = time.perf_counter()
        act()
        return (time.perf_counter() - begun) * 1000

    queries = [chance.choice(QUERIES) for _ in range(ROUNDS)]
    for query in QUERIES:
        search(query, now=timezone.now())
    searches = [timed(lambda q=query: search(q, now=timezone.now())) for query in queries]
    suggestions = [
        timed(lambda q=query: client.get("/help/search/", {"q": q}, headers={"HX-Request": "true"}))
        for query in queries
    ]
    pages = [chance.choice(addresses) for _ in range(ROUNDS)]
    client.get(pages[0])
    views = [timed(lambda a=address: client.get(a)) for address in pages]
    tags = {address: client.get(address)["ETag"] for address in pages[:50]}
    repeated = [client.get(a, headers={"If-None-Match": tag}).status_code for a, tag in tags.items()]
    homes = [timed(lambda: client.get("/help/")) for _ in range(20)]
    guide = "/help/orders-troubleshooting/order-statuses-explained/"
    return {
        "made_in_s": round(made, 1),
        **figures("search_ms", searches),
        **figures("suggestions_ms", suggestions),
        **figures("article_ms", views),
        **figures("home_ms", homes),
        "repeated_visits_304": f"{repeated.count(304)} of {len(repeated)}",
        "article_page_kb": weight(client.get(pages[0]), staticfiles_storage),
        "status_guide_page_kb": weight(client.get(guide), staticfiles_storage),
    }


def figures(name: str, times: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(times, n=20)
    return {f"{name}_median": round(statistics.median(times), 1), f"{name}_p95": round(cuts[18], 1)}


def weight(response, storage) -> float:
    """The page with every file that it loads, each compressed as it is sent."""
    total = len(gzip.compress(response.content, 6))
    names = set(re.findall(r'(?:href|src)="/static/([^"#?]+)"', response.text))
    names |= set(re.findall(r'href="/static/([^"#]+)#', response.text))
    for name in names:
        total += len(gzip.compress(Path(storage.path(name)).read_bytes(), 6))
    return round(total / 1024, 1)


def make_articles(count: int) -> list[str]:
    """Articles of some 400 words in 20 sections, through the renderer, then written in bulk as the doors would."""

    chance, now = random.Random(7), timezone.now()  # noqa: S311
    sections = [Section.objects.create(slug=f"bench-{n}", title=f"Bench {n}", position=100 + n) for n in range(20)]
    addresses = []
    with transaction.atomic():
        for first in range(0, count, 500):
            numbers = range(first, min(first + 500, count))
            articles = Article.objects.bulk_create(
                Article(section=sections[n % 20], slug=f"article-{n}", position=n) for n in numbers
            )
            revisions, texts = [], []
            for n, article in zip(numbers, articles, strict=True):
                body = "\n\n".join(
                    f"## {words(chance, 3).capitalize()}\n\n{words(chance, 60)}.\n\n- {words(chance, 12)}\n- {words(chance, 12)}"
                    for _ in range(5)
                )
                rendered = render(body)
                revisions.append(
                    ArticleRevision(
                        article=article,
                        number=1,
                        state=State.PUBLISHED,
                        created_at=now,
                        published_from=now,
                        title=f"{words(chance, 4).capitalize()} {n}",
                        summary=words(chance, 12),
                        keywords=words(chance, 5),
                        quick_answer=words(chance, 20),
                        quick_answer_html=words(chance, 20),
                        body=body,
                        body_html=rendered.html,
                        body_text=rendered.text,
                        headings=[{"level": h.level, "id": h.id, "text": h.text} for h in rendered.headings],
                    )
                )
            revisions = ArticleRevision.objects.bulk_create(revisions)
            for article, revision in zip(articles, revisions, strict=True):
                article.published = article.latest = revision
                texts.append(words_by_place(revision))
                addresses.append(revision.get_absolute_url())
            Article.objects.bulk_update(articles, ["published", "latest"])
            SearchText.objects.bulk_create(
                SearchText(revision=revision, **text) for revision, text in zip(revisions, texts, strict=True)
            )
            search_index.learn(*texts)
    analyse()
    return addresses


def words_by_place(revision) -> dict[str, str]:
    parts = {
        "title": revision.title,
        "keywords": revision.keywords,
        "summary": f"{revision.summary} {revision.quick_answer}",
        "headings": " ".join(heading["text"] for heading in revision.headings),
        "body": revision.body_text,
    }
    return {name: " ".join(search_index.words_of(text)) for name, text in parts.items()}


def analyse() -> None:

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measured(int(sys.argv[1]))) + "\n")
