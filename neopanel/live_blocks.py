"""What the help center shows of the reader's own: it knows no orders, so the project tells it."""

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from helpcenter import live_blocks
from orders import queries

MOST_ORDERS, MOST_EACH = 30, 3


@live_blocks.beside_statuses
def own_orders(request: HttpRequest) -> dict[str, SafeString]:
    """The reader's newest orders, by status, to stand beside the status they read about."""
    if not request.user.is_authenticated:
        return {}
    by_status: dict[str, list] = {}
    for order in queries.orders_of(request.user).only("id", "status").order_by("-pk")[:MOST_ORDERS]:
        by_status.setdefault(order.status, []).append(order)
    return {
        status: render_to_string("orders/_own_orders.html", {"orders": orders[:MOST_EACH]})
        for status, orders in by_status.items()
    }
