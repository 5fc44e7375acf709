"""Two agents at one ticket: the second reply is stopped, and nothing that was typed is lost."""

import threading

import pytest
import time_machine
from django.db import connection

from support import ticketing
from support.models import Draft
from support.queries import conversation_of
from tests.factories import NOW
from tests.support.test_desk import answer, writes
from tests.support.test_pages import hidden, words_of
from tests.support.test_ticketing import again, open_on
from tests.support.test_workspace import act, desk_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def at_desk(client, agent):
    client.force_login(agent)
    return client


def test_a_reply_is_stopped_where_somebody_wrote_meanwhile_and_nothing_is_lost(at_desk, customer, agent, colleague):
    ticket = open_on(customer)
    seen = hidden(at_desk.get(desk_of(ticket)), "seen")
    answer(ticket, colleague)
    mine = {"message": "My long answer.", "then": "solved", "seen": seen, "token": "mine"}
    stopped = act(at_desk, ticket, "reply", mine)
    assert stopped.status_code == 422
    assert "Nothing was sent: hugo@example.com wrote after you opened this page." in words_of(stopped)
    assert "My long answer.</textarea>" in stopped.content.decode()
    assert "Look." in words_of(stopped)
    assert [m.text for m in conversation_of(ticket)] == ["Nothing happened yet.", "Look."]
    assert (again(ticket).state, Draft.objects.get().text) == ("waiting", "My long answer.")
    # The draft is there on every later visit, for this agent alone.
    assert "My long answer.</textarea>" in at_desk.get(desk_of(ticket)).content.decode()
    fresh = hidden(stopped, "seen")
    assert act(at_desk, ticket, "reply", mine | {"seen": fresh}).status_code == 302
    assert [m.text for m in conversation_of(ticket)][-1] == "My long answer."
    assert Draft.objects.count() == 0


@pytest.mark.parametrize("newer", ["customer", "note"])
def test_what_stops_a_reply_may_be_the_customer_or_a_colleagues_note(at_desk, customer, colleague, newer):
    ticket = open_on(customer)
    seen = hidden(at_desk.get(desk_of(ticket)), "seen")
    if newer == "customer":
        writes(ticket, customer)
    else:
        ticketing.note(ticket_number=ticket.pk, author=colleague, text="Wait with it.", now=NOW)
    assert act(at_desk, ticket, "reply", {"message": "Old news.", "then": "waiting", "seen": seen}).status_code == 422


def test_ones_own_note_stops_nothing(at_desk, customer, agent):
    ticket = open_on(customer)
    seen = hidden(at_desk.get(desk_of(ticket)), "seen")
    ticketing.note(ticket_number=ticket.pk, author=agent, text="For myself.", now=NOW)
    assert act(at_desk, ticket, "reply", {"message": "Here.", "then": "waiting", "seen": seen}).status_code == 302


@pytest.mark.django_db(transaction=True)
def test_of_two_replies_at_once_one_is_sent_and_the_other_kept(customer, agent, colleague):
    ticket = open_on(customer)
    seen = ticket.messages.get().pk
    together, outcomes = threading.Barrier(2), []

    def send(person) -> None:
        together.wait()
        try:
            answer(ticket, person, seen=seen)
            outcomes.append("sent")
        except ticketing.Stale:
            outcomes.append("stopped")
        finally:
            connection.close()

    threads = [threading.Thread(target=send, args=(person,)) for person in (agent, colleague)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["sent", "stopped"]
    assert (ticket.messages.count(), Draft.objects.count()) == (2, 1)


def test_a_draft_is_kept_by_its_button_by_the_script_and_for_its_agent_alone(at_desk, client, customer, colleague):
    ticket = open_on(customer)
    assert act(at_desk, ticket, "draft", {"message": "Half a th", "then": "waiting"}).status_code == 302
    silent = act(at_desk, ticket, "draft", {"message": "A note so far"}, headers={"X-Draft": "1"})
    assert silent.status_code == 204
    shown = at_desk.get(desk_of(ticket)).content.decode()
    assert "Half a th</textarea>" in shown
    assert "A note so far</textarea>" in shown
    act(at_desk, ticket, "draft", {"message": "  ", "then": "waiting"})
    assert Draft.objects.get().is_internal
    client.force_login(colleague)
    assert "A note so far" not in client.get(desk_of(ticket)).content.decode()
    assert (again(ticket).state, ticket.messages.count()) == ("received", 1)
