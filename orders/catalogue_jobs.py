"""Imports that people start in admin: the page writes what is wished into a row, and the worker asks the provider.

What somebody looked at is applied exactly, or not at all: before it is applied the list is fetched again, and where another
plan follows from it, that one waits to be looked at.
"""

import dataclasses
import datetime as dt
import json
from collections.abc import Callable

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import User
from orders import importing, provider_health
from orders.importing import Choices, Plan, PlanChanged, TooManyGone
from orders.lifecycle import NotAllowed
from orders.models import CatalogueImport, Provider
from orders.money import Units
from orders.provider.wire import CallFailed, OfferedService, ServiceList

State = CatalogueImport.State
# How long a worker may take before another one may try.
LEASE = dt.timedelta(minutes=5)
AT_ONCE = 2


def ask(*, provider_id: int, actor: User, now: dt.datetime) -> CatalogueImport:
    """Wishes for a look at the provider's list. Where one is under way already, that one."""
    with transaction.atomic(durable=True):
        provider = Provider.objects.select_for_update(no_key=True).get(pk=provider_id)
        under_way = provider.imports.filter(state__in=[State.ASKED, State.CONFIRMED]).first()
        if under_way is not None:
            return under_way
        provider.imports.exclude(listed="").update(listed="")  # a list is kept as long as somebody may look at it
        return CatalogueImport.objects.create(provider=provider, asked_by=actor, asked_at=now)


def confirm(
    *, import_id: int, plan: str, below_cost: bool, many_gone: bool, actor: User, now: dt.datetime
) -> CatalogueImport:
    """Says yes to the plan with this digest. Raises NotAllowed where it is not what the page would show now."""
    with transaction.atomic(durable=True):
        job = CatalogueImport.objects.select_for_update(no_key=True).select_related("provider").get(pk=import_id)
        if job.state != State.READY:
            raise NotAllowed(_("This list does not wait to be applied (any more). Look at the page again."))
        shown = plan_of(job, below_cost=below_cost)
        if shown.digest != plan:
            raise NotAllowed(
                _("The catalogue or your choice changed since this page was shown. Look at it again, then apply it.")
            )
        if shown.loses_many and not many_gone:
            raise NotAllowed(_("More than half of the services would go off sale. Tick the box if that is right."))
        job.state, job.plan, job.below_cost, job.many_gone = State.CONFIRMED, plan, below_cost, many_gone
        job.confirmed_by, job.claim_until, job.words = actor, None, ""
        job.save(update_fields=["state", "plan", "below_cost", "many_gone", "confirmed_by", "claim_until", "words"])
    return job


def plan_of(job: CatalogueImport, *, below_cost: bool) -> Plan:
    """What applying the fetched list would change now."""
    return importing.plan_for(
        provider=job.provider,
        offered=unpacked(job.listed),
        choices=Choices(below_cost=below_cost, many_gone=job.many_gone),
    )


def import_due(clock: Callable[[], dt.datetime]) -> int:
    """Fetches lists that are asked for, and applies what was said yes to; how many."""
    jobs = _claim(clock())
    for job in jobs:
        _work(job, clock)
    return len(jobs)


def _claim(now: dt.datetime) -> list[CatalogueImport]:
    free = Q(claim_until=None) | Q(claim_until__lte=now)
    due = CatalogueImport.objects.filter(free, state__in=[State.ASKED, State.CONFIRMED]).order_by("pk")
    claimed = []
    for job in due.select_related("provider", "confirmed_by")[:AT_ONCE]:
        # The UPDATE that meets the row as it was read has it.
        if CatalogueImport.objects.filter(free, pk=job.pk, state=job.state).update(claim_until=now + LEASE):
            claimed.append(job)
    return claimed


def _work(job: CatalogueImport, clock: Callable[[], dt.datetime]) -> None:
    client = provider_health.client_for(job.provider)
    if client is None:
        _end(job, State.FAILED, provider_health.NO_KEY, now=clock())
        return
    try:
        offered = client.services()
    except CallFailed as failed:
        words = _("The provider did not answer with a list of services: %(reason)s") % {"reason": failed.reason}
        _end(job, State.FAILED, words, now=clock())
        return
    if job.state == State.ASKED:
        _ready(job, offered, "", now=clock())
        return
    choices = Choices(below_cost=job.below_cost, many_gone=job.many_gone)
    try:
        plan = importing.carry_out(
            provider=job.provider,
            offered=offered,
            choices=choices,
            actor=job.confirmed_by,
            looked_at=job.plan,
            now=clock(),
        )
    except (PlanChanged, TooManyGone):
        _ready(
            job,
            offered,
            _("Nothing was applied: the provider's list changed since you looked. Look at it again."),
            now=clock(),
        )
        return
    told = ", ".join(f"{count} {kind}" for kind, count in plan.counts.items() if count)
    _end(job, State.APPLIED, told, now=clock())


def _ready(job: CatalogueImport, offered: ServiceList, words: str, *, now: dt.datetime) -> None:
    CatalogueImport.objects.filter(pk=job.pk, state=job.state).update(
        state=State.READY, listed=packed(offered), fetched_at=now, claim_until=None, words=words[:500], plan=""
    )


def _end(job: CatalogueImport, state: str, words: str, *, now: dt.datetime) -> None:
    CatalogueImport.objects.filter(pk=job.pk, state=job.state).update(
        state=state, listed="", words=words[:500], done_at=now, claim_until=None
    )


def packed(offered: ServiceList) -> str:
    return json.dumps(
        {"services": [dataclasses.astuple(each) for each in offered.services], "skipped": offered.skipped}
    )


def unpacked(text: str) -> ServiceList:
    kept = json.loads(text)
    services = [OfferedService(*row) for row in kept["services"]]
    services = [dataclasses.replace(each, rate=Units(each.rate)) for each in services]
    return ServiceList(tuple(services), tuple((row, why) for row, why in kept["skipped"]))
