"""Business hours, as the operator writes them: "Mon-Fri 09:00-18:00, Sat 10:00-14:00". Pure.

Empty means always. Hours are those of the shop's time zone; a span of work skips what lies between them.
"""

import datetime as dt
import itertools
import re
from dataclasses import dataclass
from zoneinfo import ZoneInfo

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
PART = re.compile(r"(?P<days>[a-z]{3}(?:-[a-z]{3})?) (?P<from>\d\d:\d\d)-(?P<to>\d\d:\d\d)")
# Hours that open at least once a week reach any span that is asked for; what does not in a year is a defect.
MOST_DAYS = 366

Opening = tuple[dt.time, dt.time]


class BadHours(ValueError):
    """The text is no list of business hours."""


@dataclass(frozen=True)
class Hours:
    """`openings[0]` are Monday's, in order; no openings at all means that somebody is always there."""

    openings: tuple[tuple[Opening, ...], ...] = ()

    def after(self, start: dt.datetime, work: dt.timedelta, zone: ZoneInfo) -> dt.datetime:
        """The moment when `work` has passed of business hours since `start`; in UTC."""
        if not self.openings:
            return (start + work).astimezone(dt.UTC)
        day = start.astimezone(zone).date()
        for _day in range(MOST_DAYS):
            for opens, closes in self.openings[day.weekday()]:
                # Counted in UTC: on the day of a clock change the hours are as long as they are.
                begin = max(dt.datetime.combine(day, opens, zone).astimezone(dt.UTC), start)
                end = dt.datetime.combine(day, closes, zone).astimezone(dt.UTC)
                if end <= begin:
                    continue
                if end - begin >= work:
                    return begin.astimezone(dt.UTC) + work
                work -= end - begin
            day += dt.timedelta(days=1)
        raise BadHours("The business hours never reach the end of the work.")


def parse(text: str) -> Hours:
    """The hours that `text` names. Raises BadHours with a sentence that names the part that is wrong."""
    if not text.strip():
        return Hours()
    week: list[list[Opening]] = [[] for _day in DAYS]
    for part in text.split(","):
        found = PART.fullmatch(" ".join(part.lower().split()))
        if found is None:
            raise BadHours(f"“{part.strip()}” is not like “Mon-Fri 09:00-18:00”.")
        first, _dash, last = found["days"].partition("-")
        try:
            begin, end = DAYS.index(first), DAYS.index(last or first)
            opening = dt.time.fromisoformat(found["from"]), dt.time.fromisoformat(found["to"])
        except ValueError:
            raise BadHours(f"“{part.strip()}” names a day or an hour that does not exist.") from None
        if end < begin or opening[0] >= opening[1]:
            raise BadHours(f"“{part.strip()}” ends before it begins.")
        for day in week[begin : end + 1]:
            day.append(opening)
    for day in week:
        day.sort()
        if any(later[0] < earlier[1] for earlier, later in itertools.pairwise(day)):
            raise BadHours("Two of the hours overlap.")
    return Hours(tuple(tuple(day) for day in week))
