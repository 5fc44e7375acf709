"""What a service costs a customer: the price on its label, or the one that was agreed with them."""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from orders import trail
from orders.lifecycle import NotAllowed
from orders.models import CustomRate, Service, Wallet
from orders.money import plain


def rates_of(customer_id: int | None) -> dict[int, int]:
    """The customer's own prices by service; nothing for a visitor. One query."""
    if customer_id is None:
        return {}
    return dict(CustomRate.objects.filter(customer_id=customer_id).values_list("service", "rate"))


def set_rate(
    *, customer: User, service_id: int, rate: int, actor: User, reason: str, now: dt.datetime, below_cost: bool = False
) -> CustomRate:
    """Gives the customer a price of their own (units) for a service, from the next order on.

    Raises NotAllowed for a service that there is not, a price of nothing, and one below the provider's unless `below_cost`.
    """
    with transaction.atomic(durable=True):
        service = Service.objects.filter(pk=service_id).first() if 0 < service_id < 2**63 else None
        if service is None:
            raise NotAllowed(_("There is no service with this number."))
        if rate <= 0:
            raise NotAllowed(_("The price must be more than nothing."))
        if service.provider_rate is not None and rate < service.provider_rate and not below_cost:
            raise NotAllowed(
                _("The provider takes %(cost)s for it. Tick the box if you mean to sell below that.")
                % {"cost": plain(service.provider_rate)}
            )
        own, _made = CustomRate.objects.update_or_create(
            customer=customer,
            service=service,
            defaults={"rate": rate, "reason": reason, "set_by": actor, "set_at": now},
        )
        words = _("Service %(service)s costs them %(rate)s: %(reason)s")
        words %= {"service": service.pk, "rate": plain(rate), "reason": reason}
        trail.write(actor=actor, thing=Wallet(customer=customer), words=words, now=now)
    return own


def end_rate(*, customer: User, service_id: int, actor: User, reason: str, now: dt.datetime) -> None:
    """The customer pays the label's price again, from the next order on. Raises NotAllowed where they do already."""
    with transaction.atomic(durable=True):
        gone, _kinds = CustomRate.objects.filter(customer=customer, service_id=service_id).delete()
        if not gone:
            raise NotAllowed(_("This customer has no price of their own for this service (any more)."))
        words = _("Service %(service)s costs them the same as everybody: %(reason)s")
        words %= {"service": service_id, "reason": reason}
        trail.write(actor=actor, thing=Wallet(customer=customer), words=words, now=now)
