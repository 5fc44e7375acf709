"""A draft for the help center from a ticket: the question and our answers, without anything that says whose they were."""

import re

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.text import Truncator, slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from helpcenter import writing
from helpcenter.models import Article, OldAddress, Section
from helpcenter.redaction import without_identities
from support.models import Ticket

LONGEST_TITLE = 120


@require_POST
def draft_from_ticket(request: HttpRequest, number: int) -> HttpResponse:
    """Makes the draft and opens it in the editor. For staff who may read tickets and add articles."""
    if not (request.user.has_perm("helpcenter.add_article") and request.user.has_perm("support.view_ticket")):
        raise PermissionDenied
    ticket = get_object_or_404(Ticket.objects.select_related("customer", "order"), pk=number)
    section = Section.objects.first()
    if section is None:
        messages.error(request, _("Make a section of the help center first."))
        return redirect("admin:helpcenter_section_add")
    question, answers = conversation(ticket)
    title = Truncator(" ".join(question.split())).chars(LONGEST_TITLE) or str(ticket.get_topic_display())
    body = "\n\n".join([_("## What was asked"), quoted(question), _("## What we answered"), *answers])
    article = Article(section=section, slug=free_slug(section, title))
    revision = writing.save_article(
        article=article, texts={"title": title, "body": body}, author=request.user, now=timezone.now()
    )
    messages.success(request, _("A draft, without the customer's data. Read it with care before anybody else does."))
    return redirect("admin:helpcenter_article_change", revision.article_id)


def conversation(ticket: Ticket) -> tuple[str, list[str]]:
    """The customer's first words and the team's replies, cleaned. Internal notes are no part of it."""
    theirs = secrets_of(ticket)
    said = list(ticket.messages.filter(is_internal=False).order_by("id").values_list("by_staff", "text"))
    question = next((text for by_staff, text in said if not by_staff), "")
    answers = [without_identities(text, *theirs) for by_staff, text in said if by_staff]
    return without_identities(question, *theirs), answers


def secrets_of(ticket: Ticket) -> list[str]:
    """What must not stand in an article: who the customer is and what their order names."""
    customer = ticket.customer
    found = [customer.email, customer.email.partition("@")[0]]
    if ticket.order:
        # The name of an account or post, as people write it without the rest of the address.
        found += [ticket.order.link, *re.findall(r"[\w.-]{4,}", ticket.order.link.partition("://")[2])]
    return found


def quoted(text: str) -> str:
    return "\n".join(f"> {line}" for line in text.splitlines())


def free_slug(section: Section, title: str) -> str:
    base = slugify(title)[:80].strip("-") or "draft"
    base = re.sub(r"[^a-z0-9]+", "-", base).strip("-") or "draft"
    taken = set(Article.objects.filter(section=section, slug__startswith=base).values_list("slug", flat=True))
    led_on = OldAddress.objects.filter(path__startswith=f"{section.slug}/{base}").values_list("path", flat=True)
    taken |= {path.partition("/")[2] for path in led_on}
    slug, number = base, 1
    while slug in taken or slug in {"faq", "search"}:
        number += 1
        slug = f"{base}-{number}"
    return slug
