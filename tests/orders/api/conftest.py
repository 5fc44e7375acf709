import pytest
from django.utils import timezone

from accounts import api_keys
from orders.models import Service
from tests.factories import make_service
from tests.orders.api.calling import as_form, as_json


@pytest.fixture
def key(customer) -> str:
    _key, text = api_keys.issue(user=customer, name="shop", now=timezone.now())
    return text


@pytest.fixture
def service(db) -> Service:
    return make_service()


@pytest.fixture(params=[as_form, as_json], ids=["form", "json"])
def call(request, client, key):
    """A call of the API with the customer's key, in both ways of writing it. Gives the answer's JSON."""

    def ask(action, *, key=key, **parameters):
        answer = request.param(client, key, action, **parameters)
        assert answer.status_code == 200
        assert answer["Content-Type"] == "application/json"
        return answer.json()

    return ask
