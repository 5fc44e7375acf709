"""Beside the agent of the whole cast: a second one, and a colleague who may only read."""

import pytest

from accounts.models import User
from tests.conftest import member


@pytest.fixture
def colleague(db) -> User:
    return member("hugo@example.com", "Support agent")


@pytest.fixture
def auditor(db) -> User:
    return member("ivy@example.com", "Auditor")
