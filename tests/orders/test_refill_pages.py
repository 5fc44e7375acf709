"""Refills as agents settle them, and as the customer's pages show them."""

import datetime as dt
import re

import pytest

from orders import queries, refills, submission
from orders.lifecycle import NotAllowed
from orders.models import OrderEvent, Refill
from orders.order_page import page_for
from orders.statuses import OrderStatus
from tests.factories import NOW, make_service, order_in
from tests.orders.test_refills import asked, codes, completed, now_is, unsure

pytestmark = pytest.mark.django_db

S, State = OrderStatus, Refill.State
DAY = dt.timedelta(days=1)


# --- Agents


def test_an_agent_who_found_the_number_has_it_followed(customer, agent):
    refill = unsure(customer)
    refills.it_arrived(order_id=refill.order_id, number="77", actor=agent, now=NOW)
    assert (now_is(refill).state, now_is(refill).poll_at) == (State.ACCEPTED, NOW)
    # The worker that held the claim has no say any more.
    assert not refills.accepted(refill_id=refill.pk, token=refill.claim_token, number="78", now=NOW)
    refills.missing(refill_id=refill.pk, words="Refill not found", now=NOW)
    assert (now_is(refill).state, now_is(refill).provider_refill_id) == (State.UNKNOWN, None)


@pytest.mark.parametrize("number", ["", "abc", "-1", "0", "1" * 19])
def test_a_number_that_is_none_is_refused(customer, agent, number):
    refill = unsure(customer)
    with pytest.raises(NotAllowed):
        refills.it_arrived(order_id=refill.order_id, number=number, actor=agent, now=NOW)


def test_the_page_after_a_refill_waits_for_the_platforms_count_anew(customer, agent):
    refill = asked(customer, service=make_service(refill_days=30))
    replaced = NOW + 5 * DAY
    refills.settle(order_id=refill.order_id, to=State.COMPLETED, actor=agent, reason="Seen there", now=replaced)
    verdict = page_for(customer=customer, order_id=refill.order_id, now=replaced + DAY / 2).verdict
    assert (verdict.since, verdict.until) == (replaced, replaced + DAY)


def test_an_agent_who_did_not_find_it_has_it_sent_again(customer, agent):
    refill = unsure(customer)
    refills.send_again(order_id=refill.order_id, actor=agent, reason="Not there", now=NOW)
    [again] = refills.claim(now=NOW, most=5)
    assert again.pk == refill.pk
    event = OrderEvent.objects.filter(order=refill.order, code="refill_asked").latest("id")
    assert (event.actor, event.reason) == (agent, "Not there")


@pytest.mark.parametrize(("to", "code"), [(State.COMPLETED, "refill_done"), (State.REJECTED, "refill_no")])
def test_an_agent_says_how_a_refill_by_hand_ends(customer, agent, to, code):
    refill = asked(customer, service=make_service(refill_days=30))
    assert refills.claim(now=NOW + DAY, most=5) == []
    assert list(queries.refills_to_settle()) == [refill.order]
    refills.settle(order_id=refill.order_id, to=to, actor=agent, reason="Seen there", now=NOW)
    assert (now_is(refill).state, codes(refill.order)) == (to, ["refill_asked", code])
    assert list(queries.refills_to_settle()) == []
    with pytest.raises(NotAllowed):
        refills.settle(order_id=refill.order_id, to=to, actor=agent, reason="Again", now=NOW)


def test_agents_leave_alone_what_a_provider_has_or_gets_by_itself(customer, agent):
    refill = asked(customer)
    with pytest.raises(NotAllowed):
        refills.settle(order_id=refill.order_id, to=State.REJECTED, actor=agent, reason="x", now=NOW)
    [claimed] = refills.claim(now=NOW, most=1)
    refills.accepted(refill_id=refill.pk, token=claimed.claim_token, number="5", now=NOW)
    for door in (
        lambda: refills.settle(order_id=refill.order_id, to=State.REJECTED, actor=agent, reason="x", now=NOW),
        lambda: refills.send_again(order_id=refill.order_id, actor=agent, reason="x", now=NOW),
    ):
        with pytest.raises(NotAllowed):
            door()


