"""Where somebody is signed in: what the list shows, and what ending does."""

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission
from django.core.cache import cache
from django.test import Client

from accounts.devices import device_of
from neopanel.roles import setup_roles
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db
PAGE = "/accounts/sessions/"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 (KHTML, like Gecko) Version/18.0 Safari/604"
)


@pytest.fixture(autouse=True)
def _nobody_signed_in_before():
    """All tests come from one address, which may sign in only so often a minute."""
    cache.clear()


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


def change(by, person, **rights):
    form = {"email": person.email, "is_active": "on", "time_zone": "UTC", **rights}
    client = Client()
    client.force_login(by)
    return client.post(f"/admin/accounts/user/{person.pk}/change/", form)


@pytest.mark.parametrize("right", ["is_staff", "is_superuser", "groups", "user_permissions"])
def test_other_rights_end_the_sessions_that_began_with_the_old_ones(customer, stranger, admin, right):
    setup_roles()
    given = {
        "groups": Group.objects.get(name="Support agent").pk,
        "user_permissions": Permission.objects.get(codename="view_order").pk,
    }
    before, strangers = signed_in(customer, FIREFOX), signed_in(stranger, PHONE)
    assert change(admin, customer, **{right: given.get(right, "on")}).status_code == 302
    assert (is_in(before), is_in(strangers)) == (False, True)
    after = signed_in(customer, FIREFOX)
    assert change(admin, customer).status_code == 302
    assert not is_in(after)


def test_sessions_go_on_where_no_right_changed(customer, admin):
    there = signed_in(customer, FIREFOX)
    assert change(admin, customer, time_zone="Europe/Madrid").status_code == 302
    assert is_in(there)


def test_whoever_changes_their_own_rights_signs_in_again(admin):
    here = signed_in(admin, FIREFOX)
    form = {"email": admin.email, "is_active": "on", "time_zone": "UTC", "is_staff": "on"}
    answer = here.post(f"/admin/accounts/user/{admin.pk}/change/", form)
    assert answer.status_code == 302
    assert not is_in(here)
    assert LogEntry.objects.get().user == admin


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
