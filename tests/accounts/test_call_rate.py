"""How often programs may call, and from where: counted in the database, side by side too."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import environ
import pytest
from django.db import connections

from accounts import addresses, api_keys, call_rate
from accounts.models import CallWindow
from neopanel.env import CallRate
from neopanel.env import call_rate as read_rate

SECOND = dt.timedelta(seconds=1)


def take(now, *, subject="key:1", most=3):
    return call_rate.take(subject=subject, most=most, seconds=60, now=now)


def test_a_window_begins_with_its_first_call_and_ends_by_itself(db, now):
    assert [take(now + n * SECOND) for n in range(5)] == [0, 0, 0, 57, 56]
    assert take(now + dt.timedelta(seconds=59, milliseconds=999)) == 1
    assert [take(now + 60 * SECOND) for _ in range(4)] == [0, 0, 0, 60]


def test_each_is_counted_alone(db, now):
    assert [take(now, subject=f"key:{n % 4}", most=2) for n in range(8)] == [0] * 8


def test_a_clock_that_is_put_back_locks_nobody_out(db, now):
    assert [take(now) for _ in range(4)][-1] == 60
    assert take(now - dt.timedelta(hours=1)) == 0


@pytest.mark.django_db(transaction=True)
def test_calls_at_once_never_take_more_places_than_there_are(now):
    def call(_):
        try:
            return take(now, most=10)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(call, range(40)))
    assert answers.count(0) == 10
    assert CallWindow.objects.get().used == 10


def test_what_is_long_past_is_forgotten(db, now):
    take(now, subject="address:203.0.113.7")
    take(now + dt.timedelta(hours=24), subject="key:1")
    assert call_rate.forget_ended(now=now + dt.timedelta(hours=25)) == 1
    assert list(CallWindow.objects.values_list("pk", flat=True)) == ["key:1"]


@pytest.mark.parametrize(
    ("text", "rate"), [("120/min", CallRate(120, 60)), (" 5/sec ", CallRate(5, 1)), ("9/hour", CallRate(9, 3600))]
)
def test_a_rate_is_a_number_and_a_window(text, rate):
    assert read_rate(text) == rate


@pytest.mark.parametrize("text", ["", "120", "0/min", "-1/min", "1.5/min", "120/fortnight", "120/", "٣/min", "1e3/min"])
def test_an_odd_rate_stops_the_start_with_a_sentence(text):
    with pytest.raises(environ.ImproperlyConfigured, match="like 120/min"):
        read_rate(text)


FORWARDED = [
    (False, "198.51.100.1", "203.0.113.7", "203.0.113.7"),
    (True, "198.51.100.1", "10.0.0.1", "198.51.100.1"),
    (True, "6.6.6.6, 198.51.100.1", "10.0.0.1", "198.51.100.1"),
    (True, "nonsense", "10.0.0.1", ""),
    (True, None, "203.0.113.7", "203.0.113.7"),
    (False, None, "", ""),
    (False, None, "::ffff:203.0.113.7", "203.0.113.7"),
]


@pytest.mark.parametrize(("behind_proxy", "forwarded", "socket", "expected"), FORWARDED)
def test_a_forwarded_address_counts_only_behind_a_proxy_and_only_its_last_entry(
    rf, settings, behind_proxy, forwarded, socket, expected
):
    settings.BEHIND_PROXY = behind_proxy
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    assert addresses.address_of(rf.get("/", headers=headers, REMOTE_ADDR=socket)) == expected


def test_an_ipv6_address_is_counted_with_its_network():
    assert addresses.counted_as("2001:db8::1") == addresses.counted_as("2001:db8::ffff") == "2001:db8::/64"
    assert addresses.counted_as("203.0.113.7") == "203.0.113.7"
    assert addresses.counted_as("") == ""


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("203.0.113.7", True),
        ("203.0.113.8", False),
        ("2001:db8::5", True),
        ("2001:db9::5", False),
        ("::ffff:203.0.113.7", True),
        ("", False),
        ("nonsense", False),
    ],
)
def test_a_key_is_found_from_its_own_networks_alone(customer, now, address, allowed):
    networks = addresses.read_networks("203.0.113.7 2001:db8::/32")
    key, text = api_keys.issue(user=customer, name="Script", networks=networks, now=now)
    assert api_keys.find(text=text, now=now, address=address) == (key if allowed else None)


def test_a_key_without_networks_is_found_from_anywhere(customer, now):
    key, text = api_keys.issue(user=customer, name="Script", now=now)
    assert api_keys.find(text=text, now=now, address="") == key
