"""The whole help center as a folder of files, and back: nothing that somebody wrote is lost on the way, so that a shop can
keep its help in git.

Of each text up to three versions stand: what readers see (`slug.md`), what they will see (`slug.scheduled.md`), and what
editors work on (`slug.draft.md`), each with how far it is. Who wrote what, earlier versions, votes and searches stay in
the database.
"""

import datetime as dt
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.dateparse import parse_datetime
from PIL import Image

from helpcenter import files, images, links, loading, publishing, showing_again, writing
from helpcenter.first_edition import guarded, write_snippet
from helpcenter.markup import IMAGE_ADDRESS
from helpcenter.models import (
    Article,
    ArticleRevision,
    HelpImage,
    LoadedText,
    OldAddress,
    Revision,
    Section,
    Snippet,
    State,
    StatusAdvice,
    Synonyms,
)

# By what a file is called: in this order a text came about, so in this order it is brought back.
KINDS = ("", ".scheduled", ".draft")


@dataclass(frozen=True)
class Counted:
    sections: int
    articles: int
    drafts: int


@dataclass(frozen=True)
class Page:
    """One version of a text as its file says it."""

    kind: str
    texts: dict[str, Any]
    facts: files.Facts
    is_published: bool

    @property
    def at(self) -> dt.datetime | None:
        return time_of(self.facts.published_from, "published_from")


def standing(owner: Article | StatusAdvice, now: dt.datetime) -> dict[str, Revision]:
    """The versions that stand, by the kind of their file."""
    come = owner.scheduled and owner.scheduled.published_from and owner.scheduled.published_from <= now
    shown, later = (owner.scheduled, None) if come else (owner.published, owner.scheduled)
    found = {"": shown, ".scheduled": later}
    if owner.latest and owner.latest not in (shown, later):
        found[".draft"] = owner.latest
    return {kind: revision for kind, revision in found.items() if revision}


# --- Out


def export(folder: Path, *, now: dt.datetime) -> Counted:
    """Writes everything into an empty or new folder, or over an earlier export. Raises BadContent where it holds something
    else alone."""
    files.clear(folder)
    kept = set(folder.rglob("*"))
    sections = list(Section.objects.select_related("parent").order_by("position", "title", "pk"))
    rows = [{"slug": s.slug, **_without_empty(loading.current_section(s.slug) or {})} for s in sections]
    files.write_tables(folder / "sections.toml", "section", rows)
    names = dict(HelpImage.objects.values_list("pk", "name"))
    snippets = {row.name: portable(row.body, names) for row in Snippet.objects.order_by("name")}
    files.write_values(folder / "snippets.toml", snippets)
    synonyms = list(dict.fromkeys(row.words for row in Synonyms.objects.order_by("pk")))
    files.write(folder / "synonyms.toml", f"words = {files.value(synonyms)}\n")
    moved = OldAddress.objects.select_related("section", "article__section").order_by("path")
    files.write_values(folder / "addresses.toml", {old.path: _place_of(old) for old in moved})
    loaded = dict(LoadedText.objects.order_by("key").values_list("key", "digest"))
    files.write_values(folder / "first-edition.toml", loaded)
    _write_images(folder)
    _write_advice(folder, names, now)
    articles = Article.objects.select_related("section", "latest", "published", "scheduled").order_by("pk")
    counted = [_write_article(folder, article, names, now) for article in articles]
    files.list_written(folder, kept)
    return Counted(len(sections), sum(1 for count in counted if count), sum(count - 1 for count in counted if count))


def _write_images(folder: Path) -> None:
    pictures = list(HelpImage.objects.order_by("pk"))
    files.write_values(folder / "images.toml", {row.name: row.alternative for row in pictures})
    for row in pictures:
        with default_storage.open(images.path_of(row.name), "rb") as file:
            (folder / "images").mkdir(exist_ok=True)
            (folder / "images" / row.name).write_bytes(file.read())


def _write_advice(folder: Path, names: dict[int, str], now: dt.datetime) -> None:
    groups: dict[str, dict[str, dict[str, str]]] = {kind: {} for kind in KINDS}
    for advice in StatusAdvice.objects.select_related("published", "scheduled", "latest").order_by("pk"):
        for kind, revision in standing(advice, now).items():
            texts = {name: portable(getattr(revision, name), names) for name in StatusAdvice.TEXTS}
            groups[kind][advice.pk] = {**texts, **_facts(revision, kind)}
    for kind, rows in groups.items():
        if rows or not kind:
            files.write_groups(folder / f"statuses{kind}.toml", rows)


