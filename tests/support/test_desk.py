"""The desk: when an answer is due, who gets which ticket, what belongs together, and what two agents at once cannot lose."""

import datetime as dt
import threading

import pytest
import time_machine
from django.db import connection
from django.urls import reverse

from orders import desk as order_desk
from orders.statuses import OrderStatus
from support import desk, queues, ticketing
from support.hours import parse
from support.models import Draft, Message, Tag, Ticket, TicketState, Topic
from support.queries import conversation_of
from tests.conftest import member
from tests.factories import NOW, fund, order_in, place
from tests.support.test_pages import page, words_of
from tests.support.test_ticketing import again, in_state, moves, open_on
from tests.support.test_workspace import act, desk_of

pytestmark = pytest.mark.django_db

AN_HOUR = dt.timedelta(hours=1)
LIST = "/admin/support/ticket/"


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def at_desk(client, agent):
    client.force_login(agent)
    return client


def answer(ticket, agent, *, now=NOW, then=TicketState.WAITING, **more) -> Message:
    return ticketing.reply(
        ticket_number=ticket.pk, author=agent, text="Look.", by_staff=True, then=then, now=now, **more
    )


def writes(ticket, customer, *, now=NOW, text="And now?") -> Message:
    return ticketing.reply(ticket_number=ticket.pk, author=customer, text=text, by_staff=False, now=now)


# --- Due times


def test_an_answer_is_due_after_so_many_business_hours_and_never_while_it_waits_for_the_customer(
    customer, agent, settings
):
    settings.SUPPORT_SCHEDULE = parse("Mon-Fri 09:00-14:00")  # NOW is Wednesday, 12:00
    ticket = open_on(customer)
    assert again(ticket).due_at == NOW + dt.timedelta(hours=23)  # two hours today, two tomorrow from nine
    writes(ticket, customer, now=NOW + AN_HOUR)
    assert again(ticket).due_at == NOW + dt.timedelta(hours=23)
    answer(ticket, agent, now=NOW + AN_HOUR)
    assert (again(ticket).due_at, again(ticket).first_replied_at) == (None, NOW + AN_HOUR)
    writes(ticket, customer, now=NOW + 2 * AN_HOUR)
    assert again(ticket).due_at == dt.datetime(2026, 11, 27, 12, tzinfo=dt.UTC)  # eight hours: 0, then 5, then 3
    ticketing.solve(ticket_number=ticket.pk, actor=agent, now=NOW + 3 * AN_HOUR)
    assert again(ticket).due_at is None
    assert again(ticket).first_replied_at == NOW + AN_HOUR


def test_the_shop_says_within_what_time_answers_are_due(customer, agent, settings):
    settings.FIRST_REPLY_WITHIN, settings.NEXT_REPLY_WITHIN = AN_HOUR, 3 * AN_HOUR
    ticket = open_on(customer)
    assert again(ticket).due_at == NOW + AN_HOUR
    settings.FIRST_REPLY_WITHIN = 2 * AN_HOUR
    assert again(ticket).due_at == NOW + AN_HOUR  # it moves on events alone
    answer(ticket, agent, now=NOW + AN_HOUR)
    writes(ticket, customer, now=NOW + 2 * AN_HOUR)
    assert again(ticket).due_at == NOW + 5 * AN_HOUR


def test_an_agent_who_writes_and_goes_on_working_owes_the_next_word(customer, agent):
    ticket = open_on(customer)
    answer(ticket, agent, then=TicketState.WORKING, now=NOW + AN_HOUR)
    assert again(ticket).due_at == NOW + 9 * AN_HOUR


def test_a_note_or_taking_it_moves_no_due_time(customer, agent):
    ticket = open_on(customer)
    ticketing.note(ticket_number=ticket.pk, author=agent, text="Hm.", now=NOW + AN_HOUR)
    desk.take(ticket_number=ticket.pk, agent=agent, now=NOW + AN_HOUR)
    assert again(ticket).due_at == NOW + 4 * AN_HOUR


# --- Queues


