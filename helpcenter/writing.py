"""The one door for texts: tidies what was written, renders it once, and keeps it as a revision of its own.

A revision is never rewritten. `publishing.py` decides which of them readers see.
"""

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from helpcenter import links, live_blocks
from helpcenter.images import pictures
from helpcenter.markup import IMAGE_ADDRESS, MOST_CHARACTERS, SNIPPET, Sources
from helpcenter.models import (
    AdviceRevision,
    Article,
    ArticleRevision,
    FaqItem,
    HelpEvent,
    HelpImage,
    OldAddress,
    Snippet,
    StatusAdvice,
)
from helpcenter.rendering import RENDERER, Rendered, render, render_answer, render_inline
from orders.statuses import RETURNS_MONEY, OrderStatus

FAQ_ANCHOR_PREFIX = "faq-"
ANCHOR = re.compile(r"faq-[a-z0-9_-]{1,110}")
NOT_TEXTS = ("article", "advice", "author", "approved_by", "published_from", "state", "headings", "renderer")
SAYS_IT_RETURNS = re.compile(r"\b(back|returned|returns?|refund\w*)\b", re.IGNORECASE)


class Stale(ValueError):
    """The text was saved by somebody else after this version of it was opened; `latest` is what stands there now."""

    def __init__(self, latest):
        super().__init__(str(latest))
        self.latest = latest


@dataclass(frozen=True)
class Faq:
    """A common question as it is written. `anchor` says which earlier one it is; empty for a new one."""

    question: str
    answer: str
    anchor: str = ""


# --- What a text may refer to


def sources_for(*texts: str) -> Sources:
    """The snippets and pictures that these texts name. A name or number that does not exist is simply not in it."""
    names = {found[1] for text in texts for found in SNIPPET.finditer(text)}
    snippets = dict(Snippet.objects.filter(name__in=names).values_list("name", "body")) if names else {}
    numbers = {int(found[1]) for text in (*texts, *snippets.values()) for found in IMAGE_ADDRESS.finditer(text)}
    return Sources(snippets=snippets, pictures=pictures(numbers) if numbers else {})


def check_body(body: str) -> Rendered:
    """The rendered text. Raises ValidationError, in words for the editor, where it cannot be shown."""
    body = tidy(body)
    if len(body) > MOST_CHARACTERS:
        raise too_long()
    sources = check_references(body)
    rendered = render(body, sources)
    for name in rendered.blocks:
        if name not in live_blocks.names():
            message = _("There is no live block {{ %(name)s }}. There are: %(known)s.")
            raise ValidationError(message, params={"name": name, "known": ", ".join(live_blocks.names())})
    return rendered


def check_references(text: str) -> Sources:
    """The sources of a text. Raises ValidationError where it names a snippet, a picture or an article that does not exist."""
    sources = sources_for(text)
    for found in SNIPPET.finditer(text):
        if found[1] not in sources.snippets:
            raise ValidationError(_("There is no snippet called “%(name)s”."), params={"name": found[1]})
    for found in IMAGE_ADDRESS.finditer(text):
        if int(found[1]) not in sources.pictures:
            raise ValidationError(_("There is no picture number %(number)s."), params={"number": found[1]})
    wrong = links.leading_nowhere(text) or links.by_number(text)[1]
    if wrong:
        raise ValidationError(_("There is no page at %(address)s."), params={"address": wrong[0]})
    numbers = links.numbers_in(text)
    missing = numbers - set(Article.objects.filter(pk__in=numbers).values_list("pk", flat=True)) if numbers else set()
    if missing:
        raise ValidationError(_("There is no article number %(number)s."), params={"number": min(missing)})
    return sources


def check_snippet(body: str) -> None:
    """Raises ValidationError for a snippet that holds a snippet, itself included, or names what does not exist."""
    if SNIPPET.search(body):
        raise ValidationError(_("A snippet cannot hold a snippet, neither another one nor itself."))
    check_references(body)


def too_long() -> ValidationError:
    message = _("This text is too long: at most %(most)s characters can be shown.")
    return ValidationError(message, params={"most": MOST_CHARACTERS})


# --- Articles


def check_address(article: Article) -> None:
    """Raises ValidationError for an address by which readers of another article still come."""
    path = f"{article.section.slug}/{article.slug}"
    old = OldAddress.objects.filter(path=path).exclude(article=article.pk).select_related("article__latest").first()
    if old:
        message = _("This address still leads to “%(title)s”. Choose another one.")
        raise ValidationError({"slug": ValidationError(message, params={"title": old.article or old.section})})


