"""People who cannot sign in write to the team; the team writes on every page; terms and privacy stand where they always stand."""

import datetime as dt

import pytest
from django.contrib.admin.models import LogEntry
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts import posting
from helpcenter import first_edition
from neopanel.first_things import count_all
from support import contact, site_notices
from support.models import ContactNote, SiteNotice
from tests.conftest import member
from tests.factories import NOW
from tests.support.test_pages import words_of

pytestmark = pytest.mark.django_db
WRITTEN = {"email": "lost@example.com", "message": "I lost my phone and cannot sign in."}


@pytest.fixture(autouse=True)
def _nothing_remembered():
    site_notices.forget()
    yield
    site_notices.forget()


def write(client, **changed):
    return client.post("/contact/", {**WRITTEN, **changed})


# --- The contact form


def test_a_visitors_words_reach_the_desk_and_are_answered_by_mail_once(client, agent):
    assert "We have your message" in words_of(write(client))
    assert count_all(timezone.now())["outside"] == 1
    note = ContactNote.objects.get()
    desk = Client()
    desk.force_login(agent)
    page = f"/admin/support/contactnote/{note.pk}/change/"
    assert "I lost my phone and cannot sign in." in desk.get(page).text
    for _press in range(2):
        desk.post(page, {"answer": "Answer <this> with a code."})
    posting.mails_due(timezone.now)
    [letter] = mail.outbox
    assert (letter.to, letter.subject) == (["lost@example.com"], "Our answer to your message to Neofollower")
    assert "Answer <this> with a code." in letter.body
    assert "> I lost my phone and cannot sign in." in letter.body
    note.refresh_from_db()
    assert (note.closed_by, note.answer) == (agent, "Answer <this> with a code.")
    assert LogEntry.objects.get().change_message == "Answered by mail."
    assert count_all(timezone.now())["outside"] == 0


def test_spam_is_put_aside_without_a_mail(client, agent):
    write(client)
    note = ContactNote.objects.get()
    client.force_login(agent)
    client.post(f"/admin/support/contactnote/{note.pk}/change/", {"aside": "1"})
    posting.mails_due(timezone.now)
    note.refresh_from_db()
    assert (mail.outbox, note.answer, note.closed_by) == ([], "", agent)
    with pytest.raises(contact.Closed):
        contact.answer(note_id=note.pk, agent=agent, text="Late.", now=NOW)


def test_an_answer_without_words_is_refused_and_the_matter_stays_open(client, agent):
    write(client)
    note = ContactNote.objects.get()
    client.force_login(agent)
    refused = client.post(f"/admin/support/contactnote/{note.pk}/change/", {"answer": " "})
    assert (refused.status_code, "Write the answer first." in refused.text) == (422, True)
    note.refresh_from_db()
    assert note.closed_at is None


def test_who_may_read_but_not_answer_changes_nothing(client, db):
    note = contact.receive(email="x@example.com", text="Hello", address="203.0.113.7", now=NOW)
    client.force_login(member("audrey@example.com", "Auditor"))
    page = f"/admin/support/contactnote/{note.pk}/change/"
    assert "Send the answer" not in client.get(page).text
    assert client.post(page, {"answer": "Hi."}).status_code == 403
    note.refresh_from_db()
    assert note.closed_at is None


@pytest.mark.parametrize(
    "wrong", [{"email": "no address"}, {"email": ""}, {"message": ""}, {"message": "\u200b"}, {"message": "x" * 5001}]
)
def test_what_is_wrong_is_said_and_nothing_typed_is_lost(client, wrong):
    answer = write(client, **wrong)
    assert answer.status_code == 422
    typed = {**WRITTEN, **wrong}
    assert typed["email"] in answer.text
    assert typed["message"].strip("\u200b") in answer.text
    assert ContactNote.objects.count() == 0


def test_a_program_that_fills_in_the_hidden_field_keeps_nothing(client):
    assert "We have your message" in words_of(write(client, website="https://spam.example"))
    assert ContactNote.objects.count() == 0


