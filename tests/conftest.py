"""The one cast of people that every test uses, and the clock they live by."""

import datetime as dt

import pytest
from django.contrib.auth.models import Group
from django.utils import translation

from accounts.models import User
from helpcenter import related
from neopanel.roles import setup_roles
from orders import halt, triggers
from support import site_notices

PASSWORD = "correct-horse-battery"


@pytest.fixture(autouse=True)
def the_shops_own_language():
    """A page read in Spanish leaves its thread in Spanish: no test begins there."""
    translation.deactivate()


@pytest.fixture(autouse=True)
def no_notice_is_remembered(monkeypatch) -> None:
    """Every process remembers for some seconds that there is no notice: in each test alike, whatever ran before it.

    A test that sets one calls `site_notices.forget()`, as the door does.
    """
    monkeypatch.setattr(site_notices, "REMEMBERED", dt.timedelta(days=36_500))
    monkeypatch.setattr(site_notices, "_remembered", [(dt.datetime(2026, 11, 25, tzinfo=dt.UTC), [])])


@pytest.fixture(autouse=True)
def remembering_nothing():
    """What a process remembers for some seconds ends with each test, as the database's rows do."""
    halt.forget()
    related.forget()


@pytest.fixture
def now() -> dt.datetime:
    return dt.datetime(2026, 11, 25, 12, 0, tzinfo=dt.UTC)


def person(email: str, **fields) -> User:
    user = User.objects.create_user(email, PASSWORD, **fields)
    user.emailaddress_set.create(email=email, verified=True, primary=True)
    return user


@pytest.fixture
def customer(db) -> User:
    return person("carol@example.com")


@pytest.fixture
def stranger(db) -> User:
    """Another customer, who must never see anything of the first."""
    return person("sam@example.com")


def member(email: str, role: str) -> User:
    """Somebody of the team, with the rights of this role in `neopanel/roles.py`."""
    setup_roles()
    user = person(email, is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    return user


@pytest.fixture
def agent(db) -> User:
    return member("gina@example.com", "Support agent")


@pytest.fixture
def lead(db) -> User:
    return member("lena@example.com", "Support lead")


@pytest.fixture
def editor(db) -> User:
    return member("eddy@example.com", "Content editor")


@pytest.fixture
def admin(db) -> User:
    return person("ada@example.com", is_staff=True, is_superuser=True)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(item):
    """The flush after a transactional test deletes ledger entries, which the triggers refuse: they step aside for it.

    Flush's own post_migrate brings them back. No other test code may do this.
    """
    marker = item.get_closest_marker("django_db")
    transactional = (marker and marker.kwargs.get("transaction")) or {"transactional_db", "live_server"} & set(
        item.fixturenames
    )
    if transactional:
        triggers.drop()
