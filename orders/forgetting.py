"""What orders keep of somebody who leaves: charges, returns and payments stay, for the books; words about a person go."""

from accounts.models import User
from orders.models import Deposit, MassOrder, Notice, Wallet


def forget(*, user: User) -> None:
    """In the caller's transaction. Ledger entries, orders and decided payments stay as they are: none of them names anybody."""
    MassOrder.objects.filter(customer=user).update(lines=[])
    Deposit.objects.filter(wallet=user.pk).update(note="", notice_due_at=None)
    Notice.objects.filter(wallet=user.pk).update(notice_due_at=None)
    Wallet.objects.filter(pk=user.pk).update(frozen=True)
    user.favourites.all().delete()
