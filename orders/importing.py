"""A provider's list becomes our catalogue: published at once, at the provider's rate plus markup."""

from dataclasses import dataclass, field
from decimal import ROUND_CEILING, Decimal

from django.db import transaction

from orders.models import Category, Provider, Service
from orders.money import MOST
from orders.provider.wire import OfferedService, ServiceList
from orders.service_types import Counted, known_type, rule_for, why_not_sold


@dataclass
class ImportResult:
    """What an import did, or would do, in numbers and with reasons."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    skipped: list[tuple[str, str]] = field(default_factory=list)


def sold_rate(provider_rate: int, markup: Decimal) -> int:
    """The provider's rate (units) plus `markup` percent, rounded up: never below cost by rounding."""
    return int((provider_rate * (100 + markup) / 100).to_integral_value(ROUND_CEILING))


def import_catalogue(
    *, provider: Provider, offered: ServiceList, markup: Decimal, dry_run: bool = False
) -> ImportResult:
    """Takes the offered services over: name, category, type, limits, flags; the rate with `markup` percent.

    Services of a type that is not sold are skipped with the reason. What an operator set here (stated times, refill days,
    position, off sale) stays. One transaction; with `dry_run` nothing is written.
    """
    result = ImportResult(skipped=[(str(row), reason) for row, reason in offered.skipped])
    known = {s.provider_service_id: s for s in Service.objects.filter(provider=provider)}
    categories = {category.name: category for category in Category.objects.all()}
    with transaction.atomic():
        for position, offer in enumerate(offered.services):
            _take_over(provider, offer, position, markup, known, categories, result)
        if dry_run:
            transaction.set_rollback(True)
    return result


def _take_over(
    provider: Provider,
    offer: OfferedService,
    position: int,
    markup: Decimal,
    known: dict[str, Service],
    categories: dict[str, Category],
    result: ImportResult,
) -> None:
    service_type = known_type(offer.type)
    rate = sold_rate(offer.rate, markup)
    if service_type is None:
        result.skipped.append((offer.external_id, why_not_sold(offer.type)))
        return
    if rate > MOST:
        result.skipped.append((offer.external_id, "the rate is too large"))
        return
    name = offer.category[:200] or "Other"
    if name not in categories:
        categories[name] = Category.objects.create(name=name, position=len(categories))
    limited = rule_for(service_type).quantity != Counted.ONE
    fields = {
        "name": offer.name,
        "category": categories[name],
        "type": service_type,
        "rate": rate,
        "minimum": offer.minimum if limited else 1,
        "maximum": offer.maximum if limited else 1,
        "description": offer.desc,
        "can_cancel": offer.cancel,
        "can_drip": offer.dripfeed,
        "provider_rate": offer.rate,
    }
    service = known.get(offer.external_id)
    if service is None:
        Service.objects.create(
            provider=provider,
            provider_service_id=offer.external_id,
            position=position,
            refill_days=30 if offer.refill else 0,
            **fields,
        )
        result.added += 1
    elif changed := [name for name, value in fields.items() if getattr(service, name) != value]:
        for name in changed:
            setattr(service, name, fields[name])
        service.save(update_fields=changed)
        result.changed += 1
    else:
        result.unchanged += 1
