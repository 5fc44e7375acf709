"""A drip-feed: one wish delivered in several runs, an interval apart. Its plan, its price and its dates; pure.

Where the provider runs drip-feeds by itself (`Provider.can_drip`) one order goes upstream with `runs` and `interval`, and its
quantity and remains mean all runs together. Else the panel makes an order a run (`orders/placing.py`), and no arithmetic is new.
"""

import datetime as dt
from dataclasses import dataclass

from django.utils.translation import gettext as _

from orders.models import Service
from orders.money import MOST, NotMoney, Units, charge_for

MOST_RUNS = 100
LONGEST_INTERVAL = 7 * 24 * 60


class BadPlan(ValueError):
    """`name`: the field that is wrong; the message is for the person who typed it."""

    def __init__(self, name: str, sentence: str):
        super().__init__(sentence)
        self.name = name


@dataclass(frozen=True)
class Plan:
    """`runs` (2 or more), `interval` in minutes. `by_provider`: one order upstream."""

    runs: int
    interval: int
    by_provider: bool = False

    @property
    def orders(self) -> int:
        """How many orders of ours it is."""
        return 1 if self.by_provider else self.runs

    def due(self, placed: dt.datetime, run: int) -> dt.datetime:
        """When run 1, 2, ... is due."""
        return placed + dt.timedelta(minutes=self.interval * (run - 1))


def can_drip(service: Service) -> bool:
    """Whether runs may be asked of it: only where the customer says a quantity, which is each run's."""
    return service.can_drip and service.rule.counted


def plan_of(service: Service, runs: int | None, interval: int | None) -> Plan | None:
    """What was asked for; None for an ordinary order. Raises BadPlan."""
    if runs is None and interval is None:
        return None
    if not can_drip(service):
        raise BadPlan("runs", _("This service has no drip-feed. Leave the runs empty."))
    if runs is None or not 1 <= runs <= MOST_RUNS:
        raise BadPlan("runs", _("Enter how many runs, from 2 to %(most)s.") % {"most": MOST_RUNS})
    if runs == 1:
        return None
    if interval is None or not 1 <= interval <= LONGEST_INTERVAL:
        limits = {"most": f"{LONGEST_INTERVAL:,}"}
        raise BadPlan("interval", _("Enter the minutes between two runs, from 1 to %(most)s.") % limits)
    return Plan(runs, interval, service.provider is not None and service.provider.can_drip)


def total_charge(rate: int, quantity: int, plan: Plan) -> Units:
    """What all runs cost together, in units: the sum of what their orders cost. Raises NotMoney beyond 64 bits."""
    if plan.by_provider:
        return charge_for(rate, quantity * plan.runs)
    charge = charge_for(rate, quantity) * plan.runs
    if charge > MOST:
        raise NotMoney(str(charge))
    return Units(charge)
