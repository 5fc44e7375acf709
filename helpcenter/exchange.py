"""The whole help center as a folder of files, and back: nothing is lost on the way, so that a shop can keep its help in git.

What the history holds (who wrote what, and when) stays in the database. A text that readers see and a newer draft of it are two
files: `slug.md` and `slug.draft.md`.
"""

import datetime as dt
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.dateparse import parse_datetime
from PIL import Image

from helpcenter import files, images, links, loading, publishing, writing
from helpcenter.first_edition import guarded, write_snippet
from helpcenter.markup import IMAGE_ADDRESS
from helpcenter.models import (
    Article,
    ArticleRevision,
    HelpImage,
    OldAddress,
    Section,
    Snippet,
    StatusAdvice,
    Synonyms,
)

DRAFT = ".draft.md"


@dataclass(frozen=True)
class Counted:
    sections: int
    articles: int
    drafts: int


# --- Out


def export(folder: Path) -> Counted:
    """Writes everything into an empty or new folder. Raises BadContent where it holds something already."""
    if folder.exists() and any(path.name != ".git" for path in folder.iterdir()):
        raise files.BadContent(f"{folder} is not empty.")
    sections = list(Section.objects.select_related("parent").order_by("position", "title", "pk"))
    rows = [{"slug": s.slug, **_without_empty(loading.current_section(s.slug) or {})} for s in sections]
    files.write_tables(folder / "sections.toml", "section", rows)
    statuses = {}
    for advice in StatusAdvice.objects.select_related("published", "latest").order_by("pk"):
        shown = advice.published or advice.latest
        if shown:
            statuses[advice.pk] = {name: links.by_address(getattr(shown, name)) for name in StatusAdvice.TEXTS}
    files.write_groups(folder / "statuses.toml", statuses)
    files.write_values(folder / "snippets.toml", dict(Snippet.objects.order_by("name").values_list("name", "body")))
    files.write(
        folder / "synonyms.toml", f"words = {files.value([row.words for row in Synonyms.objects.order_by('pk')])}\n"
    )
    moved = OldAddress.objects.select_related("section", "article__section").order_by("path")
    files.write_values(folder / "addresses.toml", {old.path: _place_of(old) for old in moved})
    pictures = list(HelpImage.objects.order_by("pk"))
    files.write_values(folder / "images.toml", {row.name: row.alternative for row in pictures})
    for row in pictures:
        with default_storage.open(images.path_of(row.name), "rb") as file:
            (folder / "images").mkdir(exist_ok=True)
            (folder / "images" / row.name).write_bytes(file.read())
    names = {row.pk: row.name for row in pictures}
    articles = Article.objects.select_related("section", "latest", "published", "scheduled").order_by("pk")
    counted = [_write_article(folder, article, names) for article in articles]
    return Counted(len(sections), len(counted), sum(counted))


def _write_article(folder: Path, article: Article, names: dict[int, str]) -> int:
    """The article's files; 1 where there is a newer draft beside what readers see."""
    shown = article.published or article.latest
    if shown is None:
        return 0
    path = folder / article.section.slug / f"{article.slug}.md"
    _write_revision(path, article, shown, article.published is not None, names)
    if article.latest and article.latest_id != shown.pk:
        _write_revision(path.with_name(article.slug + DRAFT), article, article.latest, False, names)
        return 1
    return 0


def _write_revision(
    path: Path, article: Article, revision: ArticleRevision, is_published: bool, names: dict[int, str]
) -> None:
    front: dict[str, Any] = {
        "section": article.section.slug,
        "slug": article.slug,
        "title": revision.title,
        "summary": revision.summary,
        "quick_answer": links.by_address(revision.quick_answer),
        "keywords": revision.keywords,
        "position": article.position,
        "is_published": is_published,
        "review_by": article.review_by.isoformat() if article.review_by else "",
        "related": [f"{other.section.slug}/{other.slug}" for other in loading.related_of(article)],
    }
    if article.scheduled_id == revision.pk and revision.published_from:
        front["published_from"] = revision.published_from.isoformat()
    faq = [(item.question, _portable(item.answer, names)) for item in revision.faq.all()]
    files.write_article(path, front, faq, _portable(revision.body, names))


def _portable(text: str, names: dict[int, str]) -> str:
    """Articles by address and pictures by file name: numbers mean nothing in another database."""
    named = IMAGE_ADDRESS.sub(lambda found: f"image:{names.get(int(found[1]), found[1])}", text)
    return links.by_address(named)


def _place_of(old: OldAddress) -> str:
    return old.section.slug if old.section else f"{old.article.section.slug}/{old.article.slug}"


def _without_empty(row: dict) -> dict:
    return {name: value for name, value in row.items() if value != ""}


# --- In


