"""The customer's pages, through Django's client: no JavaScript anywhere."""

import datetime as dt
import html
import re

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from orders.statuses import OrderStatus
from support import ticketing
from support.models import Ticket, TicketState, Topic
from tests.factories import NOW, order_in, place
from tests.support.test_ticketing import again, in_state, open_on

pytestmark = pytest.mark.django_db

A_DAY = dt.timedelta(days=1)


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW + dt.timedelta(minutes=5), tick=False):
        yield


@pytest.fixture
def signed_in(client, customer):
    client.force_login(customer)
    return client


def words_of(response) -> str:
    """The page as a reader sees it: without tags, spaces drawn together."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", response.content.decode())).split())


def hidden(response, name: str) -> str:
    return re.search(rf'name="{name}" value="([^"]+)"', response.content.decode())[1]


def page(number: int) -> str:
    return reverse("ticket_detail", args=[number])


def test_from_an_order_to_an_answer_and_back_with_plain_forms(signed_in, customer, agent):
    order = place(customer)
    form = signed_in.get("/tickets/new/", {"order": order.pk})
    assert f'<option value="{order.pk}" selected>' in form.content.decode()
    assert order.link in words_of(form)
    wish = {
        "token": hidden(form, "token"),
        "topic": "not_started",
        "order": order.pk,
        "message": "It does not start.\n\nPlease look.",
    }
    ticket_page = signed_in.post("/tickets/new/", wish, follow=True)
    ticket = Ticket.objects.get()
    assert ticket_page.redirect_chain == [(page(ticket.pk), 302)]
    assert "We have your ticket. A person reads it next; you see the answer here." in words_of(ticket_page)
    assert "It does not start.<br><br>Please look." in ticket_page.content.decode()

    ticketing.reply(ticket_number=ticket.pk, author=agent, text="Which post?", by_staff=True, now=NOW)
    answered = signed_in.get(page(ticket.pk))
    assert "Our team" in words_of(answered)
    assert "Which post?" in words_of(answered)
    assert "gina@example.com" not in answered.content.decode()
    assert "We need your answer to go on." in words_of(answered)

    back = {"token": hidden(answered, "token"), "message": "The first one."}
    assert signed_in.post(page(ticket.pk), back).status_code == 302
    assert again(ticket).state == TicketState.WORKING
    closed = signed_in.post(reverse("ticket_solve", args=[ticket.pk]), follow=True)
    assert again(ticket).state == TicketState.SOLVED
    assert "A reply opens it again until 9 Dec 2026, 12:05" in words_of(closed)
    assert signed_in.post(page(ticket.pk), {"message": "Not yet."}).status_code == 302
    assert again(ticket).is_open


@pytest.mark.parametrize("state", list(TicketState))
def test_an_owner_reads_the_state_in_its_word(signed_in, customer, agent, state):
    ticket = in_state(state, customer, agent)
    for path in (page(ticket.pk), "/tickets/"):
        assert str(state.label) in words_of(signed_in.get(path))


def test_a_visitor_is_asked_to_sign_in_first(client, customer):
    ticket = open_on(customer)
    for path in ("/tickets/", "/tickets/new/", page(ticket.pk)):
        assert client.get(path).headers["Location"].startswith("/accounts/login/")


def test_a_strangers_ticket_reads_like_one_that_does_not_exist(client, customer, stranger):
    ticket = open_on(customer)
    client.force_login(stranger)
    missing = {"status": 404, "body": words_of(client.get(page(ticket.pk + 1)))}
    theirs = client.get(page(ticket.pk))
    assert {"status": theirs.status_code, "body": words_of(theirs)} == missing
    assert client.post(page(ticket.pk), {"message": "Mine."}).status_code == 404
    assert client.post(reverse("ticket_solve", args=[ticket.pk])).status_code == 404
    assert client.get(f"/tickets/new/?follows={ticket.pk}").status_code == 404
    assert words_of(client.get("/tickets/")).count(f"#{ticket.pk}") == 0
    assert (again(ticket).state, ticket.messages.count()) == (TicketState.RECEIVED, 1)


@pytest.mark.parametrize("number", [10**17, 2**63, 2**70, 10**40])
def test_a_number_beyond_all_tickets_is_not_found(signed_in, number):
    assert signed_in.get(f"/tickets/{number}/").status_code == 404
    assert signed_in.get("/tickets/new/", {"order": number}).status_code == 404


@pytest.mark.parametrize("order", ["x", "-1", "1e3", "\x00", "１２"])
def test_an_address_that_names_no_order_is_not_found(signed_in, order):
    assert signed_in.get("/tickets/new/", {"order": order}).status_code == 404


def test_a_strangers_order_is_no_order(client, customer, stranger):
    order = place(customer)
    client.force_login(stranger)
    assert client.get("/tickets/new/", {"order": order.pk}).status_code == 404
    wish = {"topic": "not_started", "order": order.pk, "message": "Where is it?"}
    refused = client.post("/tickets/new/", wish)
    assert refused.status_code == 422
    assert "Choose one of your orders from the list." in words_of(refused)
    assert order.link not in refused.content.decode()
    assert Ticket.objects.count() == 0


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"topic": ""}, "Choose what it is about."),
        ({"topic": "refund me"}, "Choose what it is about."),
        ({"message": ""}, "Write a few words about what happened."),
        ({"message": " \n\u200b\u200b "}, "Write a few words about what happened."),
        ({"message": "m" * 5001}, "The message has 5,001 characters; 5,000 is the most."),
        ({"message": "now\x00here"}, "The message has a character that cannot be kept."),
        ({"order": "abc"}, "Choose one of your orders from the list."),
        ({"order": ""}, "Choose the order that this is about"),
    ],
)
def test_what_is_missing_is_said_beside_the_form_and_what_was_typed_stays(signed_in, customer, change, sentence):
    order = place(customer)
    wish = {"topic": "not_started", "order": order.pk, "message": "Typed with care <b>&"} | change
    refused = signed_in.post("/tickets/new/", wish)
    assert refused.status_code == 422
    assert sentence in words_of(refused)
    assert Ticket.objects.count() == 0
    kept = refused.content.decode()
    if "message" not in change:
        assert "Typed with care &lt;b&gt;&amp;</textarea>" in kept
    if change.get("message", "").startswith("m"):
        assert "m" * 5001 in kept
    if "topic" not in change:
        assert '<option value="not_started" selected>' in kept
    if "order" not in change:
        assert f'<option value="{order.pk}" selected>' in kept


def test_the_form_sent_twice_is_one_ticket(signed_in, customer):
    order = place(customer)
    token = hidden(signed_in.get("/tickets/new/"), "token")
    wish = {"token": token, "topic": "not_started", "order": order.pk, "message": "Twice."}
    places = [signed_in.post("/tickets/new/", wish).headers["Location"] for _time in range(2)]
    assert places == [page(Ticket.objects.get().pk)] * 2


def test_a_used_form_with_other_words_comes_back_with_a_fresh_token(signed_in):
    token = hidden(signed_in.get("/tickets/new/"), "token")
    wish = {"token": token, "topic": "other", "message": "First."}
    signed_in.post("/tickets/new/", wish)
    refused = signed_in.post("/tickets/new/", wish | {"message": "Second."})
    assert refused.status_code == 422
    assert "Second.</textarea>" in refused.content.decode()
    fresh = hidden(refused, "token")
    assert signed_in.post("/tickets/new/", wish | {"message": "Second.", "token": fresh}).status_code == 302
    assert Ticket.objects.count() == 2


@pytest.mark.parametrize("token", ["", "x" * 73, "\x00", "<script>"])
def test_a_bad_token_is_replaced_and_the_ticket_opens(signed_in, token):
    wish = {"token": token, "topic": "other", "message": "Hello."}
    assert signed_in.post("/tickets/new/", wish).status_code == 302


def test_posted_fields_beyond_the_form_change_nothing(signed_in, customer, stranger):
    wish = {"topic": "other", "message": "Hi.", "customer": stranger.pk, "state": "solved", "assignee": stranger.pk}
    signed_in.post("/tickets/new/", wish)
    ticket = Ticket.objects.get()
    assert (ticket.customer, ticket.state, ticket.assignee) == (customer, "received", None)


def test_an_open_ticket_on_the_order_stands_in_the_place_of_a_second_form(signed_in, customer):
    order = place(customer)
    ticket = open_on(customer, order)
    shown = signed_in.get("/tickets/new/", {"order": order.pk})
    assert f'href="{page(ticket.pk)}"' in shown.content.decode()
    assert "<textarea" not in shown.content.decode()
    refused = signed_in.post("/tickets/new/", {"topic": "other", "order": order.pk, "message": "Kept words."})
    assert refused.status_code == 422
    assert f'href="{page(ticket.pk)}"' in refused.content.decode()
    assert "Kept words.</textarea>" in refused.content.decode()
    assert Ticket.objects.count() == 1


def test_advice_stands_beside_the_form_while_there_is_something_to_wait_for(signed_in, customer):
    order = place(customer)
    shown = signed_in.get("/tickets/new/", {"order": order.pk})
    assert "Within the start time that the service states." in words_of(shown)
    assert "<textarea" in shown.content.decode()


def test_no_advice_stands_in_the_way_when_it_is_our_turn(signed_in, customer):
    order = place(customer)
    with time_machine.travel(order.contact_after + A_DAY, tick=False):
        shown = signed_in.get("/tickets/new/", {"order": order.pk})
    assert "verdict--" not in shown.content.decode()
    assert "<textarea" in shown.content.decode()


def test_htmx_gets_only_what_stands_beside_the_form(signed_in, customer, stranger):
    order, foreign = place(customer), place(stranger)

    def beside(**data):
        return signed_in.post("/tickets/new/beside/", data, headers={"HX-Request": "true"})

    part = beside(order=order.pk)
    assert part.content.decode().strip().startswith('<aside class="stack" id="about-order"')
    assert order.link in words_of(part)
    assert 'data-announce="Wait"' in part.content.decode()
    assert "With an order: its number, service, link" in words_of(beside(order=""))
    assert beside(order=foreign.pk).status_code == 404


def test_an_order_older_than_the_list_can_still_be_chosen_from_its_page(signed_in, customer, monkeypatch):
    monkeypatch.setattr("support.forms.MOST_LISTED", 1)
    old = place(customer)
    place(customer)
    assert f'<option value="{old.pk}"' not in signed_in.get("/tickets/new/").content.decode()
    assert f'<option value="{old.pk}" selected>' in signed_in.get("/tickets/new/", {"order": old.pk}).content.decode()
    assert signed_in.post("/tickets/new/", {"topic": "other", "order": old.pk, "message": "Old."}).status_code == 302


def test_a_customer_without_orders_may_write_about_any_topic(signed_in):
    wish = {"topic": "money_not_returned", "message": "I paid from another account."}
    assert signed_in.post("/tickets/new/", wish).status_code == 302


def test_what_people_write_is_shown_as_text(signed_in, customer):
    ticket = open_on(customer, text='<script>alert(1)</script> "x" javascript:alert(1) https://example.com/a')
    shown = signed_in.get(page(ticket.pk)).content.decode()
    assert "<script>alert" not in shown
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown
    assert 'href="javascript:' not in shown
    assert '<a href="https://example.com/a" rel="nofollow">' in shown


def test_notes_of_the_team_never_reach_the_customer(signed_in, customer, agent):
    ticket = open_on(customer)
    ticketing.note(ticket_number=ticket.pk, author=agent, text="Secret thought.", now=NOW)
    for headers in ({}, {"HX-Request": "true"}):
        assert "Secret thought." not in signed_in.get(page(ticket.pk), headers=headers).content.decode()


def test_the_living_part_asks_again_while_open_and_announces_news(signed_in, customer, agent):
    ticket = open_on(customer)

    def living() -> str:
        return signed_in.get(page(ticket.pk), headers={"HX-Request": "true"}).content.decode()

    def news(text: str) -> str:
        return re.search(r'data-announce="([^"]*)"', text)[1]

    before = living()
    assert before.strip().startswith('<div class="stack" id="ticket-live" hx-get=')
    assert "<html" not in before
    assert news(before) == "1 message, the last one is yours. Received."
    ticketing.reply(ticket_number=ticket.pk, author=agent, text="Found it.", by_staff=True, now=NOW)
    after = living()
    assert "Found it." in after
    assert news(after) == "2 messages, the last one is from our team. Waiting for you."
    ticketing.solve(ticket_number=ticket.pk, actor=customer, now=NOW)
    assert "hx-trigger" not in living()


def test_an_unreadable_reply_comes_back_with_what_was_typed(signed_in, customer):
    ticket = open_on(customer)
    refused = signed_in.post(page(ticket.pk), {"message": "m" * 5001})
    assert refused.status_code == 422
    assert "m" * 5001 in refused.content.decode()
    assert "5,000 is the most" in words_of(refused)
    assert ticket.messages.count() == 1


def test_a_ticket_solved_long_ago_offers_a_new_one_that_follows_it(signed_in, customer, agent):
    order = place(customer)
    old = in_state(TicketState.SOLVED, customer, agent, order)
    with time_machine.travel(NOW + 15 * A_DAY, tick=False):
        signed_in.force_login(customer)  # the session has ended meanwhile
        shown = signed_in.get(page(old.pk))
        assert "<textarea" not in shown.content.decode()
        assert f'href="/tickets/new/?follows={old.pk}"' in shown.content.decode()
        late = signed_in.post(page(old.pk), {"message": "Words typed too late."})
        assert late.status_code == 422
        assert "Words typed too late.</textarea>" in late.content.decode()
        form = signed_in.get("/tickets/new/", {"follows": old.pk})
        assert f'<option value="{order.pk}" selected>' in form.content.decode()
        wish = {"follows": old.pk, "topic": "not_started", "order": order.pk, "message": "It is back."}
        assert signed_in.post("/tickets/new/", wish).status_code == 302
    assert Ticket.objects.get(follows=old).order == order


def test_a_reply_that_would_open_a_second_ticket_on_the_order_is_kept_and_sent_there(signed_in, customer, agent):
    order = place(customer)
    old = in_state(TicketState.SOLVED, customer, agent, order)
    new = open_on(customer, order)
    refused = signed_in.post(page(old.pk), {"message": "Still the same."})
    assert refused.status_code == 422
    assert f"Your ticket #{new.pk} about this order is open." in words_of(refused)
    assert "Still the same.</textarea>" in refused.content.decode()


def test_reading_changes_nothing_and_writing_needs_a_post(signed_in, customer):
    ticket = open_on(customer)
    assert signed_in.get(reverse("ticket_solve", args=[ticket.pk])).status_code == 405
    assert signed_in.put(page(ticket.pk)).status_code == 405
    assert signed_in.head(page(ticket.pk)).status_code == 200
    assert again(ticket).state == TicketState.RECEIVED


def test_a_post_without_its_csrf_token_is_refused(customer):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(customer)
    assert strict.post("/tickets/new/", {"topic": "other", "message": "Hi."}).status_code == 403
    assert Ticket.objects.count() == 0


def test_an_empty_list_says_what_to_do(signed_in):
    shown = signed_in.get("/tickets/")
    assert "No tickets yet" in words_of(shown)
    assert 'href="/tickets/new/"' in shown.content.decode()


def test_the_list_goes_on_page_by_page(signed_in, customer):
    tickets = [open_on(customer, topic=Topic.OTHER, text=f"Number {n}.") for n in range(26)]
    first = signed_in.get("/tickets/").content.decode()
    assert f'href="{page(tickets[-1].pk)}"' in first
    assert f'href="{page(tickets[0].pk)}"' not in first
    older = html.unescape(re.search(r'rel="next" href="([^"]+)"', first)[1])
    assert f'href="{page(tickets[0].pk)}"' in signed_in.get(f"/tickets/{older}").content.decode()


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_takes_the_same_queries_however_long(signed_in, customer, agent, count, django_assert_num_queries):
    for _time in range(count):
        in_state(TicketState.WAITING, customer, agent, order_in(OrderStatus.PARTIAL, customer))
    signed_in.get("/tickets/")  # a session's first page notes where it is
    with django_assert_num_queries(4):
        signed_in.get("/tickets/")


@pytest.mark.parametrize("count", [1, 3])
def test_a_thread_takes_the_same_queries_however_long(signed_in, customer, agent, count, django_assert_num_queries):
    ticket = open_on(customer, place(customer))
    for _time in range(count):
        ticketing.reply(ticket_number=ticket.pk, author=agent, text="Yes.", by_staff=True, now=NOW)
    signed_in.get(page(ticket.pk))  # a session's first page notes where it is
    with django_assert_num_queries(6):
        signed_in.get(page(ticket.pk))


@pytest.mark.parametrize("count", [1, 3])
def test_the_form_takes_the_same_queries_however_many_orders(signed_in, customer, count, django_assert_num_queries):
    orders = [place(customer) for _time in range(count)]
    signed_in.get("/tickets/new/", {"order": orders[0].pk})  # a session's first page notes where it is
    with django_assert_num_queries(8):
        signed_in.get("/tickets/new/", {"order": orders[0].pk})