def test_five_messages_an_hour_come_from_one_network(client, time_machine):
    time_machine.move_to(NOW, tick=False)
    assert [write(client).status_code for _each in range(6)] == [200] * 5 + [429]
    assert "in 60 minutes" in words_of(write(client))
    assert write(client).status_code == 429
    assert client.post("/contact/", WRITTEN, REMOTE_ADDR="203.0.113.9").status_code == 200
    time_machine.move_to(NOW + dt.timedelta(hours=1), tick=False)
    assert write(client).status_code == 200


def test_whoever_is_signed_in_gets_the_ticket_form(client, customer):
    client.force_login(customer)
    assert client.get("/contact/")["Location"] == "/tickets/new/"


# --- Notices on every page


def notice(**fields) -> SiteNotice:
    site_notices.forget()
    return SiteNotice.objects.create(**{"text": "Payments by card are slow today.", "begins_at": NOW, **fields})


def shown(client, path="/services/") -> bool:
    return "Payments by card are slow today." in client.get(path).text


def test_a_lead_sets_a_notice_and_it_stands_on_every_page_until_its_end(client, lead, time_machine):
    time_machine.move_to(NOW, tick=False)
    desk = Client()
    desk.force_login(lead)
    form = {
        "text": "Payments by card are slow today.",
        "kind": "warning",
        "audience": "all",
        "begins_at_0": "2026-11-25",
        "begins_at_1": "12:00",
        "ends_at_0": "2026-11-25",
        "ends_at_1": "18:00",
        "can_be_closed": "on",
    }
    assert desk.post("/admin/support/sitenotice/add/", form).status_code == 302
    assert LogEntry.objects.get().user == lead
    assert (shown(client), shown(client, "/accounts/login/"), shown(client, "/help/")) == (True, True, True)
    time_machine.move_to(NOW + dt.timedelta(hours=6), tick=False)
    assert not shown(client)
    wrong = desk.post("/admin/support/sitenotice/add/", {**form, "ends_at_1": "11:00"})
    assert "It must end after it begins." in wrong.text


def test_a_notice_that_has_not_begun_is_not_shown(client, time_machine):
    time_machine.move_to(NOW, tick=False)
    notice(begins_at=NOW + dt.timedelta(minutes=1))
    assert not shown(client)
    time_machine.move_to(NOW + dt.timedelta(minutes=1), tick=False)
    assert shown(client)


def test_a_notice_for_customers_is_not_for_visitors(client, customer):
    notice(audience="signed_in")
    assert not shown(client)
    client.force_login(customer)
    assert shown(client)


def test_a_reader_closes_a_notice_for_themselves_and_stays_where_they_are(client):
    closable = notice()
    answer = client.post(f"/notices/{closable.pk}/close/", {"next": "/help/"})
    assert (answer.status_code, answer["Location"]) == (302, "/help/")
    assert not shown(client)
    assert shown(Client())


def test_some_notices_cannot_be_closed(client):
    stays = notice(can_be_closed=False)
    assert client.post(f"/notices/{stays.pk}/close/").status_code == 404
    client.cookies[site_notices.COOKIE] = f"{stays.pk}.x.9"
    assert shown(client)


def test_closing_leads_to_no_other_site(client):
    closable = notice()
    assert client.post(f"/notices/{closable.pk}/close/", {"next": "https://evil.example/"})["Location"] == "/"


def test_a_page_does_not_ask_for_notices_each_time(client, django_assert_num_queries):
    client.get("/accounts/signup/")
    with django_assert_num_queries(0):
        client.get("/accounts/signup/")


# --- Terms and privacy


@pytest.mark.parametrize(("path", "title"), [("/terms/", "Terms"), ("/privacy/", "Privacy")])
def test_terms_and_privacy_are_articles_at_addresses_that_stay(client, path, title):
    first_edition.load(now=NOW)
    answer = client.get(path)
    assert answer.status_code == 200
    assert f"<h1>{title}</h1>" in answer.text or f">{title}</h1>" in answer.text
    assert f'href="{path}"' in client.get("/accounts/signup/").text
