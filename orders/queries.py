"""The reads that pages need, by name. Access is decided here: what a customer may see is what `..._of(customer)` gives."""

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection
from django.db.models import OuterRef, Q, QuerySet, Subquery

from accounts.models import User
from orders import halt, links
from orders.models import Deposit, LedgerEntry, Order, PaymentMethod, Provider, Refill
from orders.statuses import ACTIVE, SETTLED, OrderStatus
from orders.verdict import Facts, Verdict, verdict_for

PAGE = 25
MOST_COUNTED = 1000
LONGEST_NUMBER = 40


def orders_of(customer: User) -> QuerySet[Order]:
    return Order.objects.filter(wallet_id=customer.pk)


def entries_of(customer: User) -> QuerySet[LedgerEntry]:
    return LedgerEntry.objects.filter(wallet_id=customer.pk)


def refills_of(customer: User) -> QuerySet[Refill]:
    return Refill.objects.filter(order__wallet_id=customer.pk)


def deposits_of(customer: User) -> QuerySet[Deposit]:
    return Deposit.objects.filter(wallet_id=customer.pk)


def payment_methods() -> QuerySet[PaymentMethod]:
    """The ways to pay that are offered now, in shop order."""
    return PaymentMethod.objects.filter(is_active=True)


@dataclass(frozen=True)
class Page:
    """One page of a list that is never counted: the rows, and where the older and newer ones begin."""

    rows: list
    older: int | None
    newer: int | None


def page_of(rows: QuerySet, *, before: int | None = None, after: int | None = None, size: int = PAGE) -> Page:
    """Newest first by id, below `before` or above `after`; keyset, so that page 1,000 costs what page 1 costs."""
    if after is not None:
        found = list(rows.filter(pk__gt=after).order_by("pk")[: size + 1])
        has_newer = len(found) > size
        found = found[:size][::-1]
        has_older = True
    else:
        ordered = rows.order_by("-pk")
        found = list((ordered.filter(pk__lt=before) if before is not None else ordered)[: size + 1])
        has_older = len(found) > size
        found = found[:size]
        has_newer = before is not None
    return Page(
        found,
        older=found[-1].pk if found and has_older else None,
        newer=found[0].pk if found and has_newer else None,
    )


def searched(orders: QuerySet[Order], text: str) -> QuerySet[Order]:
    """A customer's orders by number, by link in any spelling, or by words of their own notes. Anything else finds nothing."""
    text = text.strip().lstrip("#").replace("\x00", "")
    if is_number(text):
        return orders.filter(pk=int(text))
    try:
        return orders.filter(target_key=links.target_key(links.clean(text)))
    except links.BadLink:
        # Few orders have a note, and these have an index of their own.
        noted = orders.exclude(note="").filter(note__icontains=text)
        if links.USERNAME.fullmatch(text):
            named = orders.filter(target_key=links.target_key(text))
            return orders.filter(pk__in=noted.order_by().values("pk").union(named.order_by().values("pk")))
        return noted if text else orders.none()


def status_counts(customer: User) -> dict[str, int]:
    """How many orders in each status, exact to 999 and 1000 for more: each count stops there, whatever the history holds."""
    counted = ", ".join(
        "(SELECT COUNT(*) FROM (SELECT 1 FROM orders_order WHERE wallet_id = %s AND status = %s LIMIT %s) s)"
        for _status in OrderStatus
    )
    values = [value for status in OrderStatus for value in (customer.pk, status.value, MOST_COUNTED)]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {counted}", values)
        return dict(zip([s.value for s in OrderStatus], cursor.fetchone(), strict=True))


def with_verdicts(orders: list[Order], now: dt.datetime) -> list[tuple[Order, Verdict]]:
    """Each order with what to do about it. One query for those that were not read `with_open_ticket`, all of them together."""
    unread = [order.pk for order in orders if not hasattr(order, "open_ticket")]
    tickets, halted = open_tickets(unread) if unread else {}, halted_since(now)

    def facts(order: Order) -> Facts:
        return Facts(open_ticket=getattr(order, "open_ticket", tickets.get(order.pk)), halted_since=halted)

    return [(order, verdict_for(order, facts(order), now)) for order in orders]


def halted_since(now: dt.datetime) -> dt.datetime | None:
    """Since when a halt holds back what is under way, if one does: for words, as pages show it."""
    holding = halt.shown(now)
    return holding.begun_at if holding else None


def newest_of_each(*parts: tuple[QuerySet[Order], int]) -> QuerySet[Order]:
    """Of each part its newest orders, so many of them, as one query, newest first."""
    # SQLite takes no LIMIT in the parts of a union itself: each stands in a query of its own.
    cut = (Order.objects.filter(pk__in=part.order_by("-pk").values("pk")[:most]) for part, most in parts)
    return _any_of(*cut).order_by("-pk")


