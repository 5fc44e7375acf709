"""The doors: who says what, where the ticket stands then, and what is never written."""

import datetime as dt
import threading

import pytest
from django.db import IntegrityError, connection, transaction

from orders.statuses import OrderStatus
from support import desk, texts, ticket_rows, ticketing
from support.models import REOPEN_WITHIN, Message, Ticket, TicketState, Topic
from support.queries import conversation_of
from tests.factories import NOW, accept, order_in, place

pytestmark = pytest.mark.django_db

A_DAY = dt.timedelta(days=1)
R, W, C, S = TicketState.RECEIVED, TicketState.WORKING, TicketState.WAITING, TicketState.SOLVED


def open_on(customer, order=None, *, text="Nothing happened yet.", now=NOW, topic=Topic.NOT_STARTED, **more) -> Ticket:
    return ticketing.open_ticket(customer=customer, topic=topic, order=order, text=text, now=now, **more)


def again(ticket: Ticket) -> Ticket:
    return Ticket.objects.get(pk=ticket.pk)


def moves(ticket: Ticket) -> list[tuple[str, str, str, int | None]]:
    return list(ticket.events.order_by("id").values_list("code", "from_state", "to_state", "actor_id"))


def in_state(state: TicketState, customer, agent, order=None, now=NOW) -> Ticket:
    """A ticket that came to this state the way tickets do; every state but Received has an agent."""
    ticket = open_on(customer, order, now=now)
    if state == R:
        return ticket
    if state == W:
        desk.take(ticket_number=ticket.pk, agent=agent, now=now)
    else:
        ticketing.reply(ticket_number=ticket.pk, author=agent, text="Look now.", by_staff=True, then=state, now=now)
    return again(ticket)


def test_a_new_ticket_is_received_with_its_first_message_and_one_event(customer):
    order = place(customer)
    ticket = again(open_on(customer, order, text="  It does not start.\r\nPlease look.  "))
    assert (ticket.state, ticket.closed_at, ticket.assignee, ticket.order) == (R, None, None, order)
    assert [(m.text, m.author, m.by_staff) for m in ticket.messages.all()] == [
        ("It does not start.\nPlease look.", customer, False)
    ]
    assert moves(ticket) == [("opened", "", "received", customer.pk)]


def test_evidence_stays_as_it_was_when_the_order_moves_on(customer):
    order = place(customer)
    ticket = open_on(customer, order)
    frozen = again(ticket).evidence
    accept(order, now=NOW + A_DAY)
    assert again(ticket).evidence == frozen
    assert frozen["version"] == 3
    assert frozen["taken_at"] == "2026-11-25T12:00:00+00:00"
    assert frozen["order"]["status"] == "pending"
    assert frozen["order"]["charge"] == "0.90"
    assert frozen["balance"] == "99.10"
    assert [event["code"] for event in frozen["events"]] == ["placed"]
    assert [(entry["kind"], entry["amount"]) for entry in frozen["entries"]] == [("charge", "-0.90")]
    assert frozen["verdict"]["headline"] == "Wait"
    assert frozen["service"]["name"] == "Photo likes"


def test_evidence_of_a_partial_order_names_its_return(customer):
    order = order_in(OrderStatus.PARTIAL, customer)
    evidence = open_on(customer, order, topic=Topic.MONEY_NOT_RETURNED).evidence
    assert [(entry["kind"], entry["amount"]) for entry in evidence["entries"]] == [
        ("charge", "-0.90"),
        ("refund", "0.45"),
    ]
    assert (evidence["order"]["returned"], evidence["order"]["remains"]) == ("0.45", 500)


def test_a_ticket_without_an_order_keeps_the_balance_alone(customer):
    evidence = open_on(customer, topic=Topic.OTHER).evidence
    assert (evidence["order"], evidence["balance"]) == (None, "0.00")


def test_a_second_ticket_on_an_order_names_the_open_one_and_writes_nothing(customer):
    order = place(customer)
    first = open_on(customer, order)
    with pytest.raises(ticketing.AlreadyOpen) as refused:
        open_on(customer, order, text="Still nothing.")
    assert refused.value.ticket == first
    assert (Ticket.objects.count(), Message.objects.count()) == (1, 1)


def test_the_database_refuses_a_second_open_ticket_on_an_order_too(customer):
    order = place(customer)
    open_on(customer, order)
    with pytest.raises(IntegrityError), transaction.atomic():
        Ticket.objects.create(
            customer=customer, client_key="other", topic=Topic.OTHER, order=order, created_at=NOW, changed_at=NOW
        )


def test_a_solved_ticket_leaves_room_for_a_new_one_on_the_order(customer, agent):
    order = place(customer)
    first = in_state(S, customer, agent, order)
    second = open_on(customer, order, follows=first)
    assert (second.state, second.follows) == (R, first)


