"""Whoever only looks reads money as money, never as the whole units that the database holds."""

from django.urls import reverse

from tests.factories import place
from tests.orders.payments import make_method


def test_an_entry_of_the_ledger_is_read_as_money(client, lead, customer):
    order = place(customer)
    client.force_login(lead)
    page = client.get(reverse("admin:orders_ledgerentry_change", args=[order.entries.get().pk])).text
    assert "-0.90 USD" in page
    assert "99.10 USD" in page
    assert str(order.charge) not in page


def test_a_way_to_pay_is_read_as_money_by_who_may_not_change_it(client, lead, admin):
    method = make_method()
    address = reverse("admin:orders_paymentmethod_change", args=[method.pk])
    client.force_login(lead)
    page = client.get(address).text
    assert " USD" in page
    assert str(method.minimum) not in page
    client.force_login(admin)
    assert 'name="minimum"' in client.get(address).text


def test_a_price_is_read_as_money_by_who_may_not_change_it(client, lead, admin, customer):
    service = place(customer).service
    address = reverse("admin:orders_service_change", args=[service.pk])
    client.force_login(lead)
    page = client.get(address).text
    assert "0.90 USD" in page
    assert str(service.rate) not in page
    client.force_login(admin)
    assert 'name="rate"' in client.get(address).text
