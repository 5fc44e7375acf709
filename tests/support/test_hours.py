"""Business hours: what the operator may write, and when work that takes so long is due."""

import datetime as dt
from zoneinfo import ZoneInfo

import environ
import pytest

from neopanel.env import reply_target, support_hours
from support.hours import BadHours, parse

UTC = dt.UTC
WEEK = "Mon-Fri 09:00-18:00, Sat 10:00-12:00"
# 2026-11-25 is a Wednesday.


def at(day: int, hour: int, minute: int = 0) -> dt.datetime:
    return dt.datetime(2026, 11, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "hours", "due"),
    [
        (at(25, 10), 4, at(25, 14)),
        (at(25, 16), 4, at(26, 11)),
        (at(25, 7), 4, at(25, 13)),
        (at(25, 18), 1, at(26, 10)),
        (at(25, 14), 4, at(25, 18)),
        (at(27, 17), 4, at(30, 10)),  # one hour on Friday, two on Saturday, one on Monday
        (at(28, 23), 1, at(30, 10)),
        (at(25, 9), 47, at(1, 18).replace(month=12)),  # a whole week's work
    ],
)
def test_work_counts_in_business_hours_alone(start, hours, due):
    assert parse(WEEK).after(start, dt.timedelta(hours=hours), ZoneInfo("UTC")) == due


def test_without_hours_somebody_is_always_there():
    assert parse("").after(at(28, 23), dt.timedelta(hours=4), ZoneInfo("UTC")) == at(29, 3)


def test_hours_are_those_of_the_shops_zone():
    due = parse("Mon-Fri 09:00-18:00").after(at(25, 3), dt.timedelta(hours=1), ZoneInfo("America/New_York"))
    assert due == at(25, 15)


def test_on_the_day_of_a_clock_change_an_hour_is_an_hour():
    begin = dt.datetime(2026, 3, 29, 0, 30, tzinfo=UTC)  # in Berlin the hour from 2 to 3 does not exist
    assert parse("Sun 01:00-04:00").after(
        begin, dt.timedelta(hours=1), ZoneInfo("Europe/Berlin")
    ) == begin + dt.timedelta(hours=1)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Mon-Fri", "Mon-Fri"),
        ("Mo-Fr 09:00-18:00", "Mo-Fr"),
        ("Mon-Foo 09:00-18:00", "does not exist"),
        ("Mon 25:00-26:00", "does not exist"),
        ("Mon 18:00-09:00", "ends before it begins"),
        ("Fri-Mon 09:00-18:00", "ends before it begins"),
        ("Mon 09:00-12:00, Mon-Tue 11:00-15:00", "overlap"),
        ("24/7", "24/7"),
        ("Mon 09:00-18:00,", "not like"),
    ],
)
def test_hours_that_mean_nothing_are_refused_loudly(text, says):
    with pytest.raises(BadHours, match=says):
        parse(text)
    with pytest.raises(environ.ImproperlyConfigured, match="NEOPANEL_SUPPORT_HOURS"):
        support_hours(text)


def test_targets_are_read_as_times_of_work(monkeypatch):
    monkeypatch.setenv("NEOPANEL_FIRST_REPLY", " 30min ")
    assert reply_target("NEOPANEL_FIRST_REPLY", default="4h") == dt.timedelta(minutes=30)
    assert reply_target("NEOPANEL_NEXT_REPLY", default="8h") == dt.timedelta(hours=8)


@pytest.mark.parametrize("text", ["4", "0h", "-1h", "1.5h", "4 hours", "99999h", "٤h"])
def test_a_target_that_is_no_time_is_refused_at_the_start(monkeypatch, text):
    monkeypatch.setenv("NEOPANEL_FIRST_REPLY", text)
    with pytest.raises(environ.ImproperlyConfigured, match="NEOPANEL_FIRST_REPLY must be a time like 30min or 4h"):
        reply_target("NEOPANEL_FIRST_REPLY", default="4h")
