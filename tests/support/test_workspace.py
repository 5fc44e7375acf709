"""The agents' screen: what it shows, what it does, and what a forged request cannot do."""

import datetime as dt

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from orders.models import ServiceTimes
from orders.statuses import OrderStatus
from support import desk, ticketing
from support.models import Message, Ticket, TicketState, Topic
from tests.factories import NOW, order_in, place, reported
from tests.orders.desk.situations import reported_late
from tests.orders.test_refills import asked
from tests.support.test_pages import hidden, words_of
from tests.support.test_ticketing import again, in_state, moves, open_on

pytestmark = pytest.mark.django_db

LIST = "/admin/support/ticket/"
ACTIONS = {
    "reply": {"message": "Done.", "then": "solved"},
    "note": {"message": "Hm."},
    "take": {},
    "wait": {},
    "solve": {},
    "reopen": {},
}


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW + dt.timedelta(minutes=5), tick=False):
        yield


@pytest.fixture
def at_desk(client, agent):
    client.force_login(agent)
    return client


def desk_of(ticket) -> str:
    return f"{LIST}{ticket.pk}/change/"


def act(client, ticket, action: str, data: dict | None = None, **options):
    address = reverse(f"admin:support_ticket_{action}", args=[ticket.pk])
    return client.post(address, ACTIONS[action] if data is None else data, **options)


def test_an_agent_reads_the_ticket_and_its_order_then_and_now(at_desk, customer):
    order = order_in(OrderStatus.IN_PROGRESS, customer)
    ticket = open_on(customer, order, text="Where is the rest?")
    reported(order, OrderStatus.PARTIAL, remains=400, now=NOW + dt.timedelta(minutes=4))
    shown = words_of(at_desk.get(desk_of(ticket)))
    assert "Where is the rest?" in shown
    assert order.link in shown
    assert "Status In Progress Partial (changed)" in shown
    assert "Returned 0.00 USD 0.36 USD (changed)" in shown
    assert "Charge 0.90 USD 0.90 USD" in shown
    assert "Delivery is running." in shown
    assert "Done: the undelivered part is back" in shown
    assert "Status changed → Partial “Partial” 400 remain since the ticket" in shown
    assert "Return 0.36 USD, balance then 99.46 USD since the ticket" in shown


def test_what_happened_without_moving_the_order_is_not_called_not_applied(at_desk, customer):
    shown = words_of(at_desk.get(desk_of(open_on(customer, asked(customer).order))))
    assert "Refill requested" in shown
    assert "(not applied)" not in shown


def test_a_report_that_moved_nothing_though_it_names_a_status_is_called_not_applied(at_desk, customer):
    shown = words_of(at_desk.get(desk_of(open_on(customer, reported_late(customer)))))
    assert "→ Canceled “Canceled” 1,000 remain (not applied)" in shown


@pytest.mark.parametrize("action", ["reply", "note"])
def test_an_agent_who_wrote_nothing_is_told_in_an_agents_words(at_desk, customer, action):
    refused = act(at_desk, open_on(customer), action, {"message": " ", "then": "waiting"})
    assert refused.status_code == 422
    assert ("Write the answer first." if action == "reply" else "Write the note first.") in words_of(refused)
    assert "what happened" not in words_of(refused)


def test_what_the_customer_counted_is_called_theirs_on_the_agents_screen(at_desk, customer):
    order = order_in(OrderStatus.COMPLETED, customer)
    ticket = open_on(customer, order, topic=Topic.RESULT_MISSING, details={"count_now": "512"})
    shown = words_of(at_desk.get(desk_of(ticket)))
    assert "Count that the customer sees 512" in shown
    assert "that you see" not in shown


def test_what_was_measured_stands_beside_what_is_stated_then_and_now(at_desk, customer):
    order = place(customer)
    times = {"start_median": 4, "start_p90": 30, "finish_median": 90, "finish_p90": 600, "partial": 1}
    ServiceTimes.objects.create(service=order.service, orders=10, learned_at=NOW, **times)
    ticket = open_on(customer, order)
    ServiceTimes.objects.update(orders=20, start_median=7)
    shown = words_of(at_desk.get(desk_of(ticket)))
    assert (
        "Starts, as measured half within 4 min, nine of ten within 30 min half within 7 min, nine of ten within 30 min "
        "(changed)" in shown
    )
    assert "Measured orders 10, 1 of them partial 20, 1 of them partial (changed)" in shown
    assert ticket.evidence["service"]["stated_start_minutes"] == order.stated_start


