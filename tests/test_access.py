"""Every address of the site, as everybody who may come by: one table says what each of them gets.

An address without a row fails, and so does a row without an address. A stranger's thing reads exactly like one that does not exist.
"""

import re

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group
from django.db import transaction
from django.test import Client
from django.urls import get_resolver
from django.urls.resolvers import URLPattern
from django.utils import timezone

from accounts import api_keys
from helpcenter import first_edition
from helpcenter.models import Article, Section, StatusAdvice
from orders.models import Category, LedgerEntry
from support import ticketing
from support.models import Topic
from tests.conftest import PASSWORD, person
from tests.factories import NOW, place

WHO = ("visitor", "owner", "stranger", "agent", "editor", "admin")

# Where a redirect leads to, in one word.
LEADS_TO = {"/accounts/login/": "in", "/admin/login/": "door", "/accounts/reauthenticate/": "again", "/": "home"}
LEADS_TO |= {"/accounts/email/": "email", "/accounts/password/change/": "password"}

# route, method, then the answer for each of WHO
TABLE = """
/ GET 200 200 200 200 200 200
accounts/api-keys/ GET in 200 200 200 200 200
accounts/api-keys/<int:key_id>/revoke/ POST in up 404 404 404 404
accounts/preferences/ GET in 200 200 200 200 200
accounts/login/ GET 200 home home home home home
accounts/logout/ POST home home home home home home
accounts/inactive/ GET 200 200 200 200 200 200
accounts/signup/ GET 200 home home home home home
accounts/reauthenticate/ GET in 200 200 200 200 200
accounts/email/ GET in 200 200 200 200 200
accounts/confirm-email/ GET in email email email email email
accounts/password/change/ GET in 200 200 200 200 200
accounts/password/set/ GET in password password password password password
accounts/password/reset/ GET 200 200 200 200 200 200
accounts/login/code/confirm/ GET in home home home home home
accounts/password/reset/confirm/ GET in in in in in in
accounts/password/reset/complete/ GET up up up up up up
accounts/password/reset/done/ GET 200 200 200 200 200 200
accounts/2fa/ GET in 200 200 200 200 200
accounts/2fa/authenticate/ GET in home home home home home
accounts/2fa/reauthenticate/ GET in again again again again again
accounts/2fa/totp/activate/ GET in again again again again again
accounts/2fa/totp/deactivate/ GET in 404 404 404 404 404
accounts/2fa/recovery-codes/ GET in 404 404 404 404 404
accounts/2fa/recovery-codes/generate/ GET in again again again again again
accounts/2fa/recovery-codes/download/ POST in 404 404 404 404 404
accounts/2fa/webauthn/ GET in 200 200 200 200 200
accounts/2fa/webauthn/add/ GET in again again again again again
accounts/2fa/webauthn/reauthenticate/ GET in again again again again again
accounts/2fa/webauthn/keys/<int:pk>/remove/ GET in again again again again again
accounts/2fa/webauthn/keys/<int:pk>/edit/ GET in again again again again again
services/ GET 200 200 200 200 200 200
orders/ GET in 200 200 200 200 200
orders/new/ GET in 200 200 200 200 200
orders/<int:order_id>/ GET in 200 404 404 404 404
orders/<int:order_id>/cancel/ POST in up 404 404 404 404
balance/ GET in 200 200 200 200 200
balance/add/ GET in 200 200 200 200 200
api/v2 POST 200 200 200 200 200 200
help/ GET 200 200 200 200 200 200
help/search/ GET 200 200 200 200 200 200
help/faq/ GET 200 200 200 200 200 200
help/<slug:section>/ GET 200 200 200 200 200 200
help/<slug:section>/<slug:slug>/ GET 200 200 200 200 200 200
tickets/ GET in 200 200 200 200 200
tickets/new/ GET in 200 200 200 200 200
tickets/<int:number>/ GET in 200 404 404 404 404
tickets/<int:number>/solve/ POST in up 404 404 404 404
admin/ GET door door door 200 200 200
admin/login/ GET in 403 403 up up up
admin/logout/ POST door up up 200 200 200
admin/password_change/ GET door door door 200 200 200
admin/password_change/done/ GET door door door 200 200 200
admin/autocomplete/ GET door door door 403 403 403
admin/jsi18n/ GET door door door 200 200 200
admin/r/<path:content_type_id>/<path:object_id>/ GET door door door 404 404 404
admin/auth/group/ GET in door door 403 403 200
admin/auth/group/add/ GET in door door 403 403 200
admin/auth/group/<path:object_id>/history/ GET in door door 403 403 200
admin/auth/group/<path:object_id>/delete/ GET in door door 403 403 200
admin/auth/group/<path:object_id>/change/ GET in door door 403 403 200
admin/auth/group/<path:object_id>/ GET in door door change change change
admin/accounts/user/<id>/password/ GET in door door 403 403 200
admin/accounts/user/ GET in door door 200 403 200
admin/accounts/user/add/ GET in door door 403 403 200
admin/accounts/user/<path:object_id>/history/ GET in door door 200 403 200
admin/accounts/user/<path:object_id>/delete/ GET in door door 403 403 403
admin/accounts/user/<path:object_id>/change/ GET in door door 200 403 200
admin/accounts/user/<path:object_id>/ GET in door door change change change
admin/accounts/apikey/ GET in door door 403 403 200
admin/accounts/apikey/add/ GET in door door 403 403 403
admin/accounts/apikey/<path:object_id>/history/ GET in door door 403 403 200
admin/accounts/apikey/<path:object_id>/delete/ GET in door door 403 403 403
admin/accounts/apikey/<path:object_id>/change/ GET in door door 403 403 200
admin/accounts/apikey/<path:object_id>/ GET in door door change change change
admin/orders/category/ GET in door door 200 403 200
admin/orders/category/add/ GET in door door 403 403 200
admin/orders/category/<path:object_id>/history/ GET in door door 200 403 200
admin/orders/category/<path:object_id>/delete/ GET in door door 403 403 200
admin/orders/category/<path:object_id>/change/ GET in door door 200 403 200
admin/orders/category/<path:object_id>/ GET in door door change change change
admin/orders/service/ GET in door door 200 403 200
admin/orders/service/add/ GET in door door 403 403 200
admin/orders/service/<path:object_id>/history/ GET in door door 200 403 200
admin/orders/service/<path:object_id>/delete/ GET in door door 403 403 403
admin/orders/service/<path:object_id>/change/ GET in door door 200 403 200
admin/orders/service/<path:object_id>/ GET in door door change change change
admin/orders/ledgerentry/ GET in door door 200 403 200
admin/orders/ledgerentry/add/ GET in door door 403 403 403
admin/orders/ledgerentry/<path:object_id>/history/ GET in door door 200 403 200
admin/orders/ledgerentry/<path:object_id>/delete/ GET in door door 403 403 403
admin/orders/ledgerentry/<path:object_id>/change/ GET in door door 200 403 200
admin/orders/ledgerentry/<path:object_id>/ GET in door door change change change
admin/orders/wallet/ GET in door door 200 403 200
admin/orders/wallet/add/ GET in door door 403 403 403
admin/orders/wallet/<path:object_id>/history/ GET in door door 200 403 200
admin/orders/wallet/<path:object_id>/delete/ GET in door door 403 403 403
admin/orders/wallet/<path:object_id>/change/ GET in door door 200 403 200
admin/orders/wallet/<path:object_id>/ GET in door door change change change
admin/orders/deposit/ GET in door door 200 403 200
admin/orders/deposit/add/ GET in door door 403 403 403
admin/orders/deposit/<path:object_id>/history/ GET in door door 200 403 200
admin/orders/deposit/<path:object_id>/delete/ GET in door door 403 403 403
admin/orders/deposit/<path:object_id>/change/ GET in door door 200 403 200
admin/orders/deposit/<path:object_id>/ GET in door door change change change
admin/orders/order/ GET in door door 200 403 200
admin/orders/order/add/ GET in door door 403 403 403
admin/orders/order/<path:object_id>/history/ GET in door door 200 403 200
admin/orders/order/<path:object_id>/delete/ GET in door door 403 403 403
admin/orders/order/<path:object_id>/change/ GET in door door 200 403 200
admin/orders/order/<path:object_id>/ GET in door door change change change
admin/orders/provider/ GET in door door 200 403 200
admin/orders/provider/add/ GET in door door 403 403 200
admin/orders/provider/<path:object_id>/history/ GET in door door 200 403 200
admin/orders/provider/<path:object_id>/delete/ GET in door door 403 403 403
admin/orders/provider/<path:object_id>/change/ GET in door door 200 403 200
admin/orders/provider/<path:object_id>/ GET in door door change change change
admin/helpcenter/section/ GET in door door 200 200 200
admin/helpcenter/section/add/ GET in door door 403 200 200
admin/helpcenter/section/<path:object_id>/history/ GET in door door 200 200 200
admin/helpcenter/section/<path:object_id>/delete/ GET in door door 403 200 200
admin/helpcenter/section/<path:object_id>/change/ GET in door door 200 200 200
admin/helpcenter/section/<path:object_id>/ GET in door door change change change
admin/helpcenter/article/ GET in door door 200 200 200
admin/helpcenter/article/add/ GET in door door 403 200 200
admin/helpcenter/article/<path:object_id>/history/ GET in door door 200 200 200
admin/helpcenter/article/<path:object_id>/delete/ GET in door door 403 200 200
admin/helpcenter/article/<path:object_id>/change/ GET in door door 200 200 200
admin/helpcenter/article/<path:object_id>/ GET in door door change change change
admin/helpcenter/statusadvice/ GET in door door 200 200 200
admin/helpcenter/statusadvice/add/ GET in door door 403 403 403
admin/helpcenter/statusadvice/<path:object_id>/history/ GET in door door 200 200 200
admin/helpcenter/statusadvice/<path:object_id>/delete/ GET in door door 403 403 403
admin/helpcenter/statusadvice/<path:object_id>/change/ GET in door door 200 200 200
admin/helpcenter/statusadvice/<path:object_id>/ GET in door door change change change
admin/support/ticket/<int:number>/reply/ POST in door door 422 403 422
admin/support/ticket/<int:number>/note/ POST in door door 422 403 422
admin/support/ticket/<int:number>/take/ POST in door door change 403 change
admin/support/ticket/<int:number>/wait/ POST in door door change 403 change
admin/support/ticket/<int:number>/solve/ POST in door door change 403 change
admin/support/ticket/<int:number>/reopen/ POST in door door change 403 change
admin/support/ticket/ GET in door door 200 403 200
admin/support/ticket/add/ GET in door door 403 403 403
admin/support/ticket/<path:object_id>/history/ GET in door door 200 403 200
admin/support/ticket/<path:object_id>/delete/ GET in door door 403 403 403
admin/support/ticket/<path:object_id>/change/ GET in door door 200 403 200
admin/support/ticket/<path:object_id>/ GET in door door change change change
admin/account/emailaddress/ GET in door door 403 403 200
admin/account/emailaddress/add/ GET in door door 403 403 200
admin/account/emailaddress/<path:object_id>/history/ GET in door door 403 403 200
admin/account/emailaddress/<path:object_id>/delete/ GET in door door 403 403 200
admin/account/emailaddress/<path:object_id>/change/ GET in door door 403 403 200
admin/account/emailaddress/<path:object_id>/ GET in door door change change change
admin/mfa/authenticator/ GET in door door 403 403 200
admin/mfa/authenticator/add/ GET in door door 403 403 200
admin/mfa/authenticator/<path:object_id>/history/ GET in door door 403 403 200
admin/mfa/authenticator/<path:object_id>/delete/ GET in door door 403 403 200
admin/mfa/authenticator/<path:object_id>/change/ GET in door door 403 403 200
admin/mfa/authenticator/<path:object_id>/ GET in door door change change change
admin/^(?P<app_label>auth|accounts|orders|helpcenter|support|account|mfa)/$ GET door door door 200 404 200
admin/(?P<url>.*)$ GET door door door 404 404 404
theme/ POST home home home home home home
csp-report/ POST 204 204 204 204 204 204
health/live GET 200 200 200 200 200 200
health/ready GET 200 200 200 200 200 200
"""