def _write_article(folder: Path, article: Article, names: dict[int, str], now: dt.datetime) -> int:
    """How many files it has."""
    found = standing(article, now)
    # What readers do not see has the plain name, where they see nothing else.
    if list(found) == [".draft"]:
        found = {"": found[".draft"]}
    for kind, revision in found.items():
        assert isinstance(revision, ArticleRevision)
        is_published = kind == "" and revision.state == State.PUBLISHED
        front: dict[str, Any] = {
            "section": article.section.slug,
            "slug": article.slug,
            "title": revision.title,
            "summary": revision.summary,
            "quick_answer": portable(revision.quick_answer, names),
            "keywords": revision.keywords,
            "position": article.position,
            "is_published": is_published,
            "review_by": article.review_by.isoformat() if article.review_by else "",
            "related": [f"{other.section.slug}/{other.slug}" for other in loading.related_of(article)],
            **_facts(revision, kind if is_published or kind else ".draft"),
        }
        faq = [
            {"question": item.question, "answer": portable(item.answer, names), "anchor": item.anchor}
            for item in revision.faq.all()
        ]
        path = folder / article.section.slug / f"{article.slug}{kind}.md"
        files.write_article(path, front, faq, portable(revision.body, names))
    return len(found)


def _facts(revision: Revision, kind: str) -> dict[str, str]:
    facts = {"written": revision.created_at.isoformat()}
    if kind == ".draft":
        facts["state"] = str(revision.state)
    elif revision.published_from:
        facts["published_from"] = revision.published_from.isoformat()
    return facts


def portable(text: str, names: dict[int, str]) -> str:
    """Articles by address and pictures by file name: numbers mean nothing in another database."""
    named = IMAGE_ADDRESS.sub(lambda found: f"image:{names.get(int(found[1]), found[1])}", text)
    return links.by_address(named)


def _place_of(old: OldAddress) -> str:
    return old.section.slug if old.section else f"{old.article.section.slug}/{old.article.slug}"


def _without_empty(row: dict) -> dict:
    return {name: value for name, value in row.items() if value != ""}


# --- In


def import_from(folder: Path, *, now: dt.datetime) -> Counted:
    """Brings the database to what the folder says, all or nothing: what differs becomes a new version, as far as the
    file says. What the folder does not hold stays as it is. Raises BadContent."""
    with transaction.atomic():
        numbers = _read_images(folder, now)
        names = {number: name for name, number in numbers.items()}
        for words in files.read_synonyms(folder):
            if not Synonyms.objects.filter(words=words).exists():
                Synonyms.objects.create(words=words)
        sections = list(files.read_sections(folder))
        for slug, texts in parents_first(dict(sections)):
            guarded(f"section:{slug}", lambda s=slug, t=texts: loading.write_section(s, t))
        articles = _read_articles(folder, numbers)
        for (section, slug), pages in articles.items():
            texts = next(iter(pages.values())).texts
            guarded(f"article:{section}/{slug}", lambda a=section, b=slug, t=texts: loading.make_place(a, b, t))
        for name, body in files.read_snippets(folder).items():
            known = Snippet.objects.filter(name=name).first()
            if known is None or portable(known.body, names) != body:
                guarded(f"snippet:{name}", lambda n=name, b=body: write_snippet(n, _numbered(b, numbers)))
        for (section, slug), pages in articles.items():
            guarded(f"article:{section}/{slug}", lambda a=section, b=slug, p=pages: _bring_article(a, b, p, names, now))
        for status, pages in _read_advice(folder, numbers).items():
            guarded(f"status:{status}", lambda s=status, p=pages: _bring_advice(s, p, names, now))
        for path, place in files.read_addresses(folder).items():
            _lead_on(path, place)
        for key, digest in files.read_loaded(folder).items():
            LoadedText.objects.update_or_create(key=key, defaults={"digest": digest})
    drafts = sum(len(pages) - 1 for pages in articles.values())
    return Counted(len(sections), len(articles), drafts)


def parents_first(sections: dict[str, dict]) -> list[tuple[str, dict]]:
    def depth(slug: str) -> int:
        above, steps = sections[slug]["parent"], 0
        while above in sections and steps < len(sections):
            above, steps = sections[above]["parent"], steps + 1
        return steps

    return sorted(sections.items(), key=lambda one: depth(one[0]))


def _read_articles(folder: Path, numbers: dict[str, int]) -> dict[tuple[str, str], dict[str, Page]]:
    found: dict[tuple[str, str], dict[str, Page]] = {}
    for path in sorted(folder.rglob("*.md")):
        section, slug, texts, facts = files.read_page(path)
        texts["body"] = _numbered(texts["body"], numbers)
        texts["faq"] = [[question, _numbered(answer, numbers)] for question, answer in texts["faq"]]
        kind = next((kind for kind in KINDS if kind and path.stem.endswith(kind)), "")
        found.setdefault((section, slug), {})[kind] = Page(kind, texts, facts, bool(texts["is_published"]) and not kind)
    return {place: {kind: pages[kind] for kind in KINDS if kind in pages} for place, pages in found.items()}


