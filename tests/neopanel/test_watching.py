"""What load balancers and watchers see: whether the panel is well, and the figures that wake somebody."""

import datetime as dt
import re
import threading

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test.utils import CaptureQueriesContext

from neopanel import health, metrics, views
from orders import bookkeeping, halt, provider_health, submission, triggers, worker
from orders.models import LedgerEntry, Order
from orders.statuses import OrderStatus
from support import ticketing
from support.models import Topic
from tests.factories import NOW, accept, make_provider, make_service, order_in, place
from tests.orders.payments import make_method, report

pytestmark = pytest.mark.django_db

TOKEN = "a-token-that-nobody-guesses"


@pytest.fixture(autouse=True)
def clock(time_machine):
    time_machine.move_to(NOW, tick=False)


def read(client, **headers) -> dict[str, float]:
    """The figures as a program reads them: name with label -> number."""
    answer = client.get("/metrics", headers=headers)
    assert answer["Content-Type"] == metrics.CONTENT_TYPE
    lines = answer.text.splitlines()
    assert all(
        re.fullmatch(r'# (HELP|TYPE) neopanel_\w+ .+|neopanel_\w+(\{provider=".*"\})? \S+', line) for line in lines
    )
    return {name: float(figure) for name, _space, figure in (x.rpartition(" ") for x in lines if x[0] != "#")}


def test_ready_tells_of_workers_and_halts_and_serves_all_the_same(client, admin):
    assert client.get("/health/ready").json() == {"status": "ok", "halted": False, "worker": "never seen"}
    worker.run_once(chores=("beat",))
    assert client.get("/health/ready").json()["worker"] == "ok"
    halt.begin(reason="A check", now=NOW)
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.json()["halted"]) == (200, True)


def test_a_process_that_found_the_database_migrated_asks_no_more(client, django_assert_num_queries):
    client.get("/health/ready")
    with django_assert_num_queries(3) as asked:
        client.get("/health/ready")
    assert not any("django_migrations" in query["sql"] for query in asked)


def test_a_database_that_lacks_a_migration_is_not_ready(client, monkeypatch):
    monkeypatch.setattr(views, "_found_migrated", threading.Event())
    MigrationRecorder.Migration.objects.filter(app="orders").latest("pk").delete()
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.json()) == (503, {"status": "database is not migrated"})


def test_workers_that_stopped_are_silent_after_two_minutes():
    bookkeeping.beat(lambda: NOW)
    assert health.look(now=NOW + dt.timedelta(seconds=119)).worker == "ok"
    assert health.look(now=NOW + dt.timedelta(seconds=120)).worker == "silent"


def test_a_ledger_without_its_guards_is_not_ready(client):
    triggers.drop()
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.json()) == (503, {"status": "the ledger is not guarded"})
    assert read(client)["neopanel_triggers_missing"] > 0


def test_a_shop_at_rest_has_nothing_to_wake_anybody_but_what_never_ran(client):
    figures = read(client)
    loud = {name.removeprefix("neopanel_") for name, figure in figures.items() if figure}
    assert loud == {"worker_silence_seconds", "ledger_check_age_seconds"}
    assert figures["neopanel_worker_silence_seconds"] == float("inf")


def test_the_figures_follow_what_waits(client, customer):
    provider = make_provider(name='Up "stream"')
    service = make_service(provider=provider)
    _lost, asked = (place(customer, service=service, now=NOW - dt.timedelta(minutes=5)) for _ in range(2))
    accept(asked, now=NOW - dt.timedelta(minutes=1))  # claims both, and of one no answer comes
    submission.expire_leases(now=NOW + dt.timedelta(minutes=5), most=10)
    place(customer, service=service, now=NOW - dt.timedelta(minutes=10))
    provider_health.failed(provider_id=provider.pk, reason="it is down", now=NOW, least_pause=dt.timedelta(minutes=5))
    ticketing.open_ticket(
        customer=customer, topic=Topic.OTHER, order=None, text="Where?", now=NOW - dt.timedelta(days=3)
    )
    report(customer, make_method())
    bookkeeping.reconcile_due(lambda: NOW - dt.timedelta(minutes=30))
    halt.begin(reason="A check", now=NOW)

    figures = {name.removeprefix("neopanel_"): figure for name, figure in read(client).items()}
    label = '{provider="Up \\"stream\\""}'
    assert figures["queue_orders"] == 1
    assert figures["queue_age_seconds"] == 600
    assert figures["unknown_orders"] == 1
    assert figures["unknown_age_seconds"] == 300
    assert figures["orders_placed_total"] == Order.objects.latest("pk").pk
    assert figures["ledger_entries_total"] == LedgerEntry.objects.latest("pk").pk
    assert figures["deposits_waiting"] == 1
    assert figures["tickets_overdue"] == 1
    assert figures["tickets_overdue_age_seconds"] > 0
    assert figures[f"provider_paused{label}"] == 1
    assert figures[f"provider_errors_ratio{label}"] == 0.1
    assert figures[f"provider_poll_lag_seconds{label}"] == 58
    assert figures["ledger_check_age_seconds"] == 1800
    assert figures["halted"] == 1


def test_what_waits_for_a_person_is_counted(client, customer):
    order = order_in(OrderStatus.COMPLETED, customer)
    Order.objects.filter(pk=order.pk).update(review=True)
    assert read(client)["neopanel_review_orders"] == 1


def test_the_figures_cost_the_same_for_one_order_and_for_many(client, customer):
    """No count grows with the shop: every count has a limit inside."""
    service = make_service()
    counts = []
    for orders in (1, 5):
        for _ in range(orders):
            place(customer, service=service)
        with CaptureQueriesContext(
            connection,
        ) as asked:
            read(client)
        counts.append(len(asked))
        assert all("LIMIT" in query["sql"] for query in asked if "COUNT(" in query["sql"])
    assert counts[0] == counts[1] <= 20


# --- Who may read


def test_the_figures_are_for_this_machine_alone(client):
    assert client.get("/metrics").status_code == 200
    assert client.get("/metrics", REMOTE_ADDR="203.0.113.9").status_code == 404
    # A proxy on this machine that the panel was not told of: what comes through it comes from anywhere.
    assert client.get("/metrics", headers={"X-Forwarded-For": "203.0.113.9"}).status_code == 404


def test_behind_the_shops_proxy_the_caller_counts(client, settings):
    settings.BEHIND_PROXY = True
    settings.METRICS_FROM = "10.0.0.0/8"
    assert client.get("/metrics", headers={"X-Forwarded-For": "127.0.0.1, 203.0.113.9"}).status_code == 404
    assert client.get("/metrics", headers={"X-Forwarded-For": "203.0.113.9, 10.1.2.3"}).status_code == 200


def test_a_token_opens_the_figures_from_anywhere_and_nothing_else_does(client, settings):
    settings.METRICS_TOKEN = TOKEN
    assert client.get("/metrics").status_code == 404
    assert client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}x"}).status_code == 404
    answer = client.get("/metrics", REMOTE_ADDR="203.0.113.9", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
