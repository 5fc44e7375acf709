import pytest
from django.db import DatabaseError, connection, transaction

from orders import deposits, ledger, money, triggers
from orders.ledger import NotEnoughBalance, post
from orders.models import LedgerEntry, Order, Wallet
from orders.statuses import OrderStatus
from orders.verification import verify
from tests.factories import NOW, fund, order_in, place

pytestmark = pytest.mark.django_db

Kind = LedgerEntry.Kind


def rows(customer):
    entries = LedgerEntry.objects.filter(wallet_id=customer.pk).order_by("seq")
    return list(entries.values_list("seq", "kind", "amount", "balance"))


def test_a_deposit_and_a_charge_make_a_chain_that_adds_up(customer):
    fund(customer, "10.00")
    order = place(customer, quantity=1000, funded=False)
    assert rows(customer) == [
        (1, "deposit", 1_000_000_000, 1_000_000_000),
        (2, "charge", -order.charge, 1_000_000_000 - order.charge),
    ]
    assert ledger.balance_of(customer) == 1_000_000_000 - order.charge


def test_a_customer_without_entries_has_nothing(customer):
    assert ledger.balance_of(customer) == 0


def test_the_same_reference_is_booked_once(customer):
    for _again in range(3):
        deposits.credit(customer=customer, amount=500, note="", reference="R-1", now=NOW)
    assert ledger.balance_of(customer) == 500


def test_a_reference_of_somebody_else_is_refused(customer, stranger):
    deposits.credit(customer=customer, amount=500, note="", reference="R-1", now=NOW)
    with pytest.raises(ValueError, match="R-1"):
        deposits.credit(customer=stranger, amount=500, note="", reference="R-1", now=NOW)
    assert ledger.balance_of(stranger) == 0


def test_a_charge_beyond_the_balance_writes_nothing_and_says_what_is_missing(customer):
    fund(customer, "1.00")
    with pytest.raises(NotEnoughBalance) as refused, transaction.atomic():
        post(wallet_id=customer.pk, amount=-money.parse("1.25"), kind=Kind.CHARGE, key="x", now=NOW)
    assert refused.value.missing == money.parse("0.25")
    assert len(rows(customer)) == 1


@pytest.mark.django_db(transaction=True)
def test_an_entry_outside_a_transaction_is_refused(customer):
    with pytest.raises(RuntimeError):
        post(wallet_id=customer.pk, amount=1, kind=Kind.DEPOSIT, key="x", now=NOW)


@pytest.mark.django_db(transaction=True)
def test_a_wallet_is_locked_for_a_transaction_or_not_at_all(customer):
    with pytest.raises(RuntimeError):
        ledger.lock_wallet(customer.pk)


def test_nobody_has_a_wallet_who_is_no_customer(customer):
    with pytest.raises(Wallet.DoesNotExist), transaction.atomic():
        ledger.lock_wallet(customer.pk + 1)
    assert not Wallet.objects.exists()


ILLEGAL = {
    "change an entry": "UPDATE orders_ledgerentry SET amount = amount + 1",
    "change a note": "UPDATE orders_ledgerentry SET note = 'other'",
    "delete an entry": "DELETE FROM orders_ledgerentry",
    "raise a balance": "UPDATE orders_wallet SET balance = balance + 1",
    "move a balance with its number": "UPDATE orders_wallet SET balance = balance + 1, seq = seq + 1",
    "step back": "UPDATE orders_wallet SET balance = 0, seq = seq - 1",
    "raise a charge": "UPDATE orders_order SET charge = charge + 1",
    "change a quantity": "UPDATE orders_order SET quantity = quantity + 1",
    "give an order away": "UPDATE orders_order SET wallet_id = wallet_id + 1",
    "return without an entry": "UPDATE orders_order SET status = 'canceled', refunded = charge",
    "complete and return": "UPDATE orders_order SET status = 'completed', refunded = 1",
    "cancel without returning": "UPDATE orders_order SET status = 'canceled' WHERE status = 'pending'",
}


@pytest.mark.parametrize("statement", ILLEGAL.values(), ids=ILLEGAL)
def test_the_database_itself_refuses(customer, statement):
    place(customer)
    before = rows(customer)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert rows(customer) == before


