"""How long services really take, learned from the shop's own settled orders: median, nine of ten, and how many end partial.

A chore reads the history forward from where it stopped, a bounded part at a time, and keeps of each service its newest orders.
What an agent settled of a provider's order is left out: a click says nothing about the delivery.
"""

import datetime as dt
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import median, quantiles

from django.db import transaction
from django.db.models import Min
from django.db.models.functions import Coalesce

from orders import timetable
from orders.models import ChoreRun, OrderEvent, ServiceTimes
from orders.statuses import OrderStatus

NAME = "learn"
EVERY = dt.timedelta(minutes=5)
EVENTS_AT_ONCE = 1000
# Events of the last moments may still be joined by earlier-numbered ones of slower transactions.
LAG = dt.timedelta(minutes=1)
KEPT = 200

DELIVERED = frozenset({OrderStatus.COMPLETED, OrderStatus.PARTIAL})
# The first news of delivery. An order that was finished when the provider was asked had started by then.
STARTED = DELIVERED | {OrderStatus.IN_PROGRESS}

Sample = list[int]


@dataclass(frozen=True)
class Settled:
    """One delivered order: its service, and what it teaches."""

    service_id: int
    sample: Sample


def times_of(service_id: int) -> ServiceTimes | None:
    """What was measured of this service, in minutes; None where too few orders say anything. One query."""
    times = ServiceTimes.objects.filter(pk=service_id).defer("samples").first()
    return times if times is not None and times.say_enough else None


def learn_due(clock: Callable[[], dt.datetime]) -> int:
    """Learns from what was settled since the last time, when it is due; goes on at once while there is more to read."""
    now = clock()
    if not timetable.take(name=NAME, every=EVERY, now=now):
        return 0
    begun = time.monotonic()
    learned, is_more = learn(now=now)
    took_ms = int((time.monotonic() - begun) * 1000)
    timetable.note(name=NAME, now=now, took_ms=took_ms, outcome=f"{learned} orders")
    if is_more:
        ChoreRun.objects.filter(name=NAME).update(due_at=now)
    return max(learned, int(is_more))


def learn(*, now: dt.datetime) -> tuple[int, bool]:
    """Reads the next part of the history; how many orders it taught, and whether there is more to read at once.

    Each order counts once: the place in the history moves in the same transaction as what was learned up to it.
    """
    at = ChoreRun.objects.values_list("cursor", flat=True).get(name=NAME)
    events = OrderEvent.objects.filter(pk__gt=at).order_by("pk").values_list("pk", "created_at", *SAID)[:EVENTS_AT_ONCE]
    ripe = []
    for event in events:
        if event[1] > now - LAG:
            break
        ripe.append(event)
    if not ripe:
        return 0, False
    found = settled({order: when for _pk, when, order, *said in ripe if teaches(*said)})
    by_service = defaultdict(list)
    for each in found:
        by_service[each.service_id].append(each.sample)
    with transaction.atomic():
        # Of two workers that read the same part, one writes it.
        if not ChoreRun.objects.filter(name=NAME, cursor=at).update(cursor=ripe[-1][0]):
            return 0, False
        for service_id in sorted(by_service):
            remember(service_id, by_service[service_id], now=now)
    return len(found), len(ripe) == EVENTS_AT_ONCE


SAID = ("order", "applied", "from_status", "to_status", "source", "order__provider", "order__runs", "order__run")


def teaches(
    applied: bool, before: str, after: str, source: str, provider: int | None, runs: int | None, run: int | None
) -> bool:
    """Whether this event is the end of a delivery, said by whoever delivers.

    A drip-feed that the provider runs by itself takes as long as the customer wished: it says nothing.
    """
    if runs is not None and run is None:
        return False
    delivers = OrderEvent.Source.AGENT if provider is None else OrderEvent.Source.PROVIDER
    return applied and after in DELIVERED and before != after and source == delivers


def settled(ended: dict[int, dt.datetime]) -> Iterable[Settled]:
    """The orders with these ends, as samples, oldest end first; one query. What waited for its turn is measured from there."""
    started = (
        OrderEvent.objects.filter(order__in=ended, applied=True, to_status__in=STARTED)
        .order_by()
        .annotate(begun=Coalesce("order__due_at", "order__created_at"))
        .values_list("order", "order__service", "begun", "order__status")
        .annotate(first=Min("created_at"))
    )
    rows = {order: (service, placed, status, first) for order, service, placed, status, first in started}
    found = []
    for order, end in ended.items():
        service, placed, status, first = rows[order]
        sample = [minutes(first - placed), minutes(end - placed), int(status == OrderStatus.PARTIAL)]
        found.append(Settled(service, sample))
    return found


def minutes(passed: dt.timedelta) -> int:
    return max(0, round(passed.total_seconds() / 60))


def remember(service_id: int, samples: list[Sample], *, now: dt.datetime) -> None:
    times, _made = ServiceTimes.objects.select_for_update(no_key=True).get_or_create(
        service_id=service_id, defaults={"learned_at": now}
    )
    kept = [*times.samples, *samples][-KEPT:]
    times.samples, times.orders, times.learned_at = kept, len(kept), now
    times.start_median, times.start_p90 = middle_and_most([start for start, _finish, _partial in kept])
    times.finish_median, times.finish_p90 = middle_and_most([finish for _start, finish, _partial in kept])
    _middle, times.running_p90 = middle_and_most([finish - start for start, finish, _partial in kept])
    times.partial = sum(partial for _start, _finish, partial in kept)
    times.save()


def middle_and_most(values: list[int]) -> tuple[int, int]:
    """The median, and what nine of ten stay below; both within what was measured."""
    most = quantiles(values, n=10, method="inclusive")[-1] if len(values) > 1 else values[0]
    return round(median(values)), round(most)
