"""Outside the demo nobody works in the admin with a password alone."""

import pytest
from allauth.mfa.models import Authenticator

pytestmark = pytest.mark.django_db

ADMIN = ["/admin/", "/admin/support/ticket/", "/admin/accounts/user/", "/admin/no-such-page/"]


@pytest.fixture(autouse=True)
def _as_in_production(settings):
    settings.STAFF_SECOND_FACTOR = True


@pytest.mark.parametrize("path", ADMIN)
def test_staff_without_one_are_led_to_set_it_up(client, agent, path):
    client.force_login(agent)
    answer = client.get(path)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/accounts/2fa/")
    assert client.post("/admin/support/ticket/next/").headers["Location"] == "/accounts/2fa/"
    assert "Set up a second factor first" in client.get("/accounts/2fa/").content.decode()


def test_staff_with_one_go_on_and_customers_need_none(client, agent, customer):
    Authenticator.objects.create(user=agent, type=Authenticator.Type.TOTP, data={})
    client.force_login(agent)
    assert client.get("/admin/").status_code == 200
    client.force_login(customer)
    assert client.get("/tickets/").status_code == 200


def test_whoever_has_none_may_still_sign_out(client, agent):
    client.force_login(agent)
    assert client.post("/admin/logout/").headers.get("Location") != "/accounts/2fa/"


def test_the_demo_needs_none(client, agent, settings):
    settings.STAFF_SECOND_FACTOR = False
    client.force_login(agent)
    assert client.get("/admin/").status_code == 200
