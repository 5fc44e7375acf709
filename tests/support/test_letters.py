"""Mails about tickets: what comes when, what it holds, how it is threaded, and how it is switched off."""

import datetime as dt
import re

import pytest
from django.core import mail
from django.test import Client

from accounts import mails
from support import letters, ticketing
from support.models import TicketMail, TicketState, Topic
from tests.factories import NOW
from tests.support.test_pages import words_of
from tests.support.test_ticketing import in_state, open_on

pytestmark = pytest.mark.django_db
ADDRESS = "http://localhost:8000"


def sent(now: dt.datetime = NOW) -> list:
    mail.outbox.clear()
    while letters.letters_due(lambda: now):
        pass
    return list(mail.outbox)


def test_a_receipt_a_reply_and_the_end_come_by_mail_in_one_thread(customer, agent, settings):
    settings.SITE_ADDRESS = ADDRESS
    ticket = open_on(customer, topic=Topic.OTHER)
    ticketing.reply(ticket_number=ticket.pk, author=agent, text="Look <here> & there.", by_staff=True, now=NOW)
    ticketing.solve(ticket_number=ticket.pk, actor=agent, now=NOW)
    receipt, reply, solved = sent()
    assert [letter.to for letter in (receipt, reply, solved)] == [["carol@example.com"]] * 3
    assert receipt.subject == f"We have your ticket #{ticket.pk} · Neofollower"
    assert reply.subject == f"Our answer in your ticket #{ticket.pk} · Neofollower"
    assert solved.subject == f"Your ticket #{ticket.pk} is solved · Neofollower"
    assert "Look <here> & there." in reply.body
    assert "Look &lt;here&gt; &amp; there." in reply.alternatives[0][0]
    for letter in (receipt, reply, solved):
        assert f"{ADDRESS}/tickets/{ticket.pk}/" in letter.body
        written = letter.message()
        assert written["References"] == written["In-Reply-To"] == f"<ticket-{ticket.pk}@example.com>"
        assert written["Auto-Submitted"] == "auto-generated"
    assert len({letter.message()["Message-ID"] for letter in (receipt, reply, solved)}) == 3
    assert sent(NOW + dt.timedelta(days=30)) == []


def test_nobody_gets_a_mail_about_notes_or_about_what_they_did_themselves(customer, agent):
    ticket = in_state(TicketState.WAITING, customer, agent)
    sent()
    ticketing.note(ticket_number=ticket.pk, author=agent, text="Secret thought.", now=NOW)
    ticketing.reply(ticket_number=ticket.pk, author=customer, text="Thanks.", by_staff=False, now=NOW)
    ticketing.solve(ticket_number=ticket.pk, actor=customer, now=NOW)
    assert sent() == []


def test_the_same_reply_twice_is_one_mail(customer, agent):
    ticket = open_on(customer)
    for _time in range(2):
        ticketing.reply(
            ticket_number=ticket.pk, author=agent, text="Once.", by_staff=True, client_key="reply-1", now=NOW
        )
    assert TicketMail.objects.filter(kind="ticket_reply").count() == 1


def test_a_mail_server_that_is_down_costs_time_and_nothing_else(customer, agent, settings):
    settings.EMAIL_BACKEND = "tests.orders.test_notifications.Down"
    ticket = open_on(customer)
    assert sent() == []
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    ticketing.reply(ticket_number=ticket.pk, author=agent, text="Here.", by_staff=True, now=NOW)
    assert len(sent(NOW + dt.timedelta(seconds=29))) == 1
    assert len(sent(NOW + dt.timedelta(seconds=31))) == 1


def test_one_click_in_the_mail_switches_its_kind_off_without_signing_in(customer, agent):
    open_on(customer, topic=Topic.OTHER)
    [receipt] = sent()
    off = receipt.message()["List-Unsubscribe"].strip("<>")
    assert receipt.message()["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert off in receipt.body
    path = re.sub(r"^http://[^/]+", "", off)
    visitor = Client(enforce_csrf_checks=True)
    assert "You get a mail: “When a ticket of mine has arrived”." in words_of(visitor.get(path))
    customer.refresh_from_db()
    assert customer.mails_off == []
    for _time in range(2):
        assert "Switched off" in words_of(visitor.post(path, {"List-Unsubscribe": "One-Click"}))
    customer.refresh_from_db()
    assert customer.mails_off == ["ticket_receipt"]
    ticket = open_on(customer, topic=Topic.OTHER)
    assert sent() == []
    ticketing.reply(ticket_number=ticket.pk, author=agent, text="An answer always comes.", by_staff=True, now=NOW)
    [reply] = sent()
    assert reply.message()["List-Unsubscribe"] is None


@pytest.mark.parametrize("token", ["x", "a:b:c", "é"])
def test_a_link_that_we_did_not_sign_switches_nothing_off(client, customer, token):
    assert client.get(f"/accounts/mails/{token}/").status_code == 404
    assert client.post(f"/accounts/mails/{token}/").status_code == 404
    answers = mails.token_for(customer, "ticket_reply")
    assert client.post(f"/accounts/mails/{answers}/").status_code == 404


def test_preferences_switch_mails_off_and_on_again(client, customer):
    client.force_login(customer)
    all_kinds = ["order_settled", "order_trouble", "ticket_receipt", "ticket_solved"]
    for wanted, off in ((all_kinds[:3], ["ticket_solved"]), (all_kinds, [])):
        client.post("/accounts/preferences/", {"time_zone": "", "mails": wanted})
        customer.refresh_from_db()
        assert customer.mails_off == off
    shown = client.get("/accounts/preferences/").content.decode()
    assert len(re.findall(r'<input type="checkbox" name="mails"[^>]*checked', shown)) == 4
