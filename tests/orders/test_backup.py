"""A copy while the shop runs, and the first minutes after it was put back (faults.md 43)."""

import datetime as dt
import io
import os
import shutil
import sqlite3
import stat
import subprocess
from contextlib import closing
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from orders import backups, submission, triggers, worker
from orders.models import LedgerEntry, Order, OrderEvent
from orders.provider.simulator import running_simulator
from orders.verification import verify
from tests.factories import NOW, accept, fresh, fund, make_service, place
from tests.orders.test_sync import sells, service_of
from tools.postgres import find_programs

pytestmark = pytest.mark.django_db

S = Order.Submission
ON_SQLITE = connection.vendor == "sqlite"


def later():
    """A worker's clock, a moment after everything in these tests."""
    return NOW + dt.timedelta(hours=1)


def run(*command) -> str:
    out = io.StringIO()
    call_command(*command, stdout=out)
    return out.getvalue()


@pytest.fixture
def programs(monkeypatch):
    """PostgreSQL's programs of the server's own version, in front on the PATH; SQLite needs none."""
    if not ON_SQLITE:
        monkeypatch.setenv("PATH", str(find_programs()), prepend=os.pathsep)


def rows_in(copy: Path) -> int:
    """How many ledger entries somebody who restores this copy gets."""
    if ON_SQLITE:
        reader = sqlite3.connect(f"{copy.as_uri()}?mode=ro", uri=True)
        try:
            return reader.execute("SELECT COUNT(*) FROM orders_ledgerentry").fetchone()[0]
        finally:
            reader.close()
    command = ["pg_restore", "--data-only", "--table=orders_ledgerentry", "--file=-", str(copy)]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    data = told.split("FROM stdin;\n", 1)[1].split("\n\\.\n", 1)[0]
    return len(data.splitlines())


# --- backup


@pytest.mark.django_db(transaction=True)
def test_a_backup_is_one_private_file_that_holds_everything(customer, programs, tmp_path):
    for _time in range(3):
        fund(customer)
    copy = tmp_path / "shop.backup"
    told = run("backup", str(copy))
    assert "read back and found sound" in told
    assert rows_in(copy) == LedgerEntry.objects.count() == 3
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert os.listdir(tmp_path) == ["shop.backup"]


@pytest.mark.django_db(transaction=True)
def test_a_backup_of_a_shop_at_work_holds_one_moment_of_it(customer, programs, tmp_path):
    fund(customer)
    run("backup", str(tmp_path / "before"))
    fund(customer)
    run("backup", str(tmp_path / "after"))
    assert (rows_in(tmp_path / "before"), rows_in(tmp_path / "after")) == (1, 2)


@pytest.mark.parametrize("kind", ["file", "link"])
def test_a_backup_overwrites_nothing(programs, tmp_path, kind):
    taken = tmp_path / "shop.backup"
    if kind == "file":
        taken.write_text("precious")
    else:
        taken.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(CommandError, match="exists already"):
        run("backup", str(taken))
    assert os.listdir(tmp_path) == ["shop.backup"]
    assert kind == "link" or taken.read_text() == "precious"


def test_a_backup_into_no_folder_is_refused_in_a_sentence(programs, tmp_path):
    with pytest.raises(CommandError, match="There is no folder"):
        run("backup", str(tmp_path / "missing" / "shop.backup"))


@pytest.mark.django_db(transaction=True)
def test_a_copy_that_cannot_be_read_back_is_no_backup(customer, monkeypatch, programs, tmp_path):
    fund(customer)
    if ON_SQLITE:
        monkeypatch.setitem(connection.settings_dict, "NAME", str(tmp_path / "broken.sqlite3"))
        (tmp_path / "broken.sqlite3").write_bytes(b"SQLite format 3\x00" + b"\xff" * 4096)
    else:
        fake = tmp_path / "programs"
        fake.mkdir()
        (fake / "pg_dump").write_text(
            '#!/bin/sh\nfor word; do case "$word" in --file=*) echo junk > "${word#--file=}";; esac; done\n'
        )
        (fake / "pg_dump").chmod(0o755)
        monkeypatch.setenv("PATH", str(fake), prepend=os.pathsep)
    folder = tmp_path / "copies"
    folder.mkdir()
    with pytest.raises(backups.BackupFailed):
        backups.take(folder / "shop.backup")
    assert os.listdir(folder) == []


