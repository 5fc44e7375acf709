"""What a report about an order means, given where the order stands. Pure: `lifecycle` acts on the decision.

The table is `docs/architecture.md`, "Lifecycle": forward reports are applied, backward and late ones never are, and anything
that cannot be read without guessing moves no money and asks for a person.
"""

import enum
from dataclasses import dataclass

from orders.money import Units, undelivered
from orders.statuses import RANK, RETURNS_MONEY, SETTLED, OrderStatus


@dataclass(frozen=True)
class Report:
    """Somebody's word about an order. `to` is None for a word that nobody knows; counters are None where not said.

    `odd_remains`: something stood where the remaining quantity should be, and it was no usable number.
    """

    to: OrderStatus | None
    word: str = ""
    remains: int | None = None
    odd_remains: bool = False
    start_count: int | None = None
    raw: str = ""


class Meaning(enum.Enum):
    NOTHING_NEW = "nothing new"
    COUNTERS = "counters"
    MOVE = "move"
    BACKWARD = "backward"
    LATE = "late"
    UNCLEAR = "unclear"


@dataclass(frozen=True)
class Decision:
    """What to do: `to` and the level of money returned in total, in units, where the order moves."""

    meaning: Meaning
    to: OrderStatus | None = None
    returned: Units = Units(0)
    remains: int | None = None
    start_count: int | None = None


@dataclass(frozen=True)
class Standing:
    """Where the order stands: the facts that a decision rests on."""

    status: OrderStatus
    quantity: int
    charge: int
    refunded: int
    remains: int | None
    start_count: int | None


def decide(standing: Standing, report: Report) -> Decision:
    """What a provider's report means. Total: every report has exactly one decision, and deciding twice gives the same."""
    if report.to is None:
        return Decision(Meaning.UNCLEAR)
    remains = usable_remains(report, standing.quantity)
    to = report.to
    if to == OrderStatus.PARTIAL:
        if remains is None:
            return Decision(Meaning.UNCLEAR)
        # A part that is everything or nothing has another name.
        if remains == 0:
            to = OrderStatus.COMPLETED
        elif remains == standing.quantity:
            to = OrderStatus.CANCELED
    if to == OrderStatus.REFUNDED and report.odd_remains:
        return Decision(Meaning.UNCLEAR)  # how much came back cannot be read
    if standing.status in SETTLED:
        return _after_close(standing, to, remains)
    start_count = report.start_count if report.start_count is not None else standing.start_count
    if is_waiting_upstream(standing.status, to):
        to = standing.status
    if to in RANK and RANK[to] < RANK[standing.status]:
        return Decision(Meaning.BACKWARD, to)
    # Counters that cannot be read are left as they were; the status that came with them still counts.
    counted = remains if remains is not None else standing.remains
    if to == OrderStatus.COMPLETED and report.remains is not None and report.remains < 0:
        counted = report.remains  # over-delivery: shown, costs nothing
    if to != standing.status:
        return Decision(Meaning.MOVE, to, returned_when(to, standing, remains), counted, start_count)
    if (counted, start_count) != (standing.remains, standing.start_count):
        return Decision(Meaning.COUNTERS, to, Units(standing.refunded), counted, start_count)
    return Decision(Meaning.NOTHING_NEW, to)


def is_waiting_upstream(status: str, to: OrderStatus | None) -> bool:
    """The provider's Pending is our Processing: it has taken the order and not begun. No step back, and no news."""
    return status == OrderStatus.PROCESSING and to == OrderStatus.PENDING


def usable_remains(report: Report, quantity: int) -> int | None:
    if report.odd_remains or report.remains is None or not 0 <= report.remains <= quantity:
        return None
    return report.remains


def returned_when(to: OrderStatus, standing: Standing, remains: int | None) -> Units:
    """How much of the charge is back, in total and in units, once an order is closed as `to`."""
    if to not in RETURNS_MONEY:
        return Units(standing.refunded)
    in_part = (
        to in {OrderStatus.PARTIAL, OrderStatus.REFUNDED} and remains is not None and 0 < remains < standing.quantity
    )
    if in_part:
        assert remains is not None
        return undelivered(standing.charge, standing.quantity, remains)
    return Units(standing.charge)


def _after_close(standing: Standing, to: OrderStatus, remains: int | None) -> Decision:
    """Closed is closed for machines: the same word again is nothing new, any other waits for a person."""
    same_part = to != OrderStatus.PARTIAL or remains == standing.remains
    if to == standing.status and same_part:
        return Decision(Meaning.NOTHING_NEW, to)
    return Decision(Meaning.LATE, to)
