"""The demo shop: people, services, orders in every status. Everything goes through the doors, so that its ledger verifies.

Settled orders stand in the simulator's own book too: asked again, it says what stands here.
"""

import dataclasses
import datetime as dt
import json
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
    """Places one order in the past and tells what happened to it, through the same doors as everything else."""

    def __init__(self, customer: User, agent: User, book: SimulatorState, now: dt.datetime):
        self.customer, self.agent, self.book, self.now = customer, agent, book, now
        self.number = 0

    def placed(self, service: Service, link: str, quantity: int, ago: dt.timedelta) -> Order:
        self.number += 1
        wish = Wish(service_id=service.pk, link=f"https://{link}", quantity=quantity)
        return place_order(customer=self.customer, wish=wish, client_key=f"demo:{self.number}", now=self.now - ago)

    def sent(self, order: Order, *, seconds: int = 2) -> str:
        """The worker sends the order; the simulator writes it into its book. Gives the provider's number."""
        when = order.created_at + dt.timedelta(seconds=seconds)
        token = next(o.claim_token for o in submission.claim(now=when, most=50) if o.pk == order.pk)
        number = self.book.accept(
            service=int(order.provider_service_id),
            link=order.link,
            quantity=order.quantity,
            charge=order.charge,
            now=when.timestamp(),
        )
        submission.accepted(order_id=order.pk, token=token, provider_order_id=str(number), now=when)
        return str(number)

    def lost(self, order: Order) -> None:
        """The provider took the order, and its answer never came: nobody here can know."""
        when = order.created_at + dt.timedelta(seconds=2)
        token = next(o.claim_token for o in submission.claim(now=when, most=50) if o.pk == order.pk)
        self.book.accept(
            service=int(order.provider_service_id),
            link=order.link,
            quantity=order.quantity,
            charge=order.charge,
            now=when.timestamp(),
        )
        submission.unknown(
            order_id=order.pk,
            token=token,
            reason="No answer within 30 seconds",
            now=when + dt.timedelta(seconds=30),
        )

    def changed_its_mind(self, order: Order, number: str, minutes: int, ago: dt.timedelta) -> None:
        """The provider says Completed and days later what its book says: no money moves by that, a person decides."""
        began = order.created_at + dt.timedelta(minutes=1)
        running = Report(to=OrderStatus.IN_PROGRESS, word="In progress", remains=order.quantity // 2, start_count=1240)
        lifecycle.report(order_id=order.pk, report=running, now=began)
        done = Report(to=OrderStatus.COMPLETED, word="Completed", remains=0, start_count=1240)
        lifecycle.report(order_id=order.pk, report=done, now=began + dt.timedelta(minutes=minutes))
        late = self.said(order, number, LONG_AGO_ENOUGH)
        raw = json.dumps({"status": late.word, "remains": str(late.remains)})
        lifecycle.report(order_id=order.pk, report=dataclasses.replace(late, raw=raw), now=self.now - ago)

    def refused(self, order: Order, words: str) -> None:
        when = order.created_at + dt.timedelta(seconds=3)
        token = next(o.claim_token for o in submission.claim(now=when, most=50) if o.pk == order.pk)
        submission.rejected(order_id=order.pk, token=token, reason=words, raw=json.dumps({"error": words}), now=when)

    def delivered(self, order: Order, number: str, minutes: int, *, start: int = 1) -> None:
        """After `start` minutes the provider reports the beginning and, `minutes` later, the end that its book foretells."""
        began = order.created_at + dt.timedelta(minutes=start)
        lifecycle.report(order_id=order.pk, report=self.said(order, number, 30.0), now=began)
        ended = began + dt.timedelta(minutes=minutes)
        lifecycle.report(order_id=order.pk, report=self.said(order, number, LONG_AGO_ENOUGH), now=ended)

    @staticmethod
    def said(order: Order, number: str, elapsed: float) -> Report:
        state = progress(
            seed=SEED, order_id=int(number), quantity=order.quantity, link=order.link, elapsed=elapsed, speed=SPEED
        )
        return Report(to=status_of(state.word), word=state.word, remains=state.remains, start_count=state.start_count)


def make_history(story: Story, services: list[Service]) -> None:
    """Eleven weeks of orders that went well: enough of three services that the shop can say how long they take."""
    for number, minutes in enumerate(MINUTES):
        ago = dt.timedelta(weeks=11) - number * dt.timedelta(days=5, hours=7)
        for place, service in enumerate(services):
            fate = "partial" if (number + place) % 9 == 4 else "completed"
            link = f"example.com/p/{PLACES[place]}-{number + 1}-{fate}"
            order = story.placed(service, link, 500 + 500 * (number % 3), ago - place * AN_HOUR)
            story.delivered(order, story.sent(order), minutes + 17 * place, start=2 + minutes % (9 + 4 * place))
    if timetable.take(name=delivery_times.NAME, every=delivery_times.EVERY, now=story.now):
        delivery_times.learn(now=story.now)


def make_orders(customer: User, agent: User, book: SimulatorState, now: dt.datetime) -> None:
    """Orders in all eight statuses, oldest first, and a balance of 250.00 in the end."""
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

    def delivered(service: Service, link: str, quantity: int, ago: dt.timedelta, minutes: int) -> Order:
        order = story.placed(service, link, quantity, ago)
        story.delivered(order, story.sent(order), minutes)
        return order

    make_history(story, [services[0], services[5], services[9]])
    delivered(services[0], "example.com/p/harbour-completed", 1000, 11 * A_DAY, 42)
    market = story.placed(services[1], "example.org/p/market-canceled", 2000, 9 * A_DAY)
    story.changed_its_mind(market, story.sent(market), 95, 6 * A_DAY)
    delivered(services[2], "example.com/p/morning-partial", 1000, 7 * A_DAY, 130)
    delivered(services[3], "example.net/p/bridge-canceled", 500, 5 * A_DAY, 15)
    story.refused(story.placed(services[7], "example.net/p/private-refused", 1000, 4 * A_DAY), "Bad link")
    dropped = delivered(services[4], "example.com/p/garden-completed", 1500, 3 * A_DAY, 61)
    desk.refund(
        order_id=dropped.pk,
        amount=dropped.charge // 2,
        actor=agent,
        reason="Half of it dropped within a day",
        now=dropped.created_at + 30 * AN_HOUR,
    )
    delivered(services[5], "example.org/p/lantern-partial", 800, A_DAY, 77)
    waiting = story.placed(by_hand, "example.com/team/profile", 1, 20 * AN_HOUR)
    desk.settle_by_hand(
        order_id=waiting.pk, to=OrderStatus.PROCESSING, actor=agent, reason="Taken by our team", now=now - 19 * AN_HOUR
    )
    late = story.placed(services[8], "example.com/p/window-stuck", 1000, 18 * AN_HOUR)
    story.sent(late)
    story.lost(story.placed(services[10], "example.net/p/island-lost", 1000, 40 * A_MINUTE))
    running = story.placed(by_hand, "example.org/team/profile", 1, 10 * AN_HOUR)
    desk.settle_by_hand(
        order_id=running.pk, to=OrderStatus.IN_PROGRESS, actor=agent, reason="Being written", now=now - 9 * AN_HOUR
    )
    delivered(services[6], "example.com/p/river-completed", 1000, 5 * AN_HOUR, 38)
    story.placed(by_hand, "example.net/team/profile", 1, 12 * A_MINUTE)
    live = story.placed(services[9], "example.com/p/evening-slow-completed", 1200, 2 * A_MINUTE)
    story.sent(live)

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
