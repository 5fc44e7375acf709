"""A panel is the provider of another one: our own client understands every answer of our own API, and the money adds up.

Both panels share one database here: the upper one sells to Bob, who runs the lower one, where Carol is the customer.
"""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import urlsplit

import pytest
from django.utils import timezone

from accounts import api_keys
from accounts.models import User
from neopanel.env import CallRate, PollSchedule
from orders import desk, ledger, lifecycle, money, refills, worker
from orders.importing import import_catalogue
from orders.models import Order, OrderEvent, Provider, Refill, Service
from orders.placing import Wish, place_order
from orders.provider.client import AddRequest, ProviderClient
from orders.provider.wire import Accepted, OurFault, Refused, TryLater
from orders.provider_health import client_for
from orders.reports import Report
from orders.service_types import ServiceType
from orders.statuses import OrderStatus
from orders.verification import verify
from tests.conftest import person
from tests.factories import fresh, fund, make_provider, make_service
from tests.orders.api.calling import LINK

LINES = "Well done\nGreat, really, and a comma"


@dataclass
class Panels:
    bob: User
    provider: Provider
    likes: Service
    ahead: dt.timedelta = dt.timedelta()

    @property
    def client(self) -> ProviderClient:
        return client_for(self.provider)

    def now(self) -> dt.datetime:
        return timezone.now() + self.ahead

    def work(self, *chores: str) -> None:
        """The lower panel's worker, once and later than whatever it was waiting for."""
        self.ahead += dt.timedelta(minutes=1)
        worker.run_once(chores=chores, clock=self.now)

    def upper(self, order: Order) -> Order:
        """What the lower panel's order is in the upper one."""
        return Order.objects.get(wallet=self.bob.pk, pk=int(fresh(order).provider_order_id))

    def sold(self, upper: Service) -> Service:
        return Service.objects.get(provider=self.provider, provider_service_id=str(upper.pk))


@pytest.fixture
def panels(live_server, settings, transactional_db) -> Panels:
    settings.POLL_SCHEDULE = PollSchedule(1, 1, 1, 1)
    settings.ALLOW_PRIVATE_HOSTS = [urlsplit(live_server.url).netloc]
    bob = person("bob@example.com")
    fund(bob, "50.00", now=timezone.now())
    # The upper panel's own provider is not in use: its orders wait, and agents of the upper panel move them by hand.
    above = make_provider(name="Above", can_cancel=True)
    Provider.objects.filter(pk=above.pk).update(is_active=False)
    likes = make_service(
        provider=above, rate="0.90", can_cancel=True, can_drip=True, refill_days=30, description="Real."
    )
    make_service(provider=above, name="Starter", type=ServiceType.PACKAGE, rate="3.00", minimum=1, maximum=1)
    make_service(provider=above, name="Words", type=ServiceType.CUSTOM_COMMENTS, rate="20.00", minimum=1)
    _key, text = api_keys.issue(user=bob, name="lower panel", now=timezone.now())
    provider = make_provider(name="Upper panel", url=f"{live_server.url}/api/v2", key=text)
    provider.takes_request_id = provider.can_cancel = True
    provider.save(update_fields=["takes_request_id", "can_cancel"])
    panels = Panels(bob, provider, likes)
    import_catalogue(provider=provider, offered=panels.client.services(), markup=Decimal(20))
    return panels


@pytest.fixture
def carols(customer, panels):
    """An order that Carol places in the lower panel, on its way to the upper one."""
    fund(customer, now=timezone.now())

    def place(upper: Service, *, quantity: int | None = 1000, link: str = LINK, **inputs: str) -> Order:
        wish = Wish(service_id=panels.sold(upper).pk, link=link, quantity=quantity, inputs=inputs)
        order = place_order(customer=customer, wish=wish, client_key=f"k{link}", now=timezone.now())
        panels.work("submit")
        return fresh(order)

    return place


def moved(panels: Panels, order: Order, to: OrderStatus, agent: User, remains: int | None = None) -> Order:
    """The lower panel's order after the upper one's own provider moved it there."""
    upper = panels.upper(order)
    lifecycle.report(order_id=upper.pk, report=Report(to=to, remains=remains), now=panels.now())
    panels.work("poll")
    return fresh(order)


