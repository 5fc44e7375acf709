"""The balance history: every change with its cause, and a running balance that adds up."""

import io
import re
from html import unescape

import pytest
from django.core.management import call_command

from orders import desk, ledger, money
from orders.statuses import OrderStatus
from tests.factories import NOW, fund, make_service, order_in, place, reported

ROW = re.compile(r'<tr id="entry-(\d+)">(.*?)</tr>', re.DOTALL)


@pytest.fixture
def mine(client, customer, time_machine):
    time_machine.move_to(NOW, tick=False)
    client.force_login(customer)
    return client


def rows(answer) -> list[tuple[int, str, str, str]]:
    """(number, cause, amount, balance after) of each row, as read."""
    found = []
    for number, row in ROW.findall(answer.text):
        cells = re.findall(r"<t[hd].*?</t[hd]>", row, re.DOTALL)
        cause, _when, amount, after = (" ".join(unescape(re.sub(r"<[^>]+>", " ", cell)).split()) for cell in cells)
        found.append((int(number), cause, amount, after))
    return found


def test_every_change_has_its_cause_and_the_balance_adds_up(mine, customer):
    fund(customer, "10.00")
    service = make_service(name="Photo likes", rate="0.90")
    partial = place(customer, service=service, quantity=1000, funded=False)
    order_in(OrderStatus.PROCESSING, customer, funded=False)
    reported(partial, OrderStatus.PARTIAL, remains=300)
    assert rows(mine.get("/balance/"))[0][1:] == (
        f"Return for order #{partial.pk} 300 of 1,000 not delivered, of 0.90 USD · Partial",
        "+0.27 USD",
        "8.47 USD",
    )
    assert rows(mine.get("/balance/"))[-2][1:] == (
        f"Charge for order #{partial.pk} Photo likes · 1,000 × 0.90 USD / 1,000",
        "-0.90 USD",
        "9.10 USD",
    )
    running = 0
    for _number, _cause, amount, after in reversed(rows(mine.get("/balance/"))):
        running += money.parse(amount.removesuffix(" USD").removeprefix("+"))
        assert money.parse(after.removesuffix(" USD")) == running
    assert running == ledger.balance_of(customer)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (OrderStatus.CANCELED, "The whole charge · Canceled"),
        (OrderStatus.ERROR, "The whole charge · Error · Bad link"),
        (OrderStatus.REFUNDED, "The whole charge · Refunded"),
    ],
)
def test_a_whole_return_says_so(mine, customer, status, words):
    order = order_in(status, customer)
    assert rows(mine.get("/balance/"))[0][1:3] == (f"Return for order #{order.pk} {words}", "+0.90 USD")


def test_a_return_by_an_agent_names_the_charge_that_it_is_part_of(mine, customer, agent):
    order = order_in(OrderStatus.COMPLETED, customer)
    desk.refund(order_id=order.pk, amount=money.parse("0.10"), actor=agent, reason="Some dropped", now=NOW)
    expected = f"Return for order #{order.pk} Part of the charge of 0.90 USD · Refunded · Some dropped"
    assert rows(mine.get("/balance/"))[0][1:3] == (expected, "+0.10 USD")


def causes(html: str) -> list[str]:
    """The first cell of each row in the body of the page's table of entries, as read."""
    body = re.search(r'<table class="table table--cards">.*?<tbody>(.*?)</tbody>', html, re.DOTALL)[1]
    cells = re.findall(r'<th scope="row">(.*?)</th>', body, re.DOTALL)
    return [" ".join(unescape(re.sub(r"<[^>]+>", " ", cell)).split()) for cell in cells]


