"""The texts that come with the software, and how they reach the database without ever overwriting what people edited.

For each text a digest of what was loaded is kept. A text in the database that still has this digest is ours and follows
the files (`files.py` knows their format); any other was edited, unpublished or moved by people, and one that is gone was
removed by them: both stay so.
"""

import datetime as dt
import hashlib
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from django.core.exceptions import ValidationError
from django.db import transaction

from helpcenter import files, links, loading, showing_again
from helpcenter.files import BadContent
from helpcenter.models import LoadedText, OldAddress, Section, Snippet, Synonyms

CONTENT = Path(__file__).parent / "content"

__all__ = ["CONTENT", "BadContent", "Loaded", "load"]


@dataclass
class Loaded:
    """How many texts were `added`, `updated`, `unchanged`, or `kept` because people edited or removed them."""

    counts: Counter = field(default_factory=Counter)
    kept: list[str] = field(default_factory=list)


def load(*, now: dt.datetime, content: Path = CONTENT) -> Loaded:
    """Brings the database up to the files, all or nothing. Raises BadContent."""
    loaded = Loaded()
    with transaction.atomic():
        showing_again.bring_up_to_date()
        for name, body in files.read_snippets(content).items():
            row = Snippet.objects.filter(name=name).first()
            current = {"body": links.by_address(row.body)} if row else None
            load_one(loaded, f"snippet:{name}", {"body": body}, current, lambda t, n=name: write_snippet(n, t["body"]))
        for words in files.read_synonyms(content):
            current = {"words": words} if Synonyms.objects.filter(words=words).exists() else None
            load_one(loaded, synonyms_key(words), {"words": words}, current, lambda t: Synonyms.objects.create(**t))
        for slug, texts in files.read_sections(content):
            load_one(
                loaded,
                f"section:{slug}",
                texts,
                loading.current_section(slug),
                lambda t, s=slug: loading.write_section(s, t),
            )
        articles = [one for one in files.read_articles(content) if is_wanted(loaded, *one[:2])]
        for section, slug, texts in articles:
            guarded(f"article:{section}/{slug}", lambda s=section, a=slug, t=texts: loading.make_place(s, a, t))
        for section, slug, texts in articles:
            load_one(
                loaded,
                f"article:{section}/{slug}",
                texts,
                loading.current_article(section, slug),
                lambda t, a=section, b=slug: loading.write_article(a, b, t, now),
            )
        for status, texts in files.read_statuses(content):
            load_one(
                loaded,
                f"status:{status}",
                texts,
                loading.current_advice(status),
                lambda t, s=status: loading.write_advice(s, t, now),
            )
    return loaded


def is_wanted(loaded: Loaded, section: str, slug: str) -> bool:
    """Not where people removed the article or its section, or gave the article another address: both are theirs to decide."""
    key = f"article:{section}/{slug}"
    section_is_gone = f"section:{section}" in loaded.kept and not Section.objects.filter(slug=section).exists()
    was_loaded = LoadedText.objects.filter(key=key).exists()
    article_is_gone = was_loaded and not loading.has_article(section, slug)
    moved = OldAddress.objects.filter(path=f"{section}/{slug}").exists()
    if section_is_gone or article_is_gone or moved:
        loaded.counts["kept"] += 1
        loaded.kept.append(key)
        return False
    return True


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
        guarded(key, lambda: write(texts))
    if outcome != "kept" and (before is None or before.digest != wanted):
        LoadedText.objects.update_or_create(key=key, defaults={"digest": wanted})


def guarded(key: str, write: Callable[[], None]) -> None:
    try:
        write()
    except (ValidationError, Section.DoesNotExist) as error:
        raise BadContent(f"{key}: {error}") from error


def write_snippet(name: str, body: str) -> None:
    snippet = Snippet.objects.filter(name=name).first() or Snippet(name=name)
    snippet.body = body
    snippet.full_clean()
    showing_again.save_snippet(snippet=snippet)


def synonyms_key(words: str) -> str:
    return f"synonyms:{hashlib.sha256(words.encode()).hexdigest()[:16]}"


def digest(texts: dict) -> str:
    return hashlib.sha256(json.dumps(texts, sort_keys=True).encode()).hexdigest()
