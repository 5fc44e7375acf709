"""Both dialects: who may ask and how; whatever is sent, the answer is JSON."""

import json

import pytest
from django.test import Client
from django.utils import timezone

from accounts import api_keys
from accounts.models import ApiKey
from tests.factories import fund, place
from tests.orders.api.calling import LINK, as_json
from tests.orders.books import written


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete", "options"])
def test_only_post_is_answered_and_the_refusal_is_json_too(client, address, db, method):
    answer = getattr(client, method)(address)
    assert answer.status_code == 405
    assert answer["Allow"] == "POST"
    assert list(answer.json()) == ["error"]


def test_a_key_in_the_address_counts_for_nothing(client, address, key):
    answer = client.post(f"{address}?key={key}&action=balance")
    assert answer.json() == {"error": "Invalid API key"}


@pytest.mark.parametrize("wrong", ["", "wrong", " ", "\x00", "k" * 5000, "ключ"])
def test_a_wrong_key_is_refused(any_call, wrong):
    assert any_call("balance", key=wrong) == {"error": "Invalid API key"}


@pytest.mark.parametrize("wrong", [None, True, 1, 1.5, [], {}, ["a"], "\ud800"])
def test_a_key_that_is_no_text_is_refused(client, address, db, wrong):
    assert as_json(client, wrong, "balance", address=address).json() == {"error": "Invalid API key"}


def test_a_missing_key_is_refused_before_the_action_is_looked_at(client, address, db):
    assert client.post(address, {"action": "nonsense"}).json() == {"error": "Invalid API key"}
    assert client.post(address).json() == {"error": "Invalid API key"}


def test_a_revoked_key_reads_like_a_wrong_one(any_call, customer):
    api_keys.revoke(user=customer, key_id=customer.api_keys.get().pk, now=timezone.now())
    assert any_call("balance") == {"error": "Invalid API key"}


def test_a_disabled_account_reads_like_a_wrong_key(any_call, customer):
    customer.is_active = False
    customer.save(update_fields=["is_active"])
    assert any_call("balance") == {"error": "Invalid API key"}


def test_a_key_that_may_only_read_reads_and_orders_nothing(call, customer, service):
    _key, text = api_keys.issue(user=customer, name="watch", scope=ApiKey.Scope.READ, now=timezone.now())
    order = place(customer, service=service)
    before = written()
    assert call("add", key=text, service=service.pk, link=LINK, quantity=100) == {"error": "Invalid API key"}
    assert written() == before
    assert call("status", key=text, order=order.pk)["status"] == "Pending"
    assert call("balance", key=text)["currency"] == "USD"
    assert call("services", key=text)[0]["service"] == service.pk


@pytest.mark.parametrize("action", ["", "nonsense", "__class__", "\x00", "Services"])
def test_an_unknown_action_is_an_incorrect_request(any_call, action):
    assert any_call(action) == {"error": "Incorrect request"}


def test_a_cookie_of_a_signed_in_customer_opens_nothing(client, address, customer):
    client.force_login(customer)
    assert client.post(address, {"action": "balance"}).json() == {"error": "Invalid API key"}


def test_no_csrf_token_is_asked_for(key, address, customer):
    from_elsewhere = Client(enforce_csrf_checks=True)
    assert from_elsewhere.post(address, {"key": key, "action": "balance"}).status_code == 200


def test_a_parameter_sent_twice_has_no_meaning(client, address, key, customer, service):
    fund(customer)
    before = written()
    wish = {"key": key, "action": "add", "service": service.pk, "link": LINK}
    answer = client.post(address, {**wish, "quantity": ["100", "999999"]})
    assert answer.json() == {"error": "Incorrect request"}
    assert client.post(address, {**wish, "key": [key, key], "quantity": "100"}).json() == {"error": "Invalid API key"}
    assert written() == before


ODD_BODIES = [
    b"[]",
    b"[1, 2]",
    b"null",
    b"true",
    b'"text"',
    b"1e400",
    b"{",
    b'{"key": ',
    b"\xff\xfe",
    b"\x00",
    b"[" * 100_000,
    b"{" + b'"a":' * 10,
    b'{"key": "' + b"x" * 10_000_000 + b'"}',
]


@pytest.mark.parametrize("body", ODD_BODIES, ids=range(len(ODD_BODIES)))
@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "multipart/form-data",
        "nonsense",
    ],
)
def test_a_body_that_is_no_call_gets_a_json_error(client, address, db, body, content_type):
    answer = client.post(address, body, content_type=content_type)
    assert answer.status_code == 200
    assert list(answer.json()) == ["error"]


def test_json_under_a_wrong_name_is_read_all_the_same(client, address, key):
    body = json.dumps({"key": key, "action": "balance"})
    for content_type in ("text/plain", "application/x-www-form-urlencoded", "application/octet-stream"):
        assert client.post(address, body, content_type=content_type).json()["balance"] == "0.00"


def test_a_form_of_a_hundred_thousand_fields_gets_a_json_error(client, address, db):
    body = "&".join(f"a{n}=1" for n in range(100_000))
    answer = client.post(address, body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 200
    assert answer.json() == {"error": "Incorrect request"}
