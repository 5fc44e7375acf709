"""Search: every word must occur, by stem or as a beginning; the better the places, the higher the article.

The database finds (FTS5 or tsvector, `search_tables.py`) and cuts to the best; which of those comes first is decided here, so
that both databases answer alike. Where nothing is found, a mistyped word is tried as the known one nearest to it; where
that does not help, articles that hold at least one of the words are shown. Where little is found and the known words nearest
to these find more, they are offered beside what was found.
"""

import datetime as dt
from dataclasses import dataclass, field

from django.db import connection
from django.utils.html import escape
from django.utils.safestring import SafeString

from helpcenter import spelling
from helpcenter.marking import Matcher, marked, snippet, stem
from helpcenter.models import ArticleRevision, SearchText, Synonyms
from helpcenter.search_index import words_of
from helpcenter.search_tables import INDEX, TABLE
from helpcenter.visibility import live

MOST_CHARACTERS = 200
MOST_WORDS = 8
MOST_HITS = 30
# Fewer than this is little: perhaps something else was meant.
ENOUGH = 3
# The database's order decides only what is looked at here.
CANDIDATES = 40
SHORTEST_PREFIX = 2

# Title = keywords > summary > headings > text, in FTS5's bm25, in PostgreSQL's ts_rank (text first) and here.
BM25 = "bm25(helpcenter_search, 10.0, 10.0, 5.0, 2.5, 1.0)"
TS_RANK = "ts_rank('{0.1, 0.25, 0.5, 1.0}', vector, query)"
PLACES = (("title", 8.0), ("keywords", 8.0), ("summary", 4.0), ("headings", 2.0))
IN_TEXT = 1.0
AS_BEGINNING, AS_SYNONYM = 0.7, 0.6
WHOLE_IN_TITLE = 6.0
TITLE_COVERED = 2.0

# Words that nobody looks for. PostgreSQL leaves most of them out by itself, SQLite does not.
_IGNORED = """
a about above after again against all am an and any are as at be because been before being below between both but by can
could did do does doing don down during each few for from further get got had has have having he her here hers herself him
himself his how i if in into is it its itself just me more most my myself no nor not now of off on once only or other our
ours ourselves out over own s same she should so some such t than that the their theirs them themselves then there these
they this those through to too under until up very was we were what when where which while who whom why will with would
you your yours yourself yourselves
"""
IGNORED = frozenset(_IGNORED.split())


@dataclass(frozen=True)
class Term:
    """What must occur: one of these, each a word or words in a row. The first is what the reader wrote."""

    alternatives: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Hit:
    page: ArticleRevision
    title: SafeString
    summary: SafeString
    snippet: SafeString


@dataclass(frozen=True)
class Results:
    """`query` is what was searched for: the reader's words, shortened where they were too many. `corrected` is what was
    searched for instead, where nothing was found; `meant` is what may have been meant, where little was. `is_loose` says that
    not all words occur in every article."""

    query: str
    hits: list[Hit] = field(default_factory=list)
    corrected: str = ""
    meant: str = ""
    is_loose: bool = False


def search(text: str, *, now: dt.datetime, most: int = MOST_HITS) -> Results:
    """Readable articles for these words, best first. Three queries, a few more where little is found, none for a text
    without words."""
    query = text[:MOST_CHARACTERS].replace("\x00", " ").strip()
    groups = [[tuple(words_of(phrase)) for phrase in row.listed] for row in Synonyms.objects.all()] if query else []
    terms = terms_of(words_of(query), groups)
    words = [word for term in terms for word in term.alternatives[0]]
    if not terms:
        return Results(query=query)
    found = best(terms, now=now) or best(terms, now=now, begun=len(terms))
    if found:
        return Results(query=query, hits=hits_of(found[:most], words), meant=meant(words, found, groups, now))
    better = corrected(words)
    if better != words:
        found = best(terms_of(better, groups), now=now)
        if found:
            return Results(query=query, hits=hits_of(found[:most], better), corrected=" ".join(better))
    if len(terms) > 1:
        found = best(terms_of(better, groups), now=now, every=False)
        instead = " ".join(better) if better != words else ""
        return Results(query=query, hits=hits_of(found[:most], better), corrected=instead, is_loose=True)
    return Results(query=query)


def with_any_word(words: list[str], *, now: dt.datetime, most: int) -> list[ArticleRevision]:
    """Readable articles that hold at least one of these words, best first; two queries."""
    known = [folded for word in words for folded in words_of(word)]
    terms = [Term(((word,),)) for word in known]
    return [text.revision for text in (best(terms, now=now, every=False) if terms else [])[:most]]


# --- What was asked for


def terms_of(words: list[str], groups: list[list[tuple[str, ...]]]) -> list[Term]:
    """One term for each word that somebody may look for; words in a row that have synonyms are one term together."""
    terms: list[Term] = []
    place = 0
    while place < len(words):
        length, alternatives = 1, ((words[place],),)
        for group in groups:
            for phrase in group:
                if phrase and tuple(words[place : place + len(phrase)]) == phrase and len(phrase) >= length:
                    length, alternatives = len(phrase), (phrase, *(other for other in group if other != phrase))
        if len(alternatives) > 1 or words[place] not in IGNORED:
            terms.append(Term(alternatives))
        place += length
    return terms[:MOST_WORDS]


def corrected(words: list[str]) -> list[str]:
    """The words, with those that occur nowhere as the known words nearest to them."""
    return [word if candidates([Term(((word,),))], every=True, most=1) else spelling.nearest(word) for word in words]