def test_the_whole_catalogue_is_understood(panels):
    offered = panels.client.services()
    assert offered.skipped == ()
    sold = {service.name: service for service in Service.objects.filter(provider=panels.provider)}
    assert set(sold) == {"Photo likes", "Starter", "Words"}
    for name, service in sold.items():
        upper = Service.objects.get(pk=int(service.provider_service_id))
        assert service.rate == upper.rate * 120 // 100
        same = ("name", "type", "minimum", "maximum", "can_cancel", "can_drip", "description")
        assert [getattr(service, field) for field in same] == [getattr(upper, field) for field in same], name
        assert bool(service.refill_days) == bool(upper.refill_days)


def test_an_order_runs_through_both_and_its_partial_money_adds_up_on_both_sides(panels, carols, customer, lead):
    order = carols(panels.likes)
    upper = panels.upper(order)
    assert (order.status, order.submission) == (OrderStatus.PROCESSING, Order.Submission.ACCEPTED)
    assert (upper.link, upper.quantity, upper.charge) == (LINK, 1000, money.parse("0.90"))
    assert moved(panels, order, OrderStatus.IN_PROGRESS, lead).status == OrderStatus.IN_PROGRESS
    order = moved(panels, order, OrderStatus.PARTIAL, lead, remains=400)
    upper = fresh(upper)
    assert (order.status, order.remains) == (upper.status, upper.remains) == (OrderStatus.PARTIAL, 400)
    assert upper.charge - upper.refunded == money.parse("0.54")
    assert order.charge - order.refunded == money.parse("0.648")
    assert ledger.balance_of(panels.bob) == money.parse("49.46") == panels.client.balance().units
    assert ledger.balance_of(customer) == money.parse("99.352")
    assert verify() == []


def test_each_end_of_an_order_is_the_same_in_both(panels, carols, customer, lead):
    for number, to in enumerate([OrderStatus.COMPLETED, OrderStatus.CANCELED, OrderStatus.ERROR]):
        order = moved(panels, carols(panels.likes, link=f"{LINK}/{number}"), to, lead)
        # Error is told as Canceled: no program knows another word for "all of it came back".
        assert order.status == (OrderStatus.COMPLETED if to == OrderStatus.COMPLETED else OrderStatus.CANCELED)
    assert ledger.balance_of(panels.bob) == money.parse("49.10")
    assert ledger.balance_of(customer) == money.parse("98.92")
    assert verify() == []


def test_a_cancel_goes_up_and_the_money_comes_down(panels, carols, customer):
    order = carols(panels.likes)
    lifecycle.cancel(order_id=order.pk, actor=customer, now=panels.now())
    panels.work("cancel")
    panels.work("poll")
    assert fresh(order).status == panels.upper(order).status == OrderStatus.CANCELED
    assert ledger.balance_of(panels.bob) == money.parse("50.00")
    assert ledger.balance_of(customer) == money.parse("100.00")
    assert verify() == []


def test_a_cancel_that_the_upper_panel_refuses_ends_the_wish_with_its_words(panels, carols, customer, lead):
    order = moved(panels, carols(panels.likes), OrderStatus.IN_PROGRESS, lead)
    lifecycle.cancel(order_id=order.pk, actor=customer, now=panels.now())
    panels.work("cancel")
    assert fresh(order).cancel_asked_at is None
    refused = OrderEvent.objects.get(order=order, code=OrderEvent.Code.CANCEL_REFUSED)
    assert refused.reason == "Cancel is disabled for this service"


def test_lines_and_packages_arrive_as_they_were_ordered(panels, carols):
    words, starter = Service.objects.filter(provider__name="Above", name__in=["Words", "Starter"]).order_by("-name")
    upper = panels.upper(carols(words, quantity=None, comments=LINES))
    assert (upper.quantity, upper.inputs) == (2, {"comments": LINES})
    assert panels.upper(carols(starter, quantity=None, link=f"{LINK}/starter")).charge == money.parse("3.00")


