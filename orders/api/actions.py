"""What a reseller's program may do, for both dialects: answers are plain data, refusals have the trade's words."""

import datetime as dt
import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from accounts.models import ApiKey, User
from orders import groups, halt, ledger, lifecycle, links, queries, refills, shelves
from orders.api import trials, words
from orders.api.reading import NotText, NotWhole, Parameters
from orders.api.words import Refused
from orders.groups import Group
from orders.models import Order, Refill
from orders.money import Units
from orders.placing import OrderRefused, Problem, Quote, Wish, is_placed, on_sale, place_order, quote
from orders.service_types import INPUT_NAMES
from orders.shelves import OnSale
from orders.statuses import OrderStatus

MOST_IDS = 100


@dataclass(frozen=True)
class Call:
    """One call of a key that is known to be right."""

    key: ApiKey
    parameters: Parameters
    now: dt.datetime

    @property
    def customer(self) -> User:
        return self.key.user

    def many(self, name: str, *, none: str = words.INCORRECT_ORDER) -> list[str]:
        """The ids asked for, each once, as asked. Raises Refused for more than 100, and with the words `none` for none."""
        ids = self.parameters.ids(name)
        if not ids:
            raise Refused(none)
        if len(ids) > MOST_IDS:
            raise Refused(words.TOO_MANY)
        return list(dict.fromkeys(ids))

    def one(self, name: str) -> str:
        return self.parameters.text(name).strip()


def balance(call: Call) -> Units:
    return ledger.balance_of(call.customer)


def services(call: Call) -> list[OnSale]:
    """Everything on sale, in shop order, at this customer's prices."""
    return shelves.everything(call.customer)


# --- Placing


@dataclass(frozen=True)
class Placed:
    """An order, or what a test key's order would have been: then `charge` says what it would have cost, in units."""

    number: int
    charge: Units | None = None


def add(call: Call) -> Placed:
    """Places an order. The same `request_id` with the same content gives the first one and charges nothing.

    Checked in this order, as programs expect: service, link, quantity, overlap, funds. Raises Refused, or OrderRefused, of
    whose problems `words.of` tells the first. With a test key nothing is placed, charged or kept.
    """
    if call.key.scope == ApiKey.Scope.READ:
        raise Refused(words.INVALID_KEY)
    try:
        request_id = call.parameters.label("request_id")
    except NotText:
        raise Refused(words.INCORRECT_REQUEST) from None
    if call.key.scope == ApiKey.Scope.TEST:
        offer = _priced(call)
        return Placed(trials.number_for(key=call.key, request_id=request_id), offer.charge)
    key = client_key(request_id)
    # A repeated call is answered with its order, whatever became of the service meanwhile.
    is_new = not request_id or not is_placed(customer=call.customer, client_key=key)
    wish = _wish(call, is_new=is_new)
    order = place_order(customer=call.customer, wish=wish, client_key=key, api_key=call.key, now=call.now)
    return Placed(order.pk)


def _priced(call: Call) -> Quote:
    offer = quote(customer=call.customer, wish=_wish(call, is_new=True))
    if offer.problems:
        raise OrderRefused(*offer.problems)
    return offer


def _wish(call: Call, *, is_new: bool) -> Wish:
    """What the call asks for. Raises OrderRefused where it cannot be read, in the order in which programs expect it."""
    sent = call.parameters
    try:
        quantity, odd = sent.whole("quantity"), False
    except NotWhole:
        quantity, odd = None, True
    runs, interval = None, None
    try:
        runs, interval = sent.whole("runs"), sent.whole("interval")
    except NotWhole:
        odd = True
    try:
        service_id = sent.whole("service") or 0
    except NotWhole:
        service_id = 0
    link = sent.text("link")
    if is_new:
        service = on_sale(service_id)
        try:
            links.clean_for(link, service.link_kind)
        except links.BadLink as bad:
            raise OrderRefused(Problem("link", "link", str(bad))) from None
        if service.rule.counted and quantity is None and not odd:
            quantity = 0  # a missing quantity reads like one that is too small
    if odd:
        raise OrderRefused(Problem("request", "quantity", ""))
    inputs = {name: sent.lines(name) for name in INPUT_NAMES}
    return Wish(service_id=service_id, link=link, quantity=quantity, inputs=inputs, runs=runs, interval=interval)


def client_key(request_id: str) -> str:
    """Without a request_id every call is a wish of its own."""
    if not request_id:
        return f"api:{uuid.uuid4()}"
    # JSON can hold half a surrogate pair, which plain UTF-8 cannot.
    return f"api:{hashlib.sha256(request_id.encode(errors='surrogatepass')).hexdigest()}"


# --- Following


@dataclass(frozen=True)
class Told:
    """An order as programs are told of it: `kept` in units; `status` is one of the six words that programs know."""

    number: int
    status: OrderStatus
    detail: str
    kept: int
    remains: int
    start_count: int
    review: bool = False


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
        if kept and order.refunded and order.quantity > 1:
            remains = max(1, remains)  # a part of which nothing remains would read as Completed
    elif status == OrderStatus.COMPLETED and order.remains is None:
        remains = 0
    detail = "confirming" if order.submission == Order.Submission.UNKNOWN else order.status
    return Told(order.pk, status, detail, kept, remains, order.start_count or 0, order.review)


def statuses(call: Call, ids: Sequence[str]) -> dict[str, Told | None]:
    """Each id as asked, with the customer's order or None; another customer's id reads exactly like an unknown one.

    The number of a drip-feed's first run stands for all of its runs.
    """
    found = _orders(call, ids)
    drips = groups.groups_of(order for order in found.values() if order)
    return {
        text: told_group(drips[order.pk])
        if order and order.pk in drips
        else told(order)
        if order
        else _trial(call, text)
        for text, order in found.items()
    }