def save_article(
    *,
    article: Article,
    texts: dict[str, str],
    faq: Sequence[Faq] = (),
    author=None,
    based_on: int = 0,
    now: dt.datetime,
    from_files: bool = False,
) -> ArticleRevision:
    """A new draft of the article, which gets its place here if it has none yet. An unchanged text makes no new one.

    `based_on` is the number of the revision that the author began from, 0 for a new article. A text `from_files` brings
    the anchors of its questions with it, and is a version of its own though it says the same. Raises Stale where another
    one has been saved since, ValidationError as `check_body`.
    """
    texts, faq = kept_form(texts, faq)
    with transaction.atomic():
        latest = None
        if article.pk is None:
            check_address(article)
            article.save()
        else:
            article = Article.objects.select_for_update(of=("self",)).select_related("latest").get(pk=article.pk)
            latest = article.latest
        if (latest.number if latest else 0) != based_on:
            raise Stale(latest)
        if latest and not from_files and same(latest, texts, faq):
            return latest
        revision = ArticleRevision(article=article, number=based_on + 1, author=author, created_at=now, **texts)
        revision.full_clean(exclude=NOT_TEXTS, validate_unique=False)
        items = faq_items(revision, faq, free_anchors(article, faq) if from_files else set())
        fill_in(revision, items, check_texts(revision, items))
        revision.save()
        keep_references(revision, items)
        for item in items:
            item.revision = revision
        FaqItem.objects.bulk_create(items)
        article.latest = revision
        article.save(update_fields=["latest"])
        record(article, HelpEvent.Code.SAVED, revision=revision, actor=author, now=now)
    return revision


def faq_items(revision: ArticleRevision, faq: Sequence[Faq], trusted: set[str]) -> list[FaqItem]:
    """Unsaved items with the anchors they had in any revision of this article, or `trusted` ones; new questions get new ones."""
    before = list(
        FaqItem.objects.filter(revision__article=revision.article).order_by("pk").values("anchor", "question")
    )
    own, by_question = trusted | {row["anchor"] for row in before}, {row["question"]: row["anchor"] for row in before}
    used: set[str] = set()
    items = []
    for position, one in enumerate(faq, start=1):
        anchor = one.anchor if one.anchor in own else by_question.get(one.question, "")
        if not anchor or anchor in used:
            anchor = free_anchor(one.question, revision.article, own | used)
        used.add(anchor)
        item = FaqItem(question=one.question, answer=one.answer, position=position, anchor=anchor)
        item.full_clean(exclude=["revision", "anchor"], validate_unique=False, validate_constraints=False)
        items.append(item)
    return items


def free_anchors(article: Article, faq: Sequence[Faq]) -> set[str]:
    """Those anchors of these questions that no other article has."""
    wanted = {one.anchor for one in faq if ANCHOR.fullmatch(one.anchor)}
    taken = FaqItem.objects.filter(anchor__in=wanted).exclude(revision__article=article)
    return wanted - set(taken.values_list("anchor", flat=True))


def free_anchor(question: str, article: Article, taken_here: set[str]) -> str:
    base = FAQ_ANCHOR_PREFIX + (slugify(question)[:90].rstrip("-") or "question")
    elsewhere = FaqItem.objects.filter(anchor__startswith=base).exclude(revision__article=article)
    taken = set(elsewhere.values_list("anchor", flat=True)) | taken_here
    anchor, number = base, 1
    while anchor in taken:
        number += 1
        anchor = f"{base}-{number}"
    return anchor


def check_texts(revision: ArticleRevision, items: Sequence[FaqItem]) -> Rendered:
    """The rendered body. Raises ValidationError where one of the texts cannot be shown."""
    check_references(revision.quick_answer)
    for item in items:
        check_references(item.answer)
    return check_body(revision.body)


def fill_in(revision: ArticleRevision, items: Sequence[FaqItem], rendered: Rendered | None = None) -> None:
    """Everything that is made from the texts. What they name and is gone by now stays as it was written."""
    rendered = rendered or render(revision.body, sources_for(revision.body))
    revision.body_html = rendered.html
    revision.body_text = rendered.text
    revision.headings = [{"level": h.level, "id": h.id, "text": h.text} for h in rendered.headings]
    revision.quick_answer_html = render_inline(revision.quick_answer, sources_for(revision.quick_answer))
    revision.renderer = RENDERER
    for item in items:
        item.answer_html = render_answer(item.answer, sources_for(item.answer))


