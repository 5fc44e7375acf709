"""A provider's list becomes our catalogue: first a plan that people can look at, then exactly that plan, or nothing.

Prices are the provider's rate plus a markup, the most specific one: the service's, its category's, the one given for this
import, the provider's, else 20 percent. None is below the provider's own rate unless somebody said so.
"""

import datetime as dt
import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from orders import shelving
from orders.models import Category, Provider, Service
from orders.money import MOST
from orders.provider.wire import OfferedService, ServiceList
from orders.service_types import Counted, known_type, rule_for, why_not_sold
from orders.shelving import Edit

USUAL_MARKUP = Decimal(20)
NO_CATEGORY = "Other"
# So many services gone at once look like a fault of the provider's list rather than like news.
MANY_GONE, MANY_SHARE = 10, 2

NEW, BACK, PAUSED, GONE, UNCHANGED = "new", "back", "paused", "gone", "unchanged"
REPRICED, RENAMED, LIMITS, OTHER = "repriced", "renamed", "limits", "other"
KINDS = (NEW, REPRICED, RENAMED, LIMITS, OTHER, BACK, PAUSED, GONE, UNCHANGED)
KIND_OF_FIELD = {"rate": REPRICED, "name": RENAMED, "minimum": LIMITS, "maximum": LIMITS}


class PlanChanged(Exception):
    """What would happen now is not what was looked at. Nothing was written."""


class TooManyGone(Exception):
    """So much of the catalogue would go off sale that somebody must say yes to it. Nothing was written."""


@dataclass(frozen=True)
class Choices:
    """What whoever imports decided: a base markup in percent, and what they said yes to."""

    markup: Decimal | None = None
    below_cost: bool = False
    many_gone: bool = False


@dataclass(frozen=True)
class Row:
    """What happens to one service. `fields` holds new values by column, `before` the old ones; category by its name."""

    kinds: tuple[str, ...]
    external_id: str
    name: str
    service_id: int | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    before: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""

    @property
    def changes(self) -> list[tuple[str, Any, Any]]:
        """Column, before, after: of what is there already."""
        return [(name, self.before[name], value) for name, value in self.fields.items() if name in self.before]


@dataclass(frozen=True)
class Plan:
    rows: tuple[Row, ...]
    skipped: tuple[tuple[str, str], ...]
    on_sale: int

    @property
    def counts(self) -> dict[str, int]:
        counted = Counter(kind for row in self.rows for kind in row.kinds)
        return {kind: counted[kind] for kind in KINDS}

    @property
    def changes_something(self) -> bool:
        return any(UNCHANGED not in row.kinds for row in self.rows)

    @property
    def loses_many(self) -> bool:
        lost = self.counts[GONE] + self.counts[PAUSED]
        return lost >= MANY_GONE and lost * MANY_SHARE > self.on_sale

    @property
    def digest(self) -> str:
        """Two plans with the same digest do the same."""
        said = [[row.kinds, row.external_id, row.service_id, sorted(map(str, row.fields.items()))] for row in self.rows]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()


@dataclass
class ImportResult:
    """What an import did, or would do, in numbers and with reasons. `changed`: services that are there, with new values."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    skipped: list[tuple[str, str]] = field(default_factory=list)


def sold_rate(provider_rate: int, markup: Decimal) -> int:
    """The provider's rate (units) plus `markup` percent, rounded up: never below cost by rounding."""
    return int((provider_rate * (100 + markup) / 100).to_integral_value(ROUND_CEILING))


def plan_for(*, provider: Provider, offered: ServiceList, choices: Choices) -> Plan:
    """What this list would change. Writes nothing; two queries, whatever the list holds."""
    known = {s.provider_service_id: s for s in Service.objects.filter(provider=provider).select_related("category")}
    categories = {category.name: category for category in Category.objects.all()}
    skipped = [(str(row), reason) for row, reason in offered.skipped]
    rows = []
    for offer in offered.services:
        service = known.pop(offer.external_id, None)
        row = _row(provider, offer, service, categories, choices)
        if isinstance(row, Row):
            rows.append(row)
            continue
        skipped.append((offer.external_id, row))
        if service is not None and service.is_on_sale:
            rows.append(_off_sale(PAUSED, service, row))
    rows += [
        _off_sale(GONE, service, _("no longer in the provider's list"))
        for service in known.values()
        if service.is_on_sale
    ]
    on_sale = sum(row.service_id is not None and row.before.get("is_on_sale", True) for row in rows)
    return Plan(tuple(rows), tuple(skipped), on_sale)


