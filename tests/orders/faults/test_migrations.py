"""A migration that is killed half way: the next one finishes it, and until the guard of money stands nothing serves."""

import os

import pytest
from django.core.management import call_command
from django.db import connection, connections
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder

from neopanel.checks import refuse_to_start_unsafely
from orders import triggers
from orders.statuses import OrderStatus
from orders.verification import verify
from tests.factories import order_in
from tests.orders.crashing import DIED, before, ended, fork

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def empty_database(tmp_path):
    """The name of a database that nobody has migrated yet."""
    if connection.vendor == "sqlite":
        yield str(tmp_path / "new.sqlite3")
        return
    name = f"{connection.settings_dict['NAME']}_new_{os.getpid()}"
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}"')
    yield name
    with connection.cursor() as cursor:
        cursor.execute(f'DROP DATABASE "{name}"')


def in_it(name, job):
    """Runs `job` on that database, in a process of its own; its exit code."""

    def there():
        connections.close_all()
        connections["default"].settings_dict["NAME"] = name
        job()

    return ended(fork(there))


def migrate():
    """As from the command line, where the system's checks go before it."""
    call_command("migrate", verbosity=0, interactive=False, skip_checks=False)


def die_while_the_ledger_is_made():
    """Its tables are there, the note that this migration is done is not, nothing is committed."""
    recorded = MigrationRecorder.record_applied

    def record(self, app, name):
        if app == "orders":
            os._exit(DIED)
        recorded(self, app, name)

    MigrationRecorder.record_applied = record


CRASHES = {
    "while the money's tables are made": die_while_the_ledger_is_made,
    "the tables there, their guard not": before(triggers, "create"),
}


def is_whole():
    assert MigrationExecutor(connection).migration_plan(MigrationExecutor(connection).loader.graph.leaf_nodes()) == []
    assert triggers.missing() == []
    assert verify() == []
    refuse_to_start_unsafely()


@pytest.mark.parametrize("crash", CRASHES.values(), ids=CRASHES)
def test_a_migration_that_is_killed_is_finished_by_the_next_one(db, empty_database, crash):
    def dies():
        crash()
        migrate()

    assert in_it(empty_database, dies) == DIED
    assert in_it(empty_database, is_whole) != 0

    def again():
        migrate()
        is_whole()

    assert in_it(empty_database, again) == 0


def test_a_shop_whose_guard_was_set_aside_for_a_migration_that_died_does_not_serve_before_it_is_back(customer):
    for status in OrderStatus:
        order_in(status, customer)
    triggers.drop()
    with pytest.raises(SystemExit):
        refuse_to_start_unsafely()
    migrate()
    assert triggers.missing() == []
    assert verify() == []
    refuse_to_start_unsafely()
