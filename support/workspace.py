"""What an agent sees of a ticket: everything that was said and done, and the order then beside the order now."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.humanize.templatetags.humanize import intcomma
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from helpcenter.reading import Suggestion
from helpcenter.visibility import live_articles
from orders.models import LedgerEntry, Order, OrderEvent
from orders.money import Units, parse, show
from orders.statuses import OrderStatus
from orders.templatetags.orders_tags import minutes
from support import advice, evidence, queries
from support import canned as prepared
from support.evidence import Evidence
from support.models import CannedReply, Message, Ticket, TicketEvent, Topic

MOST_AROUND = 5

STATUSES = dict(OrderStatus.choices)
SUBMISSIONS = dict(Order.Submission.choices)
CODES = dict(OrderEvent.Code.choices)
KINDS = dict(LedgerEntry.Kind.choices)
# As agents say it: the labels of OrderEvent.Source speak to the customer.
SOURCES = {
    "customer": gettext_lazy("customer"),
    "agent": gettext_lazy("agent"),
    "provider": gettext_lazy("provider"),
    "submit": gettext_lazy("panel"),
    "system": gettext_lazy("panel"),
}


@dataclass(frozen=True)
class Row:
    """One fact: as it was when the ticket was opened, and as it is now."""

    label: str
    then: str
    now: str

    @property
    def has_changed(self) -> bool:
        return self.then != self.now


@dataclass(frozen=True)
class Line:
    """One line of the order's history or of its money; `is_new`: added since the ticket was opened."""

    at: dt.datetime
    words: str
    by: str
    is_new: bool


@dataclass(frozen=True)
class Facts:
    rows: tuple[Row, ...]
    history: tuple[Line, ...]
    money: tuple[Line, ...]
    verdict_then: Mapping[str, Any] | None
    verdict_now: Mapping[str, Any] | None
    # Other orders on the same link when the ticket was opened: number, service, status as people read it.
    same_link: tuple[tuple[int, str, str], ...]


@dataclass(frozen=True)
class Item:
    """A message or an event, as the thread shows them in one row of time."""

    at: dt.datetime
    message: Message | None = None
    event: TicketEvent | None = None


@dataclass(frozen=True)
class Around:
    """What stands around the ticket: the customer's latest orders and tickets, what was merged into it, what is linked."""

    orders: tuple[Order, ...]
    tickets: tuple[Ticket, ...]
    merged: tuple[Ticket, ...]
    related: tuple[Ticket, ...]


@dataclass(frozen=True)
class Inserted:
    """What an agent chose to put into the reply: the text, the state that it brings, the prepared answer to be counted."""

    text: str = ""
    then: str = ""
    reply: CannedReply | None = None


def thread_of(ticket: Ticket) -> list[Item]:
    """Messages, notes and events, oldest first, with those of tickets that were merged into this one.

    What was said stands before what it did.
    """
    here = queries.with_merged(ticket.pk)
    said = (
        Message.objects.filter(ticket__in=here).select_related("author").prefetch_related("attachments").order_by("id")
    )
    items = [Item(message.created_at, message=message) for message in said]
    events = TicketEvent.objects.filter(ticket__in=here).select_related("actor", "assignee").order_by("id")
    items += [Item(event.created_at, event=event) for event in events]
    return sorted(items, key=lambda item: (item.at, item.event is not None))


def facts_of(ticket: Ticket, *, balance: Units, now: dt.datetime) -> Facts:
    """The frozen evidence beside the same facts built now, by the same builder. `balance`: the customer's, in units."""
    then = ticket.evidence
    current = evidence.facts_of(ticket.order, balance=balance, now=now)
    labels = _labelled(then), _labelled(current)
    return Facts(
        rows=tuple(
            Row(label, labels[0].get(label, ""), labels[1].get(label, ""))
            for label in dict(labels[1]) | dict(labels[0])
        ),
        history=_lines(then, current, "events", _history_line),
        money=_lines(then, current, "entries", _money_line),
        verdict_then=then.get("verdict"),
        verdict_now=current.get("verdict"),
        same_link=tuple(
            (other["number"], other["service"], str(STATUSES.get(other["status"], other["status"])))
            for other in then.get("same_link", ())
        ),
    )


