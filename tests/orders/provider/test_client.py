import gzip
import json
import logging
import socket
import time
from urllib.parse import parse_qs, quote

import pytest
from django.db import transaction

from orders.provider import addresses
from orders.provider.client import AddRequest, InsideTransaction, ProviderClient
from orders.provider.transport import Timeouts
from orders.provider.wire import Accepted, BatchFailed, CallFailed, OurFault, Refused, TryLater, Unknown
from tests.orders.provider.fake import (
    answers,
    drips,
    fake_provider,
    never_ends,
    resets,
    response,
    says_nothing,
)

KEY = "very-secret-key-0123456789"
QUICK = Timeouts(connect=0.3, read=0.3, total=0.6)
ORDER = AddRequest(service="5", link="https://example.com/p/1?a=b&c=d", quantity=100)


def client(url, host, key=KEY):
    return ProviderClient(url, key, allow_private_hosts=[host], timeouts=QUICK)


def add(behave, **how):
    with fake_provider(behave, **how) as provider:
        started = time.monotonic()
        outcome = client(provider.url, provider.host).add(ORDER)
        assert time.monotonic() - started < 2
        assert provider.connections == 1, "one attempt and no more"
    return outcome


def test_an_order_is_sent_as_a_form_with_the_key_in_the_body_alone():
    with fake_provider(answers(response(b'{"order": 23501}'))) as provider:
        assert client(provider.url, provider.host).add(ORDER) == Accepted("23501")
    head, _, body = provider.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /api/v2 HTTP/1.1\r\n")
    assert KEY.encode() not in head
    assert parse_qs(body.decode()) == {
        "key": [KEY],
        "action": ["add"],
        "service": ["5"],
        "link": ["https://example.com/p/1?a=b&c=d"],
        "quantity": ["100"],
    }


def test_a_package_is_sent_without_a_quantity_and_inputs_never_replace_what_is_ours():
    with fake_provider(answers(response(b'{"order": 1}'))) as provider:
        request = AddRequest(service="5", link="https://example.com", inputs=(("key", "x"), ("keywords", "a\nb")))
        client(provider.url, provider.host).add(request)
    fields = parse_qs(provider.requests[0].partition(b"\r\n\r\n")[2].decode())
    assert (fields["key"], fields["keywords"]) == ([KEY], ["a\nb"])
    assert "quantity" not in fields


def test_a_refused_connection_was_certainly_not_taken():
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    outcome = client(f"http://127.0.0.1:{port}/api/v2", "127.0.0.1").add(ORDER)
    assert outcome == TryLater(0, "no connection (ConnectionRefusedError)")


def test_a_name_that_cannot_be_looked_up_was_certainly_not_taken(monkeypatch):
    def unknown_name(*args, **kwargs):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(addresses.socket, "getaddrinfo", unknown_name)
    assert client("https://provider.example/api/v2", "").add(ORDER) == TryLater(0, "no connection (gaierror)")


@pytest.mark.parametrize("behave", [answers(b"HTTP/1.1 400 Bad Request\r\n\r\n"), says_nothing, resets])
def test_a_failed_tls_handshake_was_certainly_not_taken(behave):
    with fake_provider(behave, reads=False) as provider:
        outcome = client(provider.url.replace("http:", "https:"), provider.host).add(ORDER)
    assert isinstance(outcome, TryLater)