def _read_advice(folder: Path, numbers: dict[str, int]) -> dict[str, dict[str, Page]]:
    found: dict[str, dict[str, Page]] = {}
    for kind in KINDS:
        for status, texts, facts in files.read_advice(folder / f"statuses{kind}.toml"):
            numbered = {name: _numbered(text, numbers) for name, text in texts.items()}
            found.setdefault(status, {})[kind] = Page(kind, numbered, facts, not kind)
    return found


def _bring_article(section: str, slug: str, pages: dict[str, Page], names: dict[int, str], now: dt.datetime) -> None:
    article = loading.write_place(section, slug, next(iter(pages.values())).texts)
    if _is_there(article, pages, names, now):
        return
    for page in pages.values():
        current = loading.article_at(section, slug)
        assert current is not None
        anchors = page.facts.anchors
        faq = [
            writing.Faq(question, answer, anchors[place] if place < len(anchors) else "")
            for place, (question, answer) in enumerate(page.texts["faq"])
        ]

        def save(based_on: int, at: dt.datetime, page=page, current=current, faq=faq) -> Revision:
            return writing.save_article(
                article=current, texts=page.texts, faq=faq, based_on=based_on, now=at, from_files=True
            )

        _bring(current, page, save, now)


def _bring_advice(status: str, pages: dict[str, Page], names: dict[int, str], now: dt.datetime) -> None:
    advice = loading.advice_at(status)
    if _is_there(advice, pages, names, now):
        return
    for page in pages.values():
        current = loading.advice_at(status)

        def save(based_on: int, at: dt.datetime, page=page, current=current) -> Revision:
            return writing.save_advice(advice=current, texts=page.texts, based_on=based_on, now=at, from_files=True)

        _bring(current, page, save, now)


def _bring(
    owner: Article | StatusAdvice, page: Page, save: Callable[[int, dt.datetime], Revision], now: dt.datetime
) -> None:
    """One version, as far as its file says: seen by readers, from a time on, or on its way."""
    revision = save(owner.latest.number if owner.latest else 0, time_of(page.facts.written, "written") or now)
    if page.is_published or page.at:
        publishing.publish_loaded(revision=revision, now=now, at=page.at)
        return
    if not page.kind and owner.published:
        publishing.publish_loaded(revision=revision, now=now, is_published=False)
    state = page.facts.state or State.DRAFT
    if state not in State.values:
        raise ValidationError(f"state = {state!r} is none of {', '.join(State.values)}.")
    publishing.stand_loaded(revision=revision, state=State(state), now=now)


def _is_there(owner: Article | StatusAdvice, pages: dict[str, Page], names: dict[int, str], now: dt.datetime) -> bool:
    """Whether every version of the files is the one that stands."""
    found = standing(owner, now)
    return all(_says(page, found.get(kind_of(page, now)), names) for page in pages.values())


def kind_of(page: Page, now: dt.datetime) -> str:
    if page.at and page.at > now:
        return ".scheduled"
    return "" if page.is_published or page.at else ".draft"


def _says(page: Page, revision: Revision | None, names: dict[int, str]) -> bool:
    if revision is None or (page.at and revision.published_from != page.at):
        return False
    if page.facts.state and not page.is_published and revision.state != page.facts.state:
        return False
    own = getattr(revision, "TEXTS", ())
    if any(portable(page.texts[name], names) != portable(getattr(revision, name), names) for name in own):
        return False
    if not isinstance(revision, ArticleRevision):
        return True
    items = list(revision.faq.all())
    said = [[question, portable(answer, names)] for question, answer in page.texts["faq"]]
    anchors = [anchor for anchor in page.facts.anchors if anchor]
    return said == [[item.question, portable(item.answer, names)] for item in items] and (
        not anchors or anchors == [item.anchor for item in items]
    )


def time_of(text: str, name: str) -> dt.datetime | None:
    if not text:
        return None
    try:
        at = parse_datetime(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise ValidationError(f"{name} = {text!r} is no time with its zone.")
    return at


# --- Pictures and old addresses


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
        elif known.alternative != alternative and alternative.strip():
            known.alternative = alternative.strip()[:300]
            showing_again.save_picture_words(image=known)
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


def _lead_on(path: str, place: str) -> None:
    if "/" in place:
        article = loading.article_at(*place.split("/", 1))
        if article:
            OldAddress.objects.update_or_create(path=path, defaults={"article": article, "section": None})
    elif section := Section.objects.filter(slug=place).first():
        OldAddress.objects.update_or_create(path=path, defaults={"section": section, "article": None})
