"""Many made-up tickets and how quickly their pages come: `python -m tests.benchmarks.tickets COUNT`, in the database that
DATABASE_URL names. `tests/benchmarks/queues.py` makes one for it.

Orders are few and placed by their doors, so that the ledger is as it always is; tickets, messages and events are written in bulk.
Of seven tickets one is open: a backlog that is worse than any that a team should have.
"""

import datetime as dt
import json
import random
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import django
from django.conf import settings
from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

django.setup()

from django.contrib.auth.models import Group  # noqa: E402 (models need the line above)

from accounts.models import User  # noqa: E402
from orders.models import Order  # noqa: E402
from orders.statuses import OrderStatus  # noqa: E402
from support.evidence import evidence_for  # noqa: E402
from support.models import Message, Tag, Ticket, TicketEvent, TicketState, Topic  # noqa: E402
from support.queues import QUEUES  # noqa: E402
from tests.factories import make_provider, make_service, order_in  # noqa: E402

ROUNDS = 60
CUSTOMERS, AGENTS, ORDERS, TAGS = 2000, 12, 40, 12
DAYS = 180
OPEN_STATES = (TicketState.RECEIVED, TicketState.WORKING, TicketState.WAITING)
AT_ONCE = 2000
LIST = "/admin/support/ticket/"