def import_from(folder: Path, *, now: dt.datetime) -> Counted:
    """Brings the database to what the folder says, all or nothing: what differs becomes a new version, published where the
    file says so. What the folder does not hold stays as it is. Raises BadContent."""
    with transaction.atomic():
        numbers = _read_images(folder, now)
        for name, body in files.read_snippets(folder).items():
            guarded(f"snippet:{name}", lambda n=name, b=body: write_snippet(n, _numbered(b, numbers)))
        for words in files.read_synonyms(folder):
            Synonyms.objects.get_or_create(words=words)
        sections = list(files.read_sections(folder))
        for slug, texts in sorted(sections, key=lambda one: bool(one[1]["parent"])):
            guarded(f"section:{slug}", lambda s=slug, t=texts: loading.write_section(s, t))
        shown, drafts = _read_articles(folder, numbers)
        for section, slug, texts in [*shown, *drafts]:
            guarded(f"article:{section}/{slug}", lambda a=section, b=slug, t=texts: loading.make_place(a, b, t))
        for section, slug, texts in shown:
            guarded(f"article:{section}/{slug}", lambda a=section, b=slug, t=texts: _write_shown(a, b, t, now))
        for section, slug, texts in drafts:
            guarded(f"draft:{section}/{slug}", lambda a=section, b=slug, t=texts: _write_draft(a, b, t, now))
        for status, texts in files.read_statuses(folder):
            if loading.current_advice(status) != texts:
                guarded(f"status:{status}", lambda s=status, t=texts: loading.write_advice(s, t, now))
        for path, place in files.read_addresses(folder).items():
            _lead_on(path, place)
    return Counted(len(sections), len(shown), len(drafts))


def _read_articles(folder: Path, numbers: dict[str, int]) -> tuple[list, list]:
    shown: list = []
    drafts: list = []
    for path in sorted(folder.rglob("*.md")):
        section, slug, texts = files.read_article(path)
        texts["body"] = _numbered(texts["body"], numbers)
        texts["faq"] = [[question, _numbered(answer, numbers)] for question, answer in texts["faq"]]
        (drafts if path.name.endswith(DRAFT) else shown).append((section, slug, texts))
    return shown, drafts


def _read_images(folder: Path, now: dt.datetime) -> dict[str, int]:
    """Keeps each picture; its number by its file name. Pixels that are ours already are not drawn anew."""
    numbers = {}
    for name, alternative in files.read_images(folder).items():
        known = HelpImage.objects.filter(name=name).first()
        if known is None:
            try:
                data = (folder / "images" / Path(name).name).read_bytes()
                known = _keep_image(data, name, alternative, now)
            except (OSError, ValidationError) as error:
                raise files.BadContent(f"images/{name}: {error}") from error
        numbers[name] = known.pk
    return numbers


def _keep_image(data: bytes, name: str, alternative: str, now: dt.datetime) -> HelpImage:
    if images.name_of(data) != name:
        return images.keep(data=data, alternative=alternative, now=now)
    images.redrawn(data)  # refuses what is no picture, whatever its name says
    with Image.open(io.BytesIO(data), formats=["WEBP"]) as ours:
        return images.store(pixels=data, size=ours.size, alternative=alternative, now=now)


def _numbered(text: str, numbers: dict[str, int]) -> str:
    for name, number in numbers.items():
        text = text.replace(f"image:{name}", f"image:{number}")
    return text


def _write_shown(section: str, slug: str, texts: dict, now: dt.datetime) -> None:
    loading.write_article(section, slug, texts, now)
    article = loading.article_at(section, slug)
    if article and article.latest:
        _schedule(article.latest, texts, now)


def _write_draft(section: str, slug: str, texts: dict, now: dt.datetime) -> None:
    article = loading.article_at(section, slug)
    assert article is not None
    faq = [writing.Faq(question, answer) for question, answer in texts["faq"]]
    based_on = article.latest.number if article.latest else 0
    revision = writing.save_article(article=article, texts=texts, faq=faq, based_on=based_on, now=now)
    _schedule(revision, texts, now)


def _schedule(revision: ArticleRevision, texts: dict, now: dt.datetime) -> None:
    if texts["published_from"]:
        at = parse_datetime(texts["published_from"])
        if at is None or at.tzinfo is None:
            raise ValidationError(f"published_from = {texts['published_from']!r} is no time with its zone.")
        publishing.publish_loaded(revision=revision, now=now, at=at)


def _lead_on(path: str, place: str) -> None:
    if "/" in place:
        article = loading.article_at(*place.split("/", 1))
        if article:
            OldAddress.objects.update_or_create(path=path, defaults={"article": article, "section": None})
    elif section := Section.objects.filter(slug=place).first():
        OldAddress.objects.update_or_create(path=path, defaults={"section": section, "article": None})