@pytest.mark.parametrize(
    "values",
    [
        {"seq": 3, "amount": 5, "balance": 5},  # leaves a gap
        {"seq": 2, "amount": 5, "balance": 7},  # does not add up
        {"seq": 2, "amount": 0, "balance": 100},  # moves nothing
        {"seq": 2, "amount": -5, "balance": 95, "kind": "deposit"},  # wrong sign
        {"seq": 2, "amount": 5, "balance": 105, "kind": "refund"},  # no cause
    ],
)
def test_the_database_refuses_an_entry_that_does_not_follow(customer, values):
    deposits.credit(customer=customer, amount=100, note="", reference="first", now=NOW)
    with pytest.raises(DatabaseError), transaction.atomic():
        LedgerEntry.objects.create(
            **{
                "wallet_id": customer.pk,
                "kind": "adjust",
                "note": "x",
                "actor": customer,
                "key": "k",
                "created_at": NOW,
            }
            | values
        )


def test_the_database_refuses_a_wallet_born_rich_and_an_order_born_closed(customer):
    with pytest.raises(DatabaseError), transaction.atomic():
        Wallet.objects.create(customer=customer, balance=5)
    order = place(customer)
    order.pk = None
    order.client_key, order.overlap_key = "other", None
    order.refunded = 1
    with pytest.raises(DatabaseError), transaction.atomic():
        order.save(force_insert=True)


def test_a_whole_save_cannot_move_money(customer):
    wallet = Wallet.objects.get(pk=place(customer).wallet_id)
    wallet.balance += 1
    with pytest.raises(DatabaseError), transaction.atomic():
        wallet.save()


def test_an_account_with_money_cannot_be_deleted(customer):
    fund(customer)
    with pytest.raises(DatabaseError), transaction.atomic():
        customer.delete()


def test_triggers_that_are_missing_are_named(customer):
    assert triggers.missing() == []
    with transaction.atomic():
        triggers.drop()
        assert "entry_extends_chain" in triggers.missing()
        triggers.create()
    assert triggers.missing() == []


@pytest.mark.django_db(transaction=True)
def test_the_check_finds_nothing_where_nothing_is_wrong(customer, stranger):
    for status in OrderStatus:
        order_in(status, customer)
    fund(stranger)
    assert verify() == []


FALSIFIED = {
    "UPDATE orders_ledgerentry SET amount = amount - 1 WHERE kind = 'charge'": "order differs from its entries",
    "UPDATE orders_ledgerentry SET balance = balance + 1 WHERE seq = 1": "entry does not follow the one before it",
    "UPDATE orders_wallet SET balance = balance + 1": "balance differs from its entries",
    "UPDATE orders_deposit SET booked = booked + 1, reason = 'x'": "deposit differs from its entry",
    "UPDATE orders_ledgerentry SET wallet_id = (SELECT id FROM accounts_user WHERE email LIKE 'sam%%'), "
    "seq = 1, balance = 1 WHERE kind = 'charge'": "entry is on another customer's wallet than its order",
}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("statement", "fault"), FALSIFIED.items(), ids=FALSIFIED.values())
def test_the_check_finds_what_a_database_owner_falsified(customer, stranger, statement, fault):
    place(customer)
    fund(stranger)
    with transaction.atomic(), connection.cursor() as cursor:
        triggers.drop()
        cursor.execute("DELETE FROM orders_ledgerentry WHERE wallet_id = %s", [stranger.pk])
        cursor.execute(statement.replace("%%", "%"))
    assert fault in {found.what for found in verify()}


@pytest.mark.django_db(transaction=True)
def test_the_check_finds_an_order_whose_charge_entry_is_gone(customer):
    order = place(customer)
    with transaction.atomic(), connection.cursor() as cursor:
        triggers.drop()
        cursor.execute("DELETE FROM orders_ledgerentry WHERE order_id = %s", [order.pk])
    assert f"order {order.pk}" in {found.where for found in verify()}


def test_an_order_reads_its_returns_from_the_ledger(customer):
    order = order_in(OrderStatus.PARTIAL, customer)
    assert order.refunded == sum(order.entries.filter(kind=Kind.REFUND).values_list("amount", flat=True)) > 0
    assert Order.objects.get(pk=order.pk).charge == -order.entries.get(kind=Kind.CHARGE).amount
