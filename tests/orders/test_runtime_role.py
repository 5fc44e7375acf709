"""The role that serves on PostgreSQL: it does all the panel's work, and history it can only add to."""

import io
import re
import uuid

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from orders import deposits, ledger, runtime_role, submission, triggers
from orders.models import Deposit, LedgerEntry, Order
from orders.statuses import OrderStatus
from orders.verification import verify
from run import ROOT
from tests.factories import NOW, order_in, place
from tests.orders.payments import report
from tools import pooler

pytestmark = pytest.mark.django_db

ON_POSTGRESQL = connection.vendor == "postgresql"
HISTORY = [
    "UPDATE orders_ledgerentry SET note = 'x'",
    "UPDATE orders_ledgerentry SET amount = amount + 1",
    "DELETE FROM orders_ledgerentry",
    "TRUNCATE orders_ledgerentry CASCADE",
    "DELETE FROM orders_wallet",
    "DELETE FROM orders_order",
    "UPDATE orders_orderevent SET reason = 'x'",
    "DELETE FROM orders_orderevent",
    "DELETE FROM orders_deposit",
    "ALTER TABLE orders_ledgerentry DISABLE TRIGGER ALL",
    "DROP TRIGGER entry_no_change ON orders_ledgerentry",
    "CREATE OR REPLACE FUNCTION np_entry_no_change() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NEW; END$$",
]


def run(*command) -> str:
    out = io.StringIO()
    call_command(*command, stdout=out)
    return out.getvalue()


def serve_as_runtime_role() -> None:
    """The rest of the test's transaction is that role's; with its end the role is gone."""
    name = f"panel_{uuid.uuid4().hex[:12]}"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE ROLE {name}")
        for statement in run("runtime_role", name).splitlines():
            cursor.execute(statement)
        cursor.execute(f"SET ROLE {name}")


def refused(statement: str) -> str:
    """Why the database does not do this, in its own words."""
    with pytest.raises(DatabaseError) as error, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    return str(error.value)


def test_the_runtime_role_does_the_panels_work_and_cannot_touch_history(customer, agent):
    if not ON_POSTGRESQL:
        # There is nothing to grant: the command must say so instead of printing what would not work.
        with pytest.raises(CommandError, match="SQLite has no roles"):
            run("runtime_role", "panel")
        return
    order_in(OrderStatus.PARTIAL, customer)
    waiting = report(customer)
    serve_as_runtime_role()

    assert triggers.missing() == []
    before = LedgerEntry.objects.count()
    order = place(customer)
    [claimed] = submission.claim(now=NOW, most=10)
    submission.rejected(order_id=order.pk, token=claimed.claim_token, reason="Bad link", now=NOW)
    deposits.confirm(deposit_id=waiting.pk, agent=agent, now=NOW)
    assert Order.objects.get(pk=order.pk).status == OrderStatus.ERROR
    assert LedgerEntry.objects.count() == before + 4  # funds, charge, return, payment
    assert run("verify_ledger").startswith("The ledger is in order")
    call_command("migrate", verbosity=0)

    balance = ledger.balance_of(customer)
    for statement in HISTORY:
        words = refused(statement)
        assert "permission denied" in words or "must be owner" in words, (statement, words)
    assert (LedgerEntry.objects.count(), ledger.balance_of(customer)) == (before + 4, balance)
    assert Deposit.objects.get(pk=waiting.pk).state == "confirmed"
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")
    assert verify() == []


@pytest.mark.parametrize(
    ("role", "quoted"),
    [("panel", '"panel"'), ('x"; DROP TABLE orders_order; --', '"x""; DROP TABLE orders_order; --"')],
)
def test_the_grants_name_the_role_as_a_name_and_nothing_else(role, quoted):
    for statement in runtime_role.grants(role):
        assert statement.endswith((f"TO {quoted}", f"FROM {quoted}")) or statement.startswith(
            f"ALTER ROLE {quoted} SET "
        )


@pytest.mark.parametrize("table", ["orders_ledgerentry", "orders_orderevent"])
def test_history_may_only_be_read_and_added(table):
    last = [s for s in runtime_role.grants("panel") if table in s]
    assert last == [f'REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM "panel"']


def test_what_the_role_is_told_is_told_everywhere_alike():
    """By the settings where no pooler stands between, by the pooler of the tests, and by the two places of the docs."""
    milliseconds = {"10s": "10000", "60s": "60000"}
    told = {}
    for setting in runtime_role.ROLE_SETTINGS:
        name, value = setting.split(" = ")
        told[name] = milliseconds.get(value.strip("'"), value)
    del told["timezone"]  # Django's own, on every connection
    settings_file = (ROOT / "neopanel" / "settings.py").read_text()
    assert dict(re.findall(r"-c (\w+)=(\w+)", settings_file)) == told
    assert dict(setting.split(" = ") for setting in pooler.SETTINGS) == told
    docs = (ROOT / "docs" / "operations.md").read_text()
    for role in ('"panel"', "panel"):
        written = re.findall(rf"^    ALTER ROLE {role} SET (.+);$", docs, re.MULTILINE)
        assert sorted(written) == sorted(runtime_role.ROLE_SETTINGS)
