"""What is on sale, as pages show it: by category or by price, filtered, with each customer's own prices and favourites."""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import NamedTuple

from django.db import IntegrityError, transaction
from django.db.models import Case, F, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.functions import Coalesce
from django.utils.functional import cached_property

from accounts.models import User
from orders import pricing
from orders.models import Category, CustomRate, Favourite, Order, Service, ServiceChange
from orders.money import Units
from orders.service_types import COUNTED_TYPES

# One page of the list, and what a choice holds before somebody should rather search.
PAGE = 50
MOST_CHOICES = 200
MOST_CHANGES = 100
# How far back "services that I use" looks, in orders.
USED_IN_LAST = 1000

# Once it is sent, an order is canceled by its provider or not at all (`lifecycle.can_ask_to_cancel`). A provider that takes no
# wishes for refills stops none of them: people pass them on.
SAID = {
    "is_cancelable": Case(When(can_cancel=True, provider__can_cancel=True, then=True), default=False),
    # The same as `drip.can_drip`.
    "has_runs": Case(When(can_drip=True, type__in=COUNTED_TYPES, then=True), default=False),
}
FLAGS = {"refill": Q(refill_days__gt=0), "cancel": Q(is_cancelable=True), "drip": Q(has_runs=True)}
ORDERS = {"cheap": ("paid", "pk"), "dear": ("-paid", "pk")}


@dataclass(frozen=True)
class Wanted:
    """What somebody looks for. Everything that is empty does not narrow."""

    search: str = ""
    category: int | None = None
    flags: frozenset[str] = frozenset()
    favourites: bool = False
    order: str = ""

    @property
    def narrows(self) -> bool:
        return bool(self.search or self.category or self.flags or self.favourites)

    @property
    def is_filtered(self) -> bool:
        """By more than the search."""
        return bool(self.category or self.flags or self.favourites or self.order)


@dataclass(frozen=True)
class Shelf:
    """Services under one heading: `category` is None where the list is not by category. Each has `price`, in units."""

    category: Category | None
    on_sale: list[Service] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.category.name if self.category else ""


