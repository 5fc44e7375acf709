"""Orders that wait for their turn: later runs of a drip-feed, and orders queued behind another on the same link.

While an order waits it is charged, Pending, and can be canceled at once; nobody is sent it. It is let go once what it waits for is
settled, its time has come, and no earlier order of the customer's for this service is open on the link.
"""

import datetime as dt
from collections.abc import Callable

from django.db import transaction

from orders import lifecycle, links
from orders.deadlocks import once_more
from orders.lifecycle import Code, Source
from orders.models import Order
from orders.patience import far_beyond_start
from orders.statuses import ACTIVE, OrderStatus

MOST = 100
WAITING = (Order.Submission.QUEUED, Order.Submission.NONE)


def release_due(clock: Callable[[], dt.datetime]) -> int:
    """Lets go whose turn it is; how many were looked at. Safe to run twice at once: each row is locked and read again."""
    now = clock()
    due = Order.objects.filter(waits_for__isnull=False, due_at__lte=now, submission__in=WAITING)
    ids = due.exclude(waits_for__status__in=ACTIVE).order_by("due_at", "id").values_list("pk", flat=True)[:MOST]
    return sum(release(order_id=pk, now=now) for pk in list(ids))


@once_more
def release(*, order_id: int, now: dt.datetime) -> bool:
    """The order's turn has come, unless another one before it is still open: then it waits for that one. True where it changed."""
    with transaction.atomic(durable=True):
        order = lifecycle.locked(order_id)
        if order.waits_for_id is None or order.status != OrderStatus.PENDING or order.submission not in WAITING:
            return False
        before = open_before(order)
        if before == order.waits_for_id:
            return False
        fields = ["waits_for"]
        if before is not None:
            order.waits_for_id = before
        else:
            order.waits_for_id, order.due_at = None, now
            order.contact_after = far_beyond_start(placed=now, stated_start=order.stated_start)
            fields += ["due_at", "contact_after"]
            if order.submission == Order.Submission.QUEUED:
                order.send_after = now
                fields.append("send_after")
            if order.run is None or order.run == 1:
                # From here on it holds the link. Nobody else can: placing looks for open orders under the wallet's lock.
                order.overlap_key = links.overlap_key(order.service_id, order.link)
                fields.append("overlap_key")
            lifecycle.record(order, Code.ITS_TURN, source=Source.SYSTEM, now=now)
        order.save(update_fields=fields)
    return True


def open_before(order: Order) -> int | None:
    """The newest open order of the customer's for this service on this link that was placed before this one."""
    return (
        Order.objects.filter(
            wallet_id=order.wallet_id,
            target_key=order.target_key,
            service_id=order.service_id,
            status__in=ACTIVE,
            pk__lt=order.pk,
        )
        .order_by("-pk")
        .values_list("pk", flat=True)
        .first()
    )
