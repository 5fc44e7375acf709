"""Who of the team opened a customer's account, order, balance, entry or payment is written down, where looks at tickets are."""

import pytest

from support.models import CustomerRead
from tests.factories import fund, place
from tests.orders.payments import report

pytestmark = pytest.mark.django_db


def pages(customer) -> dict[str, str]:
    order, payment = place(customer), report(customer)
    entry = order.entries.get()
    return {
        "account": f"/admin/accounts/user/{customer.pk}/change/",
        f"entry {entry.pk}": f"/admin/orders/ledgerentry/{entry.pk}/change/",
        f"order {order.pk}": f"/admin/orders/order/{order.pk}/change/",
        "balance": f"/admin/orders/wallet/{customer.pk}/change/",
        f"payment {payment.pk}": f"/admin/orders/deposit/{payment.pk}/change/",
    }


def test_each_page_of_one_customers_data_leaves_a_row(team, customer, agent, auditor):
    addresses = pages(customer)
    for _twice in range(2):
        for who in ("agent", "auditor"):
            for address in addresses.values():
                assert team[who].get(address).status_code == 200
    rows = CustomerRead.objects.values_list("staff", "customer", "what")
    assert sorted(rows) == sorted((p.pk, customer.pk, what) for p in (agent, auditor) for what in addresses)


def test_who_may_not_look_leaves_none(team, customer):
    for address in pages(customer).values():
        assert team["editor"].get(address).status_code == 403
    assert CustomerRead.objects.count() == 0


@pytest.mark.parametrize("question", ["q=carol@example.com", "q={order}", "wallet__exact={customer}", "q={key}"])
def test_entries_of_one_customer_leave_a_row(team, customer, stranger, agent, question):
    fund(stranger)
    order = place(customer)
    asked = question.format(order=order.pk, customer=customer.pk, key=order.entries.get().key)
    assert f"#{order.pk}" in team["agent"].get(f"/admin/orders/ledgerentry/?{asked}").text
    assert list(CustomerRead.objects.values_list("staff", "customer", "what")) == [(agent.pk, customer.pk, "balance")]


@pytest.mark.parametrize("question", ["", "?p=1", "?kind__exact=deposit", "?q=nobody@example.com"])
def test_entries_of_everybody_or_of_nobody_leave_none(team, customer, stranger, question):
    fund(customer)
    fund(stranger)
    assert team["agent"].get(f"/admin/orders/ledgerentry/{question}").status_code == 200
    assert not CustomerRead.objects.exists()


def test_the_auditor_reads_who_looked(team, customer):
    addresses = pages(customer)
    team["agent"].get(addresses["balance"])
    assert "gina@example.com" in team["auditor"].get("/admin/support/customerread/").content.decode()