def test_a_ticket_of_an_older_version_is_read_without_what_it_does_not_know(at_desk, customer):
    ticket = open_on(customer, place(customer))
    evidence = {**ticket.evidence, "version": 2}
    del evidence["measured"], evidence["language"]
    Ticket.objects.filter(pk=ticket.pk).update(evidence=evidence)
    ServiceTimes.objects.create(service=ticket.order.service, orders=10, learned_at=NOW)
    shown = words_of(at_desk.get(desk_of(ticket)))
    assert "Measured orders 10, 0 of them partial (changed)" in shown


@pytest.mark.parametrize("then", ["waiting", "solved", "working"])
def test_a_reply_reaches_the_customer_and_leaves_the_chosen_state(at_desk, client, customer, agent, then):
    ticket = open_on(customer, place(customer))
    token = hidden(at_desk.get(desk_of(ticket)), "token")
    for _press in range(2):
        done = act(at_desk, ticket, "reply", {"message": "Look again.", "then": then, "token": token})
        assert (done.status_code, done.headers["Location"]) == (302, desk_of(ticket))
    assert (again(ticket).state, again(ticket).assignee) == (then, agent)
    assert ticket.messages.count() == 2
    client.force_login(customer)
    assert "Look again." in words_of(client.get(f"/tickets/{ticket.pk}/"))


@pytest.mark.parametrize("action", ["reply", "note"])
def test_a_text_that_cannot_be_kept_comes_back_to_the_agent(at_desk, customer, action):
    ticket = open_on(customer)
    refused = act(at_desk, ticket, action, {"message": "m" * 5001, "then": "solved"})
    assert refused.status_code == 422
    assert "5,000 is the most" in words_of(refused)
    assert "m" * 5001 in refused.content.decode()
    assert (again(ticket).state, ticket.messages.count()) == (TicketState.RECEIVED, 1)


def test_a_reply_to_nowhere_is_refused(at_desk, customer):
    ticket = open_on(customer)
    refused = act(at_desk, ticket, "reply", {"message": "Kept.", "then": "received"})
    assert refused.status_code == 422
    assert "Kept.</textarea>" in refused.content.decode()
    assert again(ticket).state == TicketState.RECEIVED


def test_taking_waiting_solving_and_reopening_leave_a_trail_with_the_agent(at_desk, customer, agent):
    ticket = open_on(customer)
    for action, state in (("take", "working"), ("wait", "waiting"), ("solve", "solved"), ("reopen", "working")):
        assert act(at_desk, ticket, action).status_code == 302
        assert again(ticket).state == state
    assert moves(ticket) == [
        ("opened", "", "received", customer.pk),
        ("assigned", "received", "received", agent.pk),
        ("moved", "received", "working", agent.pk),
        ("moved", "working", "waiting", agent.pk),
        ("moved", "waiting", "solved", agent.pk),
        ("moved", "solved", "working", agent.pk),
    ]
    assert "Received → Working on it" in words_of(at_desk.get(desk_of(ticket)))


def test_a_ticket_that_somebody_took_meanwhile_stays_theirs(at_desk, customer, agent, colleague):
    ticket = open_on(customer)
    desk.take(ticket_number=ticket.pk, agent=colleague, now=NOW)
    told = act(at_desk, ticket, "take", follow=True)
    assert "This ticket is with hugo@example.com." in words_of(told)
    assert again(ticket).assignee == colleague
    assert "Take over from hugo@example.com" in words_of(told)
    act(at_desk, ticket, "take", {"instead_of": hidden(told, "instead_of")})
    assert again(ticket).assignee == agent


def test_reopening_beside_another_open_ticket_says_where_to_go_on(at_desk, customer, agent):
    order = place(customer)
    old = in_state(TicketState.SOLVED, customer, agent, order)
    new = open_on(customer, order)
    sentence = f"Ticket #{new.pk} is where this goes on. Open that one."
    assert sentence in words_of(act(at_desk, old, "reopen", follow=True))
    refused = act(at_desk, old, "reply", {"message": "Kept.", "then": "waiting"})
    assert (refused.status_code, sentence in words_of(refused)) == (422, True)
    assert "Kept.</textarea>" in refused.content.decode()
    assert again(old).state == TicketState.SOLVED


@pytest.mark.parametrize("action", ACTIONS)
def test_a_forged_request_without_the_right_changes_nothing(client, customer, auditor, action):
    ticket = open_on(customer)
    client.force_login(auditor)
    assert act(client, ticket, action).status_code == 403
    client.force_login(customer)
    assert act(client, ticket, action).headers["Location"].startswith("/admin/login/")
    assert (again(ticket).state, Message.objects.count(), len(moves(ticket))) == (TicketState.RECEIVED, 1, 1)


