"""What pages say of the person who reads them, asked once a request however many parts of the page say it."""

from django.http import HttpRequest

from orders import ledger
from orders.money import Units


def balance_of(request: HttpRequest) -> Units:
    """The reader's balance in units, as it was when this request first asked: the chip and the page say the same amount.

    For what is shown. Who moves money asks `orders/ledger.py` under its lock, and shows the page after that.
    """
    if not hasattr(request, "balance_of_reader"):
        request.balance_of_reader = ledger.balance_of(request.user)  # type: ignore[attr-defined,arg-type]
    return request.balance_of_reader  # type: ignore[attr-defined,no-any-return]


def know_balance(request: HttpRequest, units: Units) -> None:
    """The page has read the reader's balance with something else: nobody asks for it again."""
    request.balance_of_reader = units  # type: ignore[attr-defined]
