import csv
import io
import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from orders import exports
from orders.exports import as_csv, harmless
from orders.models import Order
from orders.statuses import OrderStatus
from tests.factories import make_service, order_in, place

pytestmark = pytest.mark.django_db


def text_of(answer):
    return b"".join(answer.streaming_content).decode()


def table(answer):
    text = text_of(answer)
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


@pytest.fixture
def carol(client, customer):
    client.force_login(customer)
    return client


def test_orders_are_exported_with_their_money_in_plain_digits(carol, customer):
    order = order_in(OrderStatus.PARTIAL, customer)
    answer = carol.get("/orders/?format=csv")
    assert answer["Content-Type"].startswith("text/csv")
    assert answer["Content-Disposition"] == 'attachment; filename="orders.csv"'
    [row] = table(answer)
    assert (row["order"], row["status"], row["charge"], row["returned"]) == (str(order.pk), "partial", "0.90", "0.45")


def test_an_export_keeps_the_filters_of_the_list(carol, customer):
    done = order_in(OrderStatus.COMPLETED, customer)
    place(customer)
    assert [row["order"] for row in table(carol.get("/orders/?format=csv&status=completed"))] == [str(done.pk)]
    assert [row["order"] for row in json.loads(text_of(carol.get(f"/orders/?format=json&q={done.pk}")))] == [done.pk]


def test_the_page_links_to_its_files_without_its_place(carol, customer):
    place(customer)
    page = carol.get("/orders/?status=pending&before=99999").content.decode()
    assert 'href="?status=pending&amp;format=csv"' in page


def test_the_balance_is_exported_with_signs_that_stay_numbers(carol, customer):
    order = place(customer)
    rows = table(carol.get("/balance/?format=csv"))
    assert [(row["kind"], row["amount"], row["order"]) for row in rows] == [
        ("charge", "-0.90", str(order.pk)),
        ("deposit", "100.00", ""),
    ]


def test_nothing_of_a_stranger_is_exported(client, customer, stranger):
    place(customer)
    client.force_login(stranger)
    assert table(client.get("/orders/?format=csv")) == []
    assert json.loads(text_of(client.get("/balance/?format=json"))) == []


@pytest.mark.parametrize("text", ["=HYPERLINK(1)", "+1", "-1", "@SUM(A1)", "\tx", "\rx"])
def test_what_a_spreadsheet_would_run_is_made_harmless(text):
    assert harmless(text) == f"'{text}"
    assert harmless(f"a{text}") == f"a{text}"


def test_foreign_words_in_a_file_run_nothing(carol, customer):
    place(customer, service=make_service(name='=HYPERLINK("http://evil.example","x")'))
    [row] = table(carol.get("/orders/?format=csv"))
    assert row["service_name"] == '\'=HYPERLINK("http://evil.example","x")'


def test_a_file_is_written_row_by_row():
    taken = []

    def rows():
        for number in range(3):
            taken.append(number)
            yield (number,)

    lines = as_csv(("n",), rows())
    assert (next(lines), taken) == ("\ufeffn\r\n", [])
    assert (next(lines), taken) == ("0\r\n", [0])


def test_a_file_leaves_in_parts_worth_sending(carol, customer, monkeypatch):
    service = make_service()
    for _ in range(3):
        place(customer, service=service)
    assert len(list(carol.get("/orders/?format=csv").streaming_content)) == 1
    monkeypatch.setattr(exports, "PART", 1)
    assert len(list(carol.get("/orders/?format=csv").streaming_content)) == 4


def test_an_export_reads_what_it_shows_and_not_whole_rows(customer):
    place(customer)
    with CaptureQueriesContext(connection) as asked:
        assert len(list(exports.order_rows(Order.objects.all()))) == 1
    [query] = asked.captured_queries
    assert "client_key" not in query["sql"]
    assert "description" not in query["sql"]


def test_an_unknown_format_is_the_page(carol):
    assert carol.get("/orders/?format=xml").templates


def test_a_file_of_many_rows_is_read_in_parts_and_misses_none(customer, monkeypatch):
    monkeypatch.setattr(exports, "CHUNK", 2)
    service = make_service()
    for count in (1, 2, 3):  # less than a part, one whole part, one and a half
        newest = place(customer, service=service).pk
        rows = [row[0] for row in exports.order_rows(Order.objects.all())]
        assert (len(rows), rows[0], rows) == (count, newest, sorted(rows, reverse=True))
