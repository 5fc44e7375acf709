"""Opening a ticket: what each topic asks for, what stands beside the form, what is frozen, and what comes after."""

import datetime as dt

import pytest
import time_machine
from django.core.cache import cache

from helpcenter import first_edition
from helpcenter.models import Article
from orders.statuses import OrderStatus
from support import ticketing
from support.advice import articles_for, beside
from support.models import AdviceAnswer, Ticket, TicketState, Topic
from support.templatetags.support_tags import span
from support.texts import looks_like_a_password
from tests.factories import NOW, order_in, place
from tests.support.test_pages import page, words_of
from tests.support.test_ticketing import again, in_state, open_on

pytestmark = pytest.mark.django_db
A_DAY = dt.timedelta(days=1)
AN_HOUR = dt.timedelta(hours=1)


@pytest.fixture(autouse=True)
def _clock():
    cache.clear()
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def signed_in(client, customer):
    client.force_login(customer)
    return client


PAID = {"paid_by": "Bank transfer", "paid_on": "2026-11-24", "paid_reference": "ZX-81"}


@pytest.mark.parametrize(
    ("topic", "asked"),
    [
        ("not_started", {}),
        ("money_not_returned", {}),
        ("other", {}),
        ("result_missing", {"count_now": "950"}),
        ("wrong_link", {"right_link": "https://example.com/right"}),
        ("payment_not_credited", PAID),
    ],
)
def test_each_topic_asks_for_what_only_the_customer_can_know_and_keeps_it(signed_in, customer, topic, asked):
    order = place(customer)
    form = signed_in.get("/tickets/new/", {"topic": topic}).content.decode()
    every = {"count_now", "right_link", *PAID}
    assert {name for name in every if f'name="{name}"' in form} == set(asked)
    wish = {"topic": topic, "order": order.pk, "message": "Please look."}
    if asked:
        refused = signed_in.post("/tickets/new/", wish)
        assert refused.status_code == 422
        assert all(f'name="{name}"' in refused.content.decode() for name in asked)
    assert signed_in.post("/tickets/new/", wish | asked).status_code == 302
    ticket = Ticket.objects.get()
    assert ticket.details == asked
    shown = words_of(signed_in.get(page(ticket.pk)))
    assert all(text in shown for text in asked.values())


@pytest.mark.parametrize(
    ("topic", "change", "sentence"),
    [
        ("result_missing", {"count_now": "many"}, "Enter the number that the platform shows now."),
        ("result_missing", {"count_now": "-3"}, "Enter the number that the platform shows now."),
        ("payment_not_credited", PAID | {"paid_on": "2027-01-01"}, "This day is still to come."),
        ("payment_not_credited", PAID | {"paid_on": "yesterday"}, "Enter the day of the payment."),
    ],
)
def test_an_answer_that_cannot_be_one_is_refused_with_a_sentence(signed_in, customer, topic, change, sentence):
    refused = signed_in.post(
        "/tickets/new/", {"topic": topic, "message": "Kept.", "order": place(customer).pk} | change
    )
    assert refused.status_code == 422
    assert sentence in words_of(refused)
    assert "Kept.</textarea>" in refused.content.decode()


def test_choosing_a_topic_brings_what_it_asks_for_without_losing_anything(signed_in):
    part = signed_in.post(
        "/tickets/new/beside/",
        {"topic": "wrong_link", "right_link": "https://example.com/typed"},
        headers={"HX-Request": "true", "HX-Trigger-Name": "topic"},
    ).content.decode()
    assert 'id="topic-asks" hx-swap-oob="true"' in part
    assert 'value="https://example.com/typed"' in part
    typing = {"HX-Request": "true", "HX-Trigger-Name": "message"}
    assert (
        "topic-asks"
        not in signed_in.post("/tickets/new/beside/", {"topic": "wrong_link"}, headers=typing).content.decode()
    )


# --- Advice


def articles(customer, order=None, topic="", words="", now=NOW) -> list[str]:
    first_edition.load(now=NOW)
    return [
        article.title for article in beside(customer=customer, order=order, topic=topic, words=words, now=now).articles
    ]


def test_advice_names_at_most_three_articles_that_hold_the_typed_words(customer):
    found = articles(customer, topic="other", words="What does partial mean, and is the status completed final?")
    assert 1 <= len(found) <= 3
    assert "Order statuses explained" in found


def test_no_advice_where_money_is_missing_or_it_is_our_turn_or_somebody_comes_again(customer):
    order = place(customer)
    words = "partial status completed"
    assert articles(customer, order, "not_started", words)
    assert articles(customer, order, "money_not_returned", words) == []
    assert articles(customer, None, "payment_not_credited", words) == []
    assert articles(customer, order, "not_started", words, now=order.contact_after + A_DAY) == []
    ticketing.solve(ticket_number=open_on(customer, order).pk, actor=customer, now=NOW)
    assert articles(customer, order, "not_started", words, now=NOW + 6 * A_DAY) == []
    assert beside(customer=customer, order=order, topic="", words="", now=NOW + AN_HOUR).verdict is None