def keep_references(revision: ArticleRevision, items: Sequence[FaqItem]) -> None:
    whole = "\n".join([revision.quick_answer, revision.body, *(item.answer for item in items)])
    snippets = list(Snippet.objects.filter(name__in={found[1] for found in SNIPPET.finditer(whole)}))
    revision.snippets.set(snippets)
    # What stands in its snippets stands in the text.
    whole = "\n".join([whole, *(snippet.body for snippet in snippets)])
    revision.links.set(Article.objects.filter(pk__in=links.numbers_in(whole)))
    numbers = {int(found[1]) for found in IMAGE_ADDRESS.finditer(whole)}
    revision.images.set(HelpImage.objects.filter(pk__in=numbers))


def kept_form(texts: dict[str, str], faq: Sequence[Faq]) -> tuple[dict[str, str], list[Faq]]:
    """The words as they are kept: tidy, with articles by number."""
    texts = {name: links.by_number(tidy(texts.get(name, "")))[0] for name in ArticleRevision.TEXTS}
    return texts, [Faq(tidy(one.question), links.by_number(tidy(one.answer))[0], one.anchor) for one in faq]


def was_saved(article: Article | None, texts: dict[str, str], faq: Sequence[Faq], author) -> bool:
    """Whether these words are the latest version of the article, or of a new one that this person has just made."""
    texts, faq = kept_form(texts, faq)
    if article is not None:
        return article.latest is not None and same(article.latest, texts, faq)
    own = ArticleRevision.objects.filter(author=author, number=1, title=texts["title"]).order_by("-pk").first()
    return own is not None and same(own, texts, faq)


def same(revision: ArticleRevision, texts: dict[str, str], faq: Sequence[Faq]) -> bool:
    return all(getattr(revision, name) == texts[name] for name in texts) and [
        (item.question, item.answer) for item in revision.faq.all()
    ] == [(one.question, one.answer) for one in faq]


# --- Words about a status


def save_advice(
    *,
    advice: StatusAdvice,
    texts: dict[str, str],
    author=None,
    based_on: int = 0,
    now: dt.datetime,
    from_files: bool = False,
) -> AdviceRevision:
    """A new draft of the words about a status; `from_files`, Stale and ValidationError as in `save_article`."""
    texts = {name: links.by_number(tidy(texts.get(name, "")))[0] for name in StatusAdvice.TEXTS}
    with transaction.atomic():
        StatusAdvice.objects.get_or_create(pk=advice.pk)
        advice = StatusAdvice.objects.select_for_update(of=("self",)).select_related("latest").get(pk=advice.pk)
        latest = advice.latest
        if (latest.number if latest else 0) != based_on:
            raise Stale(latest)
        if latest and not from_files and all(getattr(latest, name) == texts[name] for name in texts):
            return latest
        revision = AdviceRevision(advice=advice, number=based_on + 1, author=author, created_at=now, **texts)
        revision.full_clean(exclude=NOT_TEXTS, validate_unique=False)
        for name in StatusAdvice.TEXTS:
            check_references(texts[name])
        fill_in_advice(revision)
        revision.save()
        advice.latest = revision
        advice.save(update_fields=["latest"])
        record(advice, HelpEvent.Code.SAVED, revision=revision, actor=author, now=now)
    return revision


def fill_in_advice(revision: AdviceRevision) -> None:
    """Everything that is made from the words about a status."""
    for name in StatusAdvice.TEXTS:
        text = getattr(revision, name)
        setattr(revision, f"{name}_html", render_inline(text, sources_for(text)))
    revision.renderer = RENDERER


def money_disagrees(status: str, money: str) -> str:
    """A sentence for the editor where the words about money are not what the panel does in this status, or nothing."""
    says, does = bool(SAYS_IT_RETURNS.search(money)), OrderStatus(status) in RETURNS_MONEY
    if says == does:
        return ""
    if does:
        return _("The panel returns money in this status. The words about money do not say so.")
    return _("The panel returns no money in this status. The words about money say that it does.")


# --- Small things


def record(owner, code: str, *, now: dt.datetime, revision=None, actor=None, words: str = "") -> None:
    HelpEvent.objects.create(
        article=owner if isinstance(owner, Article) else None,
        advice=owner if isinstance(owner, StatusAdvice) else None,
        code=code,
        number=revision.number if revision else None,
        actor=actor,
        words=words[:300],
        created_at=now,
    )


def tidy(text: str) -> str:
    """Browsers send CRLF; one kind of line end keeps an unchanged text unchanged."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()
