"""State for tests, built through the doors, so that no test rests on data that could not exist."""

import datetime as dt
import itertools

from accounts.models import User
from orders import deposits, lifecycle, money, submission
from orders.models import Category, Order, Provider, Service
from orders.placing import Wish, place_order
from orders.reports import Report
from orders.service_types import ServiceType
from orders.statuses import OrderStatus

NOW = dt.datetime(2026, 11, 25, 12, 0, tzinfo=dt.UTC)
numbers = itertools.count(1)


def make_provider(
    *,
    name: str = "",
    url: str = "http://127.0.0.1:1/api/v2",
    key: str = "upstream-key",
    dialect: str = "v2",
    **switches: bool,
) -> Provider:
    """A provider in use; `switches`: what it can do, `can_cancel` and the like."""
    provider = Provider(name=name or f"Provider {next(numbers)}", url=url, dialect=dialect, **switches)
    provider.key = key
    provider.save()
    return provider


def make_service(
    *,
    name: str = "Photo likes",
    rate: str = "0.90",
    minimum: int = 10,
    maximum: int = 10_000,
    provider: Provider | None = None,
    by_hand: bool = False,
    type: str = ServiceType.DEFAULT,
    category: str = "Likes",
    **fields,
) -> Service:
    """A service on sale, delivered by a provider unless `by_hand`."""
    shelf, _made = Category.objects.get_or_create(name=category)
    return Service.objects.create(
        name=name,
        category=shelf,
        rate=money.parse(rate),
        minimum=minimum,
        maximum=maximum,
        type=type,
        provider=None if by_hand else provider or make_provider(),
        provider_service_id="" if by_hand else str(next(numbers)),
        **fields,
    )


def fund(customer: User, amount: str = "100.00", now: dt.datetime = NOW) -> None:
    """Money on the customer's balance, without the mail that tells of it."""
    deposits.credit(
        customer=customer,
        amount=money.parse(amount),
        note="",
        reference=f"test-{next(numbers)}",
        notify=False,
        now=now,
    )


def place(
    customer: User,
    *,
    service: Service | None = None,
    link: str | None = None,
    quantity: int = 1000,
    now: dt.datetime = NOW,
    funded: bool = True,
) -> Order:
    """An order of this customer, just placed, with the money for it deposited before."""
    if funded:
        fund(customer, now=now)
    service = service or make_service()
    number = next(numbers)
    wish = Wish(service_id=service.pk, link=link or f"https://example.com/p/{number}", quantity=quantity)
    return place_order(customer=customer, wish=wish, client_key=f"test-{number}", now=now)


def fresh(order: Order) -> Order:
    """The order as it stands now. (`refresh_from_db` would write a protected status.)"""
    return Order.objects.get(pk=order.pk)


def accept(order: Order, *, provider_order_id: str = "", now: dt.datetime = NOW) -> Order:
    """The order as its provider has just accepted it: Processing."""
    claimed = {o.pk: o for o in submission.claim(now=now, most=100)}
    assert submission.accepted(
        order_id=order.pk,
        token=claimed[order.pk].claim_token,
        provider_order_id=provider_order_id or str(90_000 + next(numbers)),
        now=now,
    )
    return fresh(order)


def reported(
    order: Order, to: OrderStatus, *, remains: int | None = None, start_count: int | None = None, now: dt.datetime = NOW
) -> Order:
    """The order after its provider said this of it."""
    said = Report(to=to, word=to.label, remains=remains, start_count=start_count)
    lifecycle.report(order_id=order.pk, report=said, now=now)
    return fresh(order)


def order_in(status: OrderStatus, customer: User, *, now: dt.datetime = NOW, **placing) -> Order:
    """An order that came to `status` the way orders do."""
    order = place(customer, now=now, **placing)
    if status == OrderStatus.PENDING:
        return order
    if status == OrderStatus.ERROR:
        claimed = {o.pk: o for o in submission.claim(now=now, most=100)}
        submission.rejected(order_id=order.pk, token=claimed[order.pk].claim_token, reason="Bad link", now=now)
        return fresh(order)
    order = accept(order, now=now)
    if status == OrderStatus.PROCESSING:
        return order
    remains = {OrderStatus.COMPLETED: 0, OrderStatus.PARTIAL: order.quantity // 2 or 1}.get(status)
    return reported(order, status, remains=remains, now=now)
