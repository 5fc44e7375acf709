"""What is sold changes only here: each change of a service is written together with its line in the log that customers read.

Both ways lead through this door: the import of a provider's list, and an operator's edit in admin.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from orders.models import Order, Service, ServiceChange

Kind = ServiceChange.Kind
AT_ONCE = 500
# An UPDATE of many rows compares each with each: small ones are quicker.
UPDATED_AT_ONCE = 50


@dataclass(frozen=True)
class Edit:
    """New values for some fields of one service; `reason` is for customers to read."""

    service_id: int
    fields: Mapping[str, Any]
    reason: str = ""


def publish(*, services: Sequence[Service], now: dt.datetime, actor: User | None = None) -> None:
    """Writes new services; those on sale are in the log as new. All or nothing."""
    with transaction.atomic():
        made = Service.objects.bulk_create(services, batch_size=AT_ONCE)
        news = [
            ServiceChange(service=service, kind=Kind.NEW, after=service.name, actor=actor, created_at=now)
            for service in made
            if service.is_on_sale
        ]
        ServiceChange.objects.bulk_create(news, batch_size=AT_ONCE)


def change(*, edits: Sequence[Edit], now: dt.datetime, actor: User | None = None) -> list[ServiceChange]:
    """Writes the edits, and a line in the log for whatever customers should know; those lines. All or nothing.

    What a field held before is read under the row's lock, so that the log is right whoever edits at the same time.
    """
    with transaction.atomic():
        rows: dict[int, Service] = {}
        for first in range(0, len(edits), AT_ONCE):
            ids = [edit.service_id for edit in edits[first : first + AT_ONCE]]
            rows |= Service.objects.select_for_update(no_key=True).in_bulk(ids)
        lines: list[ServiceChange] = []
        fields: set[str] = set()
        for edit in edits:
            service = rows[edit.service_id]
            lines += [
                ServiceChange(
                    service=service, kind=kind, before=before, after=after,
                    reason=edit.reason if kind in OFF_SALE else "", actor=actor, created_at=now,
                )
                for kind, before, after in told(service, edit.fields)
            ]  # fmt: skip
            for name, value in edit.fields.items():
                setattr(service, name, value)
            fields |= set(edit.fields)
        if fields:
            Service.objects.bulk_update(
                [rows[edit.service_id] for edit in edits], sorted(fields), batch_size=UPDATED_AT_ONCE
            )
        ServiceChange.objects.bulk_create(lines, batch_size=AT_ONCE)
    return lines


def gone(*, service_id: int, now: dt.datetime, fields: Mapping[str, Any] = MappingProxyType({})) -> Edit:
    """The edit that takes a service off sale because its provider has it no more; an import brings it back with the provider."""
    reason = _("The provider no longer offers this service.")
    return Edit(service_id, {**fields, "is_on_sale": False, "gone_since": now, "pause_reason": reason}, reason)


def unknown_to_provider(*, order: Order, now: dt.datetime) -> None:
    """The provider refused the order because it does not know the service: off sale, or every next order would come back, too.

    Nothing where somebody has put the service right meanwhile, or it is off sale already.
    """
    sold = Service.objects.filter(
        pk=order.service_id,
        provider=order.provider_id,
        provider_service_id=order.provider_service_id,
        is_on_sale=True,
    )
    if sold.exists():
        change(edits=[gone(service_id=order.service_id, now=now)], now=now)


OFF_SALE = frozenset({Kind.PAUSED, Kind.GONE})


def told(service: Service, fields: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """What customers should know of these new values: kind, before, after. Of a service that stays off sale, nothing."""
    was_on, is_on = service.is_on_sale, fields.get("is_on_sale", service.is_on_sale)
    if not was_on and not is_on:
        return
    if was_on and not is_on:
        yield (Kind.GONE if fields.get("gone_since") else Kind.PAUSED), "", ""
        return
    if is_on and not was_on:
        yield Kind.BACK, "", ""
    if (name := fields.get("name", service.name)) != service.name:
        yield Kind.RENAMED, service.name, name
    if (rate := fields.get("rate", service.rate)) != service.rate:
        yield Kind.REPRICED, str(service.rate), str(rate)
    limits = fields.get("minimum", service.minimum), fields.get("maximum", service.maximum)
    if limits != (service.minimum, service.maximum):
        yield Kind.LIMITS, f"{service.minimum} - {service.maximum}", f"{limits[0]} - {limits[1]}"
