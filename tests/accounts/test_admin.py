"""People and keys in the admin: rights are handed out by administrators alone, and history is not deleted."""

import pytest
from django.contrib.auth.models import Permission

from accounts import api_keys
from accounts.models import User
from tests.conftest import person

USERS = "/admin/accounts/user/"


@pytest.fixture
def clerk(db) -> User:
    """Staff who may change users, and would like to be more."""
    clerk = person("clerk@example.com", is_staff=True)
    clerk.user_permissions.add(*Permission.objects.filter(codename__in=["view_user", "change_user", "add_user"]))
    return clerk


def test_people_are_found_by_email(client, admin, customer, stranger):
    client.force_login(admin)
    page = client.get(USERS, {"q": "carol"}).text
    assert customer.email in page
    assert stranger.email not in page


@pytest.mark.parametrize("people", [1, 3])
def test_the_list_of_people_asks_as_often_for_one_as_for_three(client, admin, people, django_assert_num_queries):
    for number in range(people - 1):
        person(f"p{number}@example.com")
    client.force_login(admin)
    client.get(USERS)
    with django_assert_num_queries(6):
        client.get(USERS)


def test_an_administrator_adds_a_person_by_email(client, admin):
    client.force_login(admin)
    client.post(
        f"{USERS}add/",
        {
            "email": "Fresh@Example.com",
            "usable_password": "true",
            "password1": "a-long-password",
            "password2": "a-long-password",
        },
    )
    fresh = User.objects.get(email="fresh@example.com")
    assert fresh.check_password("a-long-password")
    assert not fresh.is_staff


def test_a_clerk_cannot_raise_anybody(client, clerk, customer):
    client.force_login(clerk)
    form = {"email": customer.email, "is_active": "on", "is_staff": "on", "is_superuser": "on", "time_zone": "UTC"}
    client.post(f"{USERS}{customer.pk}/change/", form)
    customer.refresh_from_db()
    assert (customer.time_zone, customer.is_staff, customer.is_superuser) == ("UTC", False, False)


@pytest.mark.parametrize("form_page", ["change/", "password/"])
def test_a_clerk_cannot_take_over_an_administrator(client, clerk, admin, form_page):
    before = User.objects.values().get(pk=admin.pk)
    client.force_login(clerk)
    form = {
        "email": "clerk+1@example.com",
        "usable_password": "true",
        "password1": "taken-over",
        "password2": "taken-over",
    }
    assert client.post(f"{USERS}{admin.pk}/{form_page}", form).status_code == 403
    assert User.objects.values().get(pk=admin.pk) == before


def test_who_only_looks_at_a_person_sees_nothing_of_the_password(client, agent, admin, customer):
    page = f"{USERS}{customer.pk}/change/"
    client.force_login(agent)
    looked = client.get(page)
    assert (looked.status_code, customer.email in looked.text, "pbkdf2" in looked.text) == (200, True, False)
    assert "../password/" not in looked.text
    client.force_login(admin)
    assert "../password/" in client.get(page).text


def test_a_clerk_cannot_raise_themselves(client, clerk):
    client.force_login(clerk)
    form = {"email": clerk.email, "is_active": "on", "is_staff": "on", "is_superuser": "on"}
    assert client.post(f"{USERS}{clerk.pk}/change/", form).status_code == 403
    clerk.refresh_from_db()
    assert not clerk.is_superuser


def test_nobody_is_deleted_in_the_admin(client, admin, customer):
    client.force_login(admin)
    assert client.post(f"{USERS}{customer.pk}/delete/", {"post": "yes"}).status_code == 403
    assert User.objects.filter(pk=customer.pk).exists()


def test_keys_are_read_only_and_show_no_fingerprint(client, admin, customer, now):
    key, text = api_keys.issue(user=customer, name="Script", now=now)
    client.force_login(admin)
    page = client.get(f"/admin/accounts/apikey/{key.pk}/change/")
    assert page.status_code == 200
    assert key.digest not in page.text
    assert text not in page.text
    assert client.post(f"/admin/accounts/apikey/{key.pk}/change/", {"name": "Mine"}).status_code == 403
    assert client.get("/admin/accounts/apikey/add/").status_code == 403
