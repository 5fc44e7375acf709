"""What the panel knows of an order at one moment, as plain data: money as plain digits, times as ISO 8601 in UTC.

Frozen into a ticket when it is opened. The shape has a version: readers of old tickets must still understand it.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.utils.translation import get_language

from accounts.models import User
from orders import ledger
from orders.models import LedgerEntry, Order, OrderEvent
from orders.money import Units, plain, undelivered
from orders.queries import halted_since
from orders.statuses import OrderStatus
from orders.verdict import Facts, verdict_for

VERSION = 3
MOST_ON_THE_LINK = 10

Evidence = dict[str, Any]


def evidence_for(
    order: Order | None, *, customer: User, now: dt.datetime, shown: Sequence[str] = (), opened: Sequence[str] = ()
) -> Evidence:
    """Everything about `order` that an agent needs, and the customer's balance; safe for JSON.

    `shown` are the titles of the articles that stood beside the form, `opened` of those read shortly before. Events and
    ledger entries are complete. Callers that keep it hold the order's lock, so that its parts fit together.
    """
    evidence: Evidence = {
        "version": VERSION,
        "taken_at": _iso(now),
        # In which the customer read the form.
        "language": get_language() or "",
        "articles": list(shown),
        "articles_read": list(opened),
        **facts_of(order, balance=ledger.balance_of(customer), now=now),
    }
    return evidence if order is None else evidence | {"same_link": _same_link(order)}


def facts_of(order: Order | None, *, balance: Units, now: dt.datetime) -> Evidence:
    """The part of the evidence that changes with time, as it is now: two queries, with the service's times at hand."""
    money: Evidence = {"balance": plain(balance), "order": None}
    if order is None:
        return money
    return money | {
        "order": _order(order),
        "service": _service(order),
        "measured": _measured(order),
        "verdict": _verdict(order, now),
        "events": [_event(event) for event in order.events.select_related("actor").order_by("id")],
        "entries": [_entry(entry) for entry in order.entries.order_by("seq")],
        "returns": _returns(order),
    }


def _order(order: Order) -> Evidence:
    return {
        "number": order.pk,
        "status": order.status,
        "link": order.link,
        "quantity": order.quantity,
        "start_count": order.start_count,
        "remains": order.remains,
        "charge": plain(order.charge),
        "returned": plain(order.refunded),
        "review": order.review,
        "submission": order.submission,
        "provider": order.provider.name if order.provider else "",
        "provider_order": order.provider_order_id or "",
        "placed_at": _iso(order.created_at),
        "status_since": _iso(order.status_since),
        "moved_at": _iso(order.moved_at),
        "checked_at": _iso(order.checked_at),
    }


def _service(order: Order) -> Evidence:
    """The service as it was sold: rate and stated times come from the order, which copied them."""
    return {
        "number": order.service_id,
        "name": order.service.name,
        "type": order.service_type,
        "rate": plain(order.rate),
        "stated_start_minutes": order.stated_start,
        "stated_speed_a_day": order.stated_speed,
        "starts_by": _iso(order.starts_by),
        "slow_after": _iso(order.contact_after),
    }


def _measured(order: Order) -> Evidence | None:
    """What the service's orders really needed lately, in minutes; None where too few orders say anything."""
    times = order.service.measured
    if times is None:
        return None
    return {
        "orders": times.orders,
        "start_median": times.start_median,
        "start_p90": times.start_p90,
        "finish_median": times.finish_median,
        "finish_p90": times.finish_p90,
        "partial": times.partial,
    }


def _verdict(order: Order, now: dt.datetime) -> Evidence:
    """The words that the customer saw before there was a ticket."""
    verdict = verdict_for(order, Facts(halted_since=halted_since(now)), now)
    return {
        "advice": verdict.advice.value,
        "headline": verdict.headline,
        "reason": verdict.reason,
        "until": _iso(verdict.until),
    }


def _returns(order: Order) -> Evidence:
    """What should be back on the balance by the order's status, and what is; "expected" is None where no rule says it."""
    expected: int | None = None
    if order.status in {OrderStatus.CANCELED, OrderStatus.ERROR}:
        expected = order.charge
    elif order.status == OrderStatus.PARTIAL and order.remains is not None and 0 <= order.remains <= order.quantity:
        expected = undelivered(order.charge, order.quantity, order.remains)
    elif order.status not in {OrderStatus.REFUNDED, OrderStatus.PARTIAL}:
        expected = 0
    return {"expected": None if expected is None else plain(expected), "found": plain(order.refunded)}


def _same_link(order: Order) -> list[Evidence]:
    """The customer's other orders on the same target, newest first: an overlap explains many a missing result."""
    others = Order.objects.filter(wallet_id=order.wallet_id, target_key=order.target_key).exclude(pk=order.pk)
    return [
        {"number": other.pk, "status": other.status, "service": other.service.name, "placed_at": _iso(other.created_at)}
        for other in others.select_related("service").order_by("-pk")[:MOST_ON_THE_LINK]
    ]


def _event(event: OrderEvent) -> Evidence:
    return {
        "at": _iso(event.created_at),
        "code": event.code,
        "from": event.from_status,
        "to": event.to_status,
        "applied": event.applied,
        "source": event.source,
        "actor": str(event.actor or ""),
        "remains": event.remains,
        "start_count": event.start_count,
        "word": event.word,
        "money": plain(event.money),
        "reason": event.reason,
    }


def _entry(entry: LedgerEntry) -> Evidence:
    return {
        "at": _iso(entry.created_at),
        "seq": entry.seq,
        "kind": entry.kind,
        "amount": plain(entry.amount),
        "balance": plain(entry.balance),
        "note": entry.note,
    }


def _iso(moment: dt.datetime | None) -> str | None:
    return moment.astimezone(dt.UTC).isoformat() if moment else None
