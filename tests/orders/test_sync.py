"""The worker against a provider that really answers over HTTP."""

import datetime as dt
import json
import re

import pytest

from neopanel.env import PollSchedule
from orders import sync, worker
from orders.models import Order, Provider
from orders.provider.simulator import running_simulator
from orders.provider.simulator_faults import LEVELS
from orders.statuses import ACTIVE, SETTLED, OrderStatus
from orders.verification import verify
from tests.factories import NOW, accept, fresh, make_provider, make_service, order_in, place
from tests.orders.provider.fake import answers, fake_provider, response

pytestmark = pytest.mark.django_db

S = OrderStatus
SECOND = dt.timedelta(seconds=1)


class Clock:
    """Time that passes when the test says so; the simulator lives by it too."""

    def __init__(self):
        self.now = NOW

    def __call__(self):
        return self.now

    def seconds(self):
        return self.now.timestamp()

    def pass_(self, **time):
        self.now += dt.timedelta(**time)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def quick_polls(settings):
    settings.POLL_SCHEDULE = PollSchedule(1, 1, 1, 1)


def sells(sim, settings, *, name="Simulator"):
    settings.ALLOW_PRIVATE_HOSTS = [sim.host]
    return make_provider(name=name, url=sim.url, key=sim.key)


def service_of(provider, number="1"):
    service = make_service(provider=provider, minimum=1, maximum=100_000)
    service.provider_service_id = number
    service.save(update_fields=["provider_service_id"])
    return service


def walk(clock, orders, *, seconds=150, step=1):
    """Runs the worker second by second until all orders are settled; every status that each went through."""
    seen = {order.pk: [order.status] for order in orders}
    for _tick in range(0, seconds, step):
        worker.run_once(clock=clock)
        for order in Order.objects.filter(pk__in=seen):
            if seen[order.pk][-1] != order.status:
                seen[order.pk].append(order.status)
        if not Order.objects.filter(pk__in=seen, status__in=ACTIVE).exists():
            break
        clock.pass_(seconds=step)
    return seen


def test_an_order_is_sent_delivered_and_settled(customer, settings, clock, quick_polls):
    with running_simulator(clock=clock.seconds) as sim:
        provider = sells(sim, settings)
        done = place(customer, service=service_of(provider, "1"), link="https://example.com/completed", quantity=500)
        part = place(customer, service=service_of(provider, "2"), link="https://example.com/partial", quantity=500)
        seen = walk(clock, [done, part])
        assert seen[done.pk] == [S.PENDING, S.PROCESSING, S.IN_PROGRESS, S.COMPLETED]
        assert seen[part.pk] == [S.PENDING, S.PROCESSING, S.IN_PROGRESS, S.PARTIAL]
        part = fresh(part)
        assert 0 < part.remains < 500
        assert part.refunded > 0
        assert [row["times"] for row in sim.report()["accepted"]] == [1, 1]


def test_a_refused_link_comes_back_at_once(customer, settings, clock):
    with running_simulator(clock=clock.seconds) as sim:
        order = place(customer, service=service_of(sells(sim, settings)), link="https://example.com/refused")
        worker.run_once(clock=clock)
        order = fresh(order)
        assert (order.submission, order.status, order.refunded) == ("rejected", S.ERROR, order.charge)


def test_a_provider_that_is_down_loses_nothing(customer, settings, clock):
    settings.ALLOW_PRIVATE_HOSTS = ["127.0.0.1"]
    order = place(customer, service=make_service(provider=make_provider(url="http://127.0.0.1:9/api/v2")))
    worker.run_once(clock=clock)
    order = fresh(order)
    assert (order.submission, order.status, order.refunded) == ("queued", S.PENDING, 0)


# Everything but the byte-by-byte answer, which would take this test a minute of real time.
MANY = {name: chance for name, chance in LEVELS["many"].items() if name != "drip"}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("seed", range(4))
def test_a_misbehaving_provider_leaves_every_order_settled_open_or_unknown(
    customer, settings, clock, quick_polls, seed
):
    with running_simulator(clock=clock.seconds, faults=MANY, seed=seed, silence=0.05) as sim:
        service = service_of(sells(sim, settings))
        orders = [place(customer, service=service, quantity=10 + n) for n in range(25)]
        walk(clock, orders, seconds=900, step=5)
        report = sim.report()
    assert len(report["faults"]) > 5
    assert {row["times"] for row in report["accepted"]} == {1}
    assert verify() == []
    for order in Order.objects.all():
        assert order.status in SETTLED or order.submission in {"queued", "accepted", "unknown"}
    assert Order.objects.filter(status__in=SETTLED).count() > 5


