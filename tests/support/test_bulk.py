"""One wish for many tickets: counted first, done in batches, and never to those in which something new was said."""

import datetime as dt
import re

import pytest
import time_machine
from django.urls import reverse

from support import bulk, ticketing
from support.models import Tag, Ticket, TicketEvent, TicketMail, TicketState, Topic
from tests.factories import NOW
from tests.support.test_desk import LIST, writes
from tests.support.test_pages import hidden, words_of
from tests.support.test_ticketing import again, in_state, open_on

pytestmark = pytest.mark.django_db

A_MINUTE = dt.timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def at_desk(client, agent):
    client.force_login(agent)
    return client


def asked(at_desk, query: str = ""):
    return at_desk.get(f"{LIST}bulk/{query}")


def done(at_desk, page, name: str, **typed):
    """The form of that page, sent with what was typed; then each batch that the answer goes on with."""
    data = {name: hidden(page, name) for name in ("numbers", "seen")} | typed
    answer = at_desk.post(reverse("admin:support_ticket_bulk_run", args=[name]), data)
    while "data-go-on" in answer.text:
        form = re.search(r"<form[^>]* data-go-on>.*?</form>", answer.text, re.DOTALL)[0]
        data = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))
        answer = at_desk.post(reverse("admin:support_ticket_bulk_run", args=[name]), data)
    return answer


def test_the_page_counts_what_each_change_would_do_and_writes_nothing(at_desk, customer, agent):
    for state in TicketState:
        in_state(state, customer, agent)
    before = TicketEvent.objects.count()
    shown = words_of(asked(at_desk))
    assert "4 tickets 1 of them is solved and stays so" in shown
    assert all(words in shown for words in ("Give 3 tickets", "Tag 4 tickets", "Let 2 tickets wait", "Solve 3 tickets"))
    assert TicketEvent.objects.count() == before


@pytest.mark.parametrize(
    ("query", "count"),
    [("", 4), ("?queue=waiting", 1), ("?queue=money", 1), ("?state=solved", 1), ("?q=carol", 4), ("?q=nobody", 0)],
)
def test_everything_that_a_list_holds_is_counted_by_its_own_address(at_desk, customer, agent, query, count):
    open_on(customer, topic=Topic.PAYMENT_NOT_CREDITED)
    for state in (TicketState.RECEIVED, TicketState.WAITING, TicketState.SOLVED):
        in_state(state, customer, agent)
    assert words_of(asked(at_desk, query)).count(f" {count} ticket") >= 1
    assert (
        len([n for n in re.findall(r'name="numbers" value="([\d,]*)"', asked(at_desk, query).text)[0].split(",") if n])
        == count
    )


def test_all_of_a_queue_are_solved_in_batches_and_their_customers_told(at_desk, customer, agent, monkeypatch):
    monkeypatch.setattr(bulk, "AT_ONCE", 2)
    tickets = [open_on(customer) for _time in range(5)]
    shown = words_of(done(at_desk, asked(at_desk, "?queue=unassigned"), "solve"))
    assert "5 of 5 tickets Changed 5" in shown
    assert {again(ticket).state for ticket in tickets} == {TicketState.SOLVED}
    assert TicketMail.objects.filter(kind=TicketMail.Kind.SOLVED).count() == 5
    assert set(TicketEvent.objects.filter(code="moved").values_list("actor", flat=True)) == {agent.pk}


def test_a_batch_says_how_far_it_is_and_goes_on_with_the_rest_alone(at_desk, customer, monkeypatch):
    monkeypatch.setattr(bulk, "AT_ONCE", 2)
    tickets = [open_on(customer) for _time in range(3)]
    page = asked(at_desk)
    first = at_desk.post(
        reverse("admin:support_ticket_bulk_run", args=["wait"]),
        {"numbers": hidden(page, "numbers"), "seen": hidden(page, "seen")},
    )
    assert "2 of 3 tickets" in words_of(first)
    assert hidden(first, "numbers") == str(tickets[2].pk)
    assert [again(ticket).state for ticket in tickets] == ["waiting", "waiting", "received"]


@pytest.mark.parametrize("name", ["solve", "wait"])
def test_a_ticket_in_which_its_customer_wrote_meanwhile_is_left_and_named(at_desk, customer, name):
    quiet, busy = open_on(customer), open_on(customer)
    page = asked(at_desk)
    writes(busy, customer, text="Wait, there is more.")
    shown = words_of(done(at_desk, page, name))
    assert f"Left as they are: the customer wrote meanwhile #{busy.pk}" in shown
    assert again(busy).state == TicketState.RECEIVED
    assert again(quiet).state != TicketState.RECEIVED