def test_the_statement_gives_each_entry_the_reason_that_the_balance_gives_it(mine, customer, agent):
    fund(customer, "10.00")
    partial = place(customer, quantity=1000, funded=False)
    reported(partial, OrderStatus.PARTIAL, remains=300)
    order_in(OrderStatus.CANCELED, customer, funded=False)
    dropped = order_in(OrderStatus.COMPLETED, customer, funded=False)
    desk.refund(order_id=dropped.pk, amount=money.parse("0.10"), actor=agent, reason="Some dropped", now=NOW)
    on_paper = causes(mine.get(f"/balance/statement/{NOW:%Y-%m}/").text)
    assert f"Return for order #{partial.pk} 300 of 1,000 not delivered, of 0.90 USD · Partial" in on_paper
    assert on_paper == causes(mine.get("/balance/").text)[::-1]


def test_entries_are_filtered_by_kind_and_by_order(mine, customer):
    canceled = order_in(OrderStatus.CANCELED, customer)
    other = place(customer)
    assert len(rows(mine.get("/balance/"))) == 5
    assert [r[2] for r in rows(mine.get("/balance/?kind=deposit"))] == ["+100.00 USD", "+100.00 USD"]
    assert [r[2] for r in rows(mine.get("/balance/?kind=refund"))] == ["+0.90 USD"]
    assert [r[2] for r in rows(mine.get(f"/balance/?order={canceled.pk}"))] == ["+0.90 USD", "-0.90 USD"]
    assert [r[2] for r in rows(mine.get(f"/balance/?kind=charge&order={other.pk}"))] == ["-0.90 USD"]
    assert f"Only what order #{other.pk} moved." in mine.get(f"/balance/?order={other.pk}").text


@pytest.mark.parametrize("odd", ["kind=theft", "order=abc", "order=", "order=%00", f"order={'9' * 40}", "before=x"])
def test_a_filter_that_means_nothing_filters_nothing_and_claims_nothing(mine, customer, odd):
    place(customer)
    answer = mine.get(f"/balance/?{odd}")
    assert len(rows(answer)) == 2
    assert "Only what order" not in answer.text


def test_a_filter_that_finds_nothing_does_not_speak_of_an_empty_balance(mine, customer):
    place(customer)
    answer = mine.get("/balance/?kind=adjust")
    assert rows(answer) == []
    assert "Nothing matches" in answer.text
    assert 'href="/balance/"' in answer.text


def test_a_strangers_entries_are_not_here(mine, customer, stranger):
    theirs = place(stranger)
    assert rows(mine.get("/balance/")) == rows(mine.get(f"/balance/?order={theirs.pk}")) == []


def test_pages_follow_each_other(mine, customer):
    for number in range(30):
        fund(customer, f"{number + 1}.00")
    answer = mine.get("/balance/?kind=deposit")
    assert [r[0] for r in rows(answer)] == list(range(30, 5, -1))
    older = unescape(re.search(r'rel="next" href="([^"]*)"', answer.text)[1])
    answer = mine.get(f"/balance/{older}")
    assert [r[0] for r in rows(answer)] == [5, 4, 3, 2, 1]
    newer = unescape(re.search(r'rel="prev" href="([^"]*)"', answer.text)[1])
    assert [r[0] for r in rows(mine.get(f"/balance/{newer}"))] == list(range(30, 5, -1))


def test_an_empty_balance_says_what_will_stand_here(mine):
    answer = mine.get("/balance/")
    assert "Nothing here yet" in answer.text
    assert 'href="/balance/add/"' in answer.text


def test_notes_of_a_deposit_are_shown_as_text(mine, customer):
    note = "<svg onload=x> =HYPERLINK(1) {{7*7}}"
    call_command("credit", customer.email, "0.00000001", note=note, stdout=io.StringIO())
    answer = mine.get("/balance/")
    assert rows(answer)[0][1:] == (f"Deposit {note}", "+0.00000001 USD", "0.00000001 USD")
    assert "<svg onload" not in answer.text


def test_adding_funds_leads_to_a_ticket(mine, customer):
    answer = mine.get("/balance/add/")
    [way] = re.findall(r'href="(/tickets/new/\?topic=[^"]*)"', answer.text)
    form = mine.get(way)
    assert form.status_code == 200
    assert re.search(r'<option value="\w+" selected>', form.text)
