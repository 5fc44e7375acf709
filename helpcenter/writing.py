"""The one door for texts: tidies what was written, renders it once, and says when readers last saw something change."""

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import TextField
from django.utils.text import slugify
from django.utils.translation import gettext as _

from helpcenter import live_blocks
from helpcenter.models import Article, FaqItem, StatusAdvice
from helpcenter.rendering import MOST_CHARACTERS, Rendered, TooLong, render, render_answer, render_inline

FAQ_ANCHOR_PREFIX = "faq-"

SHOWN_OF_ARTICLE = ("section_id", "title", "summary", "quick_answer", "body", "is_published")
SHOWN_OF_FAQ = ("question", "answer", "position")


def check_body(body: str) -> Rendered:
    """The rendered text. Raises ValidationError, in words for the editor, where it cannot be shown."""
    try:
        rendered = render(tidy(body))
    except TooLong:
        message = _("This text is too long: at most %(most)s characters can be shown.")
        raise ValidationError(message, params={"most": MOST_CHARACTERS}) from None
    for name in rendered.blocks:
        if name not in live_blocks.names():
            message = _("There is no live block {{ %(name)s }}. There are: %(known)s.")
            raise ValidationError(message, params={"name": name, "known": ", ".join(live_blocks.names())})
    return rendered


def save_article(*, article: Article, now: dt.datetime) -> Article:
    """Keeps the article with everything that is made from its text. Raises ValidationError as `check_body`.

    `updated_at` moves only when readers see something else than before.
    """
    tidy_texts(article)
    rendered = check_body(article.body)
    article.body_html = rendered.html
    article.body_text = rendered.text
    article.headings = [{"level": h.level, "id": h.id, "text": h.text} for h in rendered.headings]
    article.quick_answer_html = render_inline(article.quick_answer)
    if changed(article, SHOWN_OF_ARTICLE):
        article.updated_at = now
    article.save()
    return article


def save_faq_item(*, item: FaqItem, now: dt.datetime) -> FaqItem:
    """Keeps a common question with its rendered answer; its article counts as updated where readers see a change."""
    tidy_texts(item)
    item.answer_html = render_answer(item.answer)
    item.anchor = item.anchor or free_anchor(item.question)
    with transaction.atomic():
        if changed(item, SHOWN_OF_FAQ):
            touch(item.article_id, now)
        item.save()
    return item


def delete_faq_item(*, item: FaqItem, now: dt.datetime) -> None:
    with transaction.atomic():
        item.delete()
        touch(item.article_id, now)


def save_advice(*, advice: StatusAdvice, now: dt.datetime) -> StatusAdvice:
    """Keeps the texts about a status; every page that shows them shows the new ones from now on."""
    tidy_texts(advice)
    for name in StatusAdvice.TEXTS:
        setattr(advice, f"{name}_html", render_inline(getattr(advice, name)))
    if changed(advice, StatusAdvice.TEXTS):
        advice.updated_at = now
    advice.save()
    return advice


def touch(article_id: int, now: dt.datetime) -> None:
    Article.objects.filter(pk=article_id).update(updated_at=now)


def changed(row, names: tuple[str, ...]) -> bool:
    """Whether one of these fields differs from what the database holds; a new row has changed."""
    before = type(row).objects.filter(pk=row.pk).values(*names).first()
    return before is None or any(before[name] != getattr(row, name) for name in names)


def tidy_texts(row) -> None:
    for field in row._meta.concrete_fields:
        if isinstance(field, TextField) and field.editable:
            setattr(row, field.attname, tidy(getattr(row, field.attname)))


def tidy(text: str) -> str:
    """Browsers send CRLF; one kind of line end keeps an unchanged text unchanged."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def free_anchor(question: str) -> str:
    base = FAQ_ANCHOR_PREFIX + (slugify(question)[:90].rstrip("-") or "question")
    taken = set(FaqItem.objects.filter(anchor__startswith=base).values_list("anchor", flat=True))
    anchor, number = base, 1
    while anchor in taken:
        number += 1
        anchor = f"{base}-{number}"
    return anchor
