"""Taking one's data along, and leaving: who may, what stands in the way, what goes and what stays."""

import datetime as dt
import io
import json
import zipfile

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.admin.models import LogEntry
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts import api_keys, posting
from accounts.models import User
from neopanel import leaving, own_data
from orders import ledger, verification
from orders.models import LedgerEntry, Order
from orders.statuses import OrderStatus
from support import ticketing
from support.models import Message, Ticket, Topic
from tests.conftest import PASSWORD
from tests.factories import NOW, order_in, place
from tests.orders.payments import report

pytestmark = pytest.mark.django_db
AFTER = NOW + leaving.WAIT
SECRET = "My number is 0170-555"


def signed_in(person) -> Client:
    """Somebody who has just typed their password."""
    client = Client()
    client.force_login(person)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    return client


@pytest.fixture
def used(customer, agent):
    """Somebody with something of everything; nothing is open."""
    order = order_in(OrderStatus.PARTIAL, customer)
    ticket = ticketing.open_ticket(customer=customer, topic=Topic.OTHER, order=order, text=SECRET, now=NOW)
    ticketing.reply(ticket_number=ticket.pk, author=agent, text="We look at it.", by_staff=True, now=NOW)
    ticketing.note(ticket_number=ticket.pk, author=agent, text="For the team alone.", now=NOW)
    api_keys.issue(user=customer, name="shop of carol", now=NOW)
    Authenticator.objects.create(user=customer, type="totp", data={"secret": "never shown"})
    return customer


def unzipped(answer) -> dict:
    archive = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))
    assert archive.testzip() is None
    return {name: json.loads(archive.read(name)) for name in archive.namelist()}


def test_the_zip_holds_everything_of_its_owner_and_nothing_else(used, stranger):
    place(stranger)
    found = unzipped(signed_in(used).get("/accounts/data/download/"))
    [account] = found["account.json"]
    assert (account["email"], account["api_keys"][0]["name"]) == ("carol@example.com", "shop of carol")
    [order] = found["orders.json"]
    assert (order["charge"], order["returned"], order["status"]) == ("0.90", "0.45", "partial")
    assert [row["amount"] for row in found["balance.json"]] == ["100.00", "-0.90", "0.45"]
    assert found["balance.json"][-1]["balance"] == "99.55"
    assert [row["from"] for row in found["messages.json"]] == ["you", "team"]
    assert found["tickets.json"][0]["topic"] == "other"
    assert found["files.json"] == []
    whole = json.dumps(found)
    for secret in ("never shown", "digest", "For the team alone", "sam@example.com", used.password):
        assert secret not in whole


def test_many_rows_leave_in_pieces_and_none_is_lost(customer, monkeypatch):
    monkeypatch.setattr(own_data, "CHUNK", 2)
    numbers = [order_in(OrderStatus.COMPLETED, customer).pk for _each in range(5)]
    pieces = list(own_data.archive_of(customer, now=NOW))
    assert len(pieces) > 5
    archive = zipfile.ZipFile(io.BytesIO(b"".join(pieces)))
    assert [row["order"] for row in json.loads(archive.read("orders.json"))] == numbers


def test_data_and_leaving_need_the_password_once_more(client, customer):
    client.force_login(customer)
    for path in ("/accounts/data/download/", "/accounts/leave/"):
        assert client.get(path)["Location"].startswith("/accounts/reauthenticate/")
    assert client.post("/accounts/leave/", {"is_sure": "on"})["Location"].startswith("/accounts/reauthenticate/")
    customer.refresh_from_db()
    assert customer.leaves_at is None


