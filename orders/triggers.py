"""The databases' own guard of money: triggers that refuse what no door would do, from whatever program it comes.

- Entries can be neither changed nor deleted, and each must extend its wallet's chain (seq + 1, balance + amount).
- A wallet is born empty and moves only to the state that its newest entry proves.
- A deposit is born undecided, has an entry only while it becomes confirmed, and its decision and money never change after.
- An order is born pending with nothing returned; charge, quantity, rate and wallet never change; `refunded` only rises, to
  the sum of the order's refund entries.

So the order of writing is forced: entry first, projection second. Django rebuilds tables on SQLite and loses triggers, hence
`drop` before a migration that touches them and `create` after every migrate (`orders/apps.py`); `missing` is what start-up asks.
"""

from django.db import DEFAULT_DB_ALIAS, connections

TWICE = "a row with this key is there already"
APPEND_ONLY = "ledger entries are append-only"
CHAIN = "entry does not extend the chain"
BORN_EMPTY = "a wallet must start empty"
UNPROVEN = "balance change without an entry"
BORN_UNDECIDED = "a deposit must start undecided"
DECIDED = "deposit money is frozen or a confirmation has no entry"
NO_DEPOSIT = "entry has no undecided deposit on its wallet"
BORN_PENDING = "an order must start pending with nothing returned"
FROZEN = "order money is frozen or a return has no entry"

_EXTENDS_CHAIN = """EXISTS (SELECT 1 FROM orders_wallet w WHERE w.customer_id = NEW.wallet_id
    AND NEW.seq = w.seq + 1 AND NEW.balance = w.balance + NEW.amount)"""
_BALANCE_MOVED = "(NEW.balance <> OLD.balance OR NEW.seq <> OLD.seq)"
_PROVEN = """(NEW.seq = OLD.seq + 1 AND EXISTS (SELECT 1 FROM orders_ledgerentry e
    WHERE e.wallet_id = NEW.customer_id AND e.seq = NEW.seq AND e.balance = NEW.balance))"""
_DEPOSIT_COLUMNS = "state, amount, booked, wallet_id"
_DEPOSIT_MONEY_WRONG = """(OLD.state <> 'reported' OR NEW.amount <> OLD.amount OR NEW.wallet_id <> OLD.wallet_id
    OR (NEW.state = 'confirmed' AND NOT EXISTS (SELECT 1 FROM orders_ledgerentry e
        WHERE e.deposit_id = NEW.id AND e.wallet_id = NEW.wallet_id AND e.amount = NEW.booked)))"""
_DEPOSIT_MISSING = """(NEW.kind = 'deposit' AND NOT EXISTS (SELECT 1 FROM orders_deposit d
    WHERE d.id = NEW.deposit_id AND d.wallet_id = NEW.wallet_id AND d.state = 'reported'))"""
_ORDER_MONEY_WRONG = """(NEW.charge <> OLD.charge OR NEW.quantity <> OLD.quantity OR NEW.rate <> OLD.rate
    OR NEW.wallet_id <> OLD.wallet_id OR NEW.refunded < OLD.refunded
    OR (NEW.refunded <> OLD.refunded AND NEW.refunded <> (SELECT COALESCE(SUM(e.amount), 0)
        FROM orders_ledgerentry e WHERE e.order_id = NEW.id AND e.kind = 'refund')))"""
_BORN_WRONG = "(NEW.status <> 'pending' OR NEW.refunded <> 0)"
_ORDER_COLUMNS = "charge, quantity, rate, wallet_id, refunded"


def _exists(table: str, *columns: str) -> str:
    return f"EXISTS (SELECT 1 FROM {table} t WHERE {' OR '.join(f't.{c} = NEW.{c}' for c in columns)})"  # noqa: S608 (our own names)


def _sqlite(name: str, when: str, condition: str, words: str) -> tuple[str, str, str]:
    guard = f"WHEN {condition} " if condition else ""
    return (
        name,
        when.rsplit(" ON ", 1)[1],
        f"CREATE TRIGGER {name} {when} {guard}BEGIN SELECT RAISE(ABORT, '{words}'); END",
    )


