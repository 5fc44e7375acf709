"""The cache in the database: limits that it counts last as long as they are meant to."""

import datetime as dt

import pytest
import time_machine
from django.core.cache import caches
from django.core.management import call_command
from django.db import connection

from neopanel.env import shared_cache
from tests.factories import NOW

pytestmark = pytest.mark.django_db

MOST = 20


@pytest.fixture
def cache(settings):
    options = {"BACKEND": "neopanel.caches.LastingDatabaseCache", "LOCATION": "tried_cache"}
    settings.CACHES = {"default": options | {"OPTIONS": {"MAX_ENTRIES": MOST}}}
    call_command("createcachetable")
    return caches["default"]


def test_what_still_counts_is_not_removed_for_what_comes(cache):
    # Django's own removes the lowest keys first.
    cache.set("a-victim", 5, timeout=300)
    for number in range(3 * MOST):
        cache.set(f"somebody-{number}", 1, timeout=300)
    assert cache.get("a-victim") == 5


def test_what_has_expired_makes_room(cache):
    with time_machine.travel(NOW, tick=False):
        for number in range(3 * MOST):
            cache.set(f"earlier-{number}", 1, timeout=10)
    with time_machine.travel(NOW + dt.timedelta(minutes=1), tick=False):
        cache.set("now", 1, timeout=10)
    assert rows() == 1


def rows() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM tried_cache")
        return cursor.fetchone()[0]


@pytest.mark.parametrize("named", ["", "dbcache://another_table"])
def test_a_cache_in_the_database_is_of_this_kind(monkeypatch, named):
    monkeypatch.setenv("CACHE_URL", named) if named else monkeypatch.delenv("CACHE_URL", raising=False)
    chosen = shared_cache("CACHE_URL", default="dbcache://neopanel_cache")
    assert chosen["BACKEND"] == "neopanel.caches.LastingDatabaseCache"
    assert chosen["LOCATION"] == (named or "dbcache://neopanel_cache").removeprefix("dbcache://")


def test_another_cache_stays_what_it_is(monkeypatch):
    monkeypatch.setenv("CACHE_URL", "locmemcache://")
    assert "locmem" in shared_cache("CACHE_URL", default="dbcache://neopanel_cache")["BACKEND"]
