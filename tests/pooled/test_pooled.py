"""Behind PgBouncer in transaction mode every transaction may have another connection; run by `tools/pooler.py` alone."""

import threading
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection, transaction

from neopanel import checks
from orders import backups, exports, halt
from orders.models import Order
from orders.verification import verify
from tests.conftest import person
from tests.factories import fund, make_service, place

pytestmark = pytest.mark.django_db(transaction=True)


def ask(statement: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return str(cursor.fetchone()[0])


def open_connections(number: int) -> None:
    """So many transactions at once, so that the pool opens as many connections to the server."""
    together = threading.Barrier(number)

    def hold() -> None:
        try:
            with transaction.atomic():
                ask("SELECT 1")
                together.wait(20)
        finally:
            connection.close()

    threads = [threading.Thread(target=hold) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.fixture(autouse=True)
def several_connections(transactional_db):
    open_connections(4)


def test_these_tests_do_go_through_a_pooler():
    assert settings.POOLED
    assert len({ask("SELECT pg_backend_pid()") for _ in range(8)}) > 1
    with transaction.atomic():
        assert len({ask("SELECT pg_backend_pid()") for _ in range(8)}) == 1


def test_the_ledgers_check_leaves_no_setting_behind(customer):
    fund(customer)
    for _ in range(4):
        assert verify() == []
    assert {ask("SHOW statement_timeout") for _ in range(12)} == {"1min"}
    assert {ask("SHOW transaction_read_only") for _ in range(12)} == {"off"}


def test_an_export_goes_on_while_others_use_its_connection(customer, monkeypatch):
    monkeypatch.setattr(exports, "CHUNK", 3)
    service = make_service()
    placed = [place(customer, service=service).pk for _ in range(8)]
    seen = []
    for row in exports.order_rows(Order.objects.filter(wallet_id=customer.pk)):
        seen.append(row[0])
        ask("SELECT 1")
    assert seen == placed[::-1]


def test_time_outs_are_the_roles_own_and_asked_for_at_the_start():
    assert checks.timeouts_of_the_role(None, databases=["default"]) == []
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = 0")
        [fault] = checks.timeouts_of_the_role(None, databases=["default"])
    assert "ALTER ROLE" in fault.msg


def test_a_backup_says_that_it_must_go_past_the_pooler(tmp_path: Path):
    with pytest.raises(backups.BackupFailed, match="NEOPANEL_POOLED=false"):
        backups.take(tmp_path / "copy")
    assert list(tmp_path.iterdir()) == []


def test_only_one_of_two_halts_at_once_begins(now):
    """An error inside a transaction, and the savepoint that catches it, stay on one connection."""
    with transaction.atomic():
        first = halt.begin(reason="A check", now=now)
        assert halt.begin(reason="Another", now=now) == first
    assert halt.current() == first


def test_many_spend_one_balance_at_once_and_none_of_it_twice():
    customer, service = person("wide@example.com"), make_service(rate="10.00")
    fund(customer, "50.00")
    refused, together = [], threading.Barrier(10)

    def order() -> None:
        try:
            together.wait(20)
            place(customer, service=service, funded=False)
        except Exception as error:
            refused.append(type(error).__name__)
        finally:
            connection.close()

    threads = [threading.Thread(target=order) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused == ["OrderRefused"] * 5
    assert Order.objects.filter(wallet_id=customer.pk).count() == 5
    assert verify() == []