def _labelled(evidence: Evidence) -> dict[str, str]:
    """Every fact as a person reads it. A fact that this version of the evidence lacks is left empty."""
    facts = {_("Balance"): _money(evidence.get("balance"))}
    order, service = evidence.get("order"), evidence.get("service")
    if not order or not service:
        return facts
    return {
        _("Status"): str(STATUSES.get(order["status"], order["status"])),
        _("Status since"): _moment(order["status_since"]),
        _("Sent to the provider"): str(SUBMISSIONS.get(order["submission"], order["submission"])),
        _("Provider"): " ".join(filter(None, (order["provider"], order["provider_order"]))),
        _("Last checked"): _moment(order["checked_at"]),
        _("Needs a person"): _("yes") if order["review"] else _("no"),
        _("Quantity"): _count(order["quantity"]),
        _("Remains"): _count(order["remains"]),
        _("Start count"): _count(order["start_count"]),
        _("Charge"): _money(order["charge"]),
        _("Returned"): _money(order["returned"]),
        **_returns(evidence.get("returns")),
        **facts,
        _("Placed"): _moment(order["placed_at"]),
        _("Starts by, as stated"): _moment(service["starts_by"]),
        _("Slow after"): _moment(service["slow_after"]),
        _("Rate as sold"): _money(service["rate"]),
        **_measured(evidence.get("measured")),
    }


def _measured(times: Evidence | None) -> dict[str, str]:
    """What the service's latest orders needed, beside what it states. Tickets before version 3 do not know."""
    if not times:
        return {}

    def words(name: str) -> str:
        half, most = minutes(times[f"{name}_median"]), minutes(times[f"{name}_p90"])
        return _("half within %(half)s, nine of ten within %(most)s") % {"half": half, "most": most}

    return {
        _("Starts, as measured"): words("start"),
        _("Is done, as measured"): words("finish"),
        _("Measured orders"): _("%(orders)s, %(partial)s of them partial") % times,
    }


def _returns(returns: Evidence | None) -> dict[str, str]:
    """Whether what should be back is back: the check that an agent would make by hand."""
    if not returns or returns["expected"] is None:
        return {}
    agrees = parse(returns["expected"]) == parse(returns["found"])
    words = _money(returns["expected"])
    return {_("Should be back"): words if agrees else _("%(money)s: it does not agree") % {"money": words}}


def around(ticket: Ticket) -> Around:
    """Two queries: one for the orders, one for all the tickets, each of the three kinds found by its own index."""
    numbers = Ticket.objects.order_by().values("pk")
    newest = numbers.filter(customer=ticket.customer_id).exclude(pk=ticket.pk).order_by("-pk")[:MOST_AROUND]
    linked = Ticket.related.through.objects.filter(from_ticket=ticket.pk)
    wanted = numbers.filter(pk__in=newest).union(
        numbers.filter(merged_into=ticket.pk), linked.order_by().values("to_ticket")
    )
    is_linked = Exists(linked.filter(to_ticket=OuterRef("pk")))
    found = list(
        Ticket.objects.filter(pk__in=wanted).annotate(is_linked=is_linked).defer("evidence").order_by("number")
    )
    theirs = [other for other in reversed(found) if other.customer_id == ticket.customer_id]
    return Around(
        orders=tuple(queries.recent_orders(ticket.customer, MOST_AROUND)),
        tickets=tuple(theirs[:MOST_AROUND]),
        merged=tuple(other for other in found if other.merged_into_id == ticket.pk),
        related=tuple(other for other in found if other.is_linked),
    )