def _row(
    provider: Provider,
    offer: OfferedService,
    service: Service | None,
    categories: Mapping[str, Category],
    choices: Choices,
) -> Row | str:
    """What the offer means for our catalogue, or why it cannot be sold."""
    service_type = known_type(offer.type)
    if service_type is None:
        return why_not_sold(offer.type)
    name = offer.category[:200] or NO_CATEGORY
    rate, note = _price(offer.rate, _markup(provider, categories.get(name), service, choices), service, choices)
    if rate > MOST:
        return "the rate is too large"
    limited = rule_for(service_type).quantity != Counted.ONE
    fields: dict[str, Any] = {
        "name": offer.name,
        "category": name,
        "type": service_type,
        "rate": rate,
        "minimum": offer.minimum if limited else 1,
        "maximum": offer.maximum if limited else 1,
        "description": offer.desc,
        "can_cancel": offer.cancel,
        "can_drip": offer.dripfeed,
        "provider_rate": offer.rate,
    }
    if service is None:
        fields["refill_days"] = 30 if offer.refill else 0
        return Row((NEW,), offer.external_id, offer.name, fields=fields, note=note)
    before = {column: getattr(service, column) for column in fields} | {"category": service.category.name}
    changed = {column: value for column, value in fields.items() if before[column] != value}
    # What the provider takes changes with the price, and is no news beside it.
    told = [column for column in changed if column != "provider_rate" or "rate" not in changed]
    kinds = list(dict.fromkeys(KIND_OF_FIELD.get(column, OTHER) for column in told))
    if service.gone_since is not None:
        # It went off sale because it was gone; what an operator paused stays paused.
        changed |= {"is_on_sale": True, "gone_since": None, "pause_reason": ""}
        before |= {
            "is_on_sale": service.is_on_sale,
            "gone_since": service.gone_since,
            "pause_reason": service.pause_reason,
        }
        kinds.append(BACK)
    old = {column: before[column] for column in changed}
    return Row(tuple(kinds) or (UNCHANGED,), offer.external_id, offer.name, service.pk, changed, old, note)


def _off_sale(kind: str, service: Service, why: str) -> Row:
    return Row(
        (kind,), service.provider_service_id, service.name, service.pk, {"is_on_sale": False}, {"is_on_sale": True}, why
    )


def _markup(provider: Provider, category: Category | None, service: Service | None, choices: Choices) -> Decimal:
    """In percent; the most specific one that somebody set."""
    if service is not None and service.markup is not None:
        return Decimal(service.markup) / 100
    if category is not None and category.markup is not None:
        return Decimal(category.markup) / 100
    if choices.markup is not None:
        return choices.markup
    return USUAL_MARKUP if provider.markup is None else Decimal(provider.markup) / 100


def _price(cost: int, markup: Decimal, service: Service | None, choices: Choices) -> tuple[int, str]:
    rate = max(1, sold_rate(cost, markup))
    if rate >= cost:
        return rate, ""
    if choices.below_cost or (service is not None and service.sells_below_cost):
        return rate, _("below the provider's price")
    return cost, _("raised to the provider's price")


def carry_out(
    *,
    provider: Provider,
    offered: ServiceList,
    choices: Choices,
    now: dt.datetime,
    actor: User | None = None,
    looked_at: str | None = None,
) -> Plan:
    """Makes the plan again under the provider's lock and does it, in one transaction.

    Raises PlanChanged where it is not the plan with the digest `looked_at`, and TooManyGone where more than half of the
    services would go off sale and `choices` do not allow that. Orders that wait for a service that went off sale are still
    sent: the provider decides, and a refusal brings the whole charge back.
    """
    with transaction.atomic():
        Provider.objects.select_for_update(no_key=True).get(pk=provider.pk)
        plan = plan_for(provider=provider, offered=offered, choices=choices)
        if looked_at is not None and plan.digest != looked_at:
            raise PlanChanged
        if plan.loses_many and not choices.many_gone:
            raise TooManyGone
        categories = _categories(plan.rows)
        new = [
            Service(provider=provider, provider_service_id=row.external_id, position=place, **_values(row, categories))
            for place, row in enumerate(plan.rows)
            if row.service_id is None
        ]
        shelving.publish(services=new, actor=actor, now=now)
        shelving.change(edits=list(_edits(plan.rows, categories, now)), actor=actor, now=now)
    return plan


def _categories(rows: Iterable[Row]) -> dict[str, Category]:
    """Every category that the rows name, made where there was none, behind all others."""
    categories = {category.name: category for category in Category.objects.all()}
    for row in rows:
        name = row.fields.get("category")
        if name is not None and name not in categories:
            categories[name] = Category.objects.create(name=name, position=len(categories))
    return categories


def _values(row: Row, categories: Mapping[str, Category]) -> dict[str, Any]:
    values = dict(row.fields)
    if "category" in values:
        values["category"] = categories[values["category"]]
    return values


def _edits(rows: Iterable[Row], categories: Mapping[str, Category], now: dt.datetime) -> Iterator[Edit]:
    for row in rows:
        if row.service_id is None or not row.fields:
            continue
        values = _values(row, categories)
        if GONE in row.kinds or PAUSED in row.kinds:
            yield shelving.gone(service_id=row.service_id, now=now, fields=values)
        else:
            yield Edit(row.service_id, values)


def import_catalogue(
    *,
    provider: Provider,
    offered: ServiceList,
    markup: Decimal | None = None,
    below_cost: bool = False,
    many_gone: bool = False,
    dry_run: bool = False,
    now: dt.datetime | None = None,
) -> ImportResult:
    """Takes the offered services over: name, category, type, limits, flags; the rate with the markup (percent).

    Services of a type that is not sold are skipped with the reason. What an operator set here (stated times, refill days,
    position, off sale) stays. One transaction; with `dry_run` nothing is written. Raises TooManyGone.
    """
    choices = Choices(markup, below_cost, many_gone)
    if dry_run:
        plan = plan_for(provider=provider, offered=offered, choices=choices)
    else:
        plan = carry_out(provider=provider, offered=offered, choices=choices, now=now or timezone.now())
    counts = plan.counts
    there = sum(row.service_id is not None for row in plan.rows)
    return ImportResult(
        added=counts[NEW],
        changed=there - counts[UNCHANGED],
        unchanged=counts[UNCHANGED],
        counts=counts,
        skipped=list(plan.skipped),
    )