def test_missing_programs_are_named_and_a_wrong_server_is_explained(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(backups.BackupFailed, match="pg_dump is not on the PATH: install PostgreSQL's client programs"):
        backups._from_postgres(tmp_path / "copy")
    assert shutil.which("pg_dump") is None


# --- after_restore


@pytest.mark.django_db(transaction=True)
def test_what_waited_or_was_being_sent_is_never_sent_again_after_a_restore(customer, settings):
    with running_simulator() as sim:
        service = service_of(sells(sim, settings))
        taken = accept(place(customer, service=service))
        sending = place(customer, service=service)
        submission.claim(now=NOW, most=1)
        queued = place(customer, service=service)
        by_hand = place(customer, service=make_service(by_hand=True))
        told = run("after_restore")
        assert "2 orders were waiting or being sent" in told
        assert "The ledger is in order." in told
        states = [fresh(order).submission for order in (taken, sending, queued, by_hand)]
        assert states == [S.ACCEPTED, S.UNKNOWN, S.UNKNOWN, S.NONE]
        worker.run_due(chores=("expire", "submit", "ask_again"), clock=later)
        assert sim.report()["orders"] == 0
    for order in (sending, queued):
        event = order.events.latest("id")
        assert (event.code, event.reason) == (OrderEvent.Code.CONFIRMING, submission.RESTORED)
        assert fresh(order).send_after is None
    assert "0 orders were waiting" in run("after_restore")
    assert verify() == []


def test_a_late_answer_of_the_worker_that_was_sending_still_counts_after_a_restore(customer):
    order = place(customer)
    [claimed] = submission.claim(now=NOW, most=1)
    run("after_restore")
    assert submission.accepted(order_id=order.pk, token=claimed.claim_token, provider_order_id="77", now=NOW)
    assert fresh(order).provider_order_id == "77"


@pytest.mark.django_db(transaction=True)
def test_after_a_restore_the_ledgers_guard_is_there_again(customer):
    fund(customer)
    with transaction.atomic():
        triggers.drop()
    assert f"({len(triggers.missing())} had been missing or changed)" in run("after_restore")
    assert triggers.missing() == []


@pytest.mark.django_db(transaction=True)
def test_a_restored_ledger_that_does_not_add_up_is_said_and_fails(customer):
    fund(customer)
    with transaction.atomic(), connection.cursor() as cursor:
        triggers.drop()
        cursor.execute("UPDATE orders_wallet SET balance = balance + 1")
    with pytest.raises(CommandError, match="not in order"):
        run("after_restore")


@pytest.mark.django_db(transaction=True)
def test_a_backup_put_back_after_the_shop_went_on_sends_nothing_and_credits_nothing_twice(
    customer, programs, settings, tmp_path
):
    """faults.md 43: the backup knows an order as queued that the provider has meanwhile."""
    with running_simulator() as sim:
        order = place(customer, service=service_of(sells(sim, settings)))
        copy = tmp_path / "night"
        backups.take(copy)
        worker.run_due(chores=("submit",), clock=later)
        assert (fresh(order).submission, sim.report()["orders"]) == (S.ACCEPTED, 1)
        restore(copy)
        assert fresh(order).submission == S.QUEUED
        run("after_restore")
        worker.run_due(chores=("expire", "submit", "ask_again", "poll"), clock=later)
        assert (fresh(order).submission, sim.report()["orders"]) == (S.UNKNOWN, 1)
    assert (LedgerEntry.objects.count(), verify()) == (2, [])


def restore(copy: Path) -> None:
    """As docs/operations.md says: everything stopped, the database put back as it was."""
    connection.close()
    if ON_SQLITE:
        # Page by page into the living file: in a test run other connections to it may still be open.
        with (
            closing(sqlite3.connect(copy)) as source,
            closing(sqlite3.connect(connection.settings_dict["NAME"])) as target,
        ):
            source.backup(target)
        return
    command = ["pg_restore", "--clean", "--if-exists", "--single-transaction", "--exit-on-error"]
    subprocess.run(
        [*command, f"--dbname={connection.settings_dict['NAME']}", str(copy)],
        env=backups._address(),
        check=True,
    )
