"""The one cast of people that every test uses, and the clock they live by."""

import datetime as dt

import pytest

from accounts.models import User

PASSWORD = "correct-horse-battery"


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


@pytest.fixture
def admin(db) -> User:
    return person("ada@example.com", is_staff=True, is_superuser=True)