def test_each_queue_holds_what_its_name_says(customer, agent, colleague):
    nobodys = open_on(customer, topic=Topic.OTHER)
    mine = in_state(TicketState.WORKING, customer, agent)
    waiting = in_state(TicketState.WAITING, customer, colleague)
    money = open_on(customer, topic=Topic.PAYMENT_NOT_CREDITED, now=NOW - 5 * AN_HOUR)
    in_state(TicketState.SOLVED, customer, agent)
    held = {
        queue.name: set(
            queues.in_queue(Ticket.objects.all(), queue.name, agent=agent, now=NOW).values_list("pk", flat=True)
        )
        for queue in queues.QUEUES
    }
    assert held["mine"] == {mine.pk}
    assert held["unassigned"] == {nobodys.pk, money.pk}
    assert held["due"] == {money.pk}
    assert held["waiting"] == {waiting.pk}
    assert held["money"] == {money.pk}
    assert len(held["all"]) == 5


def test_a_queue_begins_with_what_is_due_first_and_says_when(at_desk, customer):
    later, overdue = open_on(customer), open_on(customer, now=NOW - 6 * AN_HOUR)
    shown = at_desk.get(f"{LIST}?queue=unassigned").content.decode()
    assert shown.index(f"#{overdue.pk} ·") < shown.index(f"#{later.pk} ·")
    assert "overdue by about 2 hours" in shown
    assert "in about 4 hours" in shown


@pytest.mark.parametrize("queue", [queue.name for queue in queues.QUEUES])
def test_no_queue_counts_the_table_to_its_end(at_desk, customer, queue, django_assert_max_num_queries, monkeypatch):
    monkeypatch.setattr("accounts.paging.BoundedPaginator.MOST", 2)
    for _time in range(4):
        open_on(customer, topic=Topic.PAYMENT_NOT_CREDITED)
    at_desk.get(LIST)  # the first page of a session is noted
    with django_assert_max_num_queries(9) as asked:
        assert at_desk.get(f"{LIST}?queue={queue}").status_code == 200
    assert all("LIMIT" in query["sql"] for query in asked.captured_queries if "COUNT(" in query["sql"])


def test_take_next_gives_the_one_that_is_due_first(at_desk, customer, agent):
    open_on(customer)
    first = open_on(customer, now=NOW - AN_HOUR)
    in_state(TicketState.WAITING, customer, agent, now=NOW - 2 * AN_HOUR)
    taken = at_desk.post(f"{LIST}next/")
    assert taken.headers["Location"] == desk_of(first)
    assert (again(first).assignee, again(first).state) == (agent, "working")


def test_take_next_says_so_where_nothing_waits(at_desk):
    assert "No ticket waits for somebody to take it." in words_of(at_desk.post(f"{LIST}next/", follow=True))