def test_only_a_click_counts_as_answered_and_once_a_session(signed_in):
    first_edition.load(now=NOW)
    article = Article.objects.filter(published__isnull=False).first()
    signed_in.post("/tickets/new/beside/", {"topic": "other", "message": "partial"})
    assert AdviceAnswer.objects.count() == 0
    for _time in range(2):
        answer = signed_in.post("/tickets/new/answered/", {"article": article.pk, "topic": "other"}, follow=True)
    assert "Good to hear. No ticket was opened." in words_of(answer)
    assert AdviceAnswer.objects.get().article == article
    assert Ticket.objects.count() == 0


@pytest.mark.parametrize("article", ["", "x", "0", "99999999", "9" * 40])
def test_an_article_that_is_none_answers_nothing(signed_in, article):
    assert signed_in.post("/tickets/new/answered/", {"article": article}).status_code == 404


def test_the_evidence_names_what_was_shown_what_should_be_back_and_what_else_runs_on_the_link(signed_in, customer):
    first_edition.load(now=NOW)
    other = order_in(OrderStatus.COMPLETED, customer, link="https://example.com/p/same")
    order = order_in(OrderStatus.PARTIAL, customer, link="https://example.com/p/same?utm_source=x")
    article = Article.objects.get(slug="order-statuses-explained")
    wish = {"topic": "other", "order": order.pk, "message": "Half.", "shown": [article.pk, "x", 10**30]}
    assert signed_in.post("/tickets/new/", wish).status_code == 302
    evidence = Ticket.objects.get().evidence
    assert evidence["articles"] == ["Order statuses explained"]
    assert evidence["returns"] == {"expected": "0.45", "found": "0.45"}
    assert [(o["number"], o["status"]) for o in evidence["same_link"]] == [(other.pk, "completed")]


# --- Passwords


@pytest.mark.parametrize(
    ("text", "seems"),
    [
        ("my password is hunter2", True),
        ("Password: s3cret!", True),
        ("pw=abc123", True),
        ("PIN: 4711", True),
        ("I forgot my password", False),
        ("the password page is broken", False),
        ("It passed: 900 of 1000", False),
        ("pass me to a person", False),
    ],
)
def test_what_looks_like_a_password(text, seems):
    assert looks_like_a_password(text) is seems


def test_a_text_with_a_password_comes_back_once_with_a_warning(signed_in):
    wish = {"topic": "other", "message": "Log in yourself, my password is hunter2."}
    warned = signed_in.post("/tickets/new/", wish)
    assert warned.status_code == 422
    assert "This looks like a password. We never need one: take it out." in words_of(warned)
    assert 'name="sure" value="1"' in warned.content.decode()
    assert Ticket.objects.count() == 0
    assert signed_in.post("/tickets/new/", wish | {"sure": "1"}).status_code == 302


# --- After it is sent


@pytest.mark.parametrize(("answered", "says"), [(9, False), (10, True)])
def test_the_usual_time_to_the_first_answer_is_shown_when_there_were_enough(signed_in, customer, agent, answered, says):
    for number in range(answered):
        ticket = open_on(customer, topic=Topic.OTHER, now=NOW - A_DAY)
        after = dt.timedelta(minutes=[14, 15, 16, 900][number % 4])
        ticketing.reply(ticket_number=ticket.pk, author=agent, text="Hi.", by_staff=True, now=NOW - A_DAY + after)
    mine = open_on(customer, topic=Topic.OTHER)
    shown = words_of(signed_in.get(page(mine.pk)))
    assert ("The first answer usually takes 15 minutes." in shown) is says
    assert "A person reads it next" in shown


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (dt.timedelta(seconds=20), "less than a minute"),
        (dt.timedelta(minutes=1), "1 minute"),
        (dt.timedelta(minutes=89), "89 minutes"),
        (dt.timedelta(hours=3, minutes=10), "about 3 hours"),
        (dt.timedelta(days=3), "about 3 days"),
    ],
)
def test_a_span_is_said_in_round_words(length, words):
    assert span(length) == words


def test_a_solved_ticket_is_rated_with_one_of_two_buttons_and_the_mind_may_change(signed_in, customer, agent):
    ticket = in_state(TicketState.SOLVED, customer, agent)
    assert "Did this ticket help you?" in words_of(signed_in.get(page(ticket.pk)))
    for rating in ("good", "bad", "nonsense"):
        signed_in.post(f"{page(ticket.pk)}rate/", {"rating": rating})
    assert again(ticket).rating == "bad"
    assert ticket.events.filter(code="rated").count() == 2


def test_an_open_ticket_is_not_rated(signed_in, customer):
    ticket = open_on(customer)
    assert "Did this ticket help you?" not in words_of(signed_in.get(page(ticket.pk)))
    signed_in.post(f"{page(ticket.pk)}rate/", {"rating": "good"})
    assert again(ticket).rating == ""


@pytest.mark.parametrize(
    ("topic", "title"),
    [
        (Topic.NOT_STARTED, "When will my order start?"),
        (Topic.RESULT_MISSING, "Refill, drops and retention"),
        (Topic.WRONG_LINK, "Choosing the right link"),
    ],
)
def test_before_a_word_is_typed_the_topics_own_article_stands_first(db, topic, title):
    first_edition.load(now=NOW)
    assert articles_for(topic, "", NOW)[0].title == title
