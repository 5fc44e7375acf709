"""Two agents, who may answer, and a colleague who may only read."""

import pytest
from django.contrib.auth.models import Group

from accounts.models import User
from neopanel.roles import setup_roles
from tests.conftest import person


def member(email: str, role: str) -> User:
    setup_roles()
    user = person(email, is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    return user


@pytest.fixture
def agent(db) -> User:
    return member("gina@example.com", "Support agent")


@pytest.fixture
def colleague(db) -> User:
    return member("hugo@example.com", "Support agent")


@pytest.fixture
def auditor(db) -> User:
    return member("ivy@example.com", "Auditor")
