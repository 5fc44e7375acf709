"""A session ends while somebody is at work: what they pressed was not done, they are told, and led back to their page."""

from urllib.parse import parse_qs, urlsplit

import pytest

from tests.conftest import PASSWORD
from tests.factories import place

pytestmark = pytest.mark.django_db

NOTHING_DONE = "You were signed out, and nothing was done. Sign in and send it again."
BUTTONS = [
    ("/orders/37/refill/", "/orders/37/"),
    ("/orders/37/note/", "/orders/37/"),
    ("/tickets/1/solve/", "/tickets/1/"),
    ("/tickets/new/", "/tickets/new/?order=37"),
    ("/admin/support/ticket/1/reply/", "/admin/support/ticket/1/change/?_changelist_filters=q%3D1"),
]


def next_of(answer) -> str:
    where = answer.headers.get("HX-Redirect") or answer.headers["Location"]
    assert where.startswith("/accounts/login/?")
    return parse_qs(urlsplit(where).query)["next"][0]


def press(client, button: str, page: str, **headers):
    return client.post(button, headers={"Referer": page, **headers})


@pytest.mark.parametrize(("button", "page"), BUTTONS)
def test_a_button_leads_back_to_the_page_that_it_stood_on(client, button, page):
    assert next_of(press(client, button, f"http://testserver{page}")) == page


def test_after_signing_in_the_page_is_there(client, customer):
    page = f"/orders/{place(customer).pk}/"
    to_sign_in = press(client, f"{page}refill/", f"http://testserver{page}").headers["Location"]
    answer = client.post(to_sign_in, {"login": customer.email, "password": PASSWORD}, follow=True)
    assert (answer.redirect_chain[-1][0], answer.status_code) == (page, 200)


def test_the_sign_in_page_says_once_that_nothing_was_done(client):
    to_sign_in = press(client, "/orders/37/refill/", "http://testserver/orders/37/").headers["Location"]
    assert client.get(to_sign_in).text.count(NOTHING_DONE) == 1
    assert NOTHING_DONE not in client.get(to_sign_in).text


def test_who_only_looked_at_a_page_is_told_nothing_and_comes_back_to_it(client):
    answer = client.get("/orders/?q=37", headers={"Referer": "http://testserver/balance/"})
    assert next_of(answer) == "/orders/?q=37"
    assert NOTHING_DONE not in client.get(answer.headers["Location"]).text


def test_a_button_that_htmx_sends_leads_back_alike(client):
    answer = press(client, "/services/1/favourite/", "http://testserver/services/?q=likes", **{"HX-Request": "true"})
    assert next_of(answer) == "/services/?q=likes"
    assert NOTHING_DONE in client.get(answer.headers["HX-Redirect"]).text


def test_a_part_that_htmx_asks_for_leads_back_to_its_page(client):
    headers = {"Referer": "http://testserver/orders/new/?service=2", "HX-Request": "true"}
    answer = client.get("/orders/new/?q=likes&service=2", headers=headers)
    assert next_of(answer) == "/orders/new/?service=2"
    assert NOTHING_DONE not in client.get(answer.headers["HX-Redirect"]).text


@pytest.mark.parametrize(
    "elsewhere",
    [
        "",
        "https://evil.example/orders/37/",
        "http://testserver.evil.example/",
        "http://testserver//evil.example/",
        "http://testserver/\\evil.example",
        "http://testserver@evil.example/",
        "http://testserver:81/orders/",
        "//evil.example/",
        "javascript:alert(1)",
        "http://[",
    ],
)
def test_the_way_back_never_leaves_the_site(client, elsewhere):
    assert next_of(press(client, "/orders/37/refill/", elsewhere)) == "/"


# --- An address that only takes what a button sends


@pytest.mark.parametrize(
    ("button", "page"),
    [
        ("/orders/37/refill/", "/orders/37/"),
        ("/tickets/1/solve/", "/tickets/1/"),
        ("/services/1/favourite/", "/services/"),
        ("/theme/", "/"),
    ],
)
def test_opening_a_buttons_address_shows_a_page_that_leads_on(client, customer, button, page):
    client.force_login(customer)
    answer = client.get(button)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    assert "This address only works from its button" in answer.text
    assert f'href="{page}"' in answer.text.partition("<main")[2].partition("</main>")[0]


def test_programs_get_no_page_where_they_ask_the_wrong_way(client):
    assert client.get("/csp-report/", headers={"Accept": "application/json"}).content == b""
    assert "<html" not in client.get("/api/v2").text
