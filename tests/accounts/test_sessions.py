"""Where somebody is signed in: what the list shows, and what ending does."""

import pytest
from allauth.usersessions.models import UserSession
from django.test import Client

from accounts.devices import device_of
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db
PAGE = "/accounts/sessions/"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 (KHTML, like Gecko) Version/18.0 Safari/604"
)


def signed_in(customer, user_agent: str) -> Client:
    client = Client(headers={"User-Agent": user_agent})
    assert client.post("/accounts/login/", {"login": customer.email, "password": PASSWORD}).status_code == 302
    assert client.get(PAGE).status_code == 200
    return client


def is_in(client: Client) -> bool:
    return client.get("/orders/").status_code == 200


def test_every_session_is_listed_with_its_device_and_address(customer):
    signed_in(customer, PHONE)
    shown = signed_in(customer, FIREFOX).get(PAGE).text
    assert shown.index("Firefox, Linux") < shown.index("Safari, iPhone")
    assert shown.count("127.0.0.1") >= 2
    assert shown.count("This one") == 1


def test_one_session_is_ended_and_the_others_stay(customer):
    here, there, third = (signed_in(customer, agent) for agent in (FIREFOX, PHONE, "curl/8"))
    number = UserSession.objects.get(user_agent=PHONE).pk
    assert here.post(f"{PAGE}{number}/end/").status_code == 302
    assert (is_in(here), is_in(there), is_in(third)) == (True, False, True)
    assert here.post(f"{PAGE}{number}/end/").status_code == 404


def test_all_others_are_ended_at_once(customer):
    here, there, third = (signed_in(customer, agent) for agent in (FIREFOX, PHONE, "curl/8"))
    here.post(f"{PAGE}others/end/")
    assert (is_in(here), is_in(there), is_in(third)) == (True, False, False)
    assert here.get(PAGE).text.count("last seen") == 1


def test_nobody_ends_a_strangers_session(customer, stranger):
    theirs, mine = signed_in(stranger, PHONE), signed_in(customer, FIREFOX)
    number = UserSession.objects.get(user=stranger).pk
    assert mine.post(f"{PAGE}{number}/end/").status_code == 404
    mine.post(f"{PAGE}others/end/")
    assert is_in(theirs)


def test_a_new_password_ends_the_sessions_elsewhere(customer):
    here, there = signed_in(customer, FIREFOX), signed_in(customer, PHONE)
    new = "a-long-walk-by-the-sea"
    here.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert (is_in(here), is_in(there)) == (True, False)


def test_pages_write_the_list_now_and_then_not_each_time(customer, time_machine):
    time_machine.move_to("2026-11-25T12:00:00Z", tick=False)
    client = signed_in(customer, FIREFOX)
    seen = UserSession.objects.get().last_seen_at
    time_machine.shift(599)
    client.get("/orders/")
    assert UserSession.objects.get().last_seen_at == seen
    time_machine.shift(2)
    client.get("/orders/")
    assert UserSession.objects.get().last_seen_at > seen


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (FIREFOX, "Firefox, Linux"),
        (PHONE, "Safari, iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537 Chrome/140.0 Safari/537 Edg/140.0", "Edge, Windows"),
        ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537 Chrome/140.0 Mobile Safari/537", "Chrome, Android"),
        ("curl/8.1", "curl/8.1"),
        ("", "Unknown program"),
        ("<script>" * 20, ("<script>" * 5)),
    ],
)
def test_a_device_is_named_in_two_words(said, shown):
    assert device_of(said) == shown
