"""The only writer of balances: one entry, then the projection, under the wallet's lock, inside the caller's transaction.

`docs/adr/0003-whole-number-money.md`; the databases' own guard is `orders/triggers.py`.
"""

import datetime as dt

from django.db import connection

from accounts.models import User
from orders import telling
from orders.models import Deposit, LedgerEntry, Order, Wallet
from orders.money import MOST, Units

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
    Wallet.objects.get_or_create(customer_id=customer_id)
    wallets = Wallet.objects.select_for_update(no_key=True, of=("self",))
    return wallets.select_related("customer").get(customer_id=customer_id)


def post(
    *,
    wallet_id: int,
    amount: int,
    kind: LedgerEntry.Kind,
    key: str,
    now: dt.datetime,
    order: Order | None = None,
    deposit: Deposit | None = None,
    actor: User | None = None,
    note: str = "",
) -> LedgerEntry:
    """Appends one entry of `amount` units and moves the balance with it; both or neither.

    `key` names the business fact (`order:18:charge`): a second entry with the same key raises IntegrityError.
    Raises NotEnoughBalance before anything is written, BalanceTooLarge, and RuntimeError outside a transaction.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("ledger.post needs the caller's transaction: the entry and its cause are one fact.")
    wallet = lock_wallet(wallet_id)
    balance = wallet.balance + amount
    if balance < 0:
        raise NotEnoughBalance(Units(-balance))
    if balance > MOST:
        raise BalanceTooLarge
    entry = LedgerEntry.objects.create(
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
    Wallet.objects.filter(pk=wallet.pk).update(balance=balance, seq=entry.seq)
    telling.of_balance(wallet, after=balance, now=now)
    return entry
