"""Whether an order may be refilled, as ticks that its page shows and its door keeps: one pure function for both."""

import datetime as dt
from dataclasses import dataclass

from django.utils.translation import gettext as _

from orders.models import Order
from orders.statuses import OrderStatus


@dataclass(frozen=True)
class RefillFacts:
    """What the rules need beside the order: is a refill undecided, and which later order of the service took the same link."""

    is_open: bool = False
    later_order: int | None = None


@dataclass(frozen=True)
class Tick:
    """One rule. `name` is for programs, `words` for people; `is_kept`: nothing stands in the way here."""

    name: str
    words: str
    is_kept: bool


@dataclass(frozen=True)
class RefillRules:
    """All rules in the order in which they are told. `until`: the end of the period, None where none has begun."""

    ticks: tuple[Tick, ...]
    until: dt.datetime | None = None

    @property
    def are_kept(self) -> bool:
        return all(tick.is_kept for tick in self.ticks)

    @property
    def broken(self) -> Tick | None:
        """The first rule that is not kept."""
        return next((tick for tick in self.ticks if not tick.is_kept), None)


def rules_for(order: Order, facts: RefillFacts, now: dt.datetime) -> RefillRules:
    """The rules for where the order stands at `now`. The period counts from the moment in which the order was completed."""
    is_done = order.status == OrderStatus.COMPLETED
    until = order.status_since + dt.timedelta(days=order.refill_days) if is_done and order.refill_days else None
    days = {"days": order.refill_days}
    ticks = [
        Tick("service", _("The service was sold with a refill of %(days)s days.") % days, True)
        if order.refill_days
        else Tick("service", _("The service was sold without a refill."), False),
        Tick("completed", _("The order is completed."), True)
        if is_done
        else Tick("completed", _("The order is not completed; only completed orders are refilled."), False),
        Tick("returned", _("No money of the order was returned."), True)
        if order.refunded == 0
        else Tick("returned", _("Money of the order was returned, so it is not refilled."), False),
        Tick("later", _("No later order of this service is on the same link."), True)
        if facts.later_order is None
        else Tick(
            "later",
            _("Your later order %(order)s of this service is on the same link: nobody can tell what dropped.")
            % {"order": f"#{facts.later_order}"},
            False,
        ),
        Tick("open", _("No other refill of the order is under way."), True)
        if not facts.is_open
        else Tick("open", _("A refill of the order is under way."), False),
    ]
    if until is not None:
        in_time = Tick("period", _("The refill period is running."), True)
        over = Tick("period", _("The refill period of %(days)s days is over.") % days, False)
        ticks.insert(2, in_time if now < until else over)
    return RefillRules(tuple(ticks), until)
