"""How providers are: what their calls tell, when they are paused, and the trial that ends a pause. The only writer of it.

A provider that keeps failing is paused; after the pause one harmless question (its balance) is asked, and only a good answer
lets orders flow again. So the first thing that a half-recovered provider meets is never a customer's order.
"""

import datetime as dt
import logging
from collections.abc import Callable

from django.conf import settings
from django.db.models import F, Q

from orders.models import Provider
from orders.money import plain
from orders.provider.client import ProviderClient
from orders.provider.wire import CallFailed
from orders.sealing import CannotUnseal

log = logging.getLogger(__name__)

FAILURES_BEFORE_PAUSE = 5
FIRST_PAUSE = dt.timedelta(seconds=30)
LONGEST_PAUSE = dt.timedelta(minutes=15)
PAUSE_FOR_OUR_FAULT = dt.timedelta(minutes=5)
CHECK_EVERY = dt.timedelta(minutes=10)
# How long a checking worker may take before another one may try.
CHECK_LEASE = dt.timedelta(minutes=2)
SLOWEST_MS = 10**6
# A provider may ask to be left alone for so long and no longer: a wrong or hostile header must not hold customers' orders for
# hours. Whoever is still not ready then says so again, and who keeps failing is paused.
LONGEST_QUIET = dt.timedelta(minutes=15)
NO_KEY = "NEOPANEL_FIELD_KEYS lacks the key that sealed this provider's API key"


def client_for(provider: Provider) -> ProviderClient | None:
    """Speaks to this provider, with its own list of certain refusals where it has one; None where its key cannot be unsealed.

    One provider's trouble is nobody else's: callers pause that provider (`no_key`) and go on with the others.
    """
    try:
        key = provider.key
    except CannotUnseal:
        return None
    lines = [line.strip() for line in provider.refusals.splitlines() if line.strip()]
    return ProviderClient(
        provider.url,
        key,
        allow_private_hosts=settings.ALLOW_PRIVATE_HOSTS,
        refusals=dict.fromkeys(lines, "refused") or None,
        dialect=provider.dialect,
    )


def no_key(*, provider_id: int, now: dt.datetime) -> None:
    """The provider's key cannot be read here: nothing can be sent, and people are told."""
    failed(provider_id=provider_id, reason=NO_KEY, now=now, least_pause=PAUSE_FOR_OUR_FAULT)


def answered(*, provider_id: int, took_ms: int, now: dt.datetime) -> None:
    """A call was answered in good form: one statement. Latency and error rate follow slowly (a tenth of each new call)."""
    Provider.objects.filter(pk=provider_id).update(
        failures=0,
        answered_at=now,
        latency_ms=(F("latency_ms") * 9 + min(took_ms, SLOWEST_MS)) / 10,
        errors_per_mille=F("errors_per_mille") * 9 / 10,
    )


def open_to_calls(now: dt.datetime, *, of: str = "provider__") -> Q:
    """Providers that may be sent something now: in use, not paused (a pause ends by a trial, not by the clock), and not asking
    to be left alone. `of`: the way to the provider from the rows that are filtered."""
    quiet = Q(**{f"{of}quiet_until": None}) | Q(**{f"{of}quiet_until__lte": now})
    return quiet & Q(**{f"{of}is_active": True, f"{of}paused_until": None})


def failed(
    *,
    provider_id: int,
    reason: str,
    now: dt.datetime,
    least_pause: dt.timedelta | None = None,
    retry_after: int = 0,
) -> None:
    """A call failed. After five in a row, or at once with `least_pause`, the provider is paused, each time for longer.

    `retry_after`: seconds that the provider asked to be left alone; kept to, up to `LONGEST_QUIET`.
    """
    if retry_after > 0:
        until = now + min(dt.timedelta(seconds=retry_after), LONGEST_QUIET)
        Provider.objects.filter(pk=provider_id).update(quiet_until=until)
    Provider.objects.filter(pk=provider_id).update(errors_per_mille=(F("errors_per_mille") * 9 + 1000) / 10)
    # The calls that were under way when the pause began fail for the same cause: they make it no longer.
    counted = Provider.objects.filter(Q(paused_until=None) | Q(paused_until__lte=now), pk=provider_id)
    if not counted.update(failures=F("failures") + 1):
        return
    provider = Provider.objects.only("failures", "name").get(pk=provider_id)
    too_many = provider.failures - FAILURES_BEFORE_PAUSE
    if too_many < 0 and least_pause is None:
        return
    pause = max(FIRST_PAUSE * 2 ** min(max(too_many, 0), 10), least_pause or dt.timedelta(0))
    pause_until(provider_id=provider_id, until=now + min(pause, LONGEST_PAUSE), reason=reason)
    log.error("Provider %s is paused: %s", provider.name, reason)


def pause_until(*, provider_id: int, until: dt.datetime, reason: str) -> None:
    """Nothing is sent to the provider before `until`, and then only after a trial."""
    Provider.objects.filter(pk=provider_id).update(paused_until=until, check_at=until, pause_reason=reason[:300])


def resume(*, provider_id: int) -> None:
    """Ends a pause, by a trial or by a person's word."""
    Provider.objects.filter(pk=provider_id).update(paused_until=None, pause_reason="", failures=0)


def release_returns(*, provider_id: int, now: dt.datetime) -> None:
    """A person has looked at the held returns: the provider's word moves money again, and the breaker counts anew."""
    Provider.objects.filter(pk=provider_id).update(returns_held_at=None, returns_released_at=now)


def check_due(clock: Callable[[], dt.datetime]) -> int:
    """Checks the providers whose check is due; how many. Who wins: the worker whose UPDATE met the old time."""
    now, checked = clock(), 0
    for provider in Provider.objects.filter(Q(check_at=None) | Q(check_at__lte=now), is_active=True):
        due = Provider.objects.filter(pk=provider.pk, check_at=provider.check_at)
        if due.update(check_at=now + CHECK_LEASE) == 1:
            checked += 1
            check(provider=provider, now=now)
    return checked


def check(*, provider: Provider, now: dt.datetime) -> bool:
    """Asks the provider for its balance: health for the desk, and the trial that ends a pause. True for a good answer."""
    client = client_for(provider)
    if client is None:
        no_key(provider_id=provider.pk, now=now)
        return False
    try:
        told = client.balance()
    except CallFailed as problem:
        failed(
            provider_id=provider.pk,
            reason=problem.reason,
            now=now,
            retry_after=problem.retry_after,
            # Half open, and failed again: closed for longer.
            least_pause=PAUSE_FOR_OUR_FAULT if problem.fault else FIRST_PAUSE if provider.paused_until else None,
        )
        Provider.objects.filter(pk=provider.pk, paused_until=None).update(check_at=now + CHECK_EVERY)
        return False
    balance = f"{plain(told.units)} {told.currency}".strip()
    Provider.objects.filter(pk=provider.pk).update(balance=balance[:60], answered_at=now)
    # A pause that began while this call was under way was not tried by it and stays.
    as_loaded = Provider.objects.filter(pk=provider.pk, paused_until=provider.paused_until)
    if provider.paused_until and told.units <= 0:
        until = now + PAUSE_FOR_OUR_FAULT
        as_loaded.update(paused_until=until, check_at=until)
        return False
    return as_loaded.update(paused_until=None, pause_reason="", failures=0, check_at=now + CHECK_EVERY) == 1