def test_a_package_refunded_in_part_up_there_waits_for_a_person_down_here(panels, carols, lead):
    starter = Service.objects.get(provider__name="Above", name="Starter")
    order = carols(starter, quantity=None)
    upper = panels.upper(order)
    lifecycle.report(order_id=upper.pk, report=Report(to=OrderStatus.COMPLETED, remains=0), now=panels.now())
    desk.refund(order_id=upper.pk, amount=money.parse("2.00"), actor=lead, reason="Half of it", now=panels.now())
    panels.work("poll")
    order = fresh(order)
    assert (order.status, order.review, order.refunded) == (OrderStatus.PROCESSING, True, 0)


def test_the_same_order_sent_twice_is_one_order_up_there(panels):
    request = AddRequest(service=str(panels.likes.pk), link=LINK, quantity=100, request_id="lower-1")
    first = panels.client.add(request)
    assert isinstance(first, Accepted)
    assert panels.client.add(request) == first
    assert Order.objects.filter(wallet=panels.bob.pk).count() == 1


def test_every_refusal_is_understood_for_what_it_is(panels, settings):
    likes = str(panels.likes.pk)

    def add(**wish):
        return panels.client.add(AddRequest(**{"service": likes, "link": LINK, "quantity": 100} | wish))

    assert add(service="999999") == Refused("Incorrect service ID", "service")
    assert add(link="nothing") == Refused("Bad link", "link")
    assert add(quantity=9) == Refused("Quantity less than minimal 10", "min_quantity")
    assert add(quantity=10_001) == Refused("Quantity more than maximum 10000", "max_quantity")
    Service.objects.filter(pk=panels.likes.pk).update(rate=money.parse("5000"))
    assert add(quantity=10_000) == OurFault("funds", "Not enough funds on balance")
    settings.API_RATE = CallRate(1, 60)
    assert isinstance(add(), TryLater)
    api_keys.revoke(user=panels.bob, key_id=panels.bob.api_keys.get().pk, now=timezone.now())
    assert add() == OurFault("key", "Invalid API key")
    assert Order.objects.filter(wallet=panels.bob.pk).count() == 0


def test_ids_that_the_upper_panel_does_not_know_are_told_apart(panels, carols):
    order = carols(panels.likes)
    number = str(panels.upper(order).pk)
    batch = panels.client.statuses([number, "987654"])
    assert list(batch.reports) == [number]
    assert batch.bad == {"987654": "Incorrect order ID"}
    assert panels.client.cancel([number, "987654"]) == {number: "", "987654": "Incorrect order ID"}


def test_a_refill_goes_up_is_followed_and_its_end_comes_down(panels, carols, customer, lead):
    Provider.objects.filter(pk=panels.provider.pk).update(can_refill=True)
    order = moved(panels, carols(panels.likes), OrderStatus.COMPLETED, lead, remains=0)
    refill = refills.request(order_id=order.pk, actor=customer, now=panels.now())
    panels.work("refill")
    upper = panels.upper(order).refills.get()
    refill = Refill.objects.get(pk=refill.pk)
    assert (refill.state, refill.provider_refill_id) == (Refill.State.ACCEPTED, str(upper.pk))
    assert panels.client.refill(str(upper.order_id)) == Accepted(str(upper.pk))
    panels.work("refill_poll")
    assert Refill.objects.get(pk=refill.pk).words == "Pending"
    refills.settle(order_id=upper.order_id, to=Refill.State.COMPLETED, actor=lead, reason="Done", now=panels.now())
    panels.ahead += dt.timedelta(hours=1)
    panels.work("refill_poll")
    assert fresh(order).refill_state == Refill.State.COMPLETED
    assert verify() == []


def test_a_refill_that_the_upper_panel_refuses_ends_with_its_words(panels, carols, customer, lead):
    Provider.objects.filter(pk=panels.provider.pk).update(can_refill=True)
    order = moved(panels, carols(panels.likes), OrderStatus.COMPLETED, lead, remains=0)
    Order.objects.filter(pk=panels.upper(order).pk).update(refill_days=0)
    refill = refills.request(order_id=order.pk, actor=customer, now=panels.now())
    panels.work("refill")
    refill = Refill.objects.get(pk=refill.pk)
    assert (refill.state, refill.words) == (Refill.State.REJECTED, "Refill is disabled for this service")


