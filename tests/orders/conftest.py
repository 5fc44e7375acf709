import pytest

from orders.models import Service
from tests.factories import fund, make_service


@pytest.fixture
def service(db) -> Service:
    return make_service()


@pytest.fixture
def carol(client, customer):
    """A browser in which the customer, with 100.00 on the balance, is signed in."""
    fund(customer)
    client.force_login(customer)
    return client
