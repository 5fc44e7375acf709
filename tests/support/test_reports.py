"""How the team did: each number from tickets that came to it the way tickets do."""

import csv
import datetime as dt
import io

import pytest
import time_machine

from orders import desk as order_desk
from orders.statuses import OrderStatus
from support import reports, ticketing
from support.models import Ticket, Topic
from tests.factories import NOW, make_service, place
from tests.support.test_desk import answer, writes
from tests.support.test_pages import words_of
from tests.support.test_ticketing import open_on

pytestmark = pytest.mark.django_db

AN_HOUR = dt.timedelta(hours=1)
A_WEEK = dt.timedelta(days=7)
REPORT = "/admin/support/ticket/report/"


@pytest.fixture
def a_week(customer, agent) -> None:
    """Three tickets: answered after 1, 2 and 6 hours; one solved after 3 and liked, one solved, opened again and disliked."""
    liked, disliked, still_open = (open_on(customer, topic=topic) for topic in ("other", "other", "wrong_link"))
    for ticket, hours in ((liked, 1), (disliked, 2), (still_open, 6)):
        answer(ticket, agent, now=NOW + hours * AN_HOUR)
    for ticket in (liked, disliked):
        ticketing.solve(ticket_number=ticket.pk, actor=customer, now=NOW + 3 * AN_HOUR)
    writes(disliked, customer, now=NOW + 4 * AN_HOUR)
    ticketing.solve(ticket_number=disliked.pk, actor=agent, now=NOW + 9 * AN_HOUR)
    for ticket, rating in ((liked, Ticket.Rating.GOOD), (disliked, Ticket.Rating.BAD)):
        ticketing.rate(ticket_number=ticket.pk, rating=rating, actor=customer, now=NOW + 9 * AN_HOUR)


def test_the_report_adds_up_what_happened(a_week):
    found = reports.report(since=NOW - A_WEEK, until=NOW + A_WEEK)
    assert found.total == reports.Row("All tickets", 3, 2 * AN_HOUR, 6 * AN_HOUR, 1, 1, 1, 0)
    assert [(row.name, row.tickets) for row in found.topics] == [("Something else", 2), ("I gave a wrong link", 1)]
    assert found.topics[1] == reports.Row("I gave a wrong link", 1, 6 * AN_HOUR, None, 0, 0, 0, 0)


def test_what_was_opened_outside_the_span_is_not_in_it(a_week):
    found = reports.report(since=NOW + AN_HOUR, until=NOW + A_WEEK)
    assert (found.total.tickets, found.total.first_reply, found.topics) == (0, None, ())


def test_a_wait_after_which_an_agent_had_to_act_is_listed(customer, agent):
    acted_on, waited = place(customer), place(customer)
    wrong = open_on(customer, acted_on, now=NOW + AN_HOUR)
    open_on(customer, waited, now=NOW + AN_HOUR)
    order_desk.settle_by_hand(
        order_id=acted_on.pk, to=OrderStatus.CANCELED, actor=agent, reason="It was stuck", now=NOW + 2 * AN_HOUR
    )
    found = reports.report(since=NOW - A_WEEK, until=NOW + A_WEEK)
    assert found.wrong_waits == (wrong,)
    assert [(row.tickets, row.wrong_waits) for row in (found.total, *found.topics)] == [(2, 1), (2, 1)]


def test_advice_to_contact_us_was_no_wrong_wait(customer, agent):
    order = place(customer)
    open_on(customer, order, now=NOW + A_WEEK)  # long beyond its time: the customer read "contact us"
    order_desk.settle_by_hand(
        order_id=order.pk, to=OrderStatus.CANCELED, actor=agent, reason="It was stuck", now=NOW + A_WEEK + AN_HOUR
    )
    assert reports.report(since=NOW, until=NOW + 2 * A_WEEK).wrong_waits == ()


def test_every_day_of_the_span_has_its_count_in_the_shops_zone(customer, agent, settings):
    settings.TIME_ZONE = "Pacific/Auckland"  # NOW is one in the morning of the 26th there
    answer(open_on(customer), agent, now=NOW + AN_HOUR)
    open_on(customer, now=NOW - 2 * AN_HOUR)
    days = reports.report(since=NOW - 2 * AN_HOUR, until=NOW + 24 * AN_HOUR).days
    assert [(one.day.day, one.tickets, one.first_reply) for one in days] == [
        (25, 1, None),
        (26, 1, AN_HOUR),
        (27, 0, None),
    ]


def test_of_very_many_tickets_the_newest_are_reported_and_the_page_says_so(client, agent, customer, monkeypatch):
    monkeypatch.setattr(reports, "MOST", 2)
    for hours in range(3):
        open_on(customer, now=NOW + hours * AN_HOUR)
    client.force_login(agent)
    with time_machine.travel(NOW + A_WEEK - AN_HOUR, tick=False):
        client.force_login(agent)
        shown = words_of(client.get(f"{REPORT}?days=30"))
    assert "There are more than 2 tickets in this time" in shown
    assert "All tickets 2" in shown


def test_the_page_and_its_file_say_the_same(client, agent, customer, a_week):
    order = place(customer, service=make_service(name="=cmd()"))
    open_on(customer, order, topic=Topic.NOT_STARTED)
    client.force_login(agent)
    with time_machine.travel(NOW + A_WEEK - AN_HOUR, tick=False):
        client.force_login(agent)
        shown = words_of(client.get(f"{REPORT}?days=7"))
        rows = list(csv.reader(io.StringIO(client.get(f"{REPORT}?days=7&format=csv").content.decode())))
    assert "All tickets 4 about 2 hours about 6 hours 1 1 1 0" in shown
    assert rows[1] == ["all", "All tickets", "4", "120", "360", "1", "1", "1", "0"]
    assert ["topic", "Something else", "2", "90", "360", "1", "1", "1", "0"] in rows
    assert ["day", "2026-11-25", "4", "120"] in rows


@pytest.mark.parametrize("days", ["", "x", "8", "-7", "9" * 30, "٧"])
def test_a_span_that_is_none_shows_the_usual_one(client, agent, days):
    client.force_login(agent)
    assert "last 30 days" in words_of(client.get(REPORT, {"days": days}))


@pytest.mark.parametrize("count", [1, 3])
def test_the_report_asks_the_same_however_many_tickets(customer, count, django_assert_num_queries):
    for _time in range(count):
        open_on(customer, place(customer))
    with django_assert_num_queries(4):
        reports.report(since=NOW - A_WEEK, until=NOW + A_WEEK)