def test_every_decision_wants_a_reason(customer, agent):
    refill = unsure(customer)
    with pytest.raises(NotAllowed):
        refills.send_again(order_id=refill.order_id, actor=agent, reason=" ", now=NOW)
    with pytest.raises(NotAllowed):
        refills.settle(order_id=refill.order_id, to=State.REJECTED, actor=agent, reason="", now=NOW)


def test_the_desk_shows_and_settles_it(client, agent, customer):
    refill = unsure(customer)
    client.force_login(agent)
    listed = client.get("/admin/orders/order/?attention=refill").text
    assert f"#{refill.order_id}" in listed
    address = f"/admin/orders/order/{refill.order_id}/"
    page = client.get(f"{address}change/").text
    assert {"refill_arrived", "refill_again", "refill_settle"} <= set(
        re.findall(rf'action="{address}([a-z_]+)/"', page)
    )
    assert "time-out" in page
    assert client.post(f"{address}refill_settle/", {"to": "completed"}).status_code == 422
    answer = client.post(f"{address}refill_settle/", {"to": "completed", "reason": "It is full again"})
    assert (answer.status_code, now_is(refill).state) == (302, State.COMPLETED)
    assert "refill_settle" not in client.get(f"{address}change/").text


# --- The customer's pages


def test_the_page_shows_the_rules_the_countdown_and_the_button(carol, customer, time_machine):
    time_machine.move_to(NOW, tick=False)
    order = completed(customer)
    html = carol.get(f"/orders/{order.pk}/").text
    assert "Ask for a refill" in html
    assert html.count("/static/img/icons.svg#done") >= 6
    answer = carol.post(f"/orders/{order.pk}/refill/", follow=True)
    assert "The refill is requested" in answer.text
    assert "Refill requested" in answer.text
    assert "Ask for a refill" not in answer.text
    assert "A refill of the order is under way." in answer.text
    assert "Refill requested" in carol.get("/orders/").text


def test_a_rule_that_is_not_kept_is_told_and_no_button_is_there(carol, customer, time_machine):
    order = completed(customer)
    time_machine.move_to(NOW + 31 * DAY, tick=False)
    carol.force_login(customer)
    html = carol.get(f"/orders/{order.pk}/").text
    assert '<span class="visually-hidden">Not met:</span> The refill period of 30 days is over.' in html
    assert "Ask for a refill" not in html
    assert "is over" in carol.post(f"/orders/{order.pk}/refill/", follow=True).text
    assert Refill.objects.count() == 0


def test_services_without_refill_have_no_such_part(carol, customer):
    order = order_in(S.COMPLETED, customer)
    assert 'id="refill"' not in carol.get(f"/orders/{order.pk}/").text


def test_the_page_asks_again_while_a_refill_is_under_way(carol, customer, agent):
    refill = asked(customer, service=make_service(refill_days=30))
    address, htmx = f"/orders/{refill.order_id}/", {"HX-Request": "true"}
    answer = carol.get(address, headers=htmx)
    assert (answer.status_code, "Paid for what was delivered" in answer.text) == (200, True)
    refills.settle(order_id=refill.order_id, to=State.COMPLETED, actor=agent, reason="Seen", now=NOW)
    assert carol.get(address, headers=htmx).status_code == 286
    assert "Refilled" in carol.get("/orders/").text


def test_a_strangers_refill_cannot_be_asked_for(client, customer, stranger):
    order = completed(customer)
    client.force_login(stranger)
    assert client.post(f"/orders/{order.pk}/refill/").status_code == 404
    assert submission.claim(now=NOW, most=1) == []
    assert Refill.objects.count() == 0
