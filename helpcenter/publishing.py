"""Which text readers see, and who said so: draft -> in review -> approved -> published, for articles and status advice alike.

Every door locks the place, looks again, writes the state and the history in one transaction. `owner` is an Article or a
StatusAdvice, `number` the revision that the person looked at: where another one stands there now, nothing is done.
"""

import datetime as dt

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from helpcenter import related, search_index, writing
from helpcenter.models import Article, HelpEvent, OldAddress, Revision, Section, State, StatusAdvice

Owner = Article | StatusAdvice
Code = HelpEvent.Code


class Refused(ValueError):
    """What was asked for cannot be done now; the message is a sentence for the person."""


def send_to_review(*, owner: Owner, number: int, actor, now: dt.datetime) -> Revision:
    """A draft waits for somebody else to read it."""
    with transaction.atomic():
        owner, revision = latest_of(owner, number)
        step(revision, {State.DRAFT}, State.IN_REVIEW)
        writing.record(owner, Code.SENT, revision=revision, actor=actor, now=now)
    return revision


def send_back(*, owner: Owner, number: int, actor, words: str, now: dt.datetime) -> Revision:
    """The author reads in the history what is missing."""
    with transaction.atomic():
        owner, revision = latest_of(owner, number)
        step(revision, {State.IN_REVIEW, State.APPROVED}, State.DRAFT)
        writing.record(owner, Code.RETURNED, revision=revision, actor=actor, words=words, now=now)
    return revision


def approve(*, owner: Owner, number: int, actor, now: dt.datetime) -> Revision:
    """Somebody stands up for a text who did not write it, unless the shop lets people approve their own."""
    with transaction.atomic():
        owner, revision = latest_of(owner, number)
        settle(owner, now)
        if not may_approve(owner, actor):
            raise Refused(_("You wrote a part of this text. Somebody else must approve it."))
        step(revision, {State.DRAFT, State.IN_REVIEW}, State.APPROVED)
        revision.approved_by = actor
        revision.save(update_fields=["approved_by"])
        writing.record(owner, Code.APPROVED, revision=revision, actor=actor, now=now)
    return revision


def may_approve(owner: Owner, actor) -> bool:
    """Nobody who wrote any of the drafts since what is published, unless the shop says so."""
    if settings.HELP_SELF_APPROVAL:
        return True
    since = owner.published.number if owner.published else 0
    return not owner.revisions.filter(number__gt=since, author=actor).exists()


def publish(*, owner: Owner, number: int, actor, now: dt.datetime, at: dt.datetime | None = None) -> Revision:
    """Readers see an approved text, at once or from `at` on. What was scheduled before is replaced."""
    with transaction.atomic():
        owner, revision = latest_of(owner, number)
        settle(owner, now)
        if revision.state == State.PUBLISHED:
            raise Refused(_("This version is published already."))
        step(revision, {State.APPROVED}, State.PUBLISHED)
        later = at if at and at > now else None
        point(owner, revision, later, now)
        code = Code.SCHEDULED if later else Code.PUBLISHED
        writing.record(owner, code, revision=revision, actor=actor, now=now, words=later.isoformat() if later else "")
    return revision


def unpublish(*, owner: Owner, actor, now: dt.datetime) -> None:
    """Readers see nothing of it any more, now or later. The latest version stays approved, so that it can come back."""
    with transaction.atomic():
        owner = locked(owner)
        if isinstance(owner, StatusAdvice):
            raise Refused(_("Orders in this status would have no advice. Publish other words instead."))
        if owner.published is None and owner.scheduled is None:
            raise Refused(_("It is not published."))
        shown = owner.scheduled or owner.published
        owner.published = owner.scheduled = None
        owner.save(update_fields=["published", "scheduled"])
        if owner.latest_id == shown.pk:
            shown.state = State.APPROVED
            shown.published_from = None
            shown.save(update_fields=["state", "published_from"])
        search_index.refresh(owner)
        related.forget()
        writing.record(owner, Code.UNPUBLISHED, revision=shown, actor=actor, now=now)


