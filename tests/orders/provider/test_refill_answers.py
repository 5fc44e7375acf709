"""What a provider's answers on refills prove, and what they do not."""

import pytest

from orders.provider.refills import RefillReport, parse_refill_statuses, parse_refilled
from orders.provider.wire import Accepted, CallFailed, OurFault, Refused, TryLater, Unknown

MANY = b"""[{"refill": 1, "status": "Completed"}, {"refill": 3, "status": {"error": "Refill not found"}},
           {"refill": 9, "status": "Pending"}]"""
KEYED = (
    b"""{"1": {"status": "completed"}, "3": {"status": {"error": "Refill not found"}}, "9": {"status": "Pending"}}"""
)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"refill": "1"}', Accepted("1")),
        (b'{"refill": 7}', Accepted("7")),
        (b'[{"order": 3, "refill": 8}]', Accepted("8")),
        (b'{"error": "Too early"}', Refused("Too early", "refused")),
        (b'{"refill": {"error": "Too early"}}', Refused("Too early", "refused")),
        (b'{"error": "Invalid API key"}', OurFault("key", "Invalid API key")),
    ],
)
def test_an_answer_to_a_wish_in_good_form_is_understood(body, expected):
    assert parse_refilled(200, body) == expected


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"[]", b"{}", b'{"refill": true}', b'{"refill": -1}', b'{"refill": null}', b'{"refill": "abc"}',
     b'{"refill": 5, "error": "no"}', b'{"refill": 1', b'"1"', b'{"error": ""}'],
)  # fmt: skip
def test_anything_else_proves_nothing(body):
    assert isinstance(parse_refilled(200, body), Unknown)


@pytest.mark.parametrize("status", [301, 500, 502])
def test_a_failing_server_proves_nothing_whatever_it_says(status):
    assert isinstance(parse_refilled(status, b'{"refill": 1}'), Unknown)


def test_too_many_requests_is_certainly_not_taken():
    assert parse_refilled(429, b"slow down", retry_after=9) == TryLater(9, "HTTP 429")


@pytest.mark.parametrize(
    "body",
    [MANY, KEYED],
)
def test_the_words_on_many_refills_are_matched_by_number(body):
    found = parse_refill_statuses(body, ["1", "3", "4"])
    assert found["1"].is_done is True
    assert found["3"] == RefillReport("Refill not found", is_known=False)
    assert set(found) == {"1", "3"}


@pytest.mark.parametrize(
    ("word", "is_done"),
    [("Completed", True), ("REJECTED", False), ("In progress", None), ("Awaiting", None), ("Error", False)],
)
def test_what_the_words_mean(word, is_done):
    assert parse_refill_statuses(f'{{"status": "{word}"}}'.encode(), ["1"])["1"] == RefillReport(word, is_done)


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"error": "Invalid API key"}', b'"x"'])
def test_a_spoilt_answer_on_refills_touches_none(body):
    with pytest.raises(CallFailed):
        parse_refill_statuses(body, ["1", "2"])
