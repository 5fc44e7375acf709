"""The customer's list of orders: every filter in the address, the same in files, each by an index."""

import datetime as dt
import re

import pytest
from django.db import connection

from orders import lifecycle, order_list
from orders.order_list import OrderFilter, orders_wanted
from orders.statuses import OrderStatus as S
from tests.factories import NOW, fund, make_service, order_in, place

A_DAY = dt.timedelta(days=1)


@pytest.fixture
def mine(client, customer):
    client.force_login(customer)
    return client


def numbers(page: str) -> list[int]:
    return [int(number) for number in re.findall(r'<th scope="row"><a href="/orders/(\d+)/"', page)]


def test_orders_are_filtered_by_service_status_and_day_together(mine, customer):
    likes, views = make_service(name="Likes"), make_service(name="Views")
    old = place(customer, service=likes, now=NOW - 3 * A_DAY)
    other = place(customer, service=views, now=NOW - A_DAY)
    new = place(customer, service=likes, now=NOW)
    done = order_in(S.COMPLETED, customer, service=likes, now=NOW)

    def look(query):
        return numbers(mine.get(f"/orders/?{query}").text)

    assert look("") == [done.pk, new.pk, other.pk, old.pk]
    assert look(f"service={likes.pk}") == [done.pk, new.pk, old.pk]
    assert look(f"service={likes.pk}&status=pending") == [new.pk, old.pk]
    assert look("from=2026-11-24") == [done.pk, new.pk, other.pk]
    assert look("from=2026-11-24&to=2026-11-24") == [other.pk]
    assert look("to=2026-11-23") == [old.pk]
    assert look(f"to=2026-11-23&service={views.pk}") == []
    assert look("from=2030-01-01") == []
    assert look("to=2001-01-01") == []
    assert look("from=yesterday&to=2026-13-45&service=x&status=odd") == [done.pk, new.pk, other.pk, old.pk]
    assert look("from=0001-01-01&to=9999-12-31") == [done.pk, new.pk, other.pk, old.pk]


def test_a_day_is_the_readers_day(mine, customer):
    """22:30 in UTC is half an hour into the next day in Athens."""
    customer.time_zone = "Europe/Athens"
    customer.save()
    late = place(customer, now=dt.datetime(2026, 11, 24, 22, 30, tzinfo=dt.UTC))
    assert numbers(mine.get("/orders/?from=2026-11-25&to=2026-11-25").text) == [late.pk]
    assert numbers(mine.get("/orders/?to=2026-11-24").text) == []


def test_tabs_pages_and_files_keep_the_filters(mine, customer):
    service = make_service()
    fund(customer)
    orders = [place(customer, service=service, funded=False, now=NOW) for _number in range(30)]
    place(customer, now=NOW)
    query = f"service={service.pk}&from=2026-11-25&to=2026-11-25"
    page = mine.get(f"/orders/?{query}").text
    assert len(numbers(page)) == 25
    assert f"?status=pending&amp;service={service.pk}&amp;from=2026-11-25&amp;to=2026-11-25" in page
    older = re.search(r'rel="next" href="([^"]+)"', page)[1].replace("&amp;", "&")
    assert numbers(mine.get(f"/orders/{older}").text) == [order.pk for order in reversed(orders[:5])]
    file = mine.get(f"/orders/?{query}&format=json").getvalue().decode()
    assert file.count('"order":') == 30


def test_only_ones_own_orders_and_services_are_there(mine, customer, stranger):
    service = make_service(name="Theirs alone")
    place(stranger, service=service)
    assert numbers(mine.get(f"/orders/?service={service.pk}").text) == []
    assert "Theirs alone" not in mine.get("/orders/").text


def test_who_has_no_order_of_a_service_sees_that(mine, customer):
    place(customer)
    assert "No order matches" in mine.get("/orders/?service=4040404").text


@pytest.mark.parametrize(
    ("of_one_service", "index"), [(True, "order_of_wallet_by_service"), (False, "order_of_wallet")]
)
def test_each_filter_reads_an_index_in_order(of_one_service, index, customer, stranger):
    usual, rare = make_service(), make_service()
    for person, service, count in ((stranger, usual, 150), (customer, usual, 10), (customer, rare, 2)):
        for _number in range(count):
            place(person, service=service)
    with (
        connection.cursor() as cursor
    ):  # or PostgreSQL takes the table for empty, and any index for as good as any other
        cursor.execute("ANALYZE orders_order")
    wanted = OrderFilter(service=rare.pk if of_one_service else None)
    plan = plan_of(orders_wanted(customer, wanted).order_by("-pk")[:26])
    assert re.search(rf"{index}\b", plan)
    assert "TEMP B-TREE" not in plan


def test_days_become_numbers_by_an_index(customer, django_assert_num_queries):
    place(customer)
    with django_assert_num_queries(2) as asked:
        orders = order_list.placed_within(
            orders_wanted(customer, OrderFilter()), customer, NOW.date(), (NOW + A_DAY).date()
        )
    for query in asked.captured_queries:
        assert "order_of_wallet_by_time" in explained(query["sql"])
    assert "TEMP B-TREE" not in plan_of(orders.order_by("-pk")[:26])


def plan_of(rows) -> str:
    with connection.cursor() as cursor:
        _without_scans(cursor)
        return rows.explain()


def explained(sql: str) -> str:
    with connection.cursor() as cursor:
        _without_scans(cursor)
        cursor.execute(f"EXPLAIN {'QUERY PLAN ' if connection.vendor == 'sqlite' else ''}{sql}")
        return " ".join(str(row) for row in cursor.fetchall())


def _without_scans(cursor) -> None:
    """A table of three rows is read whole, and rightly; this asks what is done with many."""
    if connection.vendor == "postgresql":
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off; SET LOCAL enable_bitmapscan = off")
        cursor.execute("SET LOCAL random_page_cost = 1")


def test_orders_of_one_moment_are_all_found_whichever_of_them_changed_since(mine, customer):
    service = make_service()
    orders = [place(customer, service=service, now=NOW) for _number in range(4)]
    for order in orders[:3]:  # a changed row stands behind the unchanged ones in PostgreSQL's table
        lifecycle.cancel(order_id=order.pk, actor=customer, now=NOW)
    wanted = [order.pk for order in reversed(orders)]
    assert numbers(mine.get("/orders/?from=2026-11-25&to=2026-11-25").text) == wanted