def test_leaving_needs_two_ticks_where_money_is_left_and_tells_its_owner_by_mail(used):
    client = signed_in(used)
    assert "99.55 USD is left on your balance." in client.get("/accounts/leave/").text
    assert client.post("/accounts/leave/", {"is_sure": "on"}).status_code == 422
    assert client.post("/accounts/leave/", {"gives_up_balance": "on"}).status_code == 422
    answer = client.post("/accounts/leave/", {"is_sure": "on", "gives_up_balance": "on"}, follow=True)
    assert "Your account will be deleted" in answer.text
    used.refresh_from_db()
    assert leaving.WAIT - dt.timedelta(minutes=1) < used.leaves_at - timezone.now() <= leaving.WAIT
    posting.mails_due(timezone.now)
    assert [letter.subject for letter in mail.outbox] == ["Your account at Neofollower will be deleted"]
    assert "Your account will be deleted" in client.get("/accounts/data/").text
    client.post("/accounts/stay/")
    used.refresh_from_db()
    assert (used.leaves_at, used.is_active) == (None, True)
    said = LogEntry.objects.filter(object_id=str(used.pk)).values_list("change_message", flat=True)
    assert sorted(said) == ["Asked for the account to be deleted.", "Stays: the account is not deleted."]


def test_open_orders_reported_payments_and_staff_stand_in_the_way(customer, agent):
    order = place(customer)
    assert "open orders" in signed_in(customer).get("/accounts/leave/").text
    with pytest.raises(leaving.CannotLeave):
        leaving.ask(user=customer, gives_up_balance=True, now=NOW)
    assert order.status == "pending"
    assert len(leaving.standing_of(agent).obstacles) == 1


def test_a_payment_that_is_not_decided_stands_in_the_way(customer):
    report(customer)
    assert leaving.standing_of(customer).obstacles == ("A payment that you reported is not decided yet.",)


def test_after_seven_days_nothing_says_who_it_was_and_every_unit_of_money_is_where_it_was(used):
    leaving.ask(user=used, gives_up_balance=True, now=NOW)
    money = list(LedgerEntry.objects.order_by("pk").values())
    orders = list(Order.objects.values())
    assert leaving.leave_due(lambda: AFTER - dt.timedelta(seconds=1)) == 0
    assert leaving.leave_due(lambda: AFTER) == 1
    assert leaving.leave_due(lambda: AFTER) == 0
    gone = User.objects.get(pk=used.pk)
    assert (gone.email, gone.is_active, gone.left_at) == (f"deleted-{used.pk}@deleted.invalid", False, AFTER)
    assert not gone.has_usable_password()
    assert (gone.emailaddress_set.count(), gone.authenticator_set.count()) == (0, 0)
    assert gone.api_keys.filter(revoked_at=None).count() == 0
    assert set(Message.objects.values_list("text", flat=True)) == {"(removed with the account)"}
    assert Ticket.objects.get().state == "solved"
    assert list(LedgerEntry.objects.order_by("pk").values()) == money
    assert list(Order.objects.values()) == orders
    assert verification.verify() == []
    assert ledger.balance_of(gone) == money[-1]["balance"]
    for entry in LogEntry.objects.all():
        assert "carol@example.com" not in f"{entry.object_repr} {entry.change_message}"
    mail.outbox.clear()
    posting.mails_due(lambda: AFTER)
    assert [(letter.to, letter.subject) for letter in mail.outbox] == [
        (["carol@example.com"], "Your account at Neofollower is deleted")
    ]
    client = Client()
    client.post("/accounts/login/", {"login": "carol@example.com", "password": PASSWORD})
    assert client.get("/orders/").status_code == 302


def test_an_order_placed_meanwhile_puts_leaving_off(customer):
    leaving.ask(user=customer, gives_up_balance=True, now=NOW)
    place(customer)
    assert not leaving.leave(user_id=customer.pk, now=AFTER)
    customer.refresh_from_db()
    assert (customer.is_active, customer.leaves_at) == (True, AFTER + leaving.LATER)


def test_the_address_of_somebody_who_left_is_free_again(client, used):
    leaving.ask(user=used, gives_up_balance=True, now=NOW)
    leaving.leave(user_id=used.pk, now=AFTER)
    client.post("/accounts/signup/", {"email": "carol@example.com", "password1": "a-long-walk-by-the-sea"})
    assert User.objects.get(email="carol@example.com").pk != used.pk
