"""How often one account may write: over it nothing is kept but the words in the form, and nobody else is held up."""

import datetime as dt

import pytest
import time_machine

from support.models import Ticket
from tests.factories import NOW
from tests.support.test_pages import page, words_of
from tests.support.test_ticketing import open_on

pytestmark = pytest.mark.django_db
AN_HOUR = dt.timedelta(hours=1)


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def signed_in(client, customer):
    client.force_login(customer)
    return client


def test_an_account_opens_twenty_tickets_an_hour_and_the_next_keeps_its_words(client, customer, stranger):
    wish = {"topic": "other", "message": "My twenty-first question."}
    client.force_login(customer)
    assert {client.post("/tickets/new/", wish).status_code for _each in range(20)} == {302}
    refused = client.post("/tickets/new/", wish)
    assert refused.status_code == 429
    assert "Please try again in 60 minutes." in words_of(refused)
    assert "My twenty-first question.</textarea>" in refused.text
    assert Ticket.objects.filter(customer=customer).count() == 20
    client.force_login(stranger)
    assert client.post("/tickets/new/", wish).status_code == 302
    client.force_login(customer)
    with time_machine.travel(NOW + AN_HOUR, tick=False):
        assert client.post("/tickets/new/", wish).status_code == 302


def test_a_form_that_was_not_right_takes_nobodys_place(signed_in, customer):
    for _each in range(25):
        assert signed_in.post("/tickets/new/", {"topic": "other", "message": ""}).status_code == 422
    assert signed_in.post("/tickets/new/", {"topic": "other", "message": "Now."}).status_code == 302


def test_an_account_sends_sixty_replies_an_hour_and_the_next_keeps_its_words(client, customer, stranger):
    mine, theirs = open_on(customer), open_on(stranger)
    client.force_login(customer)
    assert {client.post(page(mine.pk), {"message": "Again."}).status_code for _each in range(60)} == {302}
    refused = client.post(page(mine.pk), {"message": "And once more."})
    assert refused.status_code == 429
    assert "Please try again in 60 minutes." in words_of(refused)
    assert "And once more.</textarea>" in refused.text
    assert not mine.messages.filter(text="And once more.").exists()
    client.force_login(stranger)
    assert client.post(page(theirs.pk), {"message": "Mine."}).status_code == 302


def test_a_minute_is_one_minute(signed_in, customer):
    ticket = open_on(customer)
    with time_machine.travel(NOW, tick=False):
        for _each in range(60):
            signed_in.post(page(ticket.pk), {"message": "Again."})
    with time_machine.travel(NOW + dt.timedelta(minutes=59, seconds=1), tick=False):
        assert "Please try again in 1 minute." in words_of(signed_in.post(page(ticket.pk), {"message": "Early."}))
