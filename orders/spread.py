"""How the delivery times of a service's last orders are spread, and where the order at hand stands among them. Pure."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from orders.models import Order, ServiceTimes
from orders.statuses import OrderStatus

# Steps that people think in, in minutes: up to an hour, up to a day, days.
STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 4320, 7200, 10_080, 20_160, 43_200)
STEPS_TO_MOST = 6
# What the chart is about: for others a place among finished orders says nothing.
COMPARED = frozenset({OrderStatus.IN_PROGRESS, OrderStatus.COMPLETED, OrderStatus.PARTIAL})


@dataclass(frozen=True)
class Slot:
    """Orders that took from `start` to below `end` minutes from the order to its end; no end for the last slot."""

    start: int
    end: int | None
    orders: int
    is_here: bool


def spread_of(order: Order, times: ServiceTimes | None, now: dt.datetime) -> tuple[Slot, ...]:
    """The slots, shortest first, with the one that the order is in (so far, while it runs); empty where nothing is compared."""
    if times is None or order.status not in COMPARED or not times.samples:
        return ()
    until = now if order.is_active else order.status_since
    taken = int((until - order.created_at).total_seconds() // 60)
    return slots([finish for _start, finish, _partial in times.samples], most=times.finish_p90, here=taken)


def slots(minutes: Sequence[int], *, most: int, here: int) -> tuple[Slot, ...]:
    """Equal slots up to what nine of ten stay below, and one for everything longer."""
    step = next((step for step in STEPS if step * STEPS_TO_MOST > most), STEPS[-1])
    count = most // step + 1
    edges = [(number * step, (number + 1) * step) for number in range(count)]
    found = [Slot(low, high, sum(low <= m < high for m in minutes), low <= here < high) for low, high in edges]
    end = count * step
    return (*found, Slot(end, None, sum(m >= end for m in minutes), here >= end))