def routes(patterns, prefix: str = "") -> list[str]:
    """Every route of the resolver, written out; a route that ends in another one's place is listed once."""
    found: list[str] = []
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        found += [route] if isinstance(pattern, URLPattern) else routes(pattern.url_patterns, route)
    return list(dict.fromkeys(found))


def rows() -> dict[str, tuple[str, list[str]]]:
    """The table: route -> (method, answer for each of WHO)."""
    found = {}
    for line in TABLE.strip().splitlines():
        route, method, *answers = line.split()
        assert len(answers) == len(WHO), line
        found["" if route == "/" else route] = method, answers
    return found


@pytest.fixture
def things(customer, agent) -> dict[str, object]:
    """One of everything that an address can name; what belongs to somebody belongs to the owner."""
    first_edition.load(now=NOW)
    order = place(customer)
    ticket = ticketing.open_ticket(customer=customer, topic=Topic.OTHER, order=order, text="Where is it?", now=NOW)
    key, _text = api_keys.issue(user=customer, name="shop", now=timezone.now())
    third = person("theo@example.com")
    article = Article.objects.filter(is_published=True).first()
    return {
        "<int:order_id>": order.pk,
        "<int:number>": ticket.pk,
        "<int:key_id>": key.pk,
        "<int:pk>": 1,
        "<id>": customer.pk,
        "<slug:section>": article.section.slug,
        "<slug:slug>": article.slug,
        "<path:content_type_id>": 1,
        "auth/group": Group.objects.first().pk,
        "accounts/user": customer.pk,
        "accounts/apikey": key.pk,
        "orders/category": Category.objects.get().pk,
        "orders/service": order.service_id,
        "orders/ledgerentry": LedgerEntry.objects.first().pk,
        "orders/wallet": customer.pk,
        "orders/deposit": customer.wallet.deposits.get().pk,
        "orders/order": order.pk,
        "orders/provider": order.provider_id,
        "helpcenter/section": Section.objects.first().pk,
        "helpcenter/article": article.pk,
        "helpcenter/statusadvice": StatusAdvice.objects.first().pk,
        "support/ticket": ticket.pk,
        "account/emailaddress": customer.emailaddress_set.get().pk,
        "mfa/authenticator": Authenticator.objects.create(user=third, type="totp", data={}).pk,
    }


