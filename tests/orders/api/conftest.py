import pytest
from django.utils import timezone

from accounts import api_keys
from orders.models import Service
from tests.factories import make_service
from tests.orders.api.calling import V1, V2, as_form, as_json


@pytest.fixture
def key(customer) -> str:
    _key, text = api_keys.issue(user=customer, name="shop", now=timezone.now())
    return text


@pytest.fixture
def service(db) -> Service:
    return make_service()


WRITTEN = {"form": as_form, "json": as_json}


def asking(client, key, address, write):
    def ask(action, *, key=key, **parameters):
        answer = write(client, key, action, address=address, **parameters)
        assert answer.status_code == 200
        assert answer["Content-Type"] == "application/json"
        return answer.json()

    return ask


@pytest.fixture(params=[V1, V2])
def address(request) -> str:
    """Either dialect's."""
    return request.param


@pytest.fixture(params=WRITTEN)
def call(request, client, key):
    """A call of /api/v2 with the customer's key, in both ways of writing it. Gives the answer's JSON."""
    return asking(client, key, V2, WRITTEN[request.param])


@pytest.fixture(params=WRITTEN)
def v1_call(request, client, key):
    """The same of /api/v1."""
    return asking(client, key, V1, WRITTEN[request.param])


@pytest.fixture(params=WRITTEN)
def any_call(request, client, key, address):
    """The same of either, where both answer alike."""
    return asking(client, key, address, WRITTEN[request.param])
