"""What customers may want to hear of, noted in the transaction of the fact. `orders/notifications.py` makes mails of it later.

A note is one inserted row and locks nothing: money and statuses never wait for mail.
"""

import datetime as dt

from orders import rows
from orders.models import Notice, OrderEvent, Wallet
from orders.statuses import SETTLED, OrderStatus

# Orders that settle together come in one mail: so long it waits for others.
GATHER = dt.timedelta(minutes=2)


def of_move(event: OrderEvent, *, now: dt.datetime) -> None:
    """Notes that an order settled, or got (more) money back. What customers did themselves they know already."""
    if event.to_status not in SETTLED or event.source == OrderEvent.Source.CUSTOMER:
        return
    kind = Notice.Kind.SETTLED if event.to_status == OrderStatus.COMPLETED else Notice.Kind.TROUBLE
    rows.insert(
        Notice(wallet_id=event.order.wallet_id, kind=kind, event=event, created_at=now, notice_due_at=now + GATHER)
    )


def of_balance(wallet: Wallet, *, after: int, now: dt.datetime) -> None:
    """Notes that the balance fell below the customer's own threshold: on the way down alone, so once a crossing.

    `wallet` holds the balance as it was before, `after` the new one; both in units.
    """
    threshold = wallet.customer.low_balance
    if threshold is not None and after < threshold <= wallet.balance:
        Notice.objects.create(wallet=wallet, kind=Notice.Kind.LOW, created_at=now, notice_due_at=now)
