"""The same wish for many orders: asked first, one transaction an order, and an answer that says what became of each."""

import logging
import re
from html import unescape

import pytest

from orders import halt, ledger, money, verification
from orders.admin import bulk
from orders.models import OrderEvent
from orders.statuses import OrderStatus
from tests.factories import NOW, fresh, make_service, order_in, place
from tests.orders.desk.situations import dear, lost, reported_late, words_of

pytestmark = pytest.mark.django_db
S = OrderStatus
LIST = "/admin/orders/order/"


def choose(client, action: str, orders, **more):
    typed = {"action": f"{action}_chosen", "_selected_action": [order.pk for order in orders], **more}
    return client.post(LIST, typed)


def carried(answer) -> list[str]:
    """What the page of the preview sends along."""
    return [unescape(v) for v in re.findall(r'name="order" value="([^"]*)"', answer.content.decode())]


def send(client, action: str, values, **typed):
    return client.post(f"{LIST}bulk/{action}/", {"order": values, **typed})


def test_the_preview_shows_count_and_money_and_writes_nothing(at_desk, customer):
    done = order_in(S.COMPLETED, customer)
    first, second = place(customer), place(customer)
    answer = choose(at_desk, "cancel", [first, second, done])
    shown = words_of(answer)
    assert "Orders 2 Money that returns to customers 1.80 USD" in shown
    assert f"#{second.pk} Pending → Canceled 0.90 USD" in shown
    assert f"These are not waiting to be sent: #{done.pk}" in shown
    assert carried(answer) == [f"{second.pk}|", f"{first.pk}|"]
    assert {fresh(order).status for order in (first, second)} == {S.PENDING}


def test_queued_orders_are_canceled_each_with_its_money(at_desk, customer, agent):
    orders = [place(customer) for _one in range(3)]
    before = ledger.balance_of(customer)
    answer = send(at_desk, "cancel", carried(choose(at_desk, "cancel", orders)), reason="The provider is gone")
    assert answer.status_code == 200
    assert "3 orders were done." in words_of(answer)
    assert {fresh(order).status for order in orders} == {S.CANCELED}
    assert ledger.balance_of(customer) - before == 3 * orders[0].charge
    for order in orders:
        event = order.events.latest("id")
        assert (event.actor, event.reason) == (agent, "The provider is gone")
    assert verification.verify() == []


def test_the_same_page_sent_twice_returns_nothing_twice(at_desk, customer):
    orders = [reported_late(customer) for _one in range(2)]
    values = carried(choose(at_desk, "approve", orders))
    send(at_desk, "approve", values, reason="Looked right")
    balance = ledger.balance_of(customer)
    again = send(at_desk, "approve", values, reason="Looked right")
    assert "0 orders were done." in words_of(again)
    assert "2 orders were refused" in words_of(again)
    assert ledger.balance_of(customer) == balance


def test_one_refused_order_holds_up_no_other(at_desk, customer):
    fine = reported_late(customer)
    large = dear(customer, reported_late)
    answer = choose(at_desk, "approve", [fine, large])
    assert "Money that returns to customers 90.90 USD" in words_of(answer)
    shown = words_of(send(at_desk, "approve", carried(answer), reason="Looked right"))
    assert "1 order was done." in shown
    assert f"#{large.pk} More than 50.00 USD a day for one customer is for a support lead to decide." in shown
    assert (fresh(fine).refunded, fresh(large).refunded) == (fine.charge, 0)


def test_a_lead_approves_above_the_limit(team, customer):
    large = dear(customer, reported_late)
    send(team["lead"], "approve", carried(choose(team["lead"], "approve", [large])), reason="Looked right")
    assert fresh(large).refunded == money.parse("90.00")


def test_a_proposal_that_changed_meanwhile_is_left_alone(at_desk, customer):
    order = reported_late(customer)
    answer = send(at_desk, "approve", [f"{order.pk}|canceled:1000:5:0"], reason="Looked right")
    assert "Something else is proposed by now" in words_of(answer)
    assert fresh(order).refunded == 0