def address(route: str, things: dict[str, object]) -> str:
    """The route with the things that it names."""
    if route == r"admin/(?P<url>.*)$":
        return "/admin/nothing"
    if route.startswith("admin/^"):
        return "/admin/orders/"
    model = re.match(r"admin/(\w+/\w+)/", route)
    named = {**things, "<path:object_id>": things.get(model[1], 1) if model else 1}
    for placeholder in re.findall("<[^>]+>", route):
        route = route.replace(placeholder, str(named[placeholder]))
    return f"/{route}"


def answer_to(client: Client, method: str, path: str) -> str:
    """The status; for a redirect the word of LEADS_TO, `up` for an address above, `change` for a thing's own page in admin."""
    answer = client.get(path) if method == "GET" else client.post(path)
    if answer.status_code not in {301, 302}:
        return str(answer.status_code)
    where = answer["Location"].partition("?")[0]
    if where in LEADS_TO:
        return LEADS_TO[where]
    if where.endswith("/change/") and where.startswith("/admin/"):
        return "change"
    return "up" if path.startswith(where) else where


def client_for(user) -> Client:
    client = Client()
    if user is not None:
        client.force_login(user)
    return client


def test_every_address_answers_everybody_as_the_table_says(things, customer, stranger, agent, editor, admin):
    expected = rows()
    there = routes(get_resolver().url_patterns)
    assert sorted(expected) == sorted(there), "an address has no row, or a row no address"
    people = [None, customer, stranger, agent, editor, admin]
    found = {}
    for route in there:
        method, path = expected[route][0], address(route, things)
        answers = []
        for user in people:
            as_before = transaction.savepoint()
            answers.append(answer_to(client_for(user), method, path))
            transaction.savepoint_rollback(as_before)
        found[route] = method, answers
    assert found == expected