@pytest.mark.parametrize("action", ACTIONS)
def test_an_action_needs_a_post_with_its_csrf_token_and_an_existing_ticket(at_desk, customer, agent, action):
    ticket = open_on(customer)
    assert at_desk.get(reverse(f"admin:support_ticket_{action}", args=[ticket.pk])).status_code == 405
    assert at_desk.post(reverse(f"admin:support_ticket_{action}", args=[ticket.pk + 1])).status_code == 404
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(agent)
    assert act(strict, ticket, action).status_code == 403
    assert (again(ticket).state, Message.objects.count()) == (TicketState.RECEIVED, 1)


def test_who_may_only_read_sees_everything_and_no_form(client, customer, auditor):
    ticket = open_on(customer)
    client.force_login(auditor)
    shown = client.get(desk_of(ticket))
    assert "Nothing happened yet." in words_of(shown)
    assert "<textarea" not in shown.content.decode()
    assert "You may read tickets, not answer them." in words_of(shown)


def test_nothing_is_added_changed_or_deleted_past_the_doors(client, admin, customer):
    ticket = open_on(customer)
    client.force_login(admin)
    assert client.get(f"{LIST}add/").status_code == 403
    assert client.get(f"{LIST}{ticket.pk}/delete/").status_code == 403
    assert client.post(desk_of(ticket), {"topic": "other"}).status_code == 403
    assert client.post(f"{LIST}{ticket.pk}/delete/", {"post": "yes"}).status_code == 403
    assert again(ticket).topic == "not_started"


@pytest.mark.parametrize("number", ["0", "999", "x", str(2**70)])
def test_a_number_without_a_ticket_is_not_found(at_desk, number):
    assert at_desk.get(f"{LIST}{number}/change/").status_code == 404


def test_what_customers_write_is_text_for_agents_too(at_desk, customer):
    ticket = open_on(customer, text="<img src=x onerror=alert(1)>")
    shown = at_desk.get(desk_of(ticket)).content.decode()
    assert "<img src=x" not in shown
    assert "&lt;img src=x onerror=alert(1)&gt;" in shown


def test_the_pages_keep_to_the_policy(at_desk, customer):
    ticket = open_on(customer, place(customer))
    for path in (LIST, desk_of(ticket)):
        shown = at_desk.get(path).content.decode()
        assert "<style" not in shown
        assert " style=" not in shown
        assert " onclick=" not in shown
        assert "<script>" not in shown


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("", {"mine", "theirs"}),
        ("?q={mine}", {"mine"}),
        ("?q=%23{order}", {"mine"}),
        ("?q=Carol@exa", {"mine"}),
        ("?q=nobody", set()),
        ("?q=%00", {"mine", "theirs"}),
        ("?q=99999999999999999999999", set()),
        ("?state=waiting", {"theirs"}),
        ("?state=open", {"mine", "theirs"}),
        ("?state=solved", set()),
        ("?queue=mine", {"theirs"}),
        ("?queue=unassigned", {"mine"}),
        ("?queue=due", set()),
        ("?queue=waiting", {"theirs"}),
        ("?queue=money", set()),
        ("?queue=nonsense", {"mine", "theirs"}),
        ("?topic=other", set()),
    ],
)
def test_the_list_finds_by_number_order_and_address_and_filters(at_desk, customer, stranger, agent, address, found):
    order = place(customer)
    # Numbers of orders and tickets must not meet by chance.
    for _time in range(5):
        order = place(customer)
    mine = open_on(customer, order)
    theirs = in_state(TicketState.WAITING, stranger, agent)
    shown = at_desk.get(LIST + address.format(mine=mine.pk, order=order.pk)).content.decode()
    listed = {name for name, ticket in (("mine", mine), ("theirs", theirs)) if f'href="{desk_of(ticket)}' in shown}
    assert listed == found


def test_the_list_reads_the_state_as_agents_say_it(at_desk, customer, agent):
    in_state(TicketState.WAITING, customer, agent)
    assert "Waiting for customer" in words_of(at_desk.get(LIST))


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_takes_the_same_queries_however_long(at_desk, customer, agent, count, django_assert_num_queries):
    for _time in range(count):
        in_state(TicketState.WAITING, customer, agent, place(customer))
    at_desk.get(LIST)  # a session's first page notes where it is
    with django_assert_num_queries(8):
        at_desk.get(LIST)


@pytest.mark.parametrize("count", [1, 3])
def test_the_workspace_takes_the_same_queries_however_long(at_desk, customer, agent, count, django_assert_num_queries):
    ticket = open_on(customer, place(customer))
    for _time in range(count):
        ticketing.reply(ticket_number=ticket.pk, author=agent, text="Yes.", by_staff=True, now=NOW)
        ticketing.note(ticket_number=ticket.pk, author=agent, text="Hm.", now=NOW)
    at_desk.get(desk_of(ticket))  # a session's first page notes where it is
    with django_assert_num_queries(19):
        at_desk.get(desk_of(ticket))
