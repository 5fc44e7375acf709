"""The demo shop: people, services, orders in every status. Everything goes through the doors, so that its ledger verifies.

Settled orders stand in the simulator's own book too: asked again, it says what stands here.
"""

import dataclasses
import datetime as dt
import heapq
import json
from collections.abc import Generator, Iterable, Iterator
from decimal import Decimal

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import transaction

from accounts.models import User
from orders import delivery_times, deposits, desk, ledger, lifecycle, submission, timetable
from orders.importing import import_catalogue
from orders.models import Category, Order, PaymentMethod, Provider, Service
from orders.money import parse
from orders.placing import Wish, place_order
from orders.provider.offers import parse_services
from orders.provider.simulator import KEY
from orders.provider.simulator_catalogue import SERVICES
from orders.provider.simulator_progress import progress
from orders.provider.simulator_state import SimulatorState
from orders.provider.wire import status_of
from orders.reports import Report
from orders.service_types import ServiceType
from orders.statuses import OrderStatus
from support import first_replies, ticketing
from support.models import Topic

PASSWORD = "neopanel-demo"  # noqa: S105 (known to everybody: the demo refuses any host but loopback)
CUSTOMER = "customer@example.com"
STAFF = {
    "agent@example.com": "Support agent",
    "lead@example.com": "Support lead",
    "editor@example.com": "Content editor",
    "reviewer@example.com": "Content reviewer",
    "operator@example.com": "Operator",
}
PROVIDER = "Simulator"
MARKUP = Decimal(20)
BALANCE = "250.00"
CENT = parse("0.01")
A_MINUTE, AN_HOUR, A_DAY = dt.timedelta(minutes=1), dt.timedelta(hours=1), dt.timedelta(days=1)
# How long the finished orders took, and what they were for.
MINUTES = (22, 38, 31, 47, 64, 35, 94, 44, 56, 71, 128, 52)
PLACES = ("meadow", "tower", "valley")
# The moments at which something happens to one order; where a story goes on from another one, it gets the order.
Steps = Generator[dt.datetime, None, None]
StepsWithOrder = Generator[dt.datetime, None, Order]
SEED, LONG_AGO_ENOUGH, SPEED = 1, 10_000.0, 1.0


def load_demo(*, now: dt.datetime) -> bool:
    """Makes the demo shop. False where its customer exists already: then nothing is touched, whatever people changed."""
    if User.objects.filter(email=CUSTOMER).exists():
        return False
    people = make_people()
    provider = make_provider()
    make_catalogue(provider)
    book = SimulatorState(settings.DATA_DIR / "simulator.sqlite3")
    try:
        make_orders(people[CUSTOMER], people["agent@example.com"], book, now)
    finally:
        book.close()
    make_tickets(people[CUSTOMER], people["agent@example.com"], now)
    make_payments(people[CUSTOMER], now)
    return True


def point_to_simulator(url: str) -> None:
    """The simulator listens on another free port after each start."""
    Provider.objects.filter(name=PROVIDER).update(url=url)


def make_people() -> dict[str, User]:
    people = {}
    with transaction.atomic():
        for email in (CUSTOMER, "customer2@example.com"):
            people[email] = person(email)
        for email in STAFF:
            people[email] = person(email, is_staff=True)
            people[email].groups.add(Group.objects.get(name=STAFF[email]))
        people["admin@example.com"] = person("admin@example.com", is_staff=True, is_superuser=True)
    return people


def person(email: str, **fields: bool) -> User:
    user = User.objects.create_user(email, PASSWORD, **fields)
    user.emailaddress_set.create(email=email, verified=True, primary=True)
    return user


def make_provider() -> Provider:
    provider = Provider(name=PROVIDER, url="http://127.0.0.1:1/api/v2")
    provider.key = KEY
    provider.can_cancel = provider.can_refill = True
    provider.save()
    return provider