def test_the_same_form_twice_is_one_ticket(customer):
    order = place(customer)
    first = open_on(customer, order, client_key="form-1")
    assert open_on(customer, order, client_key="form-1") == first
    assert (Ticket.objects.count(), Message.objects.count()) == (1, 1)


def test_the_same_form_with_other_words_is_refused_naming_the_first(customer):
    first = open_on(customer, topic=Topic.OTHER, client_key="form-1")
    with pytest.raises(ticketing.SentBefore) as refused:
        open_on(customer, topic=Topic.OTHER, client_key="form-1", text="Something else entirely.")
    assert refused.value.ticket == first


def test_two_customers_may_have_the_same_token(customer, stranger):
    assert open_on(customer, client_key="form-1") != open_on(stranger, client_key="form-1")


def test_nobody_opens_a_ticket_on_somebody_elses_order_or_ticket(customer, stranger):
    order = place(customer)
    with pytest.raises(ValueError, match="somebody else"):
        open_on(stranger, order)
    with pytest.raises(ValueError, match="somebody else"):
        open_on(stranger, follows=open_on(customer))
    assert Ticket.objects.filter(customer=stranger).count() == 0


@pytest.mark.parametrize("text", ["", " \n\t ", "\u200b\u200d\ufeff", "\u3164", "with\x00nul", "\ud800", "x" * 5001])
def test_no_door_keeps_a_text_that_nobody_can_read(customer, agent, text):
    ticket = open_on(customer)
    for write in (
        lambda: open_on(customer, text=text),
        lambda: ticketing.reply(ticket_number=ticket.pk, author=customer, text=text, by_staff=False, now=NOW),
        lambda: ticketing.note(ticket_number=ticket.pk, author=agent, text=text, now=NOW),
    ):
        with pytest.raises(texts.BadText):
            write()
    assert (Ticket.objects.count(), Message.objects.count()) == (1, 1)


@pytest.mark.parametrize("text", ["x", "x" * 5000, "👍", "مرحبا", "ticket\u200b"])
def test_every_readable_text_is_kept(customer, text):
    assert open_on(customer, text=text).messages.get().text == text


@pytest.mark.parametrize("state", list(TicketState))
@pytest.mark.parametrize("then", [C, S, W])
def test_a_staff_reply_leaves_the_ticket_where_the_agent_says(customer, agent, state, then):
    ticket = in_state(state, customer, agent)
    ticketing.reply(ticket_number=ticket.pk, author=agent, text="Here.", by_staff=True, then=then, now=NOW + A_DAY)
    ticket = again(ticket)
    assert ticket.state == then
    assert ticket.assignee == agent
    assert ticket.changed_at == NOW + A_DAY
    assert (ticket.closed_at is None) == (then != S)


@pytest.mark.parametrize(("state", "then"), [(R, R), (W, W), (C, W), (S, W)])
def test_a_customers_reply_makes_it_the_agents_turn(customer, agent, state, then):
    ticket = in_state(state, customer, agent)
    ticketing.reply(ticket_number=ticket.pk, author=customer, text="And now?", by_staff=False, now=NOW + A_DAY)
    ticket = again(ticket)
    assert (ticket.state, ticket.closed_at, ticket.changed_at) == (then, None, NOW + A_DAY)


def test_a_reply_to_a_waiting_ticket_that_nobody_has_puts_it_back_into_the_queue(customer, agent):
    ticket = in_state(C, customer, agent)
    desk.assign(ticket_number=ticket.pk, to=None, actor=agent, now=NOW)
    ticketing.reply(ticket_number=ticket.pk, author=customer, text="Here it is.", by_staff=False, now=NOW)
    assert again(ticket).state == R


def test_a_reply_reopens_until_the_last_moment_and_not_after(customer, agent):
    ticket = in_state(S, customer, agent)
    with pytest.raises(ticketing.TooLate):
        ticketing.reply(
            ticket_number=ticket.pk,
            author=customer,
            text="Again.",
            by_staff=False,
            now=NOW + REOPEN_WITHIN + dt.timedelta(seconds=1),
        )
    assert (again(ticket).state, ticket.messages.count()) == (S, 2)
    ticketing.reply(ticket_number=ticket.pk, author=customer, text="Again.", by_staff=False, now=NOW + REOPEN_WITHIN)
    assert again(ticket).state == W


