"""What an operator does to a provider: pause it, resume it, let its held returns flow again. Each leaves who and why."""

import datetime as dt
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count, Sum
from django.utils.translation import gettext as _

from accounts.models import User
from orders import provider_health, trail
from orders.deadlocks import once_more
from orders.lifecycle import NotAllowed
from orders.models import Order, Provider
from orders.money import Units

LONGEST_PAUSE = dt.timedelta(days=7)


@dataclass(frozen=True)
class Held:
    """Orders of a provider whose proposed return waits for a person: how many, and the money in units."""

    orders: int
    money: Units


def held_returns(provider: Provider) -> Held:
    waiting = Order.objects.filter(provider=provider, review=True, proposed_return__gt=0)
    found = waiting.aggregate(orders=Count("pk"), money=Sum("proposed_return"))
    return Held(found["orders"], Units(found["money"] or 0))


@once_more
def pause(*, provider_id: int, minutes: int, actor: User, reason: str, now: dt.datetime) -> None:
    """Nothing is sent to the provider and nothing is asked for `minutes`; then a trial decides. Raises NotAllowed."""
    length = dt.timedelta(minutes=minutes)
    if not dt.timedelta(0) < length <= LONGEST_PAUSE:
        raise NotAllowed(_("A pause takes between 1 minute and 7 days (10080 minutes)."))
    with transaction.atomic(durable=True):
        provider = _locked(provider_id)
        provider_health.pause_until(provider_id=provider.pk, until=now + length, reason=reason)
        words = _("Paused for %(minutes)s minutes: %(reason)s") % {"minutes": minutes, "reason": reason}
        trail.write(actor=actor, thing=provider, words=words, now=now)


@once_more
def resume(*, provider_id: int, actor: User, reason: str, now: dt.datetime) -> None:
    """Ends a pause at once, without a trial. Raises NotAllowed where the provider is not paused."""
    with transaction.atomic(durable=True):
        provider = _locked(provider_id)
        if provider.paused_until is None:
            raise NotAllowed(_("This provider is not paused (any more)."))
        provider_health.resume(provider_id=provider.pk)
        trail.write(actor=actor, thing=provider, words=_("Resumed: %(reason)s") % {"reason": reason}, now=now)


@once_more
def release_returns(*, provider_id: int, actor: User, reason: str, now: dt.datetime) -> None:
    """The provider's word moves money again, and the breaker counts anew. Raises NotAllowed where nothing is held.

    Returns that wait of closed orders stay reviews; open orders settle with the provider's next report, if it says the same.
    """
    with transaction.atomic(durable=True):
        provider = _locked(provider_id)
        if provider.returns_held_at is None:
            raise NotAllowed(_("No returns of this provider are held (any more)."))
        provider_health.release_returns(provider_id=provider.pk, now=now)
        words = _("Held returns released: %(reason)s") % {"reason": reason}
        trail.write(actor=actor, thing=provider, words=words, now=now)


def _locked(provider_id: int) -> Provider:
    return Provider.objects.select_for_update(no_key=True).get(pk=provider_id)