@pytest.mark.django_db(transaction=True)
def test_agents_who_take_the_next_at_once_get_different_tickets(customer):
    for _time in range(4):
        open_on(customer)
    people = [member(f"agent{number}@example.com", "Support agent") for number in range(6)]
    together, taken = threading.Barrier(6), []

    def press(person) -> None:
        together.wait()
        try:
            ticket = desk.take_next(agent=person, now=NOW)
            taken.append(ticket.pk if ticket else None)
        finally:
            connection.close()

    threads = [threading.Thread(target=press, args=(person,)) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = [number for number in taken if number]
    assert len(found) == len(set(found))
    assert Ticket.objects.filter(assignee__isnull=False).count() == len(found)
    # Who skipped a locked row may have found none; whoever presses again gets what is left.
    while desk.take_next(agent=people[0], now=NOW):
        pass
    assert Ticket.objects.filter(assignee=None).count() == 0


# --- Whose it is, what it is filed under, what belongs together


def test_a_ticket_is_given_to_an_agent_and_back_to_nobody(at_desk, customer, colleague, editor):
    ticket = open_on(customer)
    act(at_desk, ticket, "assign", {"agent": colleague.pk})
    assert (again(ticket).assignee, again(ticket).state) == (colleague, "working")
    told = act(at_desk, ticket, "assign", {"agent": editor.pk}, follow=True)
    assert "Choose somebody who answers tickets." in words_of(told)
    assert again(ticket).assignee == colleague
    act(at_desk, ticket, "assign", {"agent": ""})
    assert again(ticket).assignee is None


def test_tags_are_words_kept_once_and_found(at_desk, customer):
    ticket = open_on(customer)
    act(at_desk, ticket, "tags", {"tags": " Refund,refund , slow  provider,," + "x" * 60})
    assert set(ticket.tags.values_list("name", flat=True)) == {"refund", "slow provider", "x" * 40}
    assert Tag.objects.count() == 3
    assert moves(ticket)[-1][0] == "tagged"
    act(at_desk, ticket, "tags", {"tags": ""})
    assert ticket.tags.count() == 0


def test_a_merged_ticket_is_read_in_the_other_and_comes_back_whole(at_desk, client, customer, agent):
    first, second = open_on(customer, text="Number one."), open_on(customer, place(customer), text="Number two.")
    in_other = act(at_desk, first, "merge", {"number": f"#{second.pk}"}, follow=True)
    assert "Number one." in words_of(in_other)
    assert f"from ticket #{first.pk}" in words_of(in_other)
    assert (again(first).state, again(first).merged_into) == ("solved", second)
    # The customer reads one thread, is led there from the old address, and what they write there lands in it.
    client.force_login(customer)
    assert "Number one." in words_of(client.get(page(second.pk)))
    old = client.get(page(first.pk))
    assert f"It goes on in ticket #{second.pk}" in words_of(old)
    assert "<textarea" not in old.content.decode()
    assert client.post(page(first.pk), {"message": "Typed in the old tab."}).headers["Location"] == page(second.pk)
    assert second.messages.filter(text="Typed in the old tab.").exists()
    client.force_login(agent)
    act(client, first, "split", {})
    assert (again(first).merged_into, again(first).is_open) == (None, True)
    assert [m.text for m in first.messages.all()] == ["Number one."]
    assert "Number one." not in [m.text for m in conversation_of(again(second))]


def test_what_waited_in_the_merged_ticket_waits_in_the_other_no_later(customer, agent):
    urgent = open_on(customer, now=NOW - AN_HOUR)
    other = in_state(TicketState.WAITING, customer, agent)
    desk.merge(ticket_number=urgent.pk, into=other.pk, actor=agent, now=NOW)
    assert (again(other).state, again(other).due_at) == ("working", NOW + 3 * AN_HOUR)


def test_tickets_that_do_not_belong_together_stay_apart(at_desk, customer, stranger, agent):
    mine, theirs = open_on(customer), open_on(stranger)
    third = open_on(customer)
    for number, sentence in (
        (theirs.pk, "Only two tickets of one customer"),
        (mine.pk, "Only two tickets of one customer"),
        (10**15, "There is no ticket with this number."),
        ("x", "Enter the number of the other ticket."),
        ("9" * 40, "Enter the number of the other ticket."),
    ):
        refused = act(at_desk, mine, "merge", {"number": number})
        assert (refused.status_code, sentence in words_of(refused)) == (422, True)
    desk.merge(ticket_number=third.pk, into=mine.pk, actor=agent, now=NOW)
    for ticket, into in ((mine, third), (open_on(customer), third), (mine, open_on(customer))):
        with pytest.raises(desk.NotTogether):
            desk.merge(ticket_number=ticket.pk, into=into.pk, actor=agent, now=NOW)
    assert again(mine).is_open


def test_a_ticket_about_an_order_is_not_merged_away_from_it(at_desk, customer, agent):
    about_one, about_another = open_on(customer, place(customer)), open_on(customer, place(customer))
    about_none = open_on(customer)
    for into in (about_another, about_none):
        refused = act(at_desk, about_one, "merge", {"number": into.pk})
        assert refused.status_code == 422
        assert "is about an order, and the order's page leads to it" in words_of(refused)
    assert again(about_one).is_open
    desk.merge(ticket_number=about_none.pk, into=about_one.pk, actor=agent, now=NOW)
    assert again(about_none).merged_into == about_one


def test_linked_tickets_show_each_other(at_desk, customer, stranger):
    one, two = open_on(customer), open_on(stranger)
    act(at_desk, one, "relate", {"number": two.pk})
    for ticket, other in ((one, two), (two, one)):
        assert f"Linked #{other.pk}" in words_of(at_desk.get(desk_of(ticket)))


# --- Opened for a customer; what the order did meanwhile; as the customer sees it


def test_an_agent_opens_a_ticket_for_a_customer_who_is_asked_to_answer(at_desk, client, customer, agent):
    order = place(customer)
    wish = {"customer": "Carol@example.com", "topic": "wrong_link", "order": order.pk, "message": "Is this link right?"}
    opened = at_desk.post(f"{LIST}open/", wish)
    ticket = Ticket.objects.get()
    assert opened.headers["Location"] == desk_of(ticket)
    assert (ticket.customer, ticket.state, ticket.assignee, ticket.due_at) == (customer, "waiting", agent, None)
    assert ticket.evidence["order"]["number"] == order.pk
    client.force_login(customer)
    assert "Is this link right?" in words_of(client.get(page(ticket.pk)))
    writes(ticket, customer)
    assert again(ticket).due_at == NOW + 4 * AN_HOUR


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"customer": "nobody@example.com"}, "There is no account with this address."),
        ({"order": "999999"}, "This customer has no order with this number."),
        ({"order": ""}, "Enter the order that it is about."),
        ({"message": " "}, "Write what the customer reads."),
    ],
)
def test_a_ticket_for_nobody_or_nothing_is_refused(at_desk, customer, change, sentence):
    wish = {"customer": customer.email, "topic": "wrong_link", "order": place(customer).pk, "message": "Hi."} | change
    refused = at_desk.post(f"{LIST}open/", wish)
    assert (refused.status_code, sentence in words_of(refused)) == (422, True)
    assert Ticket.objects.count() == 0