def test_reopening_beside_a_newer_open_ticket_on_the_order_names_that_one(customer, agent):
    order = place(customer)
    old = in_state(S, customer, agent, order)
    new = open_on(customer, order)
    for reopening in (
        lambda: ticketing.reply(ticket_number=old.pk, author=customer, text="Hm.", by_staff=False, now=NOW),
        lambda: ticketing.reopen(ticket_number=old.pk, actor=agent, now=NOW),
        lambda: ticketing.wait_for_customer(ticket_number=old.pk, actor=agent, now=NOW),
    ):
        with pytest.raises(ticketing.AlreadyOpen) as refused:
            reopening()
        assert refused.value.ticket == new
    assert (again(old).state, old.messages.count()) == (S, 2)


def test_an_agent_opens_a_solved_ticket_again_however_old(customer, agent):
    ticket = in_state(S, customer, agent)
    ticketing.reopen(ticket_number=ticket.pk, actor=agent, now=NOW + 100 * A_DAY)
    assert (again(ticket).state, again(ticket).closed_at) == (W, None)


def test_opening_again_what_is_open_changes_nothing(customer, agent):
    ticket = in_state(W, customer, agent)
    before = (moves(ticket), again(ticket).changed_at)
    ticketing.reopen(ticket_number=ticket.pk, actor=agent, now=NOW + A_DAY)
    assert (moves(ticket), again(ticket).changed_at) == before


@pytest.mark.parametrize("state", [R, W, C])
def test_solving_keeps_the_moment_of_the_first_time(customer, agent, state):
    ticket = in_state(state, customer, agent)
    ticketing.solve(ticket_number=ticket.pk, actor=customer, now=NOW + A_DAY)
    ticketing.solve(ticket_number=ticket.pk, actor=agent, now=NOW + 2 * A_DAY)
    assert (again(ticket).state, again(ticket).closed_at) == (S, NOW + A_DAY)
    assert moves(ticket)[-1] == ("moved", state, "solved", customer.pk)


def test_a_note_is_for_the_team_and_moves_nothing(customer, agent):
    ticket = open_on(customer)
    ticketing.note(ticket_number=ticket.pk, author=agent, text="Looks like a slow provider.", now=NOW + A_DAY)
    assert (again(ticket).state, again(ticket).changed_at) == (R, NOW)
    assert [m.text for m in conversation_of(ticket)] == ["Nothing happened yet."]


def test_the_same_note_twice_stands_once_and_other_words_are_never_lost(customer, agent):
    ticket = open_on(customer)
    for text in ("Slow.", "Slow.", "Slow, and dear."):
        ticketing.note(ticket_number=ticket.pk, author=agent, text=text, client_key="note-1", now=NOW)
    notes = ticket.messages.filter(is_internal=True).order_by("pk").values_list("text", flat=True)
    assert list(notes) == ["Slow.", "Slow, and dear."]


def test_the_same_reply_twice_stands_once_and_other_words_are_never_lost(customer):
    ticket = open_on(customer)
    for text in ("More.", "More.", "More, and this."):
        ticketing.reply(
            ticket_number=ticket.pk, author=customer, text=text, by_staff=False, client_key="reply-1", now=NOW
        )
    assert [m.text for m in conversation_of(ticket)] == ["Nothing happened yet.", "More.", "More, and this."]


def test_taking_gives_the_ticket_to_one_agent_alone(customer, agent, colleague):
    ticket = open_on(customer)
    desk.take(ticket_number=ticket.pk, agent=agent, now=NOW)
    desk.take(ticket_number=ticket.pk, agent=agent, now=NOW)
    with pytest.raises(desk.TakenBySomebody):
        desk.take(ticket_number=ticket.pk, agent=colleague, now=NOW)
    assert (again(ticket).assignee, again(ticket).state) == (agent, W)
    desk.take(ticket_number=ticket.pk, agent=colleague, instead_of=agent.pk, now=NOW)
    assert again(ticket).assignee == colleague
    assert [code for code, *_rest in moves(ticket)] == ["opened", "assigned", "moved", "assigned"]


def test_a_failing_write_leaves_nothing_of_the_ticket(customer, monkeypatch):
    order = place(customer)

    def full_disk(*args, **kwargs):
        raise OSError("disk full")

    monkeypatch.setattr(ticket_rows, "record", full_disk)
    with pytest.raises(OSError, match="disk full"):
        open_on(customer, order)
    assert (Ticket.objects.count(), Message.objects.count()) == (0, 0)


@pytest.mark.django_db(transaction=True)
def test_ten_clicks_at_once_are_one_ticket(customer):
    order = place(customer)
    together, seen = threading.Barrier(10), []

    def click(number: int) -> None:
        together.wait()
        try:
            # Half of them press the same form twice, half have opened the form in tabs of their own.
            key = "form-1" if number % 2 else f"tab-{number}"
            seen.append(open_on(customer, order, client_key=key).pk)
        except ticketing.AlreadyOpen as refused:
            seen.append(refused.ticket.pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=click, args=(number,)) for number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [Ticket.objects.get().pk] * 10
    assert Message.objects.count() == 1
