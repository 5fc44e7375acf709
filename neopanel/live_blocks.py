"""What the help center shows of orders and services: it knows neither, so the project tells it."""

import datetime as dt

from django.core.cache import cache
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString

from helpcenter import live_blocks
from helpcenter.guide import Advice
from neopanel import lifecycle_drawing
from neopanel.start_times import start_times
from orders import money, queries
from orders.models import Order, Service
from orders.statuses import FULLY_RETURNED, OrderStatus
from orders.verdict import Facts, verdict_for

MOST_ORDERS, MOST_EACH = 30, 3
MEASURED_FOR_SECONDS = 600
SAMPLE_QUANTITY, SAMPLE_CHARGE, SAMPLE_BACK = 1000, "0.90", "0.27"


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


@live_blocks.block("lifecycle")
def lifecycle(request: HttpRequest) -> SafeString:
    """The ways an order can take, drawn from the transitions that the code allows."""
    return render_to_string("neopanel/_lifecycle.html", {"drawing": lifecycle_drawing.drawing()})


@live_blocks.block("start-times")
def start_times_block(request: HttpRequest) -> SafeString:
    """What services state and what was measured lately, by category; measured anew every ten minutes."""
    rows = cache.get("help.start-times")
    if rows is None:
        rows = start_times(timezone.now())
        cache.set("help.start-times", rows, MEASURED_FOR_SECONDS)
    return render_to_string("neopanel/_start_times.html", {"rows": rows})


@live_blocks.sample_of_order
def sample(advice: Advice, request: HttpRequest) -> SafeString:
    """A made-up order in this status, with the words that an editor is writing."""
    context = sample_as_seen(advice.status, timezone.now()) | {"advice": advice}
    return render_to_string("neopanel/_sample_order.html", context, request=request)


def sample_as_seen(status: OrderStatus, now: dt.datetime) -> dict[str, object]:
    """A made-up order and what its customer would be told of it; no query."""
    order = sample_order(status, now)
    return {"order": order, "verdict": verdict_for(order, Facts(), now)}


def sample_order(status: OrderStatus, now: dt.datetime) -> Order:
    """Never saved."""
    charge = money.parse(SAMPLE_CHARGE)
    returned = {OrderStatus.PARTIAL: money.parse(SAMPLE_BACK), OrderStatus.REFUNDED: charge}.get(status, 0)
    if status in FULLY_RETURNED:
        returned = charge
    return Order(
        pk=5521,
        service=Service(name="Photo likes"),
        link="https://example.com/my-post",
        quantity=SAMPLE_QUANTITY,
        charge=charge,
        refunded=returned,
        remains=300 if status == OrderStatus.PARTIAL else None,
        status=status,
        stated_start=60,
        created_at=now,
        status_since=now,
        moved_at=now,
        contact_after=now + dt.timedelta(hours=2),
    )
