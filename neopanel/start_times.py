"""How long orders take to start, by category: what the services state, and what was measured lately."""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from statistics import median, quantiles

from django.db.models import Max, Min

from orders.models import OrderEvent, Service
from orders.statuses import OrderStatus

LOOKED_BACK = dt.timedelta(days=30)
MOST_EVENTS = 5000
# Of fewer orders nothing can be said.
FEWEST = 5


@dataclass(frozen=True)
class StartTimes:
    """Minutes. `median` and `most` (nine of ten were quicker) are None where too few orders have started lately."""

    category: str
    stated_least: int
    stated_most: int
    median: int | None
    most: int | None
    orders: int


def start_times(now: dt.datetime) -> list[StartTimes]:
    """The categories with services on sale, in shop order; two queries."""
    stated = (
        Service.objects.filter(is_on_sale=True)
        .values("category", "category__name", "category__position")
        .annotate(least=Min("stated_start"), most=Max("stated_start"))
        .order_by("category__position", "category__name")
    )
    measured = measured_starts(now)
    return [row_of(row, measured[row["category"]]) for row in stated]


def measured_starts(now: dt.datetime) -> dict[int, list[float]]:
    """Minutes from the order to the first news of delivery, by category."""
    events = (
        OrderEvent.objects.filter(applied=True, to_status=OrderStatus.IN_PROGRESS, created_at__gt=now - LOOKED_BACK)
        .exclude(from_status=OrderStatus.IN_PROGRESS)
        .order_by("-id")
        .values_list("order__service__category", "order__created_at", "created_at")[:MOST_EVENTS]
    )
    found: dict[int, list[float]] = defaultdict(list)
    for category, placed, started in events:
        found[category].append((started - placed).total_seconds() / 60)
    return found


def row_of(row: dict, minutes: list[float]) -> StartTimes:
    enough = len(minutes) >= FEWEST
    return StartTimes(
        category=row["category__name"],
        stated_least=row["least"],
        stated_most=row["most"],
        median=round(median(minutes)) if enough else None,
        most=round(quantiles(minutes, n=10)[-1]) if enough else None,
        orders=len(minutes),
    )
