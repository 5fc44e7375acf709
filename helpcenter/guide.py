"""What we say about a status of an order. Order pages, tickets and the status guide all read it here, so they agree."""

import re
from dataclasses import dataclass
from html import unescape

from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from helpcenter import links
from helpcenter.markup import Sources
from helpcenter.models import AdviceRevision, StatusAdvice
from helpcenter.rendering import render_inline
from helpcenter.visibility import live_advice
from orders.statuses import OrderStatus

# The status guide's place is a contract: pages, mails and bookmarks point to it.
GUIDE_SECTION = "orders-troubleshooting"
GUIDE_ARTICLE = "order-statuses-explained"

LINK = re.compile(r'<a href="([^"]*)"[^>]*>(.*?)</a>', re.DOTALL)


@dataclass(frozen=True)
class Advice:
    """The texts are ready for a template (safe HTML of a sentence or two); `note` may be empty.

    `is_written` is False where the shop has no text for this status and a general one stands in.
    """

    status: OrderStatus
    meaning: SafeString
    what_to_do: SafeString
    note: SafeString
    money: SafeString
    contact_when: SafeString
    is_written: bool

    @property
    def label(self) -> str:
        return str(self.status.label)

    @property
    def anchor(self) -> str:
        return self.status.anchor

    @property
    def url(self) -> str:
        return status_url(self.status)


@dataclass(frozen=True)
class PlainAdvice:
    """The same words without markup, for a mail: addresses stand behind the words that link to them."""

    label: str
    meaning: str
    what_to_do: str
    note: str
    money: str
    contact_when: str
    url: str


def plain(advice: Advice, site: str) -> PlainAdvice:
    """`site` is the shop's own address without a slash at the end (`https://shop.example`); every link begins with it."""
    texts = {name: words_of(getattr(advice, name), site) for name in StatusAdvice.TEXTS}
    return PlainAdvice(label=advice.label, url=f"{site}{advice.url}", **texts)


def words_of(html: str, site: str) -> str:
    def link(found: re.Match) -> str:
        address = f"{site}{found[1]}" if found[1].startswith("/") else found[1]
        return found[2] if found[2] == address else f"{found[2]} ({address})"

    return unescape(strip_tags(LINK.sub(link, html))).strip()


def advice_for(status: str) -> Advice:
    """What readers see of it now. One query. Raises ValueError for a word that is no status."""
    known = OrderStatus(status)
    return prepared(known, live_advice(timezone.now()).filter(advice=known).first())


def all_advice() -> list[Advice]:
    """Every status in the order an order goes through them; one query."""
    written = {row.advice_id: row for row in live_advice(timezone.now())}
    return [prepared(status, written.get(status)) for status in OrderStatus]


def missing_advice() -> list[OrderStatus]:
    """The statuses that the shop says nothing about; one query."""
    written = set(live_advice(timezone.now()).values_list("advice", flat=True))
    return [status for status in OrderStatus if status not in written]


def status_url(status: str) -> str:
    """Where the guide explains this status, with its anchor. Raises ValueError for a word that is no status."""
    return f"{reverse('help_article', args=[GUIDE_SECTION, GUIDE_ARTICLE])}#{OrderStatus(status).anchor}"


def prepared(status: OrderStatus, row: AdviceRevision | None) -> Advice:
    if row is None:
        return stand_in(status)
    # Rendered and sanitised by `writing.save_advice`.
    shown = links.fill(*(getattr(row, f"{name}_html") for name in StatusAdvice.TEXTS), now=timezone.now())
    return Advice(status=status, is_written=True, **dict(zip(StatusAdvice.TEXTS, shown, strict=True)))


def draft(status: str, texts: dict[str, str], sources: Sources) -> Advice:
    """Unsaved words as readers would see them, for the editor's preview."""
    written = (links.by_number(texts.get(name, ""))[0] for name in StatusAdvice.TEXTS)
    shown = links.fill(*(render_inline(text, sources) for text in written), now=timezone.now())
    return Advice(status=OrderStatus(status), is_written=True, **dict(zip(StatusAdvice.TEXTS, shown, strict=True)))


def stand_in(status: OrderStatus) -> Advice:
    def said(text: str) -> SafeString:
        return mark_safe(text)  # noqa: S308  (our own words, no input)

    return Advice(
        status=status,
        is_written=False,
        meaning=said(_("The guide has no text for this status yet.")),
        what_to_do=said(_("Look at the order page: it says what happened last.")),
        note=said(""),
        money=said(_("Your balance history shows every change with its reason.")),
        contact_when=said(_("Contact support if you are not sure what to do.")),
    )
