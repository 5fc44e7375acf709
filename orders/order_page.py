"""Everything that the page of one order shows, prepared once, so that its template only has to draw it."""

import datetime as dt
from dataclasses import dataclass

from django.db.models import Q
from django.urls import reverse

from accounts.models import User
from orders import links, queries, refills
from orders.groups import Group
from orders.lifecycle import can_ask_to_cancel, can_cancel_at_once
from orders.models import LedgerEntry, Order, OrderEvent, Refill
from orders.money import Units, undelivered
from orders.refill_rules import RefillRules
from orders.spread import Slot, spread_of
from orders.statuses import OrderStatus
from orders.verdict import Advice, Facts, Verdict, settled_in_part, verdict_for


@dataclass(frozen=True)
class MoneyCard:
    """Where the order's money is, in units; `for_undelivered` of it is back because `remains` of the order were not delivered."""

    charged: Units
    returned: Units
    charge_entry: LedgerEntry | None
    return_entries: tuple[LedgerEntry, ...]
    remains: int | None
    delivered: int | None
    for_undelivered: Units

    @property
    def entries(self) -> tuple[LedgerEntry, ...]:
        """Oldest first."""
        return (self.charge_entry, *self.return_entries) if self.charge_entry else self.return_entries

    @property
    def kept(self) -> Units:
        return Units(self.charged - self.returned)


@dataclass(frozen=True)
class OrderPage:
    order: Order
    verdict: Verdict
    money: MoneyCard
    events: tuple[OrderEvent, ...]
    tickets: tuple[object, ...]
    may_cancel: bool
    may_ask_to_cancel: bool
    inputs: tuple[tuple[str, str], ...]
    refills: tuple[Refill, ...]
    refill_rules: RefillRules | None
    spread: tuple[Slot, ...] = ()

    @property
    def link_is_address(self) -> bool:
        return links.is_address(self.order.link)

    @property
    def address(self) -> str:
        """Where this page is; the number of a drip-feed's first run alone leads to all of its runs."""
        own = reverse("order_detail", args=[self.order.pk])
        return f"{own}?run=1" if self.order.is_group else own

    @property
    def is_live(self) -> bool:
        """The page should ask again: something may still change by itself."""
        return self.order.is_active or self.order.refill_asked_at is not None


@dataclass(frozen=True)
class DripPage:
    """A drip-feed with all its runs. The verdict is that of the run that matters now."""

    group: Group
    verdict: Verdict
    runs: tuple[tuple[Order, Verdict], ...]
    tickets: tuple[object, ...]

    @property
    def order(self) -> Order:
        return self.group.head

    @property
    def is_live(self) -> bool:
        return self.group.is_active

    @property
    def link_is_address(self) -> bool:
        return links.is_address(self.order.link)

    @property
    def at_once(self) -> Units:
        """What comes back at once where the drip-feed is canceled now, in units."""
        return Units(sum(run.charge for run in self.group.runs if can_cancel_at_once(run)))

    @property
    def may_cancel(self) -> bool:
        return any(can_cancel_at_once(run) or can_ask_to_cancel(run) for run in self.group.runs)


def drip_page_for(*, customer: User, order_id: int, now: dt.datetime) -> DripPage | None:
    """The customer's drip-feed whose first run has this number; None for everything else."""
    mine = queries.orders_of(customer).select_related("service", "provider")
    runs = tuple(mine.filter(Q(pk=order_id, run=1) | Q(head=order_id)).order_by("pk"))
    if not runs or runs[0].pk != order_id:
        return None
    group = Group(runs)
    judged = queries.with_verdicts(list(runs), now)
    ours = next((verdict for _run, verdict in judged if verdict.advice == Advice.OURS), None)
    of_current = next(verdict for run, verdict in judged if run.pk == group.current.pk)
    # How the last run ended says nothing of the others: where a part was kept, a part is what came back.
    in_part = settled_in_part(group.current) if group.status == OrderStatus.PARTIAL else None
    numbers = sorted(queries.open_tickets([run.pk for run in runs]).values())
    return DripPage(group, ours or in_part or of_current, tuple(judged), tuple({"number": n} for n in numbers))


def page_for(*, customer: User, order_id: int, now: dt.datetime) -> OrderPage | None:
    """The customer's order with all that its page shows; None for an unknown order and for somebody else's alike."""
    order = (
        queries.orders_of(customer).select_related("service__times", "provider", "wallet").filter(pk=order_id).first()
    )
    return None if order is None else page_of(order, now=now)


def page_of(order: Order, *, now: dt.datetime) -> OrderPage:
    """All that is known of an order; `service` and `provider` should stand beside it already."""
    tickets = tuple(order.tickets.only("number", "state", "closed_at", "order").order_by("-number"))
    open_ticket = next((ticket.number for ticket in tickets if ticket.closed_at is None), None)
    measured = order.service.measured
    wished = tuple(order.refills.all()) if order.refill_state else ()  # the newest first
    facts = Facts(
        open_ticket=open_ticket,
        measured=measured,
        halted_since=queries.halted_since(now),
        refilled_at=next((wish.state_since for wish in wished if wish.state == Refill.State.COMPLETED), None),
    )
    return OrderPage(
        order=order,
        verdict=verdict_for(order, facts, now),
        money=money_card(order),
        events=tuple(order.events.select_related("actor").order_by("-id")),
        tickets=tickets,
        may_cancel=can_cancel_at_once(order),
        may_ask_to_cancel=can_ask_to_cancel(order),
        refills=wished,
        # Before the order is settled, and for services without it, refills are nobody's question.
        refill_rules=refills.rules_of(order, now=now) if order.refill_days and not order.is_active else None,
        spread=spread_of(order, measured, now),
        inputs=tuple((str(i.label), order.inputs[i.name]) for i in order.rule.inputs if i.name in order.inputs),
    )


def money_card(order: Order) -> MoneyCard:
    entries = list(order.entries.select_related("actor").order_by("seq"))
    remains = next((entry.not_delivered for entry in entries if entry.not_delivered), None)
    return MoneyCard(
        charged=Units(order.charge),
        returned=Units(order.refunded),
        charge_entry=next((e for e in entries if e.kind == LedgerEntry.Kind.CHARGE), None),
        return_entries=tuple(e for e in entries if e.kind == LedgerEntry.Kind.REFUND),
        remains=remains,
        delivered=order.delivered,
        for_undelivered=undelivered(order.charge, order.quantity, remains) if remains else Units(0),
    )
