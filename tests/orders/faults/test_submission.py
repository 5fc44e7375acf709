"""Faults on an order's way to its provider, from raw bytes on the wire to the balance."""

import pytest

from orders import ledger, lifecycle, money, worker
from orders.models import Provider
from orders.provider.simulator import running_simulator
from tests.factories import fresh, make_provider, make_service, place
from tests.orders.books import faults_here
from tests.orders.provider.fake import answers, fake_provider, resets, response
from tests.orders.test_sync import Clock, sells, service_of

pytestmark = pytest.mark.django_db

ALL, PAID = money.parse("100"), money.parse("99.10")

UNKNOWN = {
    "502": response(b"<html>Bad gateway</html>", "502 Bad Gateway"),
    "504": response(b"", "504 Gateway Timeout"),
    "HTML": response(b"<!doctype html><title>We will be back</title>"),
    "nothing": response(b""),
    "cut": response(b'{"order": 123'),
    "cut in the middle of the bytes": b'HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{"order": 1',
    "2 MB": response(b" " * 2_000_000 + b'{"order": 5}'),
    "a redirect to another host": response(b"", "307 Temporary Redirect", "Location: http://elsewhere.example/api/v2"),
    "a refusal nobody knows": response(b'{"error": "Service is having a nap"}'),
    "null": response(b'{"order": null}'),
    "-1": response(b'{"order": -1}'),
    "letters": response(b'{"order": "abc"}'),
    "an object": response(b'{"order": {}}'),
    "10^30": response(b'{"order": 1000000000000000000000000000000}'),
    "true": response(b'{"order": true}'),
    "a list": response(b"[]"),
}


@pytest.mark.parametrize("answer", UNKNOWN.values(), ids=UNKNOWN)
def test_an_answer_that_proves_nothing_leaves_the_order_unknown_and_it_is_never_sent_again(customer, settings, answer):
    clock = Clock()
    with fake_provider(answers(answer)) as provider:
        settings.ALLOW_PRIVATE_HOSTS = [provider.host]
        order = place(customer, service=make_service(provider=make_provider(url=provider.url)))
        for _look in range(4):
            worker.run_once(clock=clock)
            clock.pass_(minutes=10)
        sent = [request for request in provider.requests if b"action=add" in request]
    order = fresh(order)
    assert (order.submission, order.status, order.refunded) == ("unknown", "pending", 0)
    assert len(sent) == 1
    assert ledger.balance_of(customer) == PAID
    assert faults_here() == []


def test_a_connection_that_breaks_after_the_request_leaves_the_order_unknown(customer, settings):
    clock = Clock()
    with fake_provider(resets) as provider:
        settings.ALLOW_PRIVATE_HOSTS = [provider.host]
        order = place(customer, service=make_service(provider=make_provider(url=provider.url)))
        worker.run_once(clock=clock)
    assert (fresh(order).submission, fresh(order).refunded) == ("unknown", 0)


CERTAIN = ["Bad link", "Incorrect service ID", "neworder.error.link", "Quantity less than minimal 50"]


@pytest.mark.parametrize("words", CERTAIN)
def test_a_refusal_on_the_list_returns_the_whole_charge_with_its_reason(customer, settings, words):
    clock = Clock()
    with fake_provider(answers(response(b'{"error": "%s"}' % words.encode()))) as provider:
        settings.ALLOW_PRIVATE_HOSTS = [provider.host]
        order = place(customer, service=make_service(provider=make_provider(url=provider.url)))
        worker.run_once(clock=clock)
    order = fresh(order)
    refused = "unsold" if words == "Incorrect service ID" else "rejected"
    assert (order.submission, order.status, order.refunded) == (refused, "error", order.charge)
    assert order.events.latest("id").reason == words
    assert ledger.balance_of(customer) == ALL
    assert faults_here() == []


def test_an_empty_account_at_the_provider_costs_the_customer_nothing_and_stops_sending(customer, settings):
    clock = Clock()
    with fake_provider(answers(response(b'{"error": "Not enough funds on balance"}'))) as provider:
        settings.ALLOW_PRIVATE_HOSTS = [provider.host]
        service = make_service(provider=make_provider(url=provider.url))
        first = place(customer, service=service)
        worker.run_once(chores=("submit",), clock=clock)
        second = place(customer, service=service)
        worker.run_once(clock=clock)
        sent = [request for request in provider.requests if b"action=add" in request]
    assert len(sent) == 1
    assert {(fresh(o).submission, fresh(o).status, fresh(o).refunded) for o in (first, second)} == {
        ("queued", "pending", 0)
    }
    assert Provider.objects.get().paused_until > clock()
    assert faults_here() == []


def test_a_provider_that_is_down_for_six_hours_costs_no_order_and_takes_each_once(customer, settings):
    clock = Clock()
    with running_simulator(clock=clock.seconds) as sim:
        provider = sells(sim, settings)
        service = service_of(provider)
        provider.url, working = "http://127.0.0.1:9/api/v2", provider.url
        provider.save(update_fields=["url"])
        settings.ALLOW_PRIVATE_HOSTS = [*settings.ALLOW_PRIVATE_HOSTS, "127.0.0.1"]
        orders = [place(customer, service=service, link=f"https://example.com/completed/{n}") for n in range(4)]
        for _quarter in range(24):
            worker.run_once(clock=clock)
            clock.pass_(minutes=15)
        assert {(fresh(o).submission, fresh(o).status, fresh(o).refunded) for o in orders} == {("queued", "pending", 0)}
        assert Provider.objects.get().paused_until is not None
        lifecycle.cancel(order_id=orders[0].pk, actor=customer, now=clock())
        provider.url = working
        provider.save(update_fields=["url"])
        for _quarter in range(8):
            worker.run_once(clock=clock)
            clock.pass_(minutes=15)
        assert sorted(row["times"] for row in sim.report()["accepted"]) == [1, 1, 1]
    assert fresh(orders[0]).status == "canceled"
    assert {fresh(order).status for order in orders[1:]} == {"completed"}
    assert ledger.balance_of(customer) == 4 * ALL - 3 * orders[0].charge
    assert faults_here() == []