@pytest.mark.parametrize("fault", ["html_200", "html_502", "cut_json", "batch_error", "empty", "reset", "redirect"])
def test_a_failed_call_touches_no_order(customer, settings, clock, fault):
    with running_simulator(clock=clock.seconds) as sim:
        provider = sells(sim, settings)
        orders = [accept(place(customer, service=make_service(provider=provider))) for _ in range(3)]
        sim.misbehave({fault: 1.0})
        clock.pass_(seconds=10)
        assert sync.poll_due(clock) == 3
    for order in orders:
        order = fresh(order)
        assert (order.status, order.checked_at, order.poll_missing) == (S.PROCESSING, NOW, 0)
    assert Provider.objects.get(pk=provider.pk).failures == 1


@pytest.mark.parametrize("fault", ["numbers_as_text", "numbers_as_numbers", "list", "misspelt", "start_counter"])
def test_an_unusual_spelling_makes_no_difference(customer, settings, clock, quick_polls, fault):
    with running_simulator(clock=clock.seconds, faults={fault: 1.0}) as sim:
        service = service_of(sells(sim, settings))
        order = place(customer, service=service, link="https://example.com/partial", quantity=500)
        seen = walk(clock, [order])
        order = fresh(order)
    assert seen[order.pk][-1] == S.PARTIAL
    assert (order.review, order.start_count is None) == (False, False)


def test_an_order_that_its_provider_does_not_know_waits_for_a_person_after_five_times(
    customer, settings, clock, quick_polls
):
    with running_simulator(clock=clock.seconds) as sim:
        service = make_service(provider=sells(sim, settings))
        order = accept(place(customer, service=service), provider_order_id="424242")
        reviews = []
        for _time in range(6):
            clock.pass_(seconds=5)
            sync.poll_due(clock)
            order = fresh(order)
            reviews.append(order.review)
    assert reviews == [False, False, False, False, True, True]
    assert order.events.filter(code="missing").count() == 1
    assert (order.status, order.refunded) == (S.PROCESSING, 0)


def test_two_pollers_share_what_is_due_and_a_dead_one_holds_nothing_for_long(customer, settings, clock, quick_polls):
    provider = make_provider()
    for _number in range(3):
        accept(place(customer, service=make_service(provider=provider)))
    clock.pass_(seconds=5)
    first = sync.claim_polls(provider, clock())
    assert len(first) == 3
    assert sync.claim_polls(provider, clock()) == []
    clock.pass_(seconds=2)
    assert len(sync.claim_polls(provider, clock())) == 3


def test_a_worker_with_nothing_to_ask_for_looks_and_locks_nothing(customer, clock, django_assert_num_queries):
    accept(place(customer, service=make_service(provider=make_provider())))
    with django_assert_num_queries(1) as asked:
        assert sync.poll_due(clock) == 0
    assert "SAVEPOINT" not in asked.captured_queries[0]["sql"]


def test_a_provider_with_much_to_ask_for_leaves_the_others_their_turns(customer, settings, clock, monkeypatch):
    monkeypatch.setattr(sync, "POLL_AT_ONCE", 1)
    said = {number: {"status": "In progress"} for number in ("a1", "a2", "a3", "b1", "b2")}
    with fake_provider(answers(response(json.dumps(said).encode()))) as fake:
        settings.ALLOW_PRIVATE_HOSTS = [fake.host]
        for number in said:
            name = number[0]
            provider = Provider.objects.filter(name=name).first() or make_provider(
                name=name, url=fake.url, key=f"k-{name}"
            )
            accept(place(customer, service=make_service(provider=provider)), provider_order_id=number)
        clock.pass_(days=1)
        assert sync.poll_due(clock) == 5
    turns = [re.search(rb"key=k-(.)", request)[1].decode() for request in fake.requests]
    assert "".join(turns) == "ababa"