OTHERS = [
    ("GET", "/orders/{order}/"),
    ("POST", "/orders/{order}/cancel/"),
    ("GET", "/balance/?order={order}"),
    ("GET", "/orders/?q={order}"),
    ("GET", "/tickets/{ticket}/"),
    ("POST", "/tickets/{ticket}/"),
    ("POST", "/tickets/{ticket}/solve/"),
    ("GET", "/tickets/new/?order={order}"),
    ("GET", "/tickets/new/?follows={ticket}"),
    ("POST", "/accounts/api-keys/{key}/revoke/"),
]


@pytest.mark.parametrize(("method", "template"), OTHERS)
def test_a_strangers_thing_reads_exactly_like_one_that_does_not_exist(things, stranger, method, template):
    client = client_for(stranger)

    def read(number: int) -> tuple[int, str]:
        path = template.format(order=number, ticket=number, key=number)
        answer = client.get(path) if method == "GET" else client.post(path, {"message": "Hello"})
        shown = re.search(r"<main[^>]*>(.*)</main>", answer.text, re.DOTALL)[1]
        return answer.status_code, re.sub(rf"\b{number}\b", "N", shown)

    named = re.search(r"\{(\w+)\}", template)[1]
    somebodys = {"order": "<int:order_id>", "ticket": "<int:number>", "key": "<int:key_id>"}[named]
    assert read(things[somebodys]) == read(987_654)