# (name, table, statement)
SQLITE = [
    _sqlite("entry_no_update", "BEFORE UPDATE ON orders_ledgerentry", "", APPEND_ONLY),
    _sqlite("entry_no_delete", "BEFORE DELETE ON orders_ledgerentry", "", APPEND_ONLY),
    _sqlite("entry_extends_chain", "BEFORE INSERT ON orders_ledgerentry", f"NOT {_EXTENDS_CHAIN}", CHAIN),
    _sqlite("wallet_born_empty", "BEFORE INSERT ON orders_wallet", "NEW.balance <> 0 OR NEW.seq <> 0", BORN_EMPTY),
    _sqlite(
        "wallet_proven",
        "BEFORE UPDATE OF balance, seq ON orders_wallet",
        f"{_BALANCE_MOVED} AND NOT {_PROVEN}",
        UNPROVEN,
    ),
    _sqlite("entry_of_deposit", "BEFORE INSERT ON orders_ledgerentry", _DEPOSIT_MISSING, NO_DEPOSIT),
    _sqlite("deposit_born_undecided", "BEFORE INSERT ON orders_deposit", "NEW.state <> 'reported'", BORN_UNDECIDED),
    _sqlite("deposit_proven", f"BEFORE UPDATE OF {_DEPOSIT_COLUMNS} ON orders_deposit", _DEPOSIT_MONEY_WRONG, DECIDED),
    # INSERT OR REPLACE takes the old row away without a DELETE that a trigger would see.
    _sqlite(
        "entry_not_replaced", "BEFORE INSERT ON orders_ledgerentry", _exists("orders_ledgerentry", "id", "key"), TWICE
    ),
    _sqlite("wallet_not_replaced", "BEFORE INSERT ON orders_wallet", _exists("orders_wallet", "customer_id"), TWICE),
    _sqlite("deposit_not_replaced", "BEFORE INSERT ON orders_deposit", _exists("orders_deposit", "id"), TWICE),
    _sqlite("order_not_replaced", "BEFORE INSERT ON orders_order", _exists("orders_order", "id"), TWICE),
    _sqlite("order_born_pending", "BEFORE INSERT ON orders_order", _BORN_WRONG, BORN_PENDING),
    _sqlite("order_money_frozen", f"BEFORE UPDATE OF {_ORDER_COLUMNS} ON orders_order", _ORDER_MONEY_WRONG, FROZEN),
]


def _postgres(name: str, when: str, level: str, condition: str, words: str) -> tuple[str, str, str, str]:
    refuse = f"RAISE EXCEPTION '{words}' USING ERRCODE = '23514';"
    body = f"IF {condition} THEN {refuse} END IF; RETURN NEW;" if condition else refuse
    table = when.rsplit(" ON ", 1)[1]
    function = f"CREATE OR REPLACE FUNCTION np_{name}() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN {body} END$$"
    return name, table, function, f"CREATE TRIGGER {name} {when} FOR EACH {level} EXECUTE FUNCTION np_{name}()"


# (name, table, function, statement)
POSTGRES = [
    _postgres("entry_no_change", "BEFORE UPDATE OR DELETE ON orders_ledgerentry", "ROW", "", APPEND_ONLY),
    _postgres("entry_no_truncate", "BEFORE TRUNCATE ON orders_ledgerentry", "STATEMENT", "", APPEND_ONLY),
    _postgres("entry_extends_chain", "BEFORE INSERT ON orders_ledgerentry", "ROW", f"NOT {_EXTENDS_CHAIN}", CHAIN),
    _postgres(
        "wallet_born_empty", "BEFORE INSERT ON orders_wallet", "ROW", "NEW.balance <> 0 OR NEW.seq <> 0", BORN_EMPTY
    ),
    _postgres(
        "wallet_proven",
        "BEFORE UPDATE OF balance, seq ON orders_wallet",
        "ROW",
        f"{_BALANCE_MOVED} AND NOT {_PROVEN}",
        UNPROVEN,
    ),
    _postgres("entry_of_deposit", "BEFORE INSERT ON orders_ledgerentry", "ROW", _DEPOSIT_MISSING, NO_DEPOSIT),
    _postgres(
        "deposit_born_undecided", "BEFORE INSERT ON orders_deposit", "ROW", "NEW.state <> 'reported'", BORN_UNDECIDED
    ),
    _postgres(
        "deposit_proven", f"BEFORE UPDATE OF {_DEPOSIT_COLUMNS} ON orders_deposit", "ROW", _DEPOSIT_MONEY_WRONG, DECIDED
    ),
    _postgres("order_born_pending", "BEFORE INSERT ON orders_order", "ROW", _BORN_WRONG, BORN_PENDING),
    _postgres(
        "order_money_frozen", f"BEFORE UPDATE OF {_ORDER_COLUMNS} ON orders_order", "ROW", _ORDER_MONEY_WRONG, FROZEN
    ),
]


def drop(using: str = DEFAULT_DB_ALIAS) -> None:
    """Takes the guard away. Only for a migration that rebuilds the tables, and for the end of a transactional test."""
    connection = connections[using]
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            for name, _table, _statement in SQLITE:
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
        else:
            for name, table, _function, _statement in POSTGRES:
                cursor.execute(f"DROP TRIGGER IF EXISTS {name} ON {table}")


def create(using: str = DEFAULT_DB_ALIAS) -> None:
    """Puts the guard in place, in its present wording, whatever was there."""
    connection = connections[using]
    drop(using)
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            for _name, _table, statement in SQLITE:
                cursor.execute(statement)
        else:
            for _name, _table, function, statement in POSTGRES:
                cursor.execute(function)
                cursor.execute(statement)


def missing(using: str = DEFAULT_DB_ALIAS) -> list[str]:
    """The names of triggers that are absent, switched off or worded otherwise; empty when money is guarded."""
    connection = connections[using]
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            there = dict(cursor.fetchall())
            return [name for name, _table, statement in SQLITE if there.get(name) != statement]
        cursor.execute(
            "SELECT t.tgname, p.prosrc FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid WHERE t.tgenabled IN ('O', 'A')"
        )
        there = dict(cursor.fetchall())
        return [
            name
            for name, _table, function, _statement in POSTGRES
            if name not in there or f"$${there[name]}$$" not in function
        ]