def test_an_order_is_asked_for_less_often_as_it_grows_older(customer, settings):
    settings.POLL_SCHEDULE = PollSchedule(30, 120, 600, 3600)
    order = order_in(S.PROCESSING, customer)
    ages = [dt.timedelta(minutes=5), dt.timedelta(minutes=30), dt.timedelta(hours=5), dt.timedelta(days=3)]
    for age, seconds in zip(ages, [30, 120, 600, 3600], strict=True):
        for _try in range(50):
            wait = (sync.next_poll(order, order.created_at + age) - order.created_at - age).total_seconds()
            assert 0.8 * seconds <= wait <= 1.2 * seconds


def test_a_settled_order_is_asked_for_three_times_more_and_then_never(customer):
    order = order_in(S.COMPLETED, customer)
    asked, now = [], order.poll_at
    while now is not None:
        asked.append((now - order.status_since).total_seconds() / 3600)
        now = sync.next_poll(order, now)
    assert asked == [1, 24, 72]


def test_unchanged_orders_are_marked_as_checked_with_one_statement(
    customer, settings, clock, quick_polls, django_assert_num_queries
):
    with running_simulator(clock=clock.seconds, speed=0.0001) as sim:
        service = service_of(sells(sim, settings))
        orders = [place(customer, service=service) for _ in range(5)]
        worker.run_once(clock=clock)
        clock.pass_(seconds=5)
        worker.run_once(clock=clock)  # the start count is news
        clock.pass_(seconds=5)
        provider = Provider.objects.get()
        claimed = sync.claim_polls(provider, clock())
        assert len(claimed) == 5
        with django_assert_num_queries(2):
            sync.ask(provider, claimed, clock)
    assert set(Order.objects.filter(pk__in=[o.pk for o in orders]).values_list("checked_at", flat=True)) == {clock()}


# --- Providers that ask to be left alone


def limited(seconds: int) -> bytes:
    head = f"HTTP/1.1 429 Too Many Requests\r\nRetry-After: {seconds}\r\nContent-Length: 2\r\n\r\n"
    return head.encode() + b"{}"


@pytest.mark.parametrize(("asked", "kept"), [(90, 90), (900, 900), (3600, 900), (999_999, 900)])
def test_a_provider_that_names_a_time_is_left_alone_until_then_and_no_longer(customer, settings, clock, asked, kept):
    with fake_provider(answers(limited(asked))) as fake:
        settings.ALLOW_PRIVATE_HOSTS = [fake.host]
        service = make_service(provider=make_provider(url=fake.url))
        accept(place(customer, service=service), provider_order_id="77")
        waiting = place(customer, service=service)
        Order.objects.filter(pk=waiting.pk).update(send_after=NOW + dt.timedelta(seconds=30))
        Order.objects.exclude(pk=waiting.pk).update(poll_at=NOW)
        worker.run_once(chores=("poll",), clock=clock)
        assert len(fake.requests) == 1
        assert Provider.objects.get().quiet_until == NOW + dt.timedelta(seconds=kept)
        clock.pass_(seconds=kept - 1)
        Order.objects.exclude(pk=waiting.pk).update(poll_at=NOW)
        worker.run_once(chores=("poll", "submit", "cancel"), clock=clock)
        assert len(fake.requests) == 1
        assert fresh(waiting).attempts == 0
        clock.pass_(seconds=1)
        worker.run_once(chores=("poll",), clock=clock)
        assert len(fake.requests) == 2
        assert Provider.objects.get().paused_until is None


def test_an_order_that_is_told_to_wait_holds_back_the_others_of_its_provider(customer, settings, clock):
    with fake_provider(answers(limited(60))) as fake:
        settings.ALLOW_PRIVATE_HOSTS = [fake.host]
        service = make_service(provider=make_provider(url=fake.url))
        first = place(customer, service=service)
        worker.run_once(chores=("submit",), clock=clock)
        second = place(customer, service=service)
        worker.run_once(chores=("submit",), clock=clock)
        assert (fresh(first).attempts, fresh(second).attempts) == (1, 0)
        clock.pass_(seconds=60)
        worker.run_once(chores=("submit",), clock=clock)
        assert (fresh(first).attempts, fresh(second).attempts) == (2, 1)
