"""Charts and statements: derived from the ledger, exact to the last entry, whatever was tallied by then."""

import datetime as dt

import pytest
from django.db.models import Sum

from orders import lifecycle, spending, tallies
from orders.models import DayTotal, LedgerEntry
from orders.statuses import OrderStatus
from tests.factories import NOW, fund, make_service, order_in, place

pytestmark = pytest.mark.django_db

DAY = dt.timedelta(days=1)


@pytest.fixture
def history(customer):
    """Two deposits, three charges in two categories, one whole return: spread over five weeks."""
    likes, views = make_service(category="Likes"), make_service(category="Views", rate="2.00")
    place(customer, service=likes, now=NOW - 35 * DAY)
    place(customer, service=views, now=NOW - 8 * DAY, funded=False)
    undone = place(customer, service=views, now=NOW - 8 * DAY, funded=False)
    lifecycle.cancel(order_id=undone.pk, actor=customer, now=NOW - 7 * DAY)
    fund(customer, "5.00", now=NOW)


def spent(customer):
    return spending.spending_of(customer=customer, balance=customer.wallet.balance, now=NOW)


def in_cents(pairs):
    return {label: units // 10**6 for label, units in pairs if units}


@pytest.mark.parametrize("tallied", [0, 1, 3, 100])
def test_the_weeks_say_what_was_charged_less_what_came_back_however_much_is_tallied(customer, history, tallied):
    if tallied:
        tallies.catch_up(wallet_id=customer.pk, most=tallied)
    assert in_cents(spent(customer).weeks) == {dt.date(2026, 10, 19): 90, dt.date(2026, 11, 16): 200}


@pytest.mark.parametrize("tallied", [0, 2, 100])
def test_the_balance_of_each_day_is_counted_back_from_today(customer, history, tallied):
    if tallied:
        tallies.catch_up(wallet_id=customer.pk, most=tallied)
    balances = in_cents(spent(customer).balances)
    assert len(spent(customer).balances) == 30
    assert balances[NOW.date()] == 10210
    assert balances[NOW.date() - DAY] == 9710
    assert balances[NOW.date() - 8 * DAY] == 9510
    assert balances[NOW.date() - 9 * DAY] == 9910


def test_categories_are_named_most_first(customer, history):
    found = spent(customer).categories
    assert [(name, units // 10**6) for name, units in found] == [("Views", 200), ("Likes", 90)]


def test_a_customer_without_entries_has_an_empty_chart(customer):
    found = spending.spending_of(customer=customer, balance=0, now=NOW)
    assert found.is_empty
    assert set(found.balances) == {(NOW.date() - number * DAY, 0) for number in range(30)}


def test_day_totals_add_up_to_the_ledger_and_count_each_entry_once(customer, stranger, history):
    order_in(OrderStatus.PARTIAL, stranger)
    while tallies.tally_due(lambda: NOW + 2 * DAY):
        pass
    for wallet in (customer.pk, stranger.pk):
        totals = DayTotal.objects.filter(wallet_id=wallet).aggregate(Sum("amount"), Sum("entries"))
        ledger = LedgerEntry.objects.filter(wallet_id=wallet)
        assert totals == {
            "amount__sum": ledger.aggregate(sum=Sum("amount"))["sum"],
            "entries__sum": ledger.count(),
        }
        assert tallies.catch_up(wallet_id=wallet) == 0


def test_entries_that_came_while_nobody_tallied_are_added_later(customer, history):
    tallies.catch_up(wallet_id=customer.pk)
    fund(customer, "1.00", now=NOW)
    assert tallies.catch_up(wallet_id=customer.pk) == 1
    today = DayTotal.objects.get(wallet_id=customer.pk, day=NOW.date(), kind="deposit")
    assert (today.entries, today.amount) == (2, 6 * 10**8)


def test_the_worker_finds_wallets_that_moved(customer, history):
    assert tallies.tally_due(lambda: NOW) == LedgerEntry.objects.filter(wallet_id=customer.pk).count()
    assert tallies.tally_due(lambda: NOW) == 0


@pytest.mark.parametrize("tallied", [0, 2, 100])
def test_a_statement_adds_up(customer, history, tallied):
    if tallied:
        tallies.catch_up(wallet_id=customer.pk, most=tallied)
    found = spending.statement_of(customer=customer, month=dt.date(2026, 11, 1))
    assert found.opening == 9910 * 10**6
    assert [(kind.value, count, amount // 10**6) for kind, count, amount in found.sums] == [
        ("deposit", 1, 500),
        ("charge", 2, -400),
        ("refund", 1, 200),
    ]
    assert (
        found.closing == found.opening + sum(amount for _kind, _count, amount in found.sums) == customer.wallet.balance
    )


def test_months_go_back_to_the_first_entry(customer, history):
    months = spending.months_of(customer=customer, now=NOW)
    assert months == [dt.date(2026, 11, 1), dt.date(2026, 10, 1)]
    assert spending.statement_of(customer=customer, month=months[-1]).opening == 0


def test_the_statement_page_shows_one_month_and_no_other(client, customer, history, time_machine):
    time_machine.move_to(NOW, tick=False)
    client.force_login(customer)
    page = client.get("/balance/statement/2026-10/").content.decode()
    assert "Statement for October 2026" in page
    assert "99.10 USD" in page
    assert "November 2026" in page
    assert client.get("/balance/statement/2026-09/").status_code == 404
    assert client.get("/balance/statement/2026-13/").status_code == 404


@pytest.mark.parametrize("tallied", [0, 2, 100])
def test_a_statement_lists_the_entries_of_its_month_and_no_other(customer, history, tallied):
    if tallied:
        tallies.catch_up(wallet_id=customer.pk, most=tallied)
    october, november = dt.date(2026, 10, 1), dt.date(2026, 11, 1)
    listed = {}
    for month in (october, november):
        found = spending.statement_of(customer=customer, month=month)
        listed[month] = spending.entries_on_paper(customer=customer, statement=found)
        assert len(listed[month]) == found.entries
        assert listed[month][-1].balance == found.closing
    numbers = [entry.seq for month in (october, november) for entry in listed[month]]
    assert numbers == list(range(1, 7))


def test_a_month_of_more_entries_than_a_sheet_is_for_points_to_the_file(
    client, customer, history, time_machine, monkeypatch
):
    monkeypatch.setattr(spending, "MOST_ON_PAPER", 1)
    time_machine.move_to(NOW, tick=False)
    client.force_login(customer)
    page = client.get("/balance/statement/2026-10/").text
    assert "the file has every one" in page
    assert "oldest first" not in page


def test_the_statement_as_a_file_holds_the_entries_of_that_month(client, customer, history, time_machine):
    time_machine.move_to(NOW, tick=False)
    client.force_login(customer)
    answer = client.get("/balance/statement/2026-10/?format=csv")
    assert len(b"".join(answer.streaming_content).decode().strip().splitlines()) == 1 + 2


def test_balance_and_dashboard_draw_what_was_spent(client, customer, history, time_machine):
    time_machine.move_to(NOW, tick=False)
    client.force_login(customer)
    for address in ("/", "/balance/"):
        page = client.get(address).content.decode()
        assert "<title>19 Oct: 0.90 USD</title>" in page
    assert "What you spent" not in client.get("/balance/?kind=charge").content.decode()