def proposal_of(ticket: Ticket, facts: Facts) -> str:
    """What speaks for solving the ticket: its cause is gone since it was opened. Empty where nothing does."""
    order = ticket.order
    if ticket.is_open and ticket.topic == Topic.PAYMENT_NOT_CREDITED:
        return _credited_since(ticket)
    if not ticket.is_open or order is None or not ticket.evidence.get("order"):
        return ""
    before = ticket.evidence["order"]
    if order.refunded > parse(before["returned"]):
        money = show(Units(order.refunded - parse(before["returned"])), settings.CURRENCY)
        return _("Since the ticket was opened, %(money)s came back to the balance.") % {"money": money}
    waited = {OrderStatus.PENDING, OrderStatus.PROCESSING}
    moved_on = {OrderStatus.IN_PROGRESS, OrderStatus.COMPLETED}
    if ticket.topic == Topic.NOT_STARTED and before["status"] in waited and order.status in moved_on:
        return _("Since the ticket was opened, the order moved on: %(status)s.") % {
            "status": order.get_status_display()
        }
    return ""


def _credited_since(ticket: Ticket) -> str:
    entry = queries.deposits_booked(ticket.customer).filter(created_at__gt=ticket.created_at).order_by("-seq").first()
    if entry is None:
        return ""
    money = show(entry.amount, settings.CURRENCY)
    return _("Since the ticket was opened, a payment of %(money)s was credited.") % {"money": money}


def suggested(ticket: Ticket, thread: list[Item], now: dt.datetime) -> tuple[Suggestion, ...]:
    """Articles that hold what the customer wrote first."""
    own = (item.message for item in thread if item.message and item.message.ticket_id == ticket.pk)
    first = next((message.text for message in own if not message.by_staff), "")
    return advice.articles_for(ticket.topic, first, now)


def inserted(values: Mapping[str, str], *, canned: str, article: str, site: str, now: dt.datetime) -> Inserted:
    """What these numbers name, as text for the reply; nothing for numbers that name nothing. `values`: see `canned.values_for`."""
    if queries.is_number(canned) and (reply := CannedReply.objects.filter(pk=int(canned)).first()):
        return Inserted(prepared.fill(reply.text, dict(values)), reply.then, reply)
    if queries.is_number(article):
        found = live_articles(now).filter(article=int(article)).first()
        if found:
            return Inserted(f"{found.title}: {site}{found.get_absolute_url()}")
    return Inserted()


def _lines(then: Evidence, current: Evidence, name: str, line) -> tuple[Line, ...]:
    """Newest first. Histories are only ever added to, so what is beyond the frozen length is new."""
    known = len(then.get(name, ()))
    return tuple(line(entry, index >= known) for index, entry in enumerate(current.get(name, ())))[::-1]


def _history_line(event: Evidence, is_new: bool) -> Line:
    words = [str(CODES.get(event["code"], event["code"]))]
    names_another = event["to"] and event["from"] != event["to"]
    if names_another:
        words.append(f"→ {STATUSES.get(event['to'], event['to'])}")
    if event["word"]:
        words.append(f"“{event['word']}”")
    if event["remains"] is not None:
        words.append(_("%(count)s remain") % {"count": _count(event["remains"])})
    if names_another and not event["applied"]:
        words.append(_("(not applied)"))
    if event["reason"]:
        words.append(event["reason"])
    by = event["actor"] or str(SOURCES.get(event["source"], event["source"]))
    return Line(dt.datetime.fromisoformat(event["at"]), " ".join(words), by, is_new)


def _money_line(entry: Evidence, is_new: bool) -> Line:
    after = _("balance then %(balance)s") % {"balance": _money(entry["balance"])}
    words = f"{KINDS.get(entry['kind'], entry['kind'])} {_money(entry['amount'])}, {after}"
    return Line(dt.datetime.fromisoformat(entry["at"]), words, entry["note"], is_new)


def _money(plain: str | None) -> str:
    return show(parse(plain), settings.CURRENCY) if plain else ""


def _count(number: int | None) -> str:
    return "" if number is None else intcomma(number)


def _moment(text: str | None) -> str:
    return date_format(timezone.localtime(dt.datetime.fromisoformat(text)), "j M Y, H:i") if text else ""
