"""The database cannot serve for a while: people are asked to come back, nothing is half done, and sending again counts once."""

import threading
import uuid
from contextlib import contextmanager

import pytest
from django.db import OperationalError, connection, connections
from django.urls import path
from django.utils import timezone

from accounts import api_keys
from orders import ledger, money
from orders.models import Order, OrderEvent
from orders.verification import verify
from tests.factories import fund, make_service
from tests.orders.books import written

pytestmark = pytest.mark.django_db(transaction=True)

# Long, so that a full disk is met soon.
LINK = "https://example.com/" + "p" * 1500


@pytest.fixture
def shop(customer):
    fund(customer, "100.00")
    return make_service(rate="1.00")


@pytest.fixture
def ask(shop, customer, client):
    """A program that orders number `n`, always with the same request_id."""
    _key, text = api_keys.issue(user=customer, name="program", now=timezone.now())
    client.raise_request_exception = False

    def call(n=0):
        wish = {"service": shop.pk, "link": f"{LINK}{n}", "quantity": 1000, "request_id": f"r{n}"}
        return client.post("/api/v2", {"key": text, "action": "add", **wish})

    return call


@pytest.fixture
def send(shop, customer, client):
    """Somebody who sends the form of order number `n`, always the same one."""
    client.force_login(customer)
    client.raise_request_exception = False

    def post(n=0):
        form = {"service": shop.pk, "link": f"{LINK}{n}", "quantity": 1000, "token": str(uuid.UUID(int=n))}
        return client.post("/orders/new/", form)

    return post


def execute(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)


@contextmanager
def full_disk():
    """SQLite may grow by three pages more; on PostgreSQL the last write of an order meets what a full disk answers."""
    if connection.vendor == "sqlite":
        execute("VACUUM")  # pages that earlier tests left free would be room enough
        execute("PRAGMA wal_checkpoint(TRUNCATE)")
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA page_count")
            pages = cursor.fetchone()[0]
            cursor.execute(f"PRAGMA max_page_count = {pages + 3}")
        yield
        execute("PRAGMA max_page_count = 1073741823")
        return
    execute("""CREATE FUNCTION no_space() RETURNS trigger LANGUAGE plpgsql AS
        $$BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END$$""")
    execute("CREATE TRIGGER no_space BEFORE INSERT ON orders_orderevent FOR EACH ROW EXECUTE FUNCTION no_space()")
    yield
    execute("DROP TRIGGER no_space ON orders_orderevent")
    execute("DROP FUNCTION no_space()")


@contextmanager
def read_only():
    """As on a standby that was not promoted yet."""
    if connection.vendor == "sqlite":
        execute("PRAGMA query_only = ON")
        yield
        execute("PRAGMA query_only = OFF")
        return
    execute("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")
    yield
    execute("SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE")


@contextmanager
def no_room_for_another_connection():
    """PostgreSQL refuses the role's second connection; on SQLite somebody else holds the one lock for too long."""
    if connection.vendor == "sqlite":
        taken, done = threading.Event(), threading.Event()

        def hold():
            with connections["default"].cursor() as cursor:
                cursor.execute("BEGIN IMMEDIATE")
                taken.set()
                done.wait(30)
                cursor.execute("ROLLBACK")
            connections.close_all()

        holder = threading.Thread(target=hold)
        holder.start()
        assert taken.wait(30)
        execute("PRAGMA busy_timeout = 100")
        yield
        done.set()
        holder.join()
        execute("PRAGMA busy_timeout = 20000")
        return
    execute("CREATE ROLE crowded LOGIN SUPERUSER")
    execute("ALTER ROLE crowded NOSUPERUSER CONNECTION LIMIT 0")
    owner = connection.settings_dict["USER"]
    connection.close()
    connection.settings_dict["USER"] = "crowded"
    yield
    connection.settings_dict["USER"] = owner
    connection.close()
    execute("DROP ROLE crowded")


FAULTS = [
    full_disk,
    no_room_for_another_connection,
    read_only,
]


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("way", ["ask", "send"])
def test_an_order_meets_it_and_is_placed_once_when_it_has_passed(request, customer, way, fault):
    order = request.getfixturevalue(way)
    with fault():
        # A disk takes a few more before it is full.
        placed = next(n for n in range(100) if order(n).status_code == 503)
        refused = order(placed)
        assert (refused.status_code, refused["Retry-After"]) == (503, "10")
        if way == "ask":
            assert refused.json() == {"error": "The service is briefly not available, try again"}
        else:
            assert "counts once" in refused.text
    assert written() == (placed, 1 + placed, placed)
    assert verify() == []
    for _again in range(2):
        assert order(placed).status_code in {200, 302}
    assert written() == (placed + 1, placed + 2, placed + 1)
    assert ledger.balance_of(customer) == money.parse(f"{99 - placed}.00")
    assert verify() == []


def test_a_connection_that_breaks_in_the_middle_of_an_order_leaves_nothing_and_the_next_one_works(ask, customer):
    written_last, met = f'INSERT INTO "{OrderEvent._meta.db_table}"', []

    def breaks(run, statement, values, many, context):
        if statement.startswith(written_last):
            met.append(statement)
            if connection.vendor == "sqlite":
                raise OperationalError("disk I/O error")
            execute("SELECT pg_terminate_backend(pg_backend_pid())")
        return run(statement, values, many, context)

    with connection.execute_wrapper(breaks):
        assert ask().status_code == 503
    assert len(met) == 1
    assert written() == (0, 1, 0)
    assert ask().json() == {"order": Order.objects.get().pk}
    assert verify() == []


def fails(request):
    raise KeyError("a mistake of ours")


urlpatterns = [path("api/mistake", fails), path("mistake", fails)]
handler500 = "neopanel.unavailable.server_error"


@pytest.mark.urls(__name__)
def test_a_mistake_of_ours_is_not_called_a_short_break(client, customer):
    client.raise_request_exception = False
    client.force_login(customer)
    for address in ("/api/mistake", "/mistake"):
        answer = client.get(address)
        assert answer.status_code == 500
        assert "Retry-After" not in answer