def test_a_ticket_that_was_solved_meanwhile_is_not_opened_again_by_waiting(at_desk, customer, agent):
    ticket = open_on(customer)
    page = asked(at_desk)
    ticketing.solve(ticket_number=ticket.pk, actor=agent, now=NOW)
    shown = words_of(done(at_desk, page, "wait"))
    assert "Changed 0 Were so already, or are solved 1" in shown
    assert again(ticket).state == TicketState.SOLVED


def test_the_door_itself_leaves_a_solved_ticket_alone_where_the_agent_looked_before(customer, agent):
    ticket = in_state(TicketState.SOLVED, customer, agent)
    ticketing.wait_for_customer(ticket_number=ticket.pk, actor=agent, now=NOW, seen=0)
    assert again(ticket).state == TicketState.SOLVED


def test_tickets_are_given_to_a_colleague_and_back_to_nobody(at_desk, customer, agent, colleague):
    tickets = [open_on(customer), in_state(TicketState.WORKING, customer, agent)]
    done(at_desk, asked(at_desk), "assign", agent=colleague.pk)
    assert {again(ticket).assignee for ticket in tickets} == {colleague}
    assert {again(ticket).state for ticket in tickets} == {TicketState.WORKING}
    done(at_desk, asked(at_desk), "assign", agent="")
    assert {again(ticket).assignee for ticket in tickets} == {None}


def test_tags_are_added_to_those_that_are_there_in_every_batch(at_desk, customer, agent, monkeypatch):
    monkeypatch.setattr(bulk, "AT_ONCE", 1)
    tickets = [open_on(customer), in_state(TicketState.SOLVED, customer, agent)]
    for tags in ("late", "Late,  provider 4"):
        done(at_desk, asked(at_desk), "tag", tags=tags)
    for ticket in tickets:
        assert set(ticket.tags.values_list("name", flat=True)) == {"late", "provider 4"}


@pytest.mark.parametrize(
    ("name", "typed", "sentence"),
    [
        ("tag", {"tags": " , "}, "Write at least one tag."),
        ("assign", {"agent": "987654"}, "Select a valid choice"),
    ],
)
def test_what_cannot_be_done_comes_back_with_the_same_tickets(at_desk, customer, name, typed, sentence):
    ticket = open_on(customer)
    answer = done(at_desk, asked(at_desk), name, **typed)
    assert answer.status_code == 422
    assert sentence in words_of(answer)
    assert hidden(answer, "numbers") == str(ticket.pk)
    assert (Tag.objects.count(), again(ticket).assignee) == (0, None)


def test_the_rows_that_were_ticked_lead_to_the_same_page(at_desk, customer):
    chosen = [open_on(customer), open_on(customer)]
    open_on(customer)
    answer = at_desk.post(LIST, {"action": "change_chosen", "_selected_action": [ticket.pk for ticket in chosen]})
    assert words_of(answer).count("Solve 2 tickets") == 1


def test_more_than_can_be_changed_at_once_is_refused_before_anything_happens(at_desk, customer, monkeypatch):
    monkeypatch.setattr(bulk, "MOST", 2)
    for _time in range(3):
        open_on(customer)
    answer = at_desk.get(f"{LIST}bulk/?queue=unassigned", follow=True)
    assert "These are more than 2 tickets. Filter them first." in words_of(answer)
    assert answer.redirect_chain == [(f"{LIST}?queue=unassigned", 302)]


@pytest.mark.parametrize("numbers", ["", "x", "-1", "9" * 40])
def test_numbers_that_name_nothing_change_nothing(at_desk, customer, numbers):
    ticket = open_on(customer)
    answer = at_desk.post(
        reverse("admin:support_ticket_bulk_run", args=["solve"]), {"numbers": numbers, "seen": "0"}, follow=True
    )
    assert "No ticket was chosen." in words_of(answer)
    assert again(ticket).state == TicketState.RECEIVED


@pytest.mark.parametrize("name", bulk.CHANGES)
@pytest.mark.parametrize("who", ["auditor", "editor"])
def test_a_forged_change_changes_nothing(client, customer, name, who, request):
    ticket = open_on(customer)
    client.force_login(request.getfixturevalue(who))
    forged = {"numbers": ticket.pk, "seen": "999", "agent": "", "tags": "x"}
    assert client.post(reverse("admin:support_ticket_bulk_run", args=[name]), forged).status_code == 403
    assert client.get(f"{LIST}bulk/").status_code == 403
    client.post(LIST, {"action": "change_chosen", "_selected_action": [ticket.pk]})
    assert again(ticket).state == TicketState.RECEIVED
    assert (TicketEvent.objects.count(), Tag.objects.count()) == (1, 0)


def test_a_change_needs_a_name_that_there_is(at_desk, customer):
    ticket = open_on(customer)
    address = reverse("admin:support_ticket_bulk_run", args=["delete"])
    assert at_desk.post(address, {"numbers": ticket.pk}).status_code == 404
    assert Ticket.objects.count() == 1