# --- The upper panel by the old dialect


@pytest.fixture
def by_v1(panels) -> Panels:
    """The lower panel speaks v1 to the upper one, which forgets what it offered by v2."""
    panels.provider.url = panels.provider.url.replace("/api/v2", "/api/v1")
    panels.provider.dialect = Provider.Dialect.V1
    panels.provider.takes_request_id = panels.provider.can_cancel = False
    panels.provider.save(update_fields=["url", "dialect", "takes_request_id", "can_cancel"])
    import_catalogue(provider=panels.provider, offered=panels.client.services(), markup=Decimal(20))
    return panels


def test_the_old_dialect_offers_the_same_catalogue_without_cancel_and_refill(by_v1):
    offered = {service.external_id: service for service in by_v1.client.services().services}
    for upper in Service.objects.filter(provider__name="Above"):
        service = offered[str(upper.pk)]
        same = ("name", "rate", "minimum", "maximum")
        assert [getattr(service, field) for field in same] == [getattr(upper, field) for field in same]
        assert (service.cancel, service.refill, service.dripfeed) == (False, False, upper.can_drip)
        assert by_v1.sold(upper).type == upper.type


def test_by_the_old_dialect_an_order_runs_through_both_and_the_money_adds_up(by_v1, carols, customer, lead):
    order = carols(by_v1.likes)
    assert (order.status, order.submission) == (OrderStatus.PROCESSING, Order.Submission.ACCEPTED)
    assert moved(by_v1, order, OrderStatus.IN_PROGRESS, lead).status == OrderStatus.IN_PROGRESS
    other = carols(by_v1.likes, link=f"{LINK}/other")
    order = moved(by_v1, order, OrderStatus.PARTIAL, lead, remains=400)
    assert (order.status, order.remains) == (OrderStatus.PARTIAL, 400)
    assert moved(by_v1, other, OrderStatus.CANCELED, lead).status == OrderStatus.CANCELED
    assert by_v1.client.balance().units == ledger.balance_of(by_v1.bob) == money.parse("49.46")
    assert ledger.balance_of(customer) == money.parse("99.352")
    assert verify() == []


def test_by_the_old_dialect_one_bare_text_for_a_bad_id_leaves_the_others_alone(by_v1, carols):
    number = str(by_v1.upper(carols(by_v1.likes)).pk)
    batch = by_v1.client.statuses([number, "987654"])
    assert list(batch.reports) == [number]
    assert batch.bad == {"987654": "Incorrect order ID"}
    assert by_v1.client.statuses(["987654"]).bad == {"987654": "Incorrect order ID"}
    assert by_v1.client.statuses([number]).reports[number].status == OrderStatus.PENDING


def test_a_wish_that_the_old_dialect_cannot_pass_on_ends_and_says_so(panels, carols, customer):
    order = carols(panels.likes)
    lifecycle.cancel(order_id=order.pk, actor=customer, now=panels.now())
    Provider.objects.filter(pk=panels.provider.pk).update(dialect="v1", takes_request_id=False, can_cancel=False)
    panels.work("cancel")
    assert fresh(order).cancel_asked_at is None
    refused = OrderEvent.objects.get(order=order, code=OrderEvent.Code.CANCEL_REFUSED)
    assert refused.reason == "The service cannot be asked to stop."
    assert panels.upper(order).status == OrderStatus.PENDING


def test_no_request_id_goes_to_the_old_dialect_and_refusals_are_understood(by_v1, carols):
    request = AddRequest(service=str(by_v1.likes.pk), link=LINK, quantity=9, request_id="lower-1")
    assert by_v1.client.add(request) == Refused("Quantity less than minimal 10", "min_quantity")
    carols(by_v1.likes)
    upper = Order.objects.get(wallet=by_v1.bob.pk)
    assert str(fresh(carols(by_v1.likes, link=f"{LINK}/2")).request_id) not in upper.client_key