def make_catalogue(provider: Provider) -> None:
    listed = json.dumps([service.offered() for service in SERVICES]).encode()
    import_catalogue(provider=provider, offered=parse_services(listed), markup=MARKUP)
    stated = {str(service.id): service for service in SERVICES}
    for service in Service.objects.filter(provider=provider):
        said = stated[service.provider_service_id]
        service.stated_start, service.stated_speed = said.start_minutes, said.per_day
        service.refill_days = said.refill_days
        service.rate = in_cents(service.rate)
        service.save(update_fields=["stated_start", "stated_speed", "refill_days", "rate"])
    shelf = Category.objects.create(name="By our own team", position=90)
    by_hand = {"category": shelf, "type": ServiceType.PACKAGE, "stated_start": 24 * 60, "stated_speed": 1}
    Service.objects.create(name="Profile review, written by hand", rate=parse("4.00"), **by_hand)
    Service.objects.create(name="Caption rewrite, ten posts", rate=parse("1.50"), **by_hand)


def in_cents(rate: int) -> int:
    """A shop's prices are round where they can be; the cheapest keep their decimals."""
    return -(-rate // CENT) * CENT if rate > 10 * CENT else rate


class Story:
    """Places orders in the past and tells what happened to each, through the same doors as everything else.

    What happens to one order is a generator: it yields the moment of each next step before it takes it. See `in_order_of_time`.
    """

    def __init__(self, customer: User, agent: User, book: SimulatorState, now: dt.datetime):
        self.customer, self.agent, self.book, self.now = customer, agent, book, now
        self.number = 0

    def placed(self, service: Service, link: str, quantity: int, ago: dt.timedelta) -> StepsWithOrder:
        yield self.now - ago
        self.number += 1
        wish = Wish(service_id=service.pk, link=f"https://{link}", quantity=quantity)
        return place_order(customer=self.customer, wish=wish, client_key=f"demo:{self.number}", now=self.now - ago)

    def waits(self, service: Service, link: str, quantity: int, ago: dt.timedelta) -> Steps:
        """The provider has it and says nothing yet."""
        self.sent((yield from self.placed(service, link, quantity, ago)))

    def lost(self, service: Service, link: str, quantity: int, ago: dt.timedelta) -> Steps:
        """The provider took the order, and its answer never came: nobody here can know."""
        order = yield from self.placed(service, link, quantity, ago)
        when = order.created_at + dt.timedelta(seconds=2)
        token = self.claimed(order, when)
        self.accepted(order, when)
        submission.unknown(
            order_id=order.pk,
            token=token,
            reason="No answer within 30 seconds",
            now=when + dt.timedelta(seconds=30),
        )

    def refused(self, service: Service, link: str, quantity: int, ago: dt.timedelta, words: str) -> Steps:
        order = yield from self.placed(service, link, quantity, ago)
        when = order.created_at + dt.timedelta(seconds=3)
        token = self.claimed(order, when)
        submission.rejected(order_id=order.pk, token=token, reason=words, raw=json.dumps({"error": words}), now=when)

    def by_hand(self, service: Service, link: str, ago: dt.timedelta, to: OrderStatus, reason: str) -> Steps:
        """Our own team takes the order up after an hour."""
        order = yield from self.placed(service, link, 1, ago)
        taken = order.created_at + AN_HOUR
        yield taken
        desk.settle_by_hand(order_id=order.pk, to=to, actor=self.agent, reason=reason, now=taken)

    def delivered(
        self, service: Service, link: str, quantity: int, ago: dt.timedelta, minutes: int, *, start: int = 1
    ) -> StepsWithOrder:
        """After `start` minutes the provider reports the beginning and, `minutes` later, the end that its book foretells."""
        order = yield from self.placed(service, link, quantity, ago)
        number = self.sent(order)
        began = order.created_at + start * A_MINUTE
        yield began
        lifecycle.report(order_id=order.pk, report=self.said(order, number, 30.0), now=began)
        ended = began + minutes * A_MINUTE
        yield ended
        lifecycle.report(order_id=order.pk, report=self.said(order, number, LONG_AGO_ENOUGH), now=ended)
        return order

    def changed_its_mind(
        self, service: Service, link: str, quantity: int, ago: dt.timedelta, minutes: int, late: dt.timedelta
    ) -> Steps:
        """The provider says Completed and days later what its book says: no money moves by that, a person decides."""
        order = yield from self.placed(service, link, quantity, ago)
        number = self.sent(order)
        began = order.created_at + A_MINUTE
        yield began
        running = Report(to=OrderStatus.IN_PROGRESS, word="In progress", remains=order.quantity // 2, start_count=1240)
        lifecycle.report(order_id=order.pk, report=running, now=began)
        yield began + minutes * A_MINUTE
        done = Report(to=OrderStatus.COMPLETED, word="Completed", remains=0, start_count=1240)
        lifecycle.report(order_id=order.pk, report=done, now=began + minutes * A_MINUTE)
        yield self.now - late
        after_all = self.said(order, number, LONG_AGO_ENOUGH)
        raw = json.dumps({"status": after_all.word, "remains": str(after_all.remains)})
        lifecycle.report(order_id=order.pk, report=dataclasses.replace(after_all, raw=raw), now=self.now - late)

    def dropped(self, service: Service, link: str, quantity: int, ago: dt.timedelta, minutes: int) -> Steps:
        """Delivered, and half of it lost again: an agent gives half of the charge back."""
        order = yield from self.delivered(service, link, quantity, ago, minutes)
        later = order.created_at + 30 * AN_HOUR
        yield later
        desk.refund(
            order_id=order.pk,
            amount=order.charge // 2,
            actor=self.agent,
            reason="Half of it dropped within a day",
            now=later,
        )

    def sent(self, order: Order) -> str:
        """The worker sends the order; the simulator writes it into its book. Gives the provider's number."""
        when = order.created_at + dt.timedelta(seconds=2)
        token = self.claimed(order, when)
        number = self.accepted(order, when)
        submission.accepted(order_id=order.pk, token=token, provider_order_id=number, now=when)
        return number

    @staticmethod
    def claimed(order: Order, when: dt.datetime) -> str:
        return next(o.claim_token for o in submission.claim(now=when, most=50) if o.pk == order.pk)

    def accepted(self, order: Order, when: dt.datetime) -> str:
        number = self.book.accept(
            service=int(order.provider_service_id),
            link=order.link,
            quantity=order.quantity,
            charge=order.charge,
            now=when.timestamp(),
        )
        return str(number)

    @staticmethod
    def said(order: Order, number: str, elapsed: float) -> Report:
        state = progress(
            seed=SEED, order_id=int(number), quantity=order.quantity, link=order.link, elapsed=elapsed, speed=SPEED
        )
        return Report(to=status_of(state.word), word=state.word, remains=state.remains, start_count=state.start_count)


def in_order_of_time(stories: Iterable[Steps | StepsWithOrder]) -> None:
    """Tells all stories at once, the earliest step first: numbers and balances grow with time, as in a shop that was open then."""
    waiting = [(next(story), place, story) for place, story in enumerate(stories)]
    heapq.heapify(waiting)
    while waiting:
        _moment, place, story = heapq.heappop(waiting)
        if (then := next(story, None)) is not None:
            heapq.heappush(waiting, (then, place, story))


def history_of(story: Story, services: list[Service]) -> Iterator[StepsWithOrder]:
    for number, minutes in enumerate(MINUTES):
        ago = dt.timedelta(weeks=11) - number * dt.timedelta(days=5, hours=7)
        for place, service in enumerate(services):
            fate = "partial" if (number + place) % 9 == 4 else "completed"
            link = f"example.com/p/{PLACES[place]}-{number + 1}-{fate}"
            quantity, took, start = 500 + 500 * (number % 3), minutes + 17 * place, 2 + minutes % (9 + 4 * place)
            yield story.delivered(service, link, quantity, ago - place * AN_HOUR, took, start=start)


def make_history(story: Story, services: list[Service]) -> None:
    """Eleven weeks of orders that went well: enough of three services that the shop can say how long they take."""
    in_order_of_time(history_of(story, services))
    if timetable.take(name=delivery_times.NAME, every=delivery_times.EVERY, now=story.now):
        delivery_times.learn(now=story.now)


def make_orders(customer: User, agent: User, book: SimulatorState, now: dt.datetime) -> None:
    """Orders in all eight statuses and a balance of 250.00 in the end."""
    deposited = now - dt.timedelta(days=80)
    deposits.credit(
        customer=customer,
        amount=parse("150.00"),
        notify=False,
        reference="demo-1",
        note="First deposit",
        now=deposited,
    )
    story = Story(customer, agent, book, now)
    services = list(
        Service.objects.filter(
            type="Default", provider__isnull=False, minimum__lte=500, maximum__gte=2000, rate__lt=parse("8")
        ).order_by("id")[:12]
    )
    by_hand = Service.objects.get(name__startswith="Profile review")

    make_history(story, [services[0], services[5], services[9]])
    in_order_of_time(
        [
            story.delivered(services[0], "example.com/p/harbour-completed", 1000, 11 * A_DAY, 42),
            story.changed_its_mind(services[1], "example.org/p/market-canceled", 2000, 9 * A_DAY, 95, late=6 * A_DAY),
            story.delivered(services[2], "example.com/p/morning-partial", 1000, 7 * A_DAY, 130),
            story.delivered(services[3], "example.net/p/bridge-canceled", 500, 5 * A_DAY, 15),
            story.refused(services[7], "example.net/p/private-refused", 1000, 4 * A_DAY, "Bad link"),
            story.dropped(services[4], "example.com/p/garden-completed", 1500, 3 * A_DAY, 61),
            story.delivered(services[5], "example.org/p/lantern-partial", 800, A_DAY, 77),
            story.by_hand(
                by_hand, "example.com/team/profile", 20 * AN_HOUR, OrderStatus.PROCESSING, "Taken by our team"
            ),
            story.waits(services[8], "example.com/p/window-stuck", 1000, 18 * AN_HOUR),
            story.by_hand(by_hand, "example.org/team/profile", 10 * AN_HOUR, OrderStatus.IN_PROGRESS, "Being written"),
            story.delivered(services[6], "example.com/p/river-completed", 1000, 5 * AN_HOUR, 38),
            story.lost(services[10], "example.net/p/island-lost", 1000, 40 * A_MINUTE),
            story.placed(by_hand, "example.net/team/profile", 1, 12 * A_MINUTE),
            story.waits(services[9], "example.com/p/evening-slow-completed", 1200, 2 * A_MINUTE),
        ]
    )
    top_up = parse(BALANCE) - ledger.balance_of(customer)
    deposits.credit(
        customer=customer,
        amount=top_up,
        notify=False,
        reference="demo-2",
        note="Second deposit",
        now=now - A_MINUTE,
    )


def make_tickets(customer: User, agent: User, now: dt.datetime) -> None:
    """One answered ticket and one that waits for an agent; and answers that are ready for both."""
    first_replies.load()
    partial = Order.objects.filter(wallet_id=customer.pk, status=OrderStatus.PARTIAL).earliest("id")
    opened = now - dt.timedelta(days=6)
    answered = ticketing.open_ticket(
        customer=customer,
        topic=Topic.MONEY_NOT_RETURNED,
        order=partial,
        text="Only a part was delivered. Where is the rest of my money?",
        now=opened,
    )
    ticketing.reply(
        ticket_number=answered.number,
        author=agent,
        by_staff=True,
        text="It is on your balance already: the order's page shows the arithmetic and links to the entry.",
        now=opened + dt.timedelta(minutes=50),
    )
    stuck = Order.objects.filter(wallet_id=customer.pk, link__contains="stuck").earliest("id")
    ticketing.open_ticket(
        customer=customer,
        topic=Topic.NOT_STARTED,
        order=stuck,
        text="This has not started, and the stated time is long over.",
        now=now - dt.timedelta(minutes=25),
    )


def make_payments(customer: User, now: dt.datetime) -> None:
    """Two ways to pay, and a reported payment that waits for an agent."""
    bank = PaymentMethod.objects.create(
        name="Bank transfer (demo)",
        instructions="Send the money to Neofollower Demo Ltd, account 0000 0000 0000.\n\n"
        "This is the demo: no such account exists, and no money moves. Report any amount and confirm it as an agent.",
        minimum=parse("5.00"),
        maximum=parse("5000.00"),
        position=1,
    )
    PaymentMethod.objects.create(
        name="Voucher (demo)",
        instructions="Buy a voucher of the demo shop and give its code as the reference.",
        minimum=parse("1.00"),
        maximum=parse("100.00"),
        position=2,
    )
    deposits.report_payment(
        customer=customer,
        method=bank,
        amount=parse("40.00"),
        reference="DEMO-0042",
        note="Sent this morning",
        client_key="demo:payment",
        now=now - 50 * A_MINUTE,
    )
