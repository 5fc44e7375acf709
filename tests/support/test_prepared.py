"""Prepared answers: offered by topic, filled with the ticket's names, previewed, sent and counted."""

import pytest
import time_machine
from django.utils import translation

from orders.money import Units
from orders.statuses import OrderStatus
from support import canned, first_replies
from support.models import CannedReply, Topic
from tests.factories import NOW, order_in
from tests.support.test_pages import hidden, words_of
from tests.support.test_ticketing import open_on
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


@pytest.fixture
def prepared(db) -> CannedReply:
    return CannedReply.objects.create(
        title="Money is back",
        topic=Topic.MONEY_NOT_RETURNED,
        text="Of order {order} ({service}), {returned} is back. Yours, {brand}",
        then="solved",
        tags="refund, Done",
    )


def test_a_prepared_answer_is_filled_previewed_sent_and_counted_without_a_script(at_desk, customer, prepared):
    order = order_in(OrderStatus.PARTIAL, customer)
    ticket = open_on(customer, order, topic=Topic.MONEY_NOT_RETURNED)
    CannedReply.objects.create(title="Other", topic=Topic.WRONG_LINK, text="No.")
    shown = at_desk.get(desk_of(ticket))
    assert "Money is back" in words_of(shown)
    assert "Other used 0 times" not in words_of(shown)
    chosen = at_desk.get(desk_of(ticket), {"canned": prepared.pk})
    text = f"Of order #{order.pk} (Photo likes), 0.45 USD is back. Yours, Neofollower"
    assert f"{text}</textarea>" in chosen.content.decode()
    assert 'value="solved" required id="reply_then_1" checked' in chosen.content.decode()
    assert "Sending it adds the tags refund, Done." in words_of(chosen)
    sending = {"message": text, "then": "solved", "canned": hidden(chosen, "canned")}
    assert act(at_desk, ticket, "reply", sending).status_code == 302
    assert CannedReply.objects.get(pk=prepared.pk).used == 1
    assert set(ticket.tags.values_list("name", flat=True)) == {"refund", "done"}


def test_the_preview_says_what_a_prepared_answer_does_beside_its_words(at_desk, customer, prepared):
    ticket = open_on(customer, topic=Topic.MONEY_NOT_RETURNED)
    assert "The ticket is then: Solved. Sending it adds the tags refund, Done." in words_of(
        at_desk.get(desk_of(ticket))
    )


def test_answers_in_the_customers_language_stand_first(at_desk, customer, settings):
    settings.LANGUAGES = [("en", "English"), ("de", "German")]
    for title, language, used in (("Bitte warten", "de", 1), ("Please wait", "en", 9), ("Wait on", "en", 0)):
        CannedReply.objects.create(title=title, language=language, used=used, text=title)
    with translation.override("de"):
        german = open_on(customer)
    assert [reply.title for reply in canned.offered(german)] == ["Bitte warten", "Please wait", "Wait on"]
    assert [reply.title for reply in canned.offered(open_on(customer))] == ["Please wait", "Wait on", "Bitte warten"]
    assert "Bitte warten used 1 time · German" in words_of(at_desk.get(desk_of(german)))


def test_prepared_answers_are_found_by_their_words_whatever_the_topic(at_desk, customer, prepared):
    ticket = open_on(customer)
    assert "Money is back" not in words_of(at_desk.get(desk_of(ticket)))
    assert "Money is back" in words_of(at_desk.get(desk_of(ticket), {"find": "is BACK"}))
    assert "None fits." in words_of(at_desk.get(desk_of(ticket), {"find": "zebra\x00"}))


def test_a_name_without_a_value_stays_visible(customer):
    ticket = open_on(customer, topic=Topic.OTHER)
    values = canned.values_for(ticket, balance=Units(0))
    assert canned.fill("{order} {balance} {nonsense} {ticket.customer.password}", values) == (
        "{order} 0.00 USD {nonsense} {ticket.customer.password}"
    )


def test_a_prepared_answer_with_a_name_that_nothing_fills_is_not_kept(client, lead):
    client.force_login(lead)
    refused = client.post(
        "/admin/support/cannedreply/add/",
        {"title": "T", "topic": "", "language": "en", "text": "Hi {name}", "then": ""},
    )
    assert "Nothing fills {name}." in words_of(refused)
    assert CannedReply.objects.count() == 0


@pytest.mark.parametrize("query", [{"canned": "x"}, {"canned": "999"}, {"article": "9" * 30}, {"article": "\x00"}])
def test_an_address_that_names_nothing_inserts_nothing(at_desk, customer, query):
    assert at_desk.get(desk_of(open_on(customer)), query).status_code == 200


def test_the_first_answers_use_known_names_alone_and_never_come_back_over_edits(db):
    made = first_replies.load()
    assert made == len(first_replies.replies())
    assert [canned.unknown_names(reply.text) for reply in CannedReply.objects.all()] == [[]] * made
    CannedReply.objects.update(text="Ours.")
    assert first_replies.load() == 0
    assert set(CannedReply.objects.values_list("text", flat=True)) == {"Ours."}
