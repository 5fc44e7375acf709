import json

import pytest

from orders.money import MOST
from orders.provider.offers import parse_balance, parse_services
from orders.provider.wire import Balance, CallFailed, OfferedService

ROW = {
    "service": 1,
    "name": "Photo Likes",
    "type": "Default",
    "category": "Pictura",
    "rate": "0.90",
    "min": "50",
    "max": "10000",
    "refill": True,
    "cancel": 1,
    "dripfeed": "true",
    "desc": "Keep it public.",
}


def services(*rows):
    return parse_services(json.dumps(rows).encode())


def test_a_row_is_taken_over_whole():
    assert services(ROW).services == (
        OfferedService(
            "1", "Photo Likes", "Pictura", "Default", 90_000_000, 50, 10_000, True, True, True, "Keep it public."
        ),
    )


@pytest.mark.parametrize(
    ("rate", "units"),
    [
        (b'"0.90"', 90_000_000),
        (b"0.9", 90_000_000),
        (b"0.1", 10_000_000),
        (b"60", 6_000_000_000),
        (b'"0.001"', 100_000),
        (b'"1.6550001"', 165_500_010),
        (b"1.6550001", 165_500_010),
        (b"1.0e-5", 1_000),
        (b'"1.0E-5"', 1_000),
        (b'"0.000000001"', 1),
    ],
)
def test_rates_are_exact_whether_number_or_text(rate, units):
    body = json.dumps([ROW]).encode().replace(b'"0.90"', rate)
    assert parse_services(body).services[0].rate == units


@pytest.mark.parametrize(
    "change",
    [
        {"service": None},
        {"service": "1; DROP"},
        {"service": True},
        {"name": "\x00 "},
        {"rate": "1,50"},
        {"rate": "-1"},
        {"rate": "0"},
        {"rate": None},
        {"rate": True},
        {"rate": "1e99"},
        {"rate": "NaN"},
        {"min": "0"},
        {"min": "x"},
        {"min": 1.5},
        {"max": 49},
        {"max": None},
    ],
)
def test_a_row_that_cannot_be_sold_is_skipped_with_a_reason(change):
    found = services({**ROW, **change}, {**ROW, "service": "2"})
    assert [service.external_id for service in found.services] == ["2"]
    assert [number for number, reason in found.skipped if reason] == [1]


def test_rows_that_are_no_rows_and_repeated_services_are_skipped():
    assert services("text", ROW, {**ROW, "name": "Again"}).skipped == (
        (1, "not an object"),
        (3, "service 1 is listed twice"),
    )


def test_names_are_cut_and_absurd_maxima_fit_the_database():
    service = services({**ROW, "name": "n" * 900, "max": "9" * 30}).services[0]
    assert (len(service.name), service.maximum) == (500, MOST)


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"error": "Invalid API key"}', b"17", b"null", b'[{"service": 1'])
def test_no_list_is_a_failed_call(body):
    with pytest.raises(CallFailed):
        parse_services(body)


@pytest.mark.parametrize(
    ("body", "units"),
    [
        (b'{"balance": "100.84292", "currency": "USD"}', 10_084_292_000),
        (b'{"balance": 100.84292, "currency": "USD"}', 10_084_292_000),
        (b'{"balance": "0.1234567899", "currency": "USD"}', 12_345_678),
        (b'{"balance": "-1.50", "currency": "USD"}', -150_000_000),
    ],
)
def test_a_balance_is_read_exactly(body, units):
    assert parse_balance(body) == Balance(units, "USD")


@pytest.mark.parametrize("body", [b"[]", b"{}", b'{"balance": "1,000.00"}', b'{"balance": null}', b'{"error": "no"}'])
def test_a_balance_that_cannot_be_read_is_a_failed_call(body):
    with pytest.raises(CallFailed):
        parse_balance(body)
