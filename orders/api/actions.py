"""What a reseller's program may do, without the words of any dialect: answers are plain data, refusals have codes."""

import datetime as dt
import hashlib
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from accounts.models import User
from orders import links, queries
from orders.models import Order
from orders.placing import OrderRefused, Problem, Wish, on_sale, place_order, placed_before
from orders.statuses import OrderStatus

MOST_IDS = 100


def add(
    *,
    customer: User,
    service_id: int | None,
    link: str,
    quantity: int | None,
    odd_quantity: bool,
    request_id: str,
    now: dt.datetime,
    inputs: Mapping[str, str] | None = None,
) -> Order:
    """Places an order. The same `request_id` with the same content gives the first one and charges nothing.

    Checked in this order, as programs expect: service, link, quantity, overlap, funds. Raises OrderRefused with the first
    thing that is wrong.
    """
    key = client_key(request_id)
    # A repeated call is answered with its order, whatever became of the service meanwhile.
    if not placed_before(customer=customer, client_key=key):
        service = on_sale(service_id or 0)
        try:
            links.clean(link)
        except links.BadLink as bad:
            raise OrderRefused(Problem("link", "link", str(bad))) from None
        if service.rule.counted and quantity is None and not odd_quantity:
            quantity = 0  # a missing quantity reads like one that is too small
    if odd_quantity:
        raise OrderRefused(Problem("request", "quantity", ""))
    wish = Wish(service_id=service_id or 0, link=link, quantity=quantity, inputs=inputs or {})
    return place_order(customer=customer, wish=wish, client_key=key, now=now)


def client_key(request_id: str) -> str:
    """Without a request_id every call is a wish of its own."""
    if not request_id:
        return f"api:{uuid.uuid4()}"
    # JSON can hold half a surrogate pair, which plain UTF-8 cannot.
    return f"api:{hashlib.sha256(request_id.encode(errors='surrogatepass')).hexdigest()}"


@dataclass(frozen=True)
class Told:
    """An order as programs are told of it: `kept` in units; `status` is one of the six words that programs know."""

    order: Order
    status: OrderStatus
    detail: str
    kept: int
    remains: int
    start_count: int


def told(order: Order) -> Told:
    """Translates our eight statuses into the trade's six, so that money and remains always agree.

    Refunded in full and Error read Canceled; refunded in part reads Partial. Programs take any other word for Pending for ever.
    """
    kept = order.charge - order.refunded
    remains = order.quantity if order.remains is None else min(order.quantity, max(0, order.remains))
    status = OrderStatus(order.status)
    if status in {OrderStatus.REFUNDED, OrderStatus.ERROR, OrderStatus.CANCELED}:
        status = OrderStatus.PARTIAL if kept else OrderStatus.CANCELED
        remains = order.quantity * order.refunded // order.charge
    elif status == OrderStatus.COMPLETED and order.remains is None:
        remains = 0
    detail = "confirming" if order.submission == Order.Submission.UNKNOWN else order.status
    return Told(order, status, detail, kept, remains, order.start_count or 0)


def statuses(*, customer: User, ids: Sequence[str]) -> dict[str, Told | None]:
    """Each id as asked, with the customer's order or None; another customer's id reads exactly like an unknown one."""
    numbers = {text: int(text) for text in ids if text.isascii() and text.isdigit() and len(text) < 19}
    found = {order.pk: order for order in queries.orders_of(customer).filter(pk__in=set(numbers.values()))}
    orders = {text: found.get(numbers[text]) if text in numbers else None for text in ids}
    return {text: told(order) if order else None for text, order in orders.items()}