@dataclass(frozen=True)
class ShelfPage:
    shelves: list[Shelf]
    total: int
    number: int

    @property
    def pages(self) -> int:
        return -(-self.total // PAGE) or 1

    @property
    def previous(self) -> int | None:
        return self.number - 1 if self.number > 1 else None

    @property
    def next(self) -> int | None:
        return self.number + 1 if self.number < self.pages else None


def services_for(customer: User | None, wanted: Wanted) -> QuerySet[Service]:
    """The services on sale that match, in shop order or by the price that this customer pays (`paid`, in units).

    Each says whether it `is_cancelable` and `has_runs`: pages and programs are told so from here alone.
    """
    found = Service.objects.filter(is_on_sale=True).select_related("category", "times").defer("times__samples")
    found = found.annotate(**SAID)
    if search := wanted.search.strip().lstrip("#").replace("\x00", "")[:100]:
        match = Q(name__icontains=search) | Q(category__name__icontains=search)
        if search.isascii() and search.isdigit() and len(search) < 19:
            match |= Q(pk=int(search))
        found = found.filter(match)
    if wanted.category is not None:
        found = found.filter(category=wanted.category)
    for flag in wanted.flags:
        found = found.filter(FLAGS[flag])
    if wanted.favourites and customer is not None:
        found = found.filter(pk__in=Favourite.objects.filter(customer=customer).values("service"))
    if wanted.order in ORDERS:
        own = CustomRate.objects.filter(customer=customer, service=OuterRef("pk")).values("rate")
        price = Coalesce(Subquery(own), F("rate")) if customer is not None else F("rate")
        return found.annotate(paid=price).order_by(*ORDERS[wanted.order])
    return found.order_by("category__position", "category__name", "position", "pk")


def page_of(customer: User | None, wanted: Wanted, *, number: int = 1) -> ShelfPage:
    """One page of what matches, under the headings of its categories; a page beyond the end is the last one."""
    found = services_for(customer, wanted)
    total = found.order_by().count()
    number = max(1, min(number, -(-total // PAGE) or 1))
    rows = priced(found[(number - 1) * PAGE : number * PAGE], customer, favourites_of(customer))
    if wanted.order in ORDERS:
        return ShelfPage([Shelf(None, rows)] if rows else [], total, number)
    return ShelfPage(list(by_category(rows)), total, number)


def by_category(rows: Iterable[Service]) -> Iterator[Shelf]:
    for _key, group in groupby(rows, key=lambda service: service.category_id):
        services = list(group)
        yield Shelf(services[0].category, services)


def priced(rows: Iterable[Service], customer: User | None, stars: frozenset[int] = frozenset()) -> list[Service]:
    """The services, each with what it costs this customer and whether it is starred; one query."""
    own = pricing.rates_of(customer.pk if customer else None)
    services = list(rows)
    for service in services:
        service.price = Units(own.get(service.pk, service.rate))
        service.is_favourite = service.pk in stars
    return services


class OnSale(NamedTuple):
    """A service as programs are told of it; `price` in units, what the asking customer pays. From `type` on: `services_for`."""

    number: int
    price: Units
    name: str
    category: str
    type: str
    minimum: int
    maximum: int
    refill_days: int
    is_cancelable: bool
    has_runs: bool
    description: str


def everything(customer: User | None) -> list[OnSale]:
    """All that is on sale, for programs, in shop order. Thousands of rows: no more is read of each than is told. Two queries."""
    own = pricing.rates_of(customer.pk if customer else None)
    rows = services_for(customer, Wanted()).values_list("pk", "rate", "name", "category__name", *OnSale._fields[4:])
    return [OnSale(row[0], Units(own.get(row[0], row[1])), *row[2:]) for row in rows]


@dataclass(frozen=True)
class Choices:
    """What the form of a new order offers: the customer's favourites first, then the shelves; `more` were left out."""

    favourites: list[Service]
    shelves: list[Shelf]
    more: int

    @cached_property
    def ids(self) -> frozenset[int]:
        return frozenset(s.pk for s in [*self.favourites, *(s for shelf in self.shelves for s in shelf.on_sale)])


def choices_for(customer: User, search: str) -> Choices:
    """A bounded choice: who has thousands of services searches. Five queries at the most."""
    found = services_for(customer, Wanted(search=search))
    stars = favourites_of(customer)
    first = priced(found.filter(pk__in=stars), customer) if stars else []
    rest = priced(found.exclude(pk__in=stars)[: MOST_CHOICES + 1], customer)
    more = 0
    if len(rest) > MOST_CHOICES:
        more = found.order_by().count() - len(first) - MOST_CHOICES
    return Choices(first, list(by_category(rest[:MOST_CHOICES])), more)


def categories() -> QuerySet[Category]:
    """Those with something on sale, in shop order."""
    return Category.objects.filter(pk__in=Service.objects.filter(is_on_sale=True).values("category"))


# --- Favourites


def favourites_of(customer: User | None) -> frozenset[int]:
    if customer is None:
        return frozenset()
    return frozenset(Favourite.objects.filter(customer=customer).values_list("service", flat=True))


def set_favourite(*, customer: User, service_id: int, is_favourite: bool) -> bool:
    """Stars a service or takes the star away; safe to repeat. False for a service that there is not."""
    if not 0 < service_id < 2**63 or not Service.objects.filter(pk=service_id).exists():
        return False
    if not is_favourite:
        Favourite.objects.filter(customer=customer, service=service_id).delete()
        return True
    try:
        with transaction.atomic():
            Favourite.objects.get_or_create(customer=customer, service_id=service_id)
    except IntegrityError:
        pass  # a second click was quicker: it is starred
    return True


# --- What changed


def latest_changes(most: int = MOST_CHANGES) -> QuerySet[ServiceChange]:
    """The newest changes of all services, newest first, with the services beside them."""
    return ServiceChange.objects.select_related("service").order_by("-pk")[:most]


def changes_for(
    customer: User, *, most: int = MOST_CHANGES, since: dt.datetime | None = None
) -> QuerySet[ServiceChange]:
    """The newest changes of services that the customer ordered lately or starred, newest first."""
    lately = (
        Order.objects.filter(wallet_id=customer.pk).order_by("-pk").values_list("service", flat=True)[:USED_IN_LAST]
    )
    used = {*lately, *favourites_of(customer)}
    changes = ServiceChange.objects.filter(service__in=used).select_related("service")
    if since is not None:
        changes = changes.filter(created_at__gte=since)
    return changes.order_by("-pk")[:most]
