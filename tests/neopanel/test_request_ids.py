"""One id leads from a click to the provider and back: in the answer's header, in the log, in the order's history."""

import json
import logging

import pytest

from neopanel.logs import JsonLine, Line, Traced
from orders import tracing, worker
from orders.models import Order
from tests.factories import fund, make_service, place
from tests.orders.test_sync import Clock, running_simulator, sells, service_of

pytestmark = pytest.mark.django_db

ID = "edge-7f3a.0001"


@pytest.fixture
def lines(caplog):
    """What was logged, each with its request's id, as the terminal's handler would write it."""
    caplog.handler.addFilter(Traced())
    caplog.set_level(logging.INFO)
    caplog.set_level(logging.INFO, "neopanel.request_ids")
    return caplog


def test_the_id_of_a_request_comes_back_with_its_answer(client):
    assert client.get("/health/live", headers={"X-Request-ID": ID})["X-Request-ID"] == ID


@pytest.mark.parametrize(
    "bad", ["", "short", "x" * 65, "with space in it", 'quote"inside', "-begins-with-a-dash", "é" * 9]
)
def test_an_id_that_has_not_the_shape_of_one_is_replaced(client, bad):
    given = client.get("/health/live", headers={"X-Request-ID": bad})["X-Request-ID"]
    assert given != bad
    assert tracing.VALID.fullmatch(given)


def test_two_requests_have_two_ids_and_nothing_is_left_behind(client):
    first, second = (client.get("/health/live")["X-Request-ID"] for _ in range(2))
    assert first != second
    assert tracing.current() == ""


def test_a_refused_request_and_a_missing_page_have_an_id_too(client):
    for path in ("/orders/", "/no-such-page/"):
        assert client.get(path, headers={"X-Request-ID": ID})["X-Request-ID"] == ID


def test_one_line_a_request_tells_who_asked_for_what(client, customer, lines):
    client.force_login(customer)
    client.get("/orders/?search=secret", headers={"X-Request-ID": ID})
    [record] = [record for record in lines.records if record.name == "neopanel.request_ids"]
    told = json.loads(JsonLine().format(record))
    assert (told["request_id"], told["method"], told["path"], told["status"]) == (ID, "GET", "/orders/", 200)
    assert told["user"] == customer.pk
    assert "secret" not in json.dumps(told)


def test_machines_that_ask_every_few_seconds_leave_no_line(client, lines):
    client.get("/health/ready")
    client.get("/metrics")
    assert not [record for record in lines.records if record.name == "neopanel.request_ids"]


def test_the_id_of_a_click_leads_to_the_providers_call_and_the_orders_history(client, customer, settings, lines):
    clock = Clock()
    with running_simulator(clock=clock.seconds) as sim:
        service = service_of(sells(sim, settings))
        fund(customer)
        client.force_login(customer)
        form = {"service": service.pk, "link": "https://example.com/p/1", "quantity": 100, "token": "t" * 36}
        client.post("/orders/new/", form, headers={"X-Request-ID": ID})
        order = Order.objects.get()
        clock.now = order.send_after
        worker.run_once(chores=("submit",), clock=clock)
    assert dict(order.events.values_list("code", "trace")) == {"placed": ID, "accepted": ID}
    [call] = [record for record in lines.records if record.name == "orders.sync"]
    assert (call.trace, call.facts["outcome"], call.facts["provider"]) == (ID, "Accepted", str(service.provider))


def test_an_order_that_no_request_placed_has_an_id_from_the_worker(customer, settings, lines):
    clock = Clock()
    with running_simulator(clock=clock.seconds) as sim:
        place(customer, service=service_of(sells(sim, settings)))
        worker.run_once(chores=("submit",), clock=clock)
    order = Order.objects.get()
    traces = dict(order.events.values_list("code", "trace"))
    assert traces["placed"] == ""
    assert tracing.VALID.fullmatch(traces["accepted"])


def test_the_desk_shows_the_id(client, admin, customer):
    with tracing.under(ID):
        order = place(customer, service=make_service())
    client.force_login(admin)
    assert f"Request {ID}" in client.get(f"/admin/orders/order/{order.pk}/change/").text


# --- How lines are written


def record_of(message: str, *, trace: str = "", **extra) -> logging.LogRecord:
    record = logging.makeLogRecord({"name": "orders.sync", "levelname": "INFO", "msg": message, **extra})
    with tracing.under(trace):
        Traced().filter(record)
    return record


def test_a_line_for_people_ends_with_the_id():
    line = Line("%(levelname)s %(name)s: %(message)s")
    assert line.format(record_of("sent", trace=ID)) == f"INFO orders.sync: sent [{ID}]"
    assert line.format(record_of("sent")) == "INFO orders.sync: sent"


def test_a_line_for_programs_is_one_object_whatever_the_message_holds():
    text = JsonLine().format(record_of('two\nlines and "quotes"', trace=ID, facts={"took_ms": 12, "level": "forged"}))
    assert "\n" not in text
    told = json.loads(text)
    assert (told["message"], told["took_ms"], told["level"]) == ('two\nlines and "quotes"', 12, "INFO")


def test_a_line_for_programs_holds_the_exception():
    try:
        raise ValueError("no such thing")
    except ValueError as fault:
        record = record_of("failed", exc_info=(ValueError, fault, fault.__traceback__))
    assert "ValueError: no such thing" in json.loads(JsonLine().format(record))["exception"]
