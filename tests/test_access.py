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

from accounts import api_keys, mails
from helpcenter import first_edition
from helpcenter.models import Article, HelpImage, OldAddress, Section, Snippet, StatusAdvice, Synonyms
from orders import halt, mass, shelving
from orders.models import Category, LedgerEntry
from support import contact, ticketing
from support.models import AdviceAnswer, CannedReply, CustomerRead, SiteNotice, Topic
from tests.access_table import LEADS_TO, TABLE, WHO
from tests.conftest import PASSWORD, person
from tests.factories import NOW, place
from tests.orders.payments import make_method


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
    over = halt.begin(reason="A check", now=NOW)
    halt.lift(by=agent, now=NOW)
    ticket = ticketing.open_ticket(customer=customer, topic=Topic.OTHER, order=order, text="Where is it?", now=NOW)
    key, _text = api_keys.issue(user=customer, name="shop", now=timezone.now())
    third = person("theo@example.com")
    article = Article.objects.filter(published__isnull=False).first()
    return {
        "<int:order_id>": order.pk,
        "<int:customer_id>": customer.pk,
        "<int:provider_id>": order.provider_id,
        "<slug:name>": "cancel",
        "<int:mass_id>": mass.start(customer=customer, text="1 | https://example.com | 5", client_key="k", now=NOW).pk,
        "<int:number>": ticket.pk,
        "<int:year>": NOW.year,
        "<int:month>": NOW.month,
        "<int:key_id>": key.pk,
        "<int:session_id>": 987_654,
        "<int:notice_id>": 987_654,
        "support/contactnote": contact.receive(email="x@example.com", text="Hello", address="", now=NOW).pk,
        "support/sitenotice": SiteNotice.objects.create(text="Hello", begins_at=NOW, audience="signed_in").pk,
        "<int:pk>": 1,
        "<id>": customer.pk,
        "<int:user_id>": customer.pk,
        "<slug:section>": article.section.slug,
        "<slug:slug>": article.slug,
        "<slug:key>": "0" * 32,
        "<str:token>": mails.token_for(customer, "ticket_receipt"),
        "<path:content_type_id>": 1,
        "auth/group": Group.objects.first().pk,
        "accounts/user": customer.pk,
        "accounts/apikey": key.pk,
        "orders/category": Category.objects.get().pk,
        "orders/service": order.service_id,
        "<int:service_id>": order.service_id,
        "orders/servicechange": shelving.change(
            edits=[shelving.Edit(order.service_id, {"name": "Renamed"})], actor=agent, now=NOW
        )[0].pk,
        "orders/ledgerentry": LedgerEntry.objects.first().pk,
        "orders/wallet": customer.pk,
        "orders/deposit": customer.wallet.deposits.get().pk,
        "<int:deposit_id>": customer.wallet.deposits.get().pk,
        "orders/paymentmethod": make_method().pk,
        "orders/halt": over.pk,
        "orders/order": order.pk,
        "orders/provider": order.provider_id,
        "helpcenter/section": Section.objects.first().pk,
        "helpcenter/article": article.pk,
        "<int:article_id>": article.pk,
        "<slug:status>": "partial",
        "<int:image_id>": 987_654,
        "<str:name>": "none.webp",
        "helpcenter/snippet": Snippet.objects.create(name="unused", body="Words.").pk,
        "helpcenter/synonyms": Synonyms.objects.create(words="one, two").pk,
        "helpcenter/helpimage": HelpImage.objects.create(
            alternative="A chart", name="x.webp", width=1, height=1, added_at=NOW
        ).pk,
        "helpcenter/oldaddress": OldAddress.objects.create(path="old", article=article).pk,
        "helpcenter/statusadvice": StatusAdvice.objects.first().pk,
        "support/ticket": ticket.pk,
        "support/customerread": CustomerRead.objects.create(staff=agent, customer=customer, what="x", hour=NOW).pk,
        "support/cannedreply": CannedReply.objects.create(title="Hello", text="Hello.").pk,
        "support/adviceanswer": AdviceAnswer.objects.create(article_id=article.pk, created_at=NOW).pk,
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


def test_no_page_says_what_only_a_programmer_would_understand(things, customer, agent, editor, admin):
    slips = []
    for user in (customer, agent, editor, admin):
        client = client_for(user)
        for route, (method, _answers) in rows().items():
            answer = client.get(address(route, things)) if method == "GET" else None
            if answer is None or answer.status_code != 200 or "text/html" not in answer.get("Content-Type", ""):
                continue
            found = re.findall(
                r">([^<>]*\b(?:None(?!\.| available)|True|False|object at 0x|&lt;\w+: )[^<>]*)<", answer.text
            )
            slips += [f"{route}: {words.strip()}" for words in found]
    assert not slips, "\n".join(slips)


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