def meant(words: list[str], found: list[SearchText], groups: list[list[tuple[str, ...]]], now: dt.datetime) -> str:
    """The known words nearest to these, where these find little and those find more, and something new."""
    if len(found) >= ENOUGH:
        return ""
    # What stands in these places is a word that is known: see search_index.learn.
    known = {word for text in found for name, _weight in PLACES for word in getattr(text, name).split()}
    better = [word if word in known else spelling.nearest(word) for word in words]
    if better == words:
        return ""
    others = best(terms_of(better, groups), now=now)
    is_more = len(others) > len(found) and {text.pk for text in others} - {text.pk for text in found}
    return " ".join(better) if is_more else ""


# --- What the database finds


def candidates(terms: list[Term], *, every: bool, most: int = CANDIDATES, begun: int = 1) -> list[int]:
    """Numbers of revisions in the index, the database's best first; some may not be readable yet or any more.

    The last `begun` words may be beginnings of words; to look for beginnings of all of them takes longer.
    """
    write = fts5 if connection.vendor == "sqlite" else tsquery
    parts = [f"({write(term, begun=len(terms) - place <= begun)})" for place, term in enumerate(terms)]
    if connection.vendor == "sqlite":
        expression = (" AND " if every else " OR ").join(parts)
        statement = f"SELECT rowid FROM {INDEX} WHERE {INDEX} MATCH %s ORDER BY {BM25} LIMIT {most}"  # noqa: S608
    else:
        expression = (" & " if every else " | ").join(parts)
        statement = (
            f"SELECT revision_id FROM {TABLE}, to_tsquery('english', %s) query WHERE vector @@ query "  # noqa: S608
            f"ORDER BY {TS_RANK} DESC, revision_id LIMIT {most}"
        )
    with connection.cursor() as cursor:
        cursor.execute(statement, [expression])
        return [row[0] for row in cursor.fetchall()]


def fts5(term: Term, *, begun: bool) -> str:
    return " OR ".join(
        f'"{" ".join(words)}"' + ("*" if begun and is_beginning(words) else "") for words in term.alternatives if words
    )


def tsquery(term: Term, *, begun: bool) -> str:
    return " | ".join(
        f"{words[0]}:*" if begun and is_beginning(words) else f"({' <-> '.join(words)})"
        for words in term.alternatives
        if words
    )


def is_beginning(words: tuple[str, ...]) -> bool:
    return len(words) == 1 and len(words[0]) >= SHORTEST_PREFIX


# --- Which comes first


def best(terms: list[Term], *, now: dt.datetime, every: bool = True, begun: int = 1) -> list[SearchText]:
    numbers = candidates(terms, every=every, begun=begun)
    if not numbers:
        return []
    texts = (
        SearchText.objects.filter(revision__in=ArticleRevision.objects.filter(live(now, "article")), pk__in=numbers)
        .select_related("revision__article__section")
        .defer("revision__body", "revision__body_html", "revision__headings", "revision__quick_answer")
    )
    scored = [(score(text, terms, every=every), text) for text in texts]
    return [text for points, text in sorted(scored, key=lambda one: (-one[0], one[1].title, one[1].pk)) if points]


def score(text: SearchText, terms: list[Term], *, every: bool) -> float:
    places = [(getattr(text, name), weight) for name, weight in PLACES]
    stems = [({stem(word) for word in words.split()}, words, weight) for words, weight in places]
    total = sum(score_of_term(term, stems, text.body, every=every) for term in terms)
    if not total:
        return 0.0
    total += TITLE_COVERED * covered(text.title.split(), terms)
    asked = [word for term in terms for word in term.alternatives[0]]
    if len(asked) > 1 and f" {' '.join(asked)} " in f" {text.title} ":
        total += WHOLE_IN_TITLE
    return total


def covered(title: list[str], terms: list[Term]) -> float:
    """How much of the title was asked for: of two titles that hold the word, the one that holds little else says more."""
    share: dict[str, float] = {}
    for term in terms:
        for number, words in enumerate(term.alternatives):
            weight = AS_SYNONYM if number else 1.0
            for word in words:
                share[word] = max(share.get(word, 0.0), weight)
    points = 0.0
    for word in title:
        exact = max((weight for asked, weight in share.items() if stem(asked) == stem(word)), default=0.0)
        begun = max((weight * AS_BEGINNING for asked, weight in share.items() if word.startswith(asked)), default=0.0)
        points += max(exact, begun)
    return points / max(len(title), 1)


def score_of_term(term: Term, stems, body: str, *, every: bool) -> float:
    """The best place of the best alternative."""
    points = 0.0
    for number, words in enumerate(term.alternatives):
        share = AS_SYNONYM if number else 1.0
        for known, whole, weight in stems:
            if all(stem(word) in known for word in words):
                points = max(points, weight * share)
            elif len(words) == 1 and f" {words[0]}" in f" {whole}":
                points = max(points, weight * share * AS_BEGINNING)
        if f" {stem(words[0]) if words else ''}" in f" {body}":
            points = max(points, IN_TEXT * share)
    # The database found every term somewhere, by rules of its own.
    return points or (IN_TEXT * AS_SYNONYM if every else 0.0)


def hits_of(texts: list[SearchText], words: list[str]) -> list[Hit]:
    matcher = Matcher(words)
    return [
        Hit(
            page=text.revision,
            title=marked(text.revision.title, matcher),
            summary=marked(text.revision.summary, matcher),
            snippet=snippet_of(text.revision, matcher),
        )
        for text in texts
    ]


def snippet_of(page: ArticleRevision, matcher: Matcher) -> SafeString:
    """The first place that holds one of the words, else the summary."""
    for text in (page.summary, page.quick_answer_text, page.body_text):
        if matcher.first(text):
            return snippet(text, matcher)
    return SafeString(escape(page.summary))
