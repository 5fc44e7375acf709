"""The mass-refund breaker: a compromised or broken provider must not have the turnover refunded while nobody looks.

Per provider: once its reports return money for at least 10 orders within an hour, and that is more than 20 % of what was charged
for its orders in 24 hours (both are settings), its returns are held for a person, until one of them releases it.
"""

import datetime as dt
import logging

from django.conf import settings
from django.db.models import Sum

from orders.models import Order, OrderEvent, Provider

log = logging.getLogger(__name__)

AN_HOUR = dt.timedelta(hours=1)
A_DAY = dt.timedelta(hours=24)


def holds_return(*, order: Order, amount: int, now: dt.datetime) -> bool:
    """Whether this return (units), which a provider's report would cause, must wait for a person. Trips the breaker."""
    provider = Provider.objects.filter(pk=order.provider_id).first()
    if provider is None:
        return False
    if provider.returns_held_at is not None:
        return True
    since = max(now - AN_HOUR, provider.returns_released_at or now - AN_HOUR)
    # By the index of returns first, and only then by provider: the hour is short, a provider's history is not.
    recent = OrderEvent.objects.filter(source=OrderEvent.Source.PROVIDER, money__gt=0, created_at__gt=since)
    returned = [
        money
        for money, whose in recent.order_by("created_at").values_list("money", "order__provider_id")
        if whose == provider.pk
    ]
    if len(returned) + 1 < settings.BREAKER_ORDERS:
        return False
    charged = Order.objects.filter(provider=provider, created_at__gt=now - A_DAY).aggregate(total=Sum("charge"))[
        "total"
    ]
    if (sum(returned) + amount) * 100 <= (charged or 0) * settings.BREAKER_PERCENT:
        return False
    Provider.objects.filter(pk=provider.pk, returns_held_at=None).update(returns_held_at=now)
    log.error("Returns of provider %s are held: %d within an hour", provider, len(returned) + 1)
    return True
