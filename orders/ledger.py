"""The only writer of balances: one entry, then the projection, under the wallet's lock, inside the caller's transaction.

`docs/adr/0003-whole-number-money.md`; the databases' own guard is `orders/triggers.py`.
"""

import datetime as dt

from django.db import connection

from accounts.models import User
from orders import rows, telling
from orders.models import Deposit, LedgerEntry, Order, Wallet
from orders.money import MOST, Units
from orders.rows import Part

Kind = LedgerEntry.Kind


class NotEnoughBalance(Exception):
    """The balance does not cover the charge. `missing` says by how much, in units."""

    def __init__(self, missing: Units):
        super().__init__(missing)
        self.missing = missing


class BalanceTooLarge(Exception):
    """The balance would not fit in 64 bits."""


def balance_of(customer: User) -> Units:
    """The customer's balance in units; 0 before their first entry."""
    balance = Wallet.objects.filter(customer=customer).values_list("balance", flat=True).first()
    return Units(balance or 0)


def lock_wallet(customer_id: int) -> Wallet:
    """The customer's wallet, locked until the transaction ends (made where there is none yet).

    On SQLite the IMMEDIATE transaction has locked everything already. Lock order: an order's row first, then its wallet;
    a new order locks the wallet first, because nobody can hold a row that does not exist.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("A lock lasts as long as the caller's transaction, and there is none.")
    wallet = _locked(customer_id)
    if wallet is None:
        Wallet.objects.get_or_create(customer_id=customer_id)
        wallet = _locked(customer_id)
    if wallet is None:
        raise Wallet.DoesNotExist
    return wallet


WALLET, OWNER = Part(Wallet), Part(User, "id", "low_balance")


def _locked(customer_id: int) -> Wallet | None:
    with connection.cursor() as cursor:
        cursor.execute(_lock_statement(), [customer_id])
        row = cursor.fetchone()
    wallet = WALLET.of(row[: WALLET.size]) if row is not None else None
    if wallet is not None:
        wallet._state.fields_cache["customer"] = OWNER.of(row[WALLET.size :])
    return wallet


def _lock_statement() -> str:
    tables = "orders_wallet w JOIN accounts_user u ON u.id = w.customer_id"
    return f"SELECT {WALLET.columns('w')}, {OWNER.columns('u')} FROM {tables} WHERE w.customer_id = %s {rows.lock('w')}"  # noqa: S608


def post(
    *,
    amount: int,
    kind: LedgerEntry.Kind,
    key: str,
    now: dt.datetime,
    wallet_id: int | None = None,
    wallet: Wallet | None = None,
    order: Order | None = None,
    deposit: Deposit | None = None,
    actor: User | None = None,
    note: str = "",
) -> LedgerEntry:
    """Appends one entry of `amount` units and moves the balance with it; both or neither.

    `wallet`: as `lock_wallet` gave it in this transaction, for who holds it already; it moves along. Else `wallet_id`. Whoever
    gives a wallet that is not as it stands in the database is refused by the triggers: the entry would not extend the chain.
    `key` names the business fact (`order:18:charge`): a second entry with the same key raises IntegrityError.
    Raises NotEnoughBalance before anything is written, BalanceTooLarge, and RuntimeError outside a transaction.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("ledger.post needs the caller's transaction: the entry and its cause are one fact.")
    if wallet is None:
        assert wallet_id is not None
        wallet = lock_wallet(wallet_id)
    balance = wallet.balance + amount
    if balance < 0:
        raise NotEnoughBalance(Units(-balance))
    if balance > MOST:
        raise BalanceTooLarge
    entry = LedgerEntry(
        wallet=wallet,
        seq=wallet.seq + 1,
        amount=amount,
        balance=balance,
        kind=kind,
        key=key,
        order=order,
        deposit=deposit,
        actor=actor,
        note=note,
        created_at=now,
    )
    rows.insert(entry)
    with connection.cursor() as cursor:
        moved = "UPDATE orders_wallet SET balance = %s, seq = %s WHERE customer_id = %s"
        cursor.execute(moved, [balance, entry.seq, wallet.pk])
    telling.of_balance(wallet, after=balance, now=now)
    wallet.balance, wallet.seq = balance, entry.seq
    return entry
