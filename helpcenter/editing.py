"""What the editor's screen shows of an article: the true rendering of unsaved words, how far they are, what may be done."""

import datetime as dt
import math
import re
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from helpcenter import links, live_blocks, publishing, search, writing
from helpcenter.comparing import Difference, differences
from helpcenter.images import picture_of
from helpcenter.models import Article, ArticleRevision, FaqItem, HelpImage, Revision, Snippet, State
from helpcenter.rendering import MOST_NOTICES, notices_in, render_answer, render_inline

WORDS_A_MINUTE = 200
APPROVE = "helpcenter.approve_text"
MOST_FOUND = 8


@dataclass(frozen=True)
class Preview:
    """How unsaved words would look. Where `errors` is not empty the text cannot be shown as it stands."""

    title: str
    quick_answer: SafeString
    body: SafeString
    faq: list[FaqItem]
    contents: list[dict]
    words: int
    minutes: int
    notices: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()


def preview(*, texts: dict[str, str], faq: list[writing.Faq], request: HttpRequest, now: dt.datetime) -> Preview:
    """The same renderer as for readers; nothing is kept."""
    body, quick_answer = (links.by_number(writing.tidy(texts.get(name, "")))[0] for name in ("body", "quick_answer"))
    errors: list[str] = []
    html, text, headings, notices = "", "", [], ()
    try:
        rendered = writing.check_body(body)
        html, text, notices = rendered.html, rendered.text, rendered.notices
        headings = [{"level": h.level, "id": h.id, "text": h.text} for h in rendered.headings]
    except ValidationError as wrong:
        errors += wrong.messages
    items = []
    for place, one in enumerate(faq):
        answer = links.by_number(writing.tidy(one.answer))[0][:4000]
        items.append(FaqItem(question=one.question, answer=answer, anchor=f"preview-faq-{place}"))
    pieces = [
        render_inline(quick_answer[:1000], writing.sources_for(quick_answer)),
        html,
        *(render_answer(i.answer, writing.sources_for(i.answer)) for i in items),
    ]
    shown_quick_answer, shown_body, *answers = links.fill(*pieces, now=now)
    for item, answer in zip(items, answers, strict=True):
        item.shown = answer
    short = [quick_answer[:1000], *(item.answer for item in items)]
    dropped = dict.fromkeys([*notices, *(said for one in short for said in notices_in(one, writing.sources_for(one)))])
    words = len(re.findall(r"\w+", text)) + sum(len(re.findall(r"\w+", one.answer)) for one in faq)
    return Preview(
        title=texts.get("title", ""),
        quick_answer=shown_quick_answer,
        body=live_blocks.fill(shown_body, request) if html else mark_safe(""),
        faq=items,
        contents=headings if len(headings) >= 3 else [],
        words=words,
        minutes=math.ceil(words / WORDS_A_MINUTE),
        notices=tuple(dropped)[:MOST_NOTICES],
        errors=tuple(errors),
    )


# --- How far a text is


@dataclass(frozen=True)
class Step:
    """A button: what it does, its words, and whether it is the next thing to do."""

    do: str
    label: str
    is_next: bool = False


def steps_of(owner, user) -> list[Step]:
    """What this person may do with the latest version now, by its state."""
    latest = owner.latest
    if latest is None:
        return []
    reviewer = user.has_perm(APPROVE)
    steps = []
    if latest.state == State.DRAFT:
        steps.append(Step("review", _("Send to review"), is_next=True))
    if reviewer and latest.state in {State.DRAFT, State.IN_REVIEW} and publishing.may_approve(owner, user):
        steps.append(Step("approve", _("Approve"), is_next=latest.state == State.IN_REVIEW))
    if reviewer and latest.state == State.APPROVED:
        steps.append(Step("publish", _("Publish"), is_next=True))
    if reviewer and latest.state in {State.IN_REVIEW, State.APPROVED}:
        steps.append(Step("send_back", _("Send back")))
    if reviewer and isinstance(owner, Article) and (owner.published or owner.scheduled):
        steps.append(Step("unpublish", _("Take offline")))
    return steps


def standing(owner, now: dt.datetime) -> str:
    """In a word or two: how the latest version stands."""
    latest = owner.latest
    if latest is None:
        return str(_("Nothing written yet"))
    if latest.state == State.PUBLISHED and latest.published_from and latest.published_from > now:
        return str(_("Scheduled"))
    return str(State(latest.state).label)


def texts_to_compare(revision: Revision) -> dict[str, str]:
    texts = {name: getattr(revision, name) for name in revision.TEXTS}
    if isinstance(revision, ArticleRevision):
        texts["faq"] = "\n\n".join(f"{item.question}\n{item.answer}" for item in revision.faq.all())
    return texts


def compared(before: Revision, after: Revision) -> list[Difference]:
    return differences(texts_to_compare(before), texts_to_compare(after), names_of(after))


def names_of(revision: Revision) -> dict[str, str]:
    names = {name: str(revision._meta.get_field(name).verbose_name).capitalize() for name in revision.TEXTS}
    return names | {"faq": str(_("Common questions"))} if isinstance(revision, ArticleRevision) else names


# --- What can be put into a text


@dataclass(frozen=True)
class Insertable:
    label: str
    what: str
    insert: str
    image_url: str = ""


def insertables(query: str, now: dt.datetime) -> list[Insertable]:
    """Links to articles, those that readers do not see yet included, snippets, pictures and live blocks for these words."""
    query = query.strip().replace("\x00", "")
    words = query.casefold()
    titles = {hit.page.article_id: hit.page.title for hit in search.search(query, now=now, most=MOST_FOUND).hits}
    if words:
        drafts = Article.objects.filter(latest__title__icontains=words).select_related("latest").order_by("-pk")
        titles = {article.pk: str(article) for article in drafts[:MOST_FOUND]} | titles
    found = [
        Insertable(title, str(_("link")), f"[{without_brackets(title)}](article:{number})")
        for number, title in titles.items()
    ]
    snippets = Snippet.objects.filter(name__icontains=words.replace(" ", "-")) if words else Snippet.objects.all()
    found += [Insertable(one.name, str(_("snippet")), f"{{{{ snippet:{one.name} }}}}") for one in snippets[:MOST_FOUND]]
    pictures = HelpImage.objects.filter(alternative__icontains=words) if words else HelpImage.objects.all()
    found += [
        Insertable(one.alternative, str(_("picture")), f"![](image:{one.pk})", image_url=picture_of(one).url)
        for one in pictures[:MOST_FOUND]
    ]
    found += [
        Insertable(name, str(_("live block")), f"\n\n{{{{ {name} }}}}\n\n")
        for name in live_blocks.names()
        if words in name
    ]
    return found


def without_brackets(title: str) -> str:
    """A title as the words of a link: its brackets would end them."""
    return re.sub(r"([\[\]\\])", r"\\\1", title)