def told_group(group: Group) -> Told:
    """A drip-feed as one order: sums of what its runs are told as, and one word."""
    parts = [told(run) for run in group.runs]
    status = group.status
    if status == OrderStatus.COMPLETED and any(part.status != OrderStatus.COMPLETED for part in parts):
        status = OrderStatus.PARTIAL
    return Told(
        number=group.head.pk,
        status=status,
        detail="confirming" if any(part.detail == "confirming" for part in parts) else status.value,
        kept=group.kept,
        remains=sum(part.remains for part in parts),
        start_count=parts[0].start_count,
        review=any(part.review for part in parts),
    )


def status(call: Call) -> Told:
    """The one order that `order` names. Raises Refused."""
    text = call.one("order")
    found = statuses(call, [text])[text]
    if found is None:
        raise Refused(words.INCORRECT_ORDER)
    return found


def _trial(call: Call, text: str) -> Told | None:
    """What became of a test key's order: nothing was delivered, and nothing is kept of it."""
    if call.key.scope != ApiKey.Scope.TEST or not trials.is_number(text):
        return None
    return Told(int(text), OrderStatus.CANCELED, "test", 0, 0, 0)


def _orders(call: Call, ids: Sequence[str]) -> dict[str, Order | None]:
    numbers = {text: int(text) for text in ids if queries.is_number(text)}
    mine = queries.orders_of(call.customer).select_related("service").filter(pk__in=set(numbers.values()))
    found = {order.pk: order for order in mine}
    return {text: found.get(numbers[text]) if text in numbers else None for text in ids}


# --- Taking back


def cancel(call: Call, ids: Sequence[str]) -> dict[str, str]:
    """Cancels each order at once, or asks its provider to; "" for yes, else the words for no. Safe to repeat."""
    return {text: _cancel(call, order) for text, order in _may_change(call, ids).items()}


def _cancel(call: Call, order: Order | None) -> str:
    if order is None:
        return words.INCORRECT_ORDER
    if order.is_group:
        return _cancel_group(call, order)
    if order.status == OrderStatus.CANCELED or (order.is_active and order.cancel_asked_at):
        return ""  # whoever did not hear the first answer hears it again
    try:
        lifecycle.cancel(order_id=order.pk, actor=call.customer, now=call.now)
    except (lifecycle.NotNow, halt.Halted):
        return words.NOT_NOW
    except lifecycle.NotAllowed:
        return words.NO_CANCEL
    return ""


def _cancel_group(call: Call, head: Order) -> str:
    """All of a drip-feed, by its first run's number. Asked again, nothing is left to stop, and the answer is the same, but while
    a run is being sent or confirmed: of that one the provider can be asked a moment later."""
    try:
        lifecycle.cancel_group(head_id=head.pk, actor=call.customer, now=call.now)
    except halt.Halted:
        return words.NOT_NOW
    except lifecycle.NotAllowed:
        runs = groups.groups_of([head])[head.pk].runs
        if any(run.is_active and run.submission in lifecycle.IN_FLIGHT for run in runs):
            return words.NOT_NOW
        was_stopped = any(run.cancel_asked_at or run.status == OrderStatus.CANCELED for run in runs)
        return "" if was_stopped else words.NO_CANCEL
    return ""


@dataclass(frozen=True)
class Asked:
    """What became of a wish for a refill: its number, or the words for no."""

    number: int = 0
    no: str = ""


def refill(call: Call, ids: Sequence[str]) -> dict[str, Asked]:
    """Asks for a refill of each order. While one is undecided, asking again gives its number: safe to repeat."""
    return {text: _refill(call, order) for text, order in _may_change(call, ids).items()}


def _refill(call: Call, order: Order | None) -> Asked:
    if order is None:
        return Asked(no=words.INCORRECT_ORDER)
    if order.is_group:
        return Asked(no=words.NO_REFILL)  # its runs are refilled one by one, on their pages
    if under_way := order.refill_asked_at and refills.open_refill(order):
        return Asked(under_way.pk)
    if order.refill_days and order.status != OrderStatus.COMPLETED:
        return Asked(no=words.NOT_COMPLETED)
    try:
        return Asked(refills.request(order_id=order.pk, actor=call.customer, now=call.now).pk)
    except lifecycle.NotAllowed:
        # Two calls at once: the other one may have asked while this one waited for the lock.
        under_way = order.refills.filter(state__in=Refill.OPEN).first()
        return Asked(under_way.pk) if under_way else Asked(no=words.NO_REFILL)


def refill_states(call: Call, ids: Sequence[str]) -> dict[str, Refill | None]:
    """Each id as asked, with the customer's refill or None; a test key has none."""
    numbers = {text: int(text) for text in ids if queries.is_number(text)}
    mine = queries.refills_of(call.customer).filter(pk__in=set(numbers.values()))
    found = {} if call.key.scope == ApiKey.Scope.TEST else {refill.pk: refill for refill in mine}
    return {text: found.get(numbers[text]) if text in numbers else None for text in ids}


def refill_of_order(call: Call, text: str) -> Refill | None:
    """The newest refill of the customer's order with this number."""
    if call.key.scope == ApiKey.Scope.TEST or not queries.is_number(text):
        return None
    return queries.refills_of(call.customer).filter(order=int(text)).order_by("-pk").first()


def _may_change(call: Call, ids: Sequence[str]) -> dict[str, Order | None]:
    """The orders that this key may act on: none of them for a test key. Raises Refused for a key that only reads."""
    if call.key.scope == ApiKey.Scope.READ:
        raise Refused(words.INVALID_KEY)
    if call.key.scope == ApiKey.Scope.TEST:
        return dict.fromkeys(ids)
    return _orders(call, ids)
