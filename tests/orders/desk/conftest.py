import pytest
import time_machine
from django.core.cache import cache
from django.test import Client

from tests.conftest import member
from tests.factories import NOW


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture(autouse=True)
def _nothing_remembered():
    """The front page of admin keeps its numbers for a minute."""
    cache.clear()


@pytest.fixture
def operator(db):
    return member("olga@example.com", "Operator")


@pytest.fixture
def auditor(db):
    return member("aude@example.com", "Auditor")


@pytest.fixture
def team(agent, lead, operator, auditor, editor, admin) -> dict[str, Client]:
    """A browser for each role, signed in."""
    people = {
        "agent": agent,
        "lead": lead,
        "operator": operator,
        "auditor": auditor,
        "editor": editor,
        "admin": admin,
    }
    clients = {name: Client() for name in people}
    for name, client in clients.items():
        client.force_login(people[name])
    return clients


@pytest.fixture
def at_desk(client, agent) -> Client:
    client.force_login(agent)
    return client
