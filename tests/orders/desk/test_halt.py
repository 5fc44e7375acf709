"""The switch that stops all money: its page, who may, and who is told."""

import logging

import pytest

from orders import halt
from orders.models import Halt
from orders.placing import OrderRefused
from tests.factories import NOW, fund, make_service, place
from tests.orders.desk.situations import forms_of, words_of

pytestmark = pytest.mark.django_db

PAGE = "/admin/orders/halt/"


@pytest.fixture
def lead_desk(client, lead):
    client.force_login(lead)
    return client


def test_money_is_stopped_with_a_reason_and_let_go_with_the_typed_word(lead_desk, lead):
    assert forms_of(lead_desk.get(PAGE)) == ["begin"]
    assert lead_desk.post(f"{PAGE}begin/", {"reason": ""}).status_code == 422
    assert halt.current() is None
    assert lead_desk.post(f"{PAGE}begin/", {"reason": "Two entries look odd"}).status_code == 302
    assert (halt.current().reason, halt.current().begun_by) == ("Two entries look odd", lead)
    shown = lead_desk.get(PAGE)
    assert forms_of(shown) == ["lift"]
    assert "by lena@example.com. Two entries look odd" in words_of(shown)
    assert lead_desk.post(f"{PAGE}begin/", {"reason": "Again"}).status_code == 422
    assert lead_desk.post(f"{PAGE}lift/", {"confirmation": "yes"}).status_code == 422
    assert halt.current() is not None
    assert lead_desk.post(f"{PAGE}lift/", {"confirmation": "lift"}).status_code == 302
    assert halt.current() is None
    assert Halt.objects.get().ended_by == lead
    assert lead_desk.post(f"{PAGE}lift/", {"confirmation": "lift"}).status_code == 422
    assert "Two entries look odd" in words_of(lead_desk.get(PAGE))


def test_a_halt_that_the_worker_began_says_so(lead_desk):
    halt.begin(reason="The hourly check found the books wrong", now=NOW)
    assert "by the worker's own check" in words_of(lead_desk.get(PAGE))


@pytest.mark.parametrize(
    ("role", "offered"),
    [("lead", ["begin"]), ("operator", ["begin"]), ("admin", ["begin"]), ("agent", []), ("auditor", [])],
)
def test_only_who_may_is_offered_the_switch(team, role, offered):
    assert forms_of(team[role].get(PAGE)) == offered


@pytest.mark.parametrize("role", ["agent", "auditor", "editor"])
@pytest.mark.parametrize("name", ["begin", "lift"])
def test_a_forged_request_is_refused_logged_and_changes_nothing(team, caplog, role, name):
    if name == "lift":
        halt.begin(reason="A check", now=NOW)
    with caplog.at_level(logging.WARNING, "orders.admin.offers"):
        assert team[role].post(f"{PAGE}{name}/", {"reason": "x", "confirmation": "LIFT"}).status_code == 403
    assert "without the right" in caplog.text
    assert (halt.current() is not None) == (name == "lift")


@pytest.mark.parametrize("path", ["/admin/", "/admin/orders/order/", "/admin/support/ticket/", PAGE])
def test_staff_see_it_on_every_page(lead_desk, path):
    assert 'class="halted"' not in lead_desk.get(path).content.decode()
    halt.begin(reason="A check", now=NOW)
    assert "nothing is ordered, sent or returned" in words_of(lead_desk.get(path))


@pytest.mark.parametrize("path", ["/", "/orders/new/?service={service}", "/balance/", "/balance/add/"])
def test_customers_see_it_where_money_would_move(client, customer, path):
    fund(customer)
    path = path.format(service=make_service().pk)
    client.force_login(customer)
    words = "Orders and returns are stopped for a check"
    assert words not in words_of(client.get(path))
    halt.begin(reason="Secret words of the team", now=NOW)
    shown = words_of(client.get(path))
    assert words in shown
    assert "Secret words" not in shown


def test_a_page_may_be_some_seconds_late_but_no_door_is(client, customer, time_machine):
    """Another process may have begun the halt: what this one remembers for its pages moves no money."""
    fund(customer)
    client.force_login(customer)
    words = "Orders and returns are stopped for a check"
    time_machine.move_to(NOW, tick=False)
    assert words not in words_of(client.get("/balance/"))
    Halt.objects.create(reason="Begun elsewhere", begun_at=NOW)
    assert words not in words_of(client.get("/balance/"))
    with pytest.raises(OrderRefused, match="stopped for a check of the books"):
        place(customer)
    time_machine.move_to(NOW + halt.REMEMBERED, tick=False)
    assert words in words_of(client.get("/balance/"))