NUMBERS = ["0", str(2**31), str(2**63 - 1), str(2**63), str(10**40)]


@pytest.mark.parametrize("number", NUMBERS)
def test_no_number_in_an_address_is_too_large(customer, number):
    client = client_for(customer)
    for path in ("/orders/{}/", "/tickets/{}/", "/tickets/new/?order={}", "/tickets/new/?follows={}"):
        assert client.get(path.format(number)).status_code == 404
    for path in ("/orders/{}/cancel/", "/tickets/{}/solve/", "/accounts/api-keys/{}/revoke/"):
        assert client.post(path.format(number)).status_code == 404
    for path in (
        "/orders/?q={}",
        "/orders/?before={}",
        "/orders/?after={}",
        "/balance/?order={}",
        "/balance/?after={}",
    ):
        assert client.get(path.format(number)).status_code == 200


@pytest.mark.parametrize("number", [*NUMBERS, "abc", "1 OR 1=1", "%00", "../", "a" * 3000])
@pytest.mark.parametrize(
    "model", ["orders/order", "orders/service", "support/ticket", "helpcenter/article", "accounts/user"]
)
def test_no_number_in_an_address_of_the_admin_is_too_large(admin, model, number):
    answer = client_for(admin).get(f"/admin/{model}/{number}/change/")
    assert answer.status_code in {302, 404}


# --- A session that has ended


@pytest.mark.parametrize("path", ["/orders/", "/orders/new/?service=1", "/balance/", "/tickets/new/"])
def test_an_htmx_request_whose_session_has_ended_sends_the_whole_page_to_sign_in(client, db, path):
    answer = client.get(path, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert answer.content == b""
    assert answer["HX-Redirect"].startswith("/accounts/login/?next=/")
    assert "HX-Request" in answer["Vary"]
    assert client.get(answer["HX-Redirect"]).status_code == 200


def test_the_order_page_leads_back_to_itself_after_sign_in(client, things, customer):
    path = f"/orders/{things['<int:order_id>']}/"
    to_sign_in = client.get(path, headers={"HX-Request": "true"})["HX-Redirect"]
    answer = client.post(to_sign_in, {"login": customer.email, "password": PASSWORD})
    assert answer["Location"] == path


def test_an_htmx_request_for_an_open_page_needs_no_session(client, db):
    answer = client.get("/services/", headers={"HX-Request": "true"})
    assert "HX-Redirect" not in answer
