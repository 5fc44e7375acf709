"""A customer's list of orders: filters that stand in the address, each of them by an index."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from orders import queries
from orders.models import Order, Service
from orders.statuses import OrderStatus

# Numbers grow with time but for what is placed in the same moments: so much further than the days asked for is looked.
SLACK = dt.timedelta(hours=1)
MOST_SERVICES = 100
USED_IN_LAST = 1000


@dataclass(frozen=True)
class OrderFilter:
    """What of the list is wanted; whatever is empty does not narrow. Days are the reader's, both of them included."""

    status: str = ""
    search: str = ""
    service: int | None = None
    first: dt.date | None = None
    last: dt.date | None = None

    @property
    def narrows(self) -> bool:
        return bool(self.status or self.search or self.is_filtered)

    @property
    def is_filtered(self) -> bool:
        """By more than the tab and the search."""
        return bool(self.service is not None or self.first or self.last)


def wanted_by(sent: Mapping[str, str]) -> OrderFilter:
    """The filter as an address spells it; what cannot be read does not narrow."""
    status, service = sent.get("status", ""), sent.get("service", "")
    return OrderFilter(
        status=status if status in OrderStatus else "",
        search=sent.get("q", "").strip(),
        service=int(service) if queries.is_number(service) else None,
        first=day(sent.get("from", "")),
        last=day(sent.get("to", "")),
    )


def day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text) if len(text) == len("2026-11-25") else None
    except ValueError:
        return None


def orders_wanted(customer: User, wanted: OrderFilter) -> QuerySet[Order]:
    """The customer's orders that match; lists and files of the same address hold the same orders."""
    orders = queries.orders_of(customer).select_related("service")
    if wanted.status:
        orders = orders.filter(status=wanted.status)
    if wanted.service is not None:
        orders = orders.filter(service=wanted.service)
    if wanted.search:
        orders = queries.searched(orders, wanted.search)
    if wanted.first or wanted.last:
        orders = placed_within(orders, customer, wanted.first, wanted.last)
    return orders


def placed_within(
    orders: QuerySet[Order], customer: User, first: dt.date | None, last: dt.date | None
) -> QuerySet[Order]:
    """Those placed on these days in the reader's zone.

    The days become numbers by two looks into an index, so that a page of an old month costs what the newest page costs.
    """
    # Of orders of one moment (the runs of a drip-feed, the lines of a mass order) the lowest number is meant.
    own = queries.orders_of(customer).order_by("created_at", "pk")
    if first is not None:
        begin = midnight(first)
        lowest = own.filter(created_at__gte=begin - SLACK).values_list("pk", flat=True).first()
        if lowest is None:
            return orders.none()
        orders = orders.filter(pk__gte=lowest, created_at__gte=begin)
    if last is not None:
        if last == dt.date.max:
            return orders
        end = midnight(last + dt.timedelta(days=1))
        highest = own.filter(created_at__lt=end + SLACK).values_list("pk", flat=True).last()
        if highest is None:
            return orders.none()
        orders = orders.filter(pk__lte=highest, created_at__lt=end)
    return orders


def midnight(day: dt.date) -> dt.datetime:
    """The day's beginning in the reader's zone; days at the edge of the calendar stay inside it."""
    day = min(max(day, dt.date(1, 1, 3)), dt.date(9999, 12, 29))
    return dt.datetime.combine(day, dt.time.min, tzinfo=timezone.get_current_timezone())


def services_used(customer: User, chosen: int | None) -> list[Service]:
    """What the filter offers: the services of the customer's last orders by name, and the chosen one."""
    lately = queries.orders_of(customer).order_by("-pk").values_list("service", flat=True)[:USED_IN_LAST]
    used = [*dict.fromkeys(lately)][:MOST_SERVICES]
    if chosen is not None:
        used.append(chosen)
    return list(Service.objects.filter(pk__in=used).only("name").order_by("name", "pk"))