def with_open_ticket(orders: QuerySet[Order]) -> QuerySet[Order]:
    """Each order with the number of its open ticket as `open_ticket`, read with the row."""
    # A subquery, not a join: it cannot change how a planner finds the rows of a long list.
    own = Order.objects.filter(pk=OuterRef("pk"), tickets__closed_at=None, tickets__number__isnull=False)
    newest = own.order_by("-tickets__number").values("tickets__number")[:1]
    return orders.annotate(open_ticket=Subquery(newest))


def open_tickets(order_ids: list[int]) -> dict[int, int]:
    """The number of the newest open ticket of each order that has one, read through the reverse relation."""
    found = (
        Order.objects.filter(pk__in=order_ids, tickets__closed_at=None, tickets__number__isnull=False)
        .order_by("tickets__number")
        .values_list("pk", "tickets__number")
    )
    return dict(found)


def needing_attention(now: dt.datetime) -> QuerySet[Order]:
    """Orders whose verdict is "contact us" or "we are on it": the same rule as `verdict_for`, as a query.

    Open tickets are in it through the reverse relation, and so is whatever waits for a person. While a halt holds, so is every
    active order: then the list is read from its newest end instead of being gathered.
    """
    refilled = Order.objects.filter(refill_asked_at__isnull=False)
    with_open_ticket = Order.objects.filter(tickets__number__isnull=False, tickets__closed_at=None)
    if halt.current() is not None:
        closed = _any_of(under_review(), unknown(), refilled, with_open_ticket)
        # As a negation on purpose: a condition on the statuses would make a planner gather and sort all active orders, of
        # which there may be a million, where a page needs the newest hundred.
        return Order.objects.exclude(Q(status__in=sorted(SETTLED)) & ~Q(pk__in=closed.values("pk")))
    late, wished = _active(contact_after__lt=now), _active(cancel_asked_at__isnull=False)
    return _any_of(under_review(), unknown(), *late, *wished, refilled, with_open_ticket)


def under_review() -> QuerySet[Order]:
    return Order.objects.filter(review=True)


def unknown() -> QuerySet[Order]:
    """Nobody can say yet whether the provider has them."""
    return Order.objects.filter(submission=Order.Submission.UNKNOWN)


def overdue(now: dt.datetime) -> QuerySet[Order]:
    """Far beyond the stated start, or without movement for longer than usual."""
    return _any_of(*_active(contact_after__lt=now))


def wishing_to_cancel() -> QuerySet[Order]:
    return _any_of(*_active(cancel_asked_at__isnull=False))


def refills_to_settle() -> QuerySet[Order]:
    """Orders with a refill that waits for a person: nobody knows whether the provider has it, or no program can tell it."""
    waiting = Refill.objects.filter(state=Refill.State.REQUESTED, send_after=None)
    unsure = Refill.objects.filter(state=Refill.State.UNKNOWN)
    return Order.objects.filter(pk__in=unsure.order_by().values("order").union(waiting.order_by().values("order")))


def _active(**conditions) -> list[QuerySet[Order]]:
    """One query a status: "status IN ..." makes SQLite read the whole table once it has statistics."""
    return [Order.objects.filter(status=status, **conditions) for status in sorted(ACTIVE)]


def _any_of(*parts: QuerySet[Order]) -> QuerySet[Order]:
    """Each part by its own index; one condition for all of them would have none."""
    return Order.objects.filter(pk__in=_numbers_of(parts))


def _numbers_of(parts: Iterable[QuerySet[Order]]) -> QuerySet:
    first, *others = (part.order_by().values("pk") for part in parts)
    return first.union(*others)


# A whole address: nobody finds customers by guessing beginnings, and links with an @ stay links.
ADDRESS = re.compile(r"[^@\s/]+@[^@\s/]+")


def found_at_desk(orders: QuerySet[Order], text: str) -> QuerySet[Order]:
    """Anybody's orders by number, by the provider's number, by link in any spelling, or by the customer's whole address.

    Each is looked up by an index; a text that is none of these finds nothing, at once.
    """
    text = text.strip().lstrip("#").replace("\x00", "")
    if ADDRESS.fullmatch(text):
        owner = User.objects.filter(email=text.lower()).values_list("pk", flat=True).first()
        return orders.none() if owner is None else orders.filter(wallet=owner)
    parts = []
    if len(text) <= LONGEST_NUMBER:
        # The index begins with the provider, and there are few of them.
        providers = Provider.objects.order_by().values("pk")
        parts.append(Order.objects.filter(provider__in=providers, provider_order_id=text))
    if is_number(text):
        parts.append(Order.objects.filter(pk=int(text)))
    elif target := _target_in(text):
        parts.append(Order.objects.filter(target_key=target))
    return orders.filter(pk__in=_numbers_of(parts)) if parts else orders.none()


def _target_in(text: str) -> str:
    """The key of the link or name that this text is; empty where it is neither."""
    try:
        return links.target_key(links.clean(text))
    except links.BadLink:
        return links.target_key(text) if links.USERNAME.fullmatch(text) else ""


def is_number(text: str) -> bool:
    """Digits that fit into a key of the database."""
    return text.isascii() and text.isdigit() and len(text) < 19
