"""A customer's own words on their order: for them alone, sent nowhere, no part of what happened to the order."""

from accounts.models import User
from orders.models import Order

LONGEST = 500


def write(*, customer: User, order_id: int, text: str) -> bool:
    """Keeps the note in place of the one before; empty takes it away. False where the customer has no such order."""
    assert len(text) <= LONGEST
    return Order.objects.filter(wallet_id=customer.pk, pk=order_id).update(note=text) == 1
