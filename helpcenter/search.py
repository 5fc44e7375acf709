"""Plain search: every word must occur; the better the place where all of them occur, the higher the article."""

import re
from dataclasses import dataclass
from html import unescape

from django.db.models import Case, IntegerField, Q, Value, When
from django.utils.html import escape, strip_tags
from django.utils.safestring import SafeString, mark_safe

from helpcenter.models import Article

MOST_CHARACTERS = 200
MOST_WORDS = 8
MOST_HITS = 30
SNIPPET_AROUND = 80

# Best place first. All of a query's words in one of these groups earn its rank; scattered words come last.
PLACES = (("title",), ("keywords",), ("summary", "quick_answer"), ("body_text",))


@dataclass(frozen=True)
class Hit:
    article: Article
    snippet: SafeString


@dataclass(frozen=True)
class Results:
    """`query` is what was searched for: the reader's words, shortened where they were too many."""

    query: str
    hits: list[Hit]


def search(text: str) -> Results:
    """Published articles that hold every word of `text`; one query, none for a text without words."""
    query = text[:MOST_CHARACTERS].strip()
    words = query.split()[:MOST_WORDS]
    # No text in the database holds a NUL, and PostgreSQL refuses to be asked for one.
    if not words or "\x00" in query:
        return Results(query=query.replace("\x00", ""), hits=[])
    anywhere = tuple(name for place in PLACES for name in place)
    rank = Case(
        *(When(all_words(words, place), then=Value(number)) for number, place in enumerate(PLACES)),
        default=Value(len(PLACES)),
        output_field=IntegerField(),
    )
    found = (
        Article.objects.filter(all_words(words, anywhere), is_published=True)
        .select_related("section")
        .only("section__slug", "section__title", "slug", "title", "summary", "quick_answer_html", "body_text")
        .order_by(rank, "title", "pk")[:MOST_HITS]
    )
    return Results(query=query, hits=[Hit(article, snippet_of(article, words)) for article in found])


def all_words(words: list[str], names: tuple[str, ...]) -> Q:
    """Each word occurs in at least one of these fields."""
    every = Q()
    for word in words:
        one = Q()
        for name in names:
            one |= Q(**{f"{name}__icontains": word})
        every &= one
    return every


def snippet_of(article: Article, words: list[str]) -> SafeString:
    """The first place that holds one of the words, else the summary."""
    quick_answer = unescape(strip_tags(article.quick_answer_html))
    for text in (article.summary, quick_answer, article.body_text):
        if pattern(words).search(text):
            return snippet(text, words)
    return mark_safe(escape(article.summary))  # noqa: S308


def snippet(text: str, words: list[str]) -> SafeString:
    """The surroundings of the first hit, with every hit in `<mark>`; whole words at both ends."""
    hits = pattern(words)
    first = hits.search(text)
    at = first.start() if first else 0
    start = max(0, at - SNIPPET_AROUND)
    end = min(len(text), at + 2 * SNIPPET_AROUND)
    if start > 0:
        start = min(at, text.find(" ", start) + 1 or at)
    if end < len(text):
        end = max(at + 1, text.rfind(" ", at, end)) if " " in text[at:end] else end
    part = " ".join(text[start:end].split())
    marked, seen = [], 0
    for hit in hits.finditer(part):
        marked += [escape(part[seen : hit.start()]), f"<mark>{escape(hit[0])}</mark>"]
        seen = hit.end()
    marked.append(escape(part[seen:]))
    return mark_safe(("… " if start > 0 else "") + "".join(marked) + (" …" if end < len(text) else ""))  # noqa: S308


def pattern(words: list[str]) -> re.Pattern:
    longest_first = sorted(words, key=len, reverse=True)
    return re.compile("|".join(re.escape(word) for word in longest_first), re.IGNORECASE)