def test_a_second_open_ticket_on_the_order_is_refused_to_agents_too(at_desk, customer):
    order = place(customer)
    first = open_on(customer, order)
    wish = {"customer": customer.email, "topic": "wrong_link", "order": order.pk, "message": "Hi."}
    assert f"Ticket #{first.pk} about this order is open." in words_of(at_desk.post(f"{LIST}open/", wish))


def test_the_ticket_offers_the_orders_own_actions_and_shows_what_was_done(at_desk, customer, agent):
    order = order_in(OrderStatus.COMPLETED, customer)
    ticket = open_on(customer, order, topic=Topic.RESULT_MISSING)
    shown = at_desk.get(desk_of(ticket))
    assert f'action="{reverse("admin:orders_order_refund", args=[order.pk])}"' in shown.content.decode()
    order_desk.refund(order_id=order.pk, amount=9_000_000, actor=agent, reason="As agreed in the ticket", now=NOW)
    after = words_of(at_desk.get(desk_of(ticket)))
    assert "As agreed in the ticket since the ticket" in after
    assert "Since the ticket was opened, 0.09 USD came back to the balance." in after


def test_an_order_that_moved_on_proposes_the_end_of_its_ticket(at_desk, customer):
    order = place(customer)
    ticket = open_on(customer, order)
    assert "Its cause may be gone" not in words_of(at_desk.get(desk_of(ticket)))
    order_desk.settle_by_hand(
        order_id=order.pk, to=OrderStatus.COMPLETED, actor=ticket.customer, reason="Done", now=NOW + AN_HOUR
    )
    assert "the order moved on: Completed." in words_of(at_desk.get(desk_of(ticket)))


def test_a_payment_that_was_credited_since_proposes_the_end_and_the_words_for_it(at_desk, customer):
    fund(customer, "5.00")
    ticket = open_on(customer, topic=Topic.PAYMENT_NOT_CREDITED)
    assert "Its cause may be gone" not in words_of(at_desk.get(desk_of(ticket)))
    fund(customer, "12.50", now=NOW + AN_HOUR)
    sentence = "Since the ticket was opened, a payment of 12.50 USD was credited."
    assert sentence in words_of(at_desk.get(desk_of(ticket)))
    chosen = at_desk.get(f"{desk_of(ticket)}?proposal=1").content.decode()
    assert f"{sentence}</textarea>" in chosen
    assert 'value="solved" required id="reply_then_1" checked' in chosen


def test_staff_see_the_ticket_as_its_customer_does_and_without_notes(at_desk, customer, agent):
    ticket = open_on(customer)
    ticketing.note(ticket_number=ticket.pk, author=agent, text="Secret thought.", now=NOW)
    shown = at_desk.get(f"{LIST}{ticket.pk}/seen/")
    assert "Nothing happened yet." in words_of(shown)
    assert "Secret thought." not in words_of(shown)
    assert "<textarea" not in shown.content.decode()


@pytest.mark.parametrize("action", ["draft", "assign", "tags", "merge", "split", "relate"])
def test_a_forged_action_changes_nothing(client, customer, auditor, action):
    ticket = open_on(customer)
    other = open_on(customer)
    client.force_login(auditor)
    forged = {"message": "x", "agent": auditor.pk, "tags": "x", "number": other.pk}
    assert act(client, ticket, action, forged).status_code == 403
    assert client.post(f"{LIST}next/").status_code == 403
    assert client.get(f"{LIST}open/").status_code == 403
    assert (len(moves(ticket)), Draft.objects.count(), Tag.objects.count()) == (1, 0, 0)
