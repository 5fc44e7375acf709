"""Keeps the words that search reads in step with what readers see or will see."""

import re
import unicodedata

from helpcenter.models import Article, ArticleRevision, SearchText, SearchWord

WORD = re.compile(r"[^\W_]+")
LONGEST_WORD = 40


def folded(text: str) -> str:
    """Small letters without accents, the same on both databases: `Café` is `cafe`."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in plain if not unicodedata.combining(sign)).replace("\x00", " ")


def words_of(text: str) -> list[str]:
    return WORD.findall(folded(text))


def refresh(article: Article) -> None:
    """The published and the scheduled revision of the article are found, its others are not."""
    standing = [revision for revision in (article.published, article.scheduled) if revision]
    SearchText.objects.filter(revision__article=article).exclude(revision__in=standing).delete()
    for revision in standing:
        put(revision)


def put(revision: ArticleRevision) -> None:
    texts = texts_of(revision)
    SearchText.objects.update_or_create(revision=revision, defaults=texts)
    learn(texts)


def texts_of(revision: ArticleRevision) -> dict[str, str]:
    questions = [f"{item.question} {item.answer}" for item in revision.faq.all()]
    parts = {
        "title": revision.title,
        "keywords": revision.keywords,
        "summary": f"{revision.summary} {revision.quick_answer_text}",
        "headings": " ".join(heading["text"] for heading in revision.headings),
        "body": " ".join([revision.body_text, *questions]),
    }
    # Words alone: each database has its own idea of addresses and signs.
    return {name: " ".join(words_of(text)) for name, text in parts.items()}


def learn(*texts: dict[str, str]) -> None:
    """Words that a mistyped one may have meant."""
    words = {
        word
        for text in texts
        for name in ("title", "keywords", "summary", "headings")
        for word in words_of(text[name])
        if 3 <= len(word) <= LONGEST_WORD and not word.isdigit()
    }
    known = set(SearchWord.objects.filter(word__in=words).values_list("word", flat=True))
    new = [SearchWord(word=word, length=len(word)) for word in sorted(words - known)]
    SearchWord.objects.bulk_create(new, ignore_conflicts=True)
