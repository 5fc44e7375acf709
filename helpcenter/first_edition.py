"""The texts that come with the software, and how they reach the database without ever overwriting what people edited.

`content/sections.toml` and `content/statuses.toml` hold the short texts, `content/*.md` the articles: TOML between two
lines of `+++`, then Markdown.

For each text a digest of what was loaded is kept. A text in the database that still has this digest is ours and follows
the files; any other was edited, unpublished or moved by people, and one that is gone was removed by them: both stay so.
"""

import datetime as dt
import hashlib
import json
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from django.core.exceptions import ValidationError
from django.db import transaction

from helpcenter import writing
from helpcenter.models import Article, FaqItem, LoadedText, Section, StatusAdvice
from orders.statuses import OrderStatus

CONTENT = Path(__file__).parent / "content"
FENCE = "+++"

SECTION_FIELDS = ("title", "summary", "icon", "position")
ARTICLE_FIELDS = ("title", "summary", "quick_answer", "body", "keywords", "position", "is_published")


class BadContent(ValueError):
    """A content file that cannot be loaded; the message names the file and says what is wrong."""


@dataclass
class Loaded:
    """How many texts were `added`, `updated`, `unchanged`, or `kept` because people edited or removed them."""

    counts: Counter = field(default_factory=Counter)
    kept: list[str] = field(default_factory=list)


def load(*, now: dt.datetime, content: Path = CONTENT) -> Loaded:
    """Brings the database up to the files, all or nothing. Raises BadContent."""
    loaded = Loaded()
    with transaction.atomic():
        for slug, texts in read_sections(content):
            load_one(loaded, f"section:{slug}", texts, current_section(slug), lambda t, s=slug: write_section(s, t))
        for status, texts in read_statuses(content):
            load_one(
                loaded, f"status:{status}", texts, current_advice(status), lambda t, s=status: write_advice(s, t, now)
            )
        for section, slug, texts in read_articles(content):
            key = f"article:{section}/{slug}"
            if f"section:{section}" in loaded.kept and not Section.objects.filter(slug=section).exists():
                loaded.counts["kept"] += 1
                loaded.kept.append(key)
                continue
            load_one(
                loaded,
                key,
                texts,
                current_article(section, slug),
                lambda t, a=section, b=slug: write_article(a, b, t, now),
            )
    return loaded


def load_one(loaded: Loaded, key: str, texts: dict, current: dict | None, write: Callable[[dict], None]) -> None:
    wanted, before = digest(texts), LoadedText.objects.filter(key=key).first()
    if current == texts:
        outcome = "unchanged"
    elif before is None and current is None:
        outcome = "added"
    elif before is not None and current is not None and before.digest == digest(current):
        outcome = "updated"
    else:
        outcome = "kept"
        loaded.kept.append(key)
    loaded.counts[outcome] += 1
    if outcome in {"added", "updated"}:
        try:
            write(texts)
        except (ValidationError, Section.DoesNotExist) as error:
            raise BadContent(f"{key}: {error}") from error
    if outcome != "kept" and (before is None or before.digest != wanted):
        LoadedText.objects.update_or_create(key=key, defaults={"digest": wanted})


def digest(texts: dict) -> str:
    return hashlib.sha256(json.dumps(texts, sort_keys=True).encode()).hexdigest()


# --- What the files say


def read_sections(content: Path) -> Iterator[tuple[str, dict]]:
    for number, row in enumerate(read_toml(content / "sections.toml")["section"], start=1):
        yield (
            row["slug"],
            {"title": row["title"], "summary": row["summary"], "icon": row["icon"], "position": number * 10},
        )


def read_statuses(content: Path) -> Iterator[tuple[str, dict]]:
    for status, row in read_toml(content / "statuses.toml").items():
        if status not in OrderStatus.values:
            raise BadContent(f"statuses.toml: {status} is no status of an order.")
        yield status, {name: row.get(name, "").strip() for name in StatusAdvice.TEXTS}


def read_articles(content: Path) -> Iterator[tuple[str, str, dict]]:
    for path in sorted(content.glob("*.md")):
        front, body = split(path)
        try:
            texts = {
                "title": front["title"],
                "summary": front.get("summary", ""),
                "quick_answer": front.get("quick_answer", "").strip(),
                "body": body,
                "keywords": front.get("keywords", ""),
                "position": front.get("position", 0),
                "is_published": front.get("is_published", True),
                "faq": [[item["question"], item["answer"].strip()] for item in front.get("faq", [])],
            }
            yield front["section"], front["slug"], texts
        except KeyError as error:
            raise BadContent(f"{path.name}: {error} is missing.") from error


def split(path: Path) -> tuple[dict, str]:
    before, fence, rest = read_text(path).partition(f"{FENCE}\n")
    front, second, body = rest.partition(f"\n{FENCE}\n")
    if before or not fence or not second:
        raise BadContent(f"{path.name}: it must begin with its facts between two lines of {FENCE}.")
    return parse_toml(front, path.name), writing.tidy(body)


def read_toml(path: Path) -> dict:
    return parse_toml(read_text(path), path.name)


def read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadContent(f"{path.name}: {error}") from error


def parse_toml(text: str, name: str) -> dict:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadContent(f"{name}: {error}") from error


# --- What the database says, in the same shape


def current_section(slug: str) -> dict | None:
    return Section.objects.filter(slug=slug).values(*SECTION_FIELDS).first()


def current_advice(status: str) -> dict | None:
    return StatusAdvice.objects.filter(status=status).values(*StatusAdvice.TEXTS).first()


def current_article(section: str, slug: str) -> dict | None:
    article = Article.objects.filter(section__slug=section, slug=slug).first()
    if article is None:
        return None
    texts = {name: getattr(article, name) for name in ARTICLE_FIELDS}
    texts["faq"] = [[item.question, item.answer] for item in article.faq.all()]
    return texts


# --- Writing


def write_section(slug: str, texts: dict) -> None:
    section = Section.objects.filter(slug=slug).first() or Section(slug=slug)
    for name, value in texts.items():
        setattr(section, name, value)
    section.full_clean()
    section.save()


def write_advice(status: str, texts: dict, now: dt.datetime) -> None:
    advice = StatusAdvice.objects.filter(status=status).first() or StatusAdvice(status=status)
    for name, value in texts.items():
        setattr(advice, name, value)
    advice.full_clean(exclude=["updated_at"], validate_unique=False)
    writing.save_advice(advice=advice, now=now)


def write_article(section: str, slug: str, texts: dict, now: dt.datetime) -> None:
    place = Section.objects.get(slug=section)
    article = Article.objects.filter(section=place, slug=slug).first() or Article(section=place, slug=slug)
    for name in ARTICLE_FIELDS:
        setattr(article, name, texts[name])
    article.full_clean(exclude=["updated_at"])
    writing.save_article(article=article, now=now)
    # Matched by the question, so that anchors which people link to survive a new answer.
    by_question = {item.question: item for item in article.faq.all()}
    for position, (question, answer) in enumerate(texts["faq"], start=1):
        item = by_question.pop(question, None) or FaqItem(article=article, question=question)
        item.answer, item.position = answer, position * 10
        item.full_clean(exclude=["anchor"])
        writing.save_faq_item(item=item, now=now)
    for item in by_question.values():
        writing.delete_faq_item(item=item, now=now)