@pytest.mark.parametrize(
    "behave",
    [
        pytest.param(resets, id="reset after sending"),
        pytest.param(answers(b""), id="closed without an answer"),
        pytest.param(says_nothing, id="silence"),
        pytest.param(drips(response(b'{"order": 23501}')), id="dripping headers"),
        pytest.param(drips(b"HTTP/1.1 100 Continue\r\n\r\n" * 100), id="endless interim answers"),
        pytest.param(answers(b"nonsense\r\n\r\n"), id="no HTTP"),
        pytest.param(answers(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"order": 235'), id="cut body"),
        pytest.param(answers(response(b'{"order": 23501}' + b" " * 2_000_000)), id="2 MB"),
        pytest.param(never_ends, id="endless body"),
        pytest.param(
            answers(response(gzip.compress(b" " * 5_000_000), "200 OK", "Content-Encoding: gzip")), id="gzip bomb"
        ),
        pytest.param(
            answers(response(b"not gzip at all", "200 OK", "Content-Encoding: gzip")), id="broken compression"
        ),
        pytest.param(answers(response(b"<html>oops</html>")), id="HTML"),
        pytest.param(answers(response(b'{"order": 1}', "502 Bad Gateway")), id="502"),
        pytest.param(answers(response(b"")), id="empty"),
    ],
)
def test_whatever_breaks_after_the_request_left_leaves_the_order_unknown(behave):
    outcome = add(behave)
    assert isinstance(outcome, Unknown)
    assert outcome.reason
    assert KEY not in repr(outcome)


def test_an_answer_that_drips_past_the_deadline_is_not_taken_for_a_complete_one():
    body = b'HTTP/1.1 200 OK\r\n\r\n{"order": 23501}' + b" " * 1000
    assert add(drips(body)) == Unknown("no complete answer in time")


def test_chunked_and_compressed_answers_are_read():
    chunked = b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n{"order"\r\n5\r\n: 17}\r\n0\r\n\r\n'
    assert add(answers(chunked)) == Accepted("17")
    compressed = response(gzip.compress(b'{"order": 17}'), "200 OK", "Content-Encoding: gzip")
    assert add(answers(compressed)) == Accepted("17")


def test_a_redirect_is_not_followed_and_the_key_goes_nowhere_else():
    with fake_provider(answers(response(b'{"order": 1}'))) as elsewhere:
        outcome = add(answers(response(b"", "307 Temporary Redirect", f"Location: {elsewhere.url}")))
        assert elsewhere.connections == 0
    assert isinstance(outcome, Unknown)


def test_a_redirect_with_an_endless_body_is_not_read_to_its_end():
    assert isinstance(add(answers(b"HTTP/1.1 307 Go\r\nLocation: /\r\n\r\n" + b" " * 3_000_000)), Unknown)


def test_too_many_requests_come_back_with_the_time_to_wait():
    assert add(answers(response(b"{}", "429 Too Many Requests", "Retry-After: 7"))) == TryLater(7, "HTTP 429")


def test_a_refusal_arrives():
    assert add(answers(response(b'{"error":"Bad link"}'))) == Refused("Bad link", "link")


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9/api/v2",
        "https://127.0.0.1:9/api/v2",
        "https://localhost/api/v2",
        "https://[::1]/api/v2",
        "https://[::ffff:127.0.0.1]/api/v2",
        "https://2130706433/api/v2",
        "ftp://example.com/",
    ],
)
def test_an_address_that_is_not_allowed_is_never_called_and_is_our_own_fault(url):
    outcome = ProviderClient(url, KEY, timeouts=QUICK).add(ORDER)
    assert isinstance(outcome, OurFault)
    assert outcome.reason == "address"
    with pytest.raises(BatchFailed) as failed:
        ProviderClient(url, KEY, timeouts=QUICK).statuses(["1"])
    assert failed.value.fault == "address"


def test_the_name_is_looked_up_once_and_the_checked_address_is_the_one_called(monkeypatch):
    looked_up = []
    real = socket.getaddrinfo

    def lookup(host, port, *args, **kwargs):
        if host == "provider.test":
            looked_up.append(host)
            return real("127.0.0.1", port, *args, **kwargs)
        return real(host, port, *args, **kwargs)

    monkeypatch.setattr(addresses.socket, "getaddrinfo", lookup)
    with fake_provider(answers(response(b'{"order": 3}'))) as provider:
        url = f"http://provider.test:{provider.port}/api/v2"
        assert client(url, f"provider.test:{provider.port}").add(ORDER) == Accepted("3")
    assert looked_up == ["provider.test"]
    assert f"host: provider.test:{provider.port}".encode() in provider.requests[0].lower()


def test_many_orders_are_asked_for_in_one_call():
    body = b'{"1": {"status": "Completed", "remains": "0"}, "2": {"error": "Incorrect order ID"}}'
    with fake_provider(answers(response(body))) as provider:
        batch = client(provider.url, provider.host).statuses(["1", "2", "3"])
    assert (list(batch.reports), batch.missing, dict(batch.bad)) == (["1"], ("3",), {"2": "Incorrect order ID"})
    assert parse_qs(provider.requests[0].partition(b"\r\n\r\n")[2].decode())["orders"] == ["1,2,3"]


