"""How long a customer should wait before it is our turn: the moment after which silence is no longer normal. Pure.

The moment is kept in `Order.contact_after`, moved by whatever is news (placing, a change of status, movement of counters),
so that the page, the list and `queries.needing_attention` read the same column.
"""

import datetime as dt
import math

HOUR = 60
# Without a stated speed nobody can say more than "within a day".
USUAL_MINUTES_UNSTATED = 24 * HOUR


def far_beyond_start(*, placed: dt.datetime, stated_start: int) -> dt.datetime:
    """After this an order that has not started is far beyond its stated start (minutes): twice, and an hour at least."""
    return placed + dt.timedelta(minutes=max(2 * stated_start, stated_start + HOUR))


def usual_minutes(*, quantity: int, stated_speed: int | None, learned: int | None = None) -> int:
    """How long the delivery of `quantity` usually takes, in minutes; at least an hour.

    By what was learned of the service (minutes that nine of ten orders needed), else by the stated speed a day.
    """
    if learned is not None:
        return max(HOUR, learned)
    if not stated_speed:
        return USUAL_MINUTES_UNSTATED
    return max(HOUR, math.ceil(quantity * 24 * HOUR / stated_speed))


def no_movement_until(
    *, moved: dt.datetime, quantity: int, stated_speed: int | None, learned: int | None = None
) -> dt.datetime:
    """After this a running delivery whose counters did not move again is not normal any more.

    Capped at a year: an absurd quantity at a slow speed would leave the calendar.
    """
    minutes = min(usual_minutes(quantity=quantity, stated_speed=stated_speed, learned=learned), 365 * 24 * HOUR)
    return moved + dt.timedelta(minutes=minutes)


def expected_end(
    *, moved: dt.datetime, quantity: int, remains: int | None, stated_speed: int | None, learned: int | None = None
) -> dt.datetime:
    """When a running delivery that moved last at `moved` should be done: the usual time for so much as remains of it.

    Never after `no_movement_until`, and the same where nothing was counted yet, or nothing is missing but the last word.
    """
    latest = no_movement_until(moved=moved, quantity=quantity, stated_speed=stated_speed, learned=learned)
    left = min(quantity, remains) if remains and remains > 0 else quantity
    return moved + (latest - moved) * left / quantity


def while_waiting(*, since: dt.datetime) -> dt.datetime:
    """An order that waits for its turn is never late by itself: what it waits for may be. Counted anew once it is let go."""
    return since + dt.timedelta(days=3650)
