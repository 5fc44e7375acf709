"""What is said of the API holds: every form's answer, example and error word, in the OpenAPI file and on the page."""

import datetime as dt
import html
import json
import subprocess
import sys

import hypothesis
import jsonschema_rs
import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.template.loader import render_to_string
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from accounts import api_keys
from accounts.models import ApiKey
from neopanel.env import CallRate
from orders.api import openapi, reference, v1, v2, words
from orders.models import Order
from orders.service_types import ServiceType
from orders.statuses import OrderStatus
from tests.factories import fund, make_service, order_in, reported
from tests.orders.api.calling import LINK, as_form
from tests.orders.books import written

PAGE, FILE = "/api/", "/api/openapi.json"
FORMS = [(dialect, form) for dialect in reference.DIALECTS for form in dialect.forms]
IDENTS = [f"{dialect.name}-{form.ident}" for dialect, form in FORMS]


@pytest.fixture
def document(client, db):
    return client.get(FILE).json()


def faults(document, name: str, value) -> list[str]:
    """What the named schema of the document finds wrong with the value."""
    schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
    return [str(error) for error in jsonschema_rs.Draft202012Validator(schema).iter_errors(value)]


# --- The table, the code and the file agree


def test_every_action_is_described_and_no_other():
    assert {form.action for form in reference.V2.forms} == set(v2.ACTIONS)
    assert {form.action for form in reference.V1.forms} == set(v1.ACTIONS)
    assert len(set(IDENTS)) == len(IDENTS)


def test_every_error_word_is_described_and_no_other():
    said = {value.format("N") for name, value in vars(words).items() if name.isupper() and isinstance(value, str)}
    assert {word for word, _why in reference.ERRORS} == said


def test_the_file_is_openapi(document):
    assert document["openapi"].startswith("3.1.")
    assert list(document["paths"]) == ["/api/v2", "/api/v1"]
    for schema in document["components"]["schemas"].values():
        assert jsonschema_rs.meta.is_valid({**schema, "$schema": "https://json-schema.org/draft/2020-12/schema"})
    schemathesis.openapi.from_dict(document).validate()


@pytest.mark.parametrize(("dialect", "form"), FORMS, ids=IDENTS)
def test_each_example_is_an_answer_of_its_form(document, dialect, form):
    assert faults(document, openapi.answer_name(dialect, form), form.example) == []
    call = {"key": "k", "action": form.action} | {p.name: p.example for p in form.parameters if p.example is not None}
    assert faults(document, openapi.call_name(dialect, form), call) == []


def test_a_wrong_answer_is_noticed(document):
    assert faults(document, "v2-balance-answer", {"balance": "1,000.00", "currency": "USD"})
    assert faults(document, "v2-balance-answer", {"balance": "1.00"})
    assert faults(document, "v2-status-answer", reference.EXAMPLE_V2 | {"status": "Refunded"})
    assert faults(document, "v1-status-answer", reference.EXAMPLE_V1 | {"extra": 1})


# --- Real answers


@pytest.fixture
def orders(customer):
    """One in each status, and one that a person looks at."""
    found = [order_in(status, customer) for status in OrderStatus]
    return [*found, reported(order_in(OrderStatus.COMPLETED, customer), OrderStatus.CANCELED)]


@pytest.mark.parametrize("dialect", reference.DIALECTS, ids=lambda d: d.name)
def test_every_real_answer_has_the_form_that_is_described(client, document, dialect, key, customer, orders):
    for type_word in ServiceType:
        make_service(name=type_word.value, type=type_word, minimum=1, maximum=10, description="Line\nline <b>")
    _key, trial = api_keys.issue(user=customer, name="trial", scope=ApiKey.Scope.TEST, now=timezone.now())
    fund(customer)
    ids = ",".join([*(str(order.pk) for order in orders), "abc", "999999"])
    service = make_service()
    wish = {"service": service.pk, "quantity": 100}
    calls = [
        ("services", "services", {}),
        ("balance", "balance", {}),
        ("add", "add", {**wish, "link": f"{LINK}/a"}),
        ("add", "add", {**wish, "link": f"{LINK}/b", "key": trial}),
        *(("status", "status", {"order": order.pk}) for order in orders),
        ("status-orders", "status", {"orders": ids}),
    ]
    if dialect is reference.V2:
        calls += [
            ("cancel-orders", "cancel", {"orders": ids}),
            ("refill-orders", "refill", {"orders": ids}),
            ("refill_status-refills", "refill_status", {"refills": ids}),
        ]
    for ident, action, parameters in calls:
        sent = {"key": key, **parameters}
        answer = as_form(client, sent.pop("key"), action, address=dialect.path, **sent).json()
        assert "error" not in answer
        assert faults(document, f"{dialect.name}-{ident}-answer", answer) == [], ident