@pytest.mark.parametrize("status", ["500 Oops", "403 Forbidden", "307 Elsewhere", "202 Accepted"])
def test_a_batch_with_another_http_status_fails_whatever_it_says(status):
    with (
        fake_provider(answers(response(b'{"1": {"status": "Canceled"}}', status))) as provider,
        pytest.raises(BatchFailed),
    ):
        client(provider.url, provider.host).statuses(["1"])


def test_a_batch_that_is_throttled_names_the_time_to_wait():
    with (
        fake_provider(answers(response(b"", "429 Slow", "Retry-After: 9"))) as provider,
        pytest.raises(BatchFailed) as failed,
    ):
        client(provider.url, provider.host).statuses(["1"])
    assert failed.value.retry_after == 9


def test_no_ids_need_no_call_and_more_than_a_hundred_are_a_mistake():
    nobody = ProviderClient("https://provider.example", KEY)
    assert nobody.statuses([]).reports == {}
    with pytest.raises(ValueError, match="101 ids"):
        nobody.statuses([str(number) for number in range(101)])


def test_services_and_balance_fail_as_calls():
    with fake_provider(answers(response(b'{"error": "Invalid API key"}', "401 No"))) as provider:
        for call in (client(provider.url, provider.host).services, client(provider.url, provider.host).balance):
            with pytest.raises(CallFailed) as failed:
                call()
            assert failed.value.fault == "key"


def test_a_list_of_a_megabyte_is_read():
    row = b'{"service": %d, "name": "n", "rate": "1", "min": 1, "max": 9, "desc": "' + b"d" * 1000 + b'"}'
    body = b"[" + b",".join(row % number for number in range(1, 1001)) + b"]"
    with fake_provider(answers(response(body))) as provider:
        assert len(client(provider.url, provider.host).services().services) == 1000


def chain(error):
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def test_the_key_is_in_no_exception_no_log_and_no_repr(caplog):
    caplog.set_level(logging.DEBUG)
    echo = answers(response(b'{"error": "Key ' + KEY.encode() + b' is unknown"}'))
    for behave in (resets, says_nothing, echo):
        with fake_provider(behave) as provider:
            asked = client(provider.url, provider.host)
            assert KEY not in repr(asked)
            assert KEY not in repr(asked.add(ORDER))
            with pytest.raises(CallFailed) as failed:
                asked.balance()
        for error in chain(failed.value):
            assert KEY not in repr(error) + repr(vars(error))
            # a library's exception would carry the request, and the request carries the key
            assert type(error).__module__.startswith("orders.")
    assert KEY not in caplog.text


@pytest.mark.django_db
def test_no_provider_is_called_inside_a_transaction():
    with fake_provider(answers(response(b'{"order": 1}'))) as provider:
        asked = client(provider.url, provider.host)
        with transaction.atomic():
            for call in (lambda: asked.add(ORDER), lambda: asked.statuses(["1"]), asked.services, asked.balance):
                with pytest.raises(InsideTransaction):
                    call()
        assert provider.connections == 0
        assert asked.add(ORDER) == Accepted("1")


@pytest.mark.django_db(transaction=True)
def test_a_transaction_of_our_own_counts_without_a_test_case_around_it():
    with transaction.atomic(), pytest.raises(InsideTransaction):
        ProviderClient("https://provider.example", KEY).balance()


HARD_KEY = "k/e+y\u00e9\U0001f511=0123456789"


@pytest.mark.parametrize(
    "told",
    [
        HARD_KEY.encode(),
        json.dumps(HARD_KEY).encode(),
        json.dumps(HARD_KEY).upper().replace("\\U", "\\u").replace("K/E+Y", "k/e+y").encode(),
        json.dumps(HARD_KEY).replace("/", "\\/").encode(),
        "".join(f"\\u{ord(c):04x}" if ord(c) < 0x10000 else json.dumps(c)[1:-1] for c in HARD_KEY).encode(),
        quote(HARD_KEY, safe="").encode(),
    ],
    ids=["plain", "JSON", "JSON in capitals", "slash escaped", "all escaped", "as in an address"],
)
def test_our_key_is_taken_out_of_an_answer_however_it_is_written(told):
    body = b'{"error": "Odd key ' + told.strip(b'"') + b'"}'
    with fake_provider(answers(response(body))) as provider:
        outcome = client(provider.url, provider.host, key=HARD_KEY).add(ORDER)
    assert isinstance(outcome, Unknown)
    assert outcome.raw == '{"error": "Odd key [key]"}'
    assert "[key]" in outcome.reason
    assert "0123456789" not in outcome.reason