def restore(*, owner: Owner, number: int, restored: int, actor, now: dt.datetime) -> Revision:
    """The words of an earlier version, as a new draft."""
    with transaction.atomic():
        owner, latest = latest_of(owner, number)
        earlier = owner.revisions.filter(number=restored).first()
        if earlier is None:
            raise Refused(_("There is no version %(number)s.") % {"number": restored})
        texts = {name: getattr(earlier, name) for name in earlier.TEXTS}
        if isinstance(owner, Article):
            faq = [writing.Faq(item.question, item.answer, item.anchor) for item in earlier.faq.all()]
            revision = writing.save_article(
                article=owner, texts=texts, faq=faq, author=actor, based_on=latest.number, now=now
            )
        else:
            revision = writing.save_advice(advice=owner, texts=texts, author=actor, based_on=latest.number, now=now)
        if revision.pk == latest.pk:
            raise Refused(_("The latest version says the same."))
        writing.record(owner, Code.RESTORED, revision=earlier, actor=actor, now=now)
    return revision


def publish_loaded(
    *, revision: Revision, now: dt.datetime, is_published: bool = True, at: dt.datetime | None = None
) -> None:
    """A text that came from files, trusted as the program is. `is_published` False keeps it as a draft; `at` is from when on
    readers see it, or saw it."""
    with transaction.atomic():
        owner = locked(revision.owner)
        if is_published:
            revision.state = State.PUBLISHED
            revision.save(update_fields=["state"])
            point(owner, revision, at if at and at > now else None, at or now)
        elif isinstance(owner, Article) and owner.published:
            owner.published = owner.scheduled = None
            owner.save(update_fields=["published", "scheduled"])
            search_index.refresh(owner)
            related.forget()
        writing.record(owner, Code.LOADED, revision=revision, now=now)


def stand_loaded(*, revision: Revision, state: State, now: dt.datetime) -> None:
    """A text that came from files and readers do not see yet is as far as the files say."""
    with transaction.atomic():
        owner = locked(revision.owner)
        revision.state = state if state != State.PUBLISHED else State.APPROVED
        revision.save(update_fields=["state"])
        writing.record(owner, Code.LOADED, revision=revision, now=now)


def move(*, article: Article, section: Section, slug: str, actor, now: dt.datetime) -> None:
    """The article's address changes; the old one answers with the new one for ever. Raises ValidationError."""
    with transaction.atomic():
        article = Article.objects.select_for_update(of=("self",)).select_related("section").get(pk=article.pk)
        before = f"{article.section.slug}/{article.slug}"
        article.section, article.slug = section, slug
        after = f"{section.slug}/{slug}"
        if before == after:
            return
        article.full_clean(exclude=["published", "scheduled", "latest"])
        writing.check_address(article)
        article.save(update_fields=["section", "slug"])
        OldAddress.objects.filter(path=after).delete()
        OldAddress.objects.update_or_create(path=before, defaults={"article": article, "section": None})
        writing.record(article, Code.MOVED, actor=actor, now=now, words=f"{before} → {after}")


def move_section(*, section: Section) -> None:
    """Keeps a section whose address may have changed; the old one answers with the new one, its articles' too."""
    with transaction.atomic():
        before = Section.objects.select_for_update().filter(pk=section.pk).values_list("slug", flat=True).first()
        section.save()
        OldAddress.objects.filter(path=section.slug).delete()
        if before and before != section.slug:
            OldAddress.objects.update_or_create(path=before, defaults={"section": section, "article": None})


# --- Inside a transaction


def locked(owner: Owner) -> Owner:
    rows = type(owner).objects.select_for_update(of=("self",)).select_related("published", "scheduled", "latest")
    return rows.get(pk=owner.pk)


def latest_of(owner: Owner, number: int) -> tuple[Owner, Revision]:
    owner = locked(owner)
    if owner.latest is None or owner.latest.number != number:
        raise Refused(_("Somebody has saved another version meanwhile. Look at it first."))
    return owner, owner.latest


def step(revision: Revision, allowed: set[str], to: State) -> None:
    if revision.state not in allowed:
        raise Refused(
            _("This version is “%(state)s”. That cannot be done with it now.") % {"state": State(revision.state).label}
        )
    revision.state = to
    revision.save(update_fields=["state"])


def settle(owner: Owner, now: dt.datetime) -> None:
    """What was scheduled and has come is what is published."""
    if owner.scheduled and owner.scheduled.published_from and owner.scheduled.published_from <= now:
        owner.published, owner.scheduled = owner.scheduled, None
        owner.save(update_fields=["published", "scheduled"])


def point(owner: Owner, revision: Revision, at: dt.datetime | None, now: dt.datetime) -> None:
    revision.published_from = at or now
    revision.save(update_fields=["published_from"])
    if at is None:
        owner.published, owner.scheduled = revision, None
    else:
        owner.scheduled = revision
    owner.save(update_fields=["published", "scheduled"])
    if isinstance(owner, Article):
        search_index.refresh(owner)
        related.forget()