def test_every_error_that_can_be_provoked_is_in_the_list(client, key, customer, address):
    fund(customer, "1.00")
    service = make_service()
    wish = {"service": service.pk, "link": LINK, "quantity": 10}
    as_form(client, key, "add", **wish)
    calls = [
        ("wrong", "balance", {}),
        (key, "nonsense", {}),
        (key, "add", wish | {"service": 0}),
        (key, "add", wish | {"link": ""}),
        (key, "add", wish | {"quantity": 1}),
        (key, "add", wish | {"quantity": 99_999}),
        (key, "add", wish),
        (key, "add", {**wish, "link": f"{LINK}2", "quantity": 10_000}),
        (key, "status", {"order": 0}),
        (key, "status", {"orders": ",".join("1" * 101)}),
    ]
    said = [as_form(client, k, action, address=address, **rest).json()["error"] for k, action, rest in calls]
    generic = [word.replace("minimal 10", "minimal N").replace("maximum 10000", "maximum N") for word in said]
    assert generic == [word for word, _why in reference.ERRORS][:10]


# --- Whatever is sent

FUZZED = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
)


@pytest.mark.parametrize("mode", list(schemathesis.GenerationMode), ids=str)
@pytest.mark.parametrize("body", openapi.BODIES)
def test_whatever_schemathesis_sends_is_answered_as_the_file_says(
    transactional_db, customer, key, address, body, mode, settings
):
    settings.API_RATE = CallRate(10**8, 60)
    make_service(minimum=1)
    before = written()
    operation = schemathesis.openapi.from_wsgi(FILE, WSGIHandler())[address]["POST"]
    codes = set()

    @hypothesis.settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(generation_mode=mode, media_type=body), right_key=st.booleans())
    def is_answered_well(case, right_key):
        if right_key and isinstance(case.body, dict):
            case.body["key"] = key
        answer = case.call()
        codes.add(answer.status_code)
        case.validate_response(answer, checks=FUZZED)

    is_answered_well()
    assert codes == {200}
    assert written() == before, "without money nothing is ordered"


# --- The page


def test_the_page_is_open_and_shows_every_call_type_and_error(client, db):
    answer = client.get(PAGE)
    assert answer.status_code == 200
    page = html.unescape(answer.text)
    for dialect, form in FORMS:
        assert f'id="{dialect.name}-{form.ident}"' in page
        assert json.dumps(form.example, indent=2) in page
    for word, why in reference.ERRORS:
        assert f"<code>{word}</code>" in page
        assert str(why) in page
    for service_type in ServiceType:
        assert service_type.value in page
    assert "http://testserver/api/v2" in page
    assert "YOUR_KEY" in page
    assert f'href="{FILE}"' in page


def test_the_examples_show_the_beginning_of_the_readers_own_newest_key(client, customer, stranger, now):
    for number, owner in enumerate([stranger, customer, customer]):
        key, text = api_keys.issue(user=owner, name=f"<b>{number}", now=now + number * dt.timedelta(seconds=1))
    client.force_login(customer)
    page = client.get(PAGE).text
    assert f"{key.prefix}…" in page
    assert "&lt;b&gt;2" in page
    assert text not in page
    assert "YOUR_KEY" not in page
    assert not any(other.prefix in page for other in ApiKey.objects.exclude(pk=key.pk))


def test_a_revoked_key_is_not_shown(client, customer, now):
    key, _text = api_keys.issue(user=customer, name="old", now=now)
    api_keys.revoke(user=customer, key_id=key.pk, now=now)
    client.force_login(customer)
    assert key.prefix not in client.get(PAGE).text


def example(language: str, live_server, key: str, service) -> str:
    text = render_to_string(f"orders/api/{language}.txt", {"address": f"{live_server.url}/api/v2", "key": key})
    return text.replace("service=1", f"service={service.pk}")


@pytest.fixture
def shop(customer, transactional_db):
    """What an example needs to run: money, a key and a service."""
    fund(customer, now=timezone.now())
    _key, text = api_keys.issue(user=customer, name="example", now=timezone.now())
    return text, make_service(maximum=10_000)


def test_the_example_in_python_runs_twice_and_orders_once(live_server, shop):
    program = example("python", live_server, *shop)
    for _ in range(2):
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
        assert done.stderr == ""
        assert "'status': 'Pending'" in done.stdout
        assert "{'balance': '99.10', 'currency': 'USD'}" in done.stdout
    assert Order.objects.count() == 1
