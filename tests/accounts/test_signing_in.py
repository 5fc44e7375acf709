"""Who may come in: sign-up by a mailed code, sign-in by email, reset, and the ways that stay closed."""

import re

import pytest
from django.core import mail
from django.core.cache import cache

from accounts.models import User
from tests.conftest import PASSWORD

NEWCOMER = "nina@example.com"


@pytest.fixture(autouse=True)
def _fresh_rate_limits():
    """allauth counts attempts in the cache, which outlives a test."""
    cache.clear()


def sign_up(client, email=NEWCOMER, password=PASSWORD):
    return client.post("/accounts/signup/", {"email": email, "password1": password})


def mailed_code() -> str:
    return re.search(r"^[A-Z0-9-]{4,12}$", mail.outbox[-1].body, re.MULTILINE).group()


def signed_in_as(client) -> str | None:
    number = client.session.get("_auth_user_id")
    return number and User.objects.get(pk=number).email


def test_sign_up_mails_a_code_and_the_code_signs_in(client, db):
    sign_up(client)
    assert signed_in_as(client) is None
    assert mail.outbox[0].to == [NEWCOMER]
    assert mail.outbox[0].subject == "Your code for Neofollower"
    client.post("/accounts/confirm-email/", {"code": mailed_code()})
    assert signed_in_as(client) == NEWCOMER
    assert User.objects.get(email=NEWCOMER).emailaddress_set.get().verified


def test_a_wrong_code_signs_nobody_in(client, db):
    sign_up(client)
    answer = client.post("/accounts/confirm-email/", {"code": "WRONG1"})
    assert answer.status_code == 200
    assert "error-summary" in answer.text
    assert signed_in_as(client) is None


def test_signing_up_with_a_taken_address_looks_the_same_and_writes_to_its_owner(client, customer):
    taken = sign_up(client, email=customer.email.upper())
    assert User.objects.count() == 1
    assert "already" in mail.outbox[-1].body.lower()
    client.session.flush()
    fresh = sign_up(client)
    assert (taken.status_code, taken["Location"]) == (fresh.status_code, fresh["Location"])


@pytest.mark.parametrize(
    ("email", "password", "field"),
    [
        ("not an address", PASSWORD, "id_email"),
        ("", PASSWORD, "id_email"),
        (NEWCOMER, "short", "id_password1"),
        (NEWCOMER, "password123456", "id_password1"),
        (NEWCOMER, "", "id_password1"),
    ],
)
def test_sign_up_says_beside_the_field_what_is_wrong(client, db, email, password, field):
    answer = sign_up(client, email=email, password=password)
    assert f'id="{field}_error"' in answer.text
    assert User.objects.count() == 0


@pytest.mark.parametrize("typed", ["carol@example.com", "Carol@Example.COM", "  carol@example.com "])
def test_people_sign_in_by_email_in_any_spelling(client, customer, typed):
    answer = client.post("/accounts/login/", {"login": typed, "password": PASSWORD})
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert signed_in_as(client) == customer.email


@pytest.mark.parametrize(("login", "password"), [("carol@example.com", "wrong"), ("nobody@example.com", PASSWORD)])
def test_a_wrong_password_and_an_unknown_address_read_the_same(client, customer, login, password):
    answer = client.post("/accounts/login/", {"login": login, "password": password})
    assert "The email address and/or password you specified are not correct." in answer.text
    assert signed_in_as(client) is None


def test_a_disabled_account_does_not_come_in(client, customer):
    customer.is_active = False
    customer.save(update_fields=["is_active"])
    client.post("/accounts/login/", {"login": customer.email, "password": PASSWORD})
    assert signed_in_as(client) is None


def test_sign_in_leads_back_to_where_one_was_going_but_never_off_the_site(client, customer):
    form = {"login": customer.email, "password": PASSWORD}
    assert client.post("/accounts/login/", {**form, "next": "/accounts/preferences/"})["Location"] == (
        "/accounts/preferences/"
    )
    client.logout()
    assert client.post("/accounts/login/", {**form, "next": "https://evil.example.com/"})["Location"] == "/"


def test_a_forgotten_password_is_replaced_by_a_mailed_code(client, customer):
    client.post("/accounts/password/reset/", {"email": customer.email})
    client.post("/accounts/password/reset/confirm/", {"code": mailed_code()})
    client.post(
        "/accounts/password/reset/complete/", {"password1": "a-better-one-now", "password2": "a-better-one-now"}
    )
    customer.refresh_from_db()
    assert customer.check_password("a-better-one-now")


def test_signing_out_takes_a_press_not_a_link(client, customer):
    client.force_login(customer)
    client.get("/accounts/logout/")
    assert signed_in_as(client) == customer.email
    client.post("/accounts/logout/")
    assert signed_in_as(client) is None


def test_the_demo_shows_its_accounts_and_a_real_shop_does_not(client, db, settings):
    assert "neopanel-demo" in client.get("/accounts/login/").text
    settings.DEMO = False
    assert "neopanel-demo" not in client.get("/accounts/login/").text


def test_the_admin_is_entered_through_the_panels_own_sign_in(client, db):
    answer = client.get("/admin/login/?next=/admin/")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")


OPEN = ["/accounts/login/", "/accounts/signup/", "/accounts/password/reset/"]
OWN = [
    "/accounts/api-keys/",
    "/accounts/preferences/",
    "/accounts/email/",
    "/accounts/password/change/",
    "/accounts/2fa/",
    "/accounts/logout/",
]


@pytest.mark.parametrize("address", OPEN)
def test_the_entrance_stands_in_our_frame(client, db, address):
    answer = client.get(address)
    assert answer.status_code == 200
    assert '<header class="site-header">' in answer.text
    assert answer.text.count("<h1") == 1


@pytest.mark.parametrize("address", OWN)
def test_pages_of_ones_own_account_stand_in_our_frame_and_are_closed_to_visitors(client, customer, address):
    assert client.get(address).status_code == 302
    client.force_login(customer)
    answer = client.get(address)
    assert answer.status_code == 200
    assert '<nav class="side-nav" aria-label="Account">' in answer.text
    assert answer.text.count("<h1") == 1


@pytest.mark.parametrize("address", ["/accounts/2fa/totp/activate/", "/accounts/2fa/webauthn/add/"])
def test_a_second_factor_is_set_up_after_the_password_once_more_and_under_the_strict_policy(client, customer, address):
    client.force_login(customer)
    asked = client.get(address)
    assert asked["Location"].startswith("/accounts/reauthenticate/")
    answer = client.post(asked["Location"], {"password": PASSWORD}, follow=True)
    assert answer.request["PATH_INFO"] == address
    assert not re.search(r"<[^>]*\s(style|on[a-z]+)=", answer.text)
    scripts = re.findall(r"<script[^>]*>", answer.text)
    assert [tag for tag in scripts if "src=" not in tag and 'type="application/json"' not in tag] == []