def test_an_order_that_left_the_queue_meanwhile_is_left_alone(at_desk, customer):
    order = place(customer)
    values = carried(choose(at_desk, "cancel", [order]))
    order_in(S.PROCESSING, customer)  # the worker claims whatever waits
    answer = send(at_desk, "cancel", values, reason="x")
    assert "It is not waiting to be sent any more." in words_of(answer)
    assert (fresh(order).status, fresh(order).submission) == (S.PENDING, "sending")


def test_providers_are_asked_now(at_desk, customer, agent):
    orders = [order_in(S.PROCESSING, customer) for _one in range(2)]
    none = lost(customer)
    answer = choose(at_desk, "ask", [*orders, none])
    assert f"No provider has these, so nobody can be asked: #{none.pk}" in words_of(answer)
    assert "2 orders were done." in words_of(send(at_desk, "ask", carried(answer)))
    assert {fresh(order).poll_at for order in orders} == {NOW}
    assert OrderEvent.objects.filter(code="asked", actor=agent).count() == 2


def test_money_needs_a_reason(at_desk, customer):
    order = place(customer)
    refused = send(at_desk, "cancel", [f"{order.pk}|"], reason=" ")
    assert refused.status_code == 422
    assert carried(refused) == [f"{order.pk}|"]
    assert fresh(order).status == S.PENDING


def test_more_than_the_most_at_once_is_refused(at_desk, customer, monkeypatch):
    monkeypatch.setattr(bulk, "MOST", 2)
    orders = [place(customer) for _one in range(3)]
    refused = choose(at_desk, "cancel", orders)
    assert refused.status_code == 302
    assert "These are more than 2 orders." in words_of(at_desk.get(LIST))
    assert "2 orders were done." in words_of(send(at_desk, "cancel", [f"{o.pk}|" for o in orders], reason="x"))


def test_nobody_is_chosen_by_nonsense(at_desk, customer):
    order = place(customer)
    for values in ([], ["abc|"], ["-1|"], ["9" * 40], [""]):
        assert send(at_desk, "cancel", values, reason="x").status_code == 302
    assert "There is no such order." in words_of(send(at_desk, "cancel", ["987654|"], reason="x"))
    assert at_desk.post(f"{LIST}bulk/delete/", {"order": [f"{order.pk}|"]}).status_code == 404


def test_while_money_stands_still_each_is_refused(at_desk, customer):
    order = place(customer)
    halt.begin(reason="A check", now=NOW)
    assert "1 order was refused" in words_of(send(at_desk, "cancel", [f"{order.pk}|"], reason="x"))
    assert fresh(order).status == S.PENDING


@pytest.mark.parametrize("role", ["auditor", "operator", "editor"])
@pytest.mark.parametrize("action", ["ask", "approve", "cancel"])
def test_a_forged_request_is_refused_and_logged(team, customer, caplog, role, action):
    order = place(customer)
    with caplog.at_level(logging.WARNING, "orders.admin.offers"):
        assert send(team[role], action, [f"{order.pk}|"], reason="x").status_code == 403
    assert "without the right" in caplog.text
    assert fresh(order).status == S.PENDING


def test_who_may_not_settle_sees_no_action(team, customer):
    place(customer)
    assert "cancel_chosen" in team["agent"].get(LIST).content.decode()
    assert "cancel_chosen" not in team["auditor"].get(LIST).content.decode()
    assert "<style" not in team["auditor"].get(LIST).content.decode()


def test_what_an_agent_moves_at_once_stays_within_the_limit_in_all(at_desk, customer, stranger, lead, client):
    """Each is below the limit, and so is each customer's day: together they are not."""
    service = make_service(rate="30.00")
    orders = [reported_late(person, service=service) for person in (customer, stranger)]
    answer = choose(at_desk, "approve", orders)
    assert "You may move 50.00 USD in all at once." in words_of(answer)
    values = carried(answer)
    shown = words_of(send(at_desk, "approve", values, reason="Looked right"))
    assert "1 order was done." in shown
    assert "More than 50.00 USD in all at once is for a support lead to decide." in shown
    assert sorted(fresh(order).refunded for order in orders) == [0, money.parse("30.00")]
    client.force_login(lead)
    assert "You may move" not in words_of(choose(client, "approve", orders))
    assert "1 order was done." in words_of(send(client, "approve", values, reason="Looked right"))
    assert [fresh(order).refunded for order in orders] == [money.parse("30.00")] * 2