def measured(count: int) -> dict[str, Any]:
    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "testserver"]
    begun = time.monotonic()
    agent, busy = make_tickets(count)
    made = round(time.monotonic() - begun, 1)
    at_desk, theirs = Client(), Client()
    at_desk.force_login(agent)
    theirs.force_login(busy)
    chance = random.Random(3)  # noqa: S311
    numbers = list(Ticket.objects.exclude(order=None).order_by("-number").values_list("pk", flat=True)[:5000])
    own = list(Ticket.objects.filter(customer=busy).values_list("pk", flat=True)[:500])
    pages: dict[str, Callable[[], Any]] = {
        **{f"queue {queue.name}": lambda name=queue.name: at_desk.get(LIST, {"queue": name}) for queue in QUEUES},
        "queue all, far page": lambda: at_desk.get(LIST, {"queue": "all", "p": min(150, count // 100)}),
        "search by address": lambda: at_desk.get(LIST, {"q": f"n{chance.randrange(CUSTOMERS)}@"}),
        "search by number": lambda: at_desk.get(LIST, {"q": str(chance.choice(numbers))}),
        "change all unassigned, count": lambda: at_desk.get(f"{LIST}bulk/", {"queue": "unassigned"}),
        "ticket screen": lambda: at_desk.get(f"{LIST}{chance.choice(numbers)}/change/"),
        "customer's list": lambda: theirs.get("/tickets/"),
        "customer's ticket": lambda: theirs.get(f"/tickets/{chance.choice(own)}/"),
    }
    open_now = Ticket.objects.filter(closed_at=None).count()
    result = {"made_in_s": made, "open": open_now, **{name: figures(ask) for name, ask in pages.items()}}
    slow = {
        "report of 30 days": lambda: at_desk.get(f"{LIST}report/"),
        "report of 90 days": lambda: at_desk.get(f"{LIST}report/", {"days": 90}),
    }
    return result | {name: figures(ask, rounds=5) for name, ask in slow.items()}


def figures(ask: Callable[[], Any], rounds: int = ROUNDS) -> str:
    """`queries, median / p95 in ms` of a page; it must answer 200."""
    cache.clear()
    ask()
    with CaptureQueriesContext(connection) as asked:
        answer = ask()
    assert answer.status_code == 200, answer.status_code
    count = len(asked)  # now: later requests empty the log
    counting = [query["sql"] for query in asked.captured_queries if "COUNT(" in query["sql"].upper()]
    assert all("LIMIT" in sql.upper() for sql in counting), counting
    times = []
    for _round in range(rounds):
        begun = time.perf_counter()
        ask()
        times.append((time.perf_counter() - begun) * 1000)
    return f"{count} queries, {statistics.median(times):.0f} / {statistics.quantiles(times, n=20)[18]:.0f} ms"


def make_tickets(count: int) -> tuple[User, User]:
    """The tickets, an agent, and a customer who has very many of them."""
    chance, now = random.Random(7), timezone.now()  # noqa: S311
    people = User.objects.bulk_create(User(email=f"n{n}@example.com", password="!") for n in range(CUSTOMERS))
    team = [User.objects.create_user(f"agent{n}@example.com", None, is_staff=True) for n in range(AGENTS)]
    for member in team:
        member.groups.add(Group.objects.get(name="Support agent"))
    tags = [Tag.objects.create(name=f"tag {n}") for n in range(TAGS)]
    provider = make_provider()
    services = [make_service(name=f"Service {n}", provider=provider) for n in range(8)]
    orders = [
        order_in(status, person, service=chance.choice(services))
        for person in people[: ORDERS // 4]
        for status in (OrderStatus.PENDING, OrderStatus.IN_PROGRESS, OrderStatus.COMPLETED, OrderStatus.PARTIAL)
    ]
    evidence = {order.pk: evidence_for(order, customer=order.wallet.customer, now=now) for order in orders}
    without = evidence_for(None, customer=people[0], now=now)
    given: set[int] = set()
    for first in range(0, count, AT_ONCE):
        with transaction.atomic():
            add(
                range(first, min(first + AT_ONCE, count)),
                chance,
                now,
                people,
                team,
                tags,
                orders,
                evidence,
                without,
                given,
            )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return team[0], people[0]


def add(numbers, chance, now, people, team, tags, orders, evidence, without, given: set[int]) -> None:
    rows = [row(number, chance, now, people, team, orders, evidence, without, given) for number in numbers]
    tickets = Ticket.objects.bulk_create(rows)
    said, done = [], []
    for ticket in tickets:
        common = {"ticket": ticket, "created_at": ticket.created_at}
        said.append(Message(**common, author=ticket.customer, by_staff=False, text="Where is my order? " * 8))
        done.append(TicketEvent(**common, code="opened", to_state="received", actor=ticket.customer))
        if ticket.first_replied_at:
            said.append(Message(**common, author=ticket.assignee, by_staff=True, text="We look into it. " * 8))
            said.append(Message(**common, author=ticket.customer, by_staff=False, text="Thank you."))
            done.append(
                TicketEvent(**common, code="moved", from_state="received", to_state=ticket.state, actor=ticket.assignee)
            )
    Message.objects.bulk_create(said)
    TicketEvent.objects.bulk_create(done)
    through = Ticket.tags.through
    through.objects.bulk_create(
        through(ticket_id=ticket.pk, tag_id=chance.choice(tags).pk) for ticket in tickets if ticket.pk % 10 == 0
    )


def row(number: int, chance, now, people, team, orders: list[Order], evidence, without, given: set[int]) -> Ticket:
    """One ticket; every fiftieth is of the same customer, every fifth is about an order."""
    opened = now - dt.timedelta(days=DAYS * (1 - number / 100_000 % 1), minutes=chance.randrange(600))
    state = chance.choice(OPEN_STATES) if chance.random() < 1 / 7 else TicketState.SOLVED
    order = chance.choice(orders) if number % 5 == 0 else None
    if order is not None and state != TicketState.SOLVED:
        order = None if order.pk in given else order
        given |= {order.pk} if order else set()
    customer = order.wallet.customer if order else people[0] if number % 50 == 1 else chance.choice(people)
    answered = state != TicketState.RECEIVED
    agent = chance.choice(team) if answered else None
    return Ticket(
        customer=customer,
        client_key=f"bench-{number}",
        topic=chance.choice(Topic.values),
        order=order,
        state=state,
        evidence=evidence[order.pk] if order else without,
        assignee=agent,
        created_at=opened,
        changed_at=opened,
        closed_at=opened + dt.timedelta(hours=9) if state == TicketState.SOLVED else None,
        first_replied_at=opened + dt.timedelta(hours=chance.randrange(1, 9)) if answered else None,
        due_at=opened + dt.timedelta(hours=4) if state in OPEN_STATES[:2] else None,
        rating=chance.choice(["", "", "good", "bad"]) if state == TicketState.SOLVED else "",
    )


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measured(int(sys.argv[1]))) + "\n")
