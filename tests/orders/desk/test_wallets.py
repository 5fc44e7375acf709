"""A customer's balance at the desk: what it shows, adjusting and freezing it, and who may."""

import logging

import pytest
from django.contrib.admin.models import LogEntry

from orders import halt, ledger, money, verification
from orders.models import LedgerEntry, Wallet
from orders.placing import OrderRefused
from tests.factories import NOW, fund, place
from tests.orders.desk.situations import forms_of, hidden, words_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead_desk(client, lead):
    client.force_login(lead)
    return client


def page(client, customer):
    return client.get(f"/admin/orders/wallet/{customer.pk}/change/")


def act(client, customer, name: str, **typed):
    return client.post(f"/admin/orders/wallet/{customer.pk}/{name}/", typed)


def test_the_page_shows_balance_entries_and_where_else_the_customer_is_found(lead_desk, customer):
    order = place(customer)
    answer = page(lead_desk, customer)
    shown = words_of(answer)
    assert "Balance 99.10 USD" in shown
    assert f"Charge · #{order.pk}" in shown
    for address in (
        f"/admin/orders/order/?wallet__exact={customer.pk}",
        f"/admin/support/ticket/?customer__exact={customer.pk}",
        f"/admin/accounts/user/{customer.pk}/change/",
    ):
        assert address in answer.content.decode()
        assert lead_desk.get(address).status_code == 200


def test_a_customer_who_never_paid_has_a_page_and_no_row(lead_desk, customer):
    assert "Balance 0.00 USD" in words_of(page(lead_desk, customer))
    assert not Wallet.objects.exists()


@pytest.mark.parametrize(("amount", "after"), [("5.25", "105.25"), ("-0.0001", "99.9999"), ("-100", "0.00")])
def test_an_adjustment_is_written_once_however_often_it_is_sent(lead_desk, customer, lead, amount, after):
    fund(customer)
    typed = {"amount": amount, "reason": "Counted again", "token": hidden(page(lead_desk, customer), "adjust", "token")}
    for _press in range(2):
        assert act(lead_desk, customer, "adjust", **typed).status_code == 302
    assert money.plain(ledger.balance_of(customer)) == after
    entry = LedgerEntry.objects.get(kind="adjust")
    assert (entry.actor, entry.note) == (lead, "Counted again")
    assert verification.verify() == []


def test_the_same_form_with_another_amount_is_refused(lead_desk, customer):
    typed = {"reason": "Counted again", "token": "a-token"}
    assert act(lead_desk, customer, "adjust", amount="5.00", **typed).status_code == 302
    refused = act(lead_desk, customer, "adjust", amount="6.00", **typed)
    assert refused.status_code == 422
    assert "sent before with something else" in words_of(refused)
    assert ledger.balance_of(customer) == money.parse("5.00")


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"amount": "-100.01"}, "The balance is too small for that: 0.01 USD are missing."),
        ({"amount": "0"}, "more or less than nothing"),
        ({"amount": "5,00"}, "plain digits"),
        ({"amount": "Infinity"}, "plain digits"),
        ({"amount": "92233720368.54775807"}, "too large to be kept"),
        ({"reason": " "}, "Say why."),
        ({"token": ""}, "Load the page again."),
    ],
)
def test_what_cannot_be_adjusted_comes_back_as_typed(lead_desk, customer, typed, words):
    fund(customer)
    sent = {"amount": "1.00", "reason": "Kept reason", "token": "t", **typed}
    refused = act(lead_desk, customer, "adjust", **sent)
    assert refused.status_code == 422
    assert words in words_of(refused)
    assert f'value="{sent["amount"]}"' in refused.content.decode()
    assert ledger.balance_of(customer) == money.parse("100.00")


def test_no_balance_is_adjusted_while_money_stands_still(lead_desk, customer):
    halt.begin(reason="A check", now=NOW)
    assert act(lead_desk, customer, "adjust", amount="1", reason="x", token="t").status_code == 422
    assert ledger.balance_of(customer) == 0


def test_freezing_and_its_end_leave_a_trail(lead_desk, customer, lead):
    fund(customer)
    assert "freeze" in forms_of(page(lead_desk, customer))
    assert act(lead_desk, customer, "freeze", reason="The card was stolen").status_code == 302
    shown = page(lead_desk, customer)
    assert "this customer cannot order" in words_of(shown)
    assert "Frozen: The card was stolen" in words_of(shown)
    assert "lena@example.com" in words_of(shown)
    with pytest.raises(OrderRefused):
        place(customer)
    assert act(lead_desk, customer, "freeze", reason="Again").status_code == 422
    assert act(lead_desk, customer, "unfreeze", reason="It was theirs").status_code == 302
    assert place(customer).pk
    assert list(LogEntry.objects.order_by("id").values_list("user", "change_message")) == [
        (lead.pk, "Frozen: The card was stolen"),
        (lead.pk, "Not frozen any more: It was theirs"),
    ]


@pytest.mark.parametrize("role", ["agent", "operator", "auditor", "editor"])
@pytest.mark.parametrize("name", ["adjust", "freeze", "unfreeze"])
def test_a_forged_request_is_refused_logged_and_changes_nothing(team, customer, caplog, role, name):
    fund(customer)
    with caplog.at_level(logging.WARNING, "orders.admin.offers"):
        refused = act(team[role], customer, name, amount="1.00", reason="x", token="t")
    assert refused.status_code == 403
    assert "without the right" in caplog.text
    wallet = Wallet.objects.get()
    assert (wallet.balance, wallet.frozen) == (money.parse("100.00"), False)


@pytest.mark.parametrize(
    ("role", "offered"),
    [
        ("lead", ["adjust", "freeze", "price"]),
        ("admin", ["adjust", "freeze", "price"]),
        ("agent", []),
        ("auditor", []),
    ],
)
def test_only_who_may_is_offered_it(team, customer, role, offered):
    assert forms_of(page(team[role], customer)) == offered


def test_a_balance_is_found_by_the_whole_address_alone(lead_desk, customer, stranger):
    fund(customer)
    fund(stranger)
    found = lead_desk.get("/admin/orders/wallet/?q=CAROL@example.com").context["cl"].result_list
    assert [wallet.pk for wallet in found] == [customer.pk]
    assert not lead_desk.get("/admin/orders/wallet/?q=carol").context["cl"].result_list


@pytest.mark.parametrize("number", [987_654, 2**63])
def test_nobody_has_no_page(lead_desk, number):
    assert lead_desk.get(f"/admin/orders/wallet/{number}/change/").status_code == 404
    assert lead_desk.post(f"/admin/orders/wallet/{number}/freeze/", {"reason": "x"}).status_code == 404


def test_the_page_asks_the_same_for_one_entry_and_for_three(lead_desk, customer, django_assert_num_queries):
    fund(customer)
    page(lead_desk, customer)
    with django_assert_num_queries(12):
        page(lead_desk, customer)
    place(customer)
    act(lead_desk, customer, "adjust", amount="1.00", reason="x", token="t")
    with django_assert_num_queries(12):
        page(lead_desk, customer)
