"""Drip-feeds as one thing: their runs, and what is true of all of them together. Reading only."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from orders.models import Order
from orders.money import Units
from orders.statuses import FULLY_RETURNED, OrderStatus
from orders.verdict import Verdict


def runs_with(order: Order) -> QuerySet[Order]:
    """All runs of the drip-feed that the order belongs to, the first one first; of any other order none."""
    if order.run is None:
        return Order.objects.none()
    head = order.head_id or order.pk
    return Order.objects.filter(Q(pk=head) | Q(head=head)).order_by("pk")


@dataclass(frozen=True)
class Group:
    """All runs of one drip-feed, the first one first. Sums are over all runs; money in units."""

    runs: tuple[Order, ...]

    @property
    def head(self) -> Order:
        return self.runs[0]

    @property
    def charge(self) -> Units:
        return Units(sum(run.charge for run in self.runs))

    @property
    def refunded(self) -> Units:
        return Units(sum(run.refunded for run in self.runs))

    @property
    def kept(self) -> Units:
        return Units(self.charge - self.refunded)

    @property
    def quantity(self) -> int:
        return sum(run.quantity for run in self.runs)

    @property
    def delivered(self) -> int:
        return sum(run.delivered or 0 for run in self.runs if run.status not in FULLY_RETURNED)

    @property
    def is_active(self) -> bool:
        return any(run.is_active for run in self.runs)

    @property
    def waiting(self) -> int:
        """How many runs wait for their turn: nobody has been sent them."""
        return sum(run.waits_for_id is not None for run in self.runs)

    @property
    def settled(self) -> int:
        return sum(not run.is_active for run in self.runs)

    @property
    def current(self) -> Order:
        """The run that matters now: the one under way, else the last one that was."""
        return next((run for run in self.runs if run.is_active), self.runs[-1])

    @property
    def until(self) -> dt.datetime | None:
        """When the last run is due."""
        return self.runs[-1].due_at

    @property
    def status(self) -> OrderStatus:
        """One word for all runs. Settled: what was kept decides between Completed, Partial and Canceled."""
        words = {OrderStatus(run.status) for run in self.runs}
        if not self.is_active:
            if self.kept == 0:
                return OrderStatus.CANCELED
            return OrderStatus.COMPLETED if words == {OrderStatus.COMPLETED} else OrderStatus.PARTIAL
        if words == {OrderStatus.PENDING}:
            return OrderStatus.PENDING
        if words <= {OrderStatus.PENDING, OrderStatus.PROCESSING}:
            return OrderStatus.PROCESSING
        return OrderStatus.IN_PROGRESS


def groups_of(orders: Iterable[Order]) -> dict[int, Group]:
    """The drip-feed of each first run among `orders`, by its number: one query for all of them, none where there is none."""
    heads = {order.pk: [order] for order in orders if order.is_group}
    if heads:
        for run in Order.objects.filter(head__in=heads).order_by("head", "id"):
            heads[run.head_id].append(run)
    return {pk: Group(tuple(runs)) for pk, runs in heads.items()}


def with_groups(judged: list[tuple[Order, Verdict]], *, is_folded: bool) -> list[tuple[Order, Verdict, Group | None]]:
    """The rows of a list with the drip-feed that each first run stands for, where the list is folded."""
    found = groups_of(order for order, _verdict in judged) if is_folded else {}
    return [(order, verdict, found.get(order.pk)) for order, verdict in judged]
