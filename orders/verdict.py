"""What the customer should do next about an order: wait, check, contact support, or nothing. Pure and frozen.

Pages, tickets, admin and mails only show it. `queries.needing_attention` is the same rule as a query; a test holds them together.
"""

import datetime as dt
import enum
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _

from orders.models import Order, ServiceTimes
from orders.patience import expected_end
from orders.statuses import OrderStatus

# Platforms count late: until then "is it all there?" has no answer.
COUNTS_SETTLE_AFTER = dt.timedelta(hours=24)


class Advice(enum.Enum):
    WAIT = "wait"
    CHECK = "check"
    CONTACT = "contact"
    OURS = "ours"
    DONE = "done"


class Action(enum.Enum):
    """What the page may offer beside the verdict, in this order."""

    CONTACT = "contact"
    ORDER_AGAIN = "order_again"
    SEE_BALANCE = "see_balance"
    SEE_TICKET = "see_ticket"


@dataclass(frozen=True)
class Facts:
    """What the verdict needs beside the order itself."""

    open_ticket: int | None = None
    # What was measured of the service, where enough orders say something.
    measured: ServiceTimes | None = None
    # Since when a halt stops everything that moves money or orders; None while nothing is stopped.
    halted_since: dt.datetime | None = None
    # When what dropped was replaced last.
    refilled_at: dt.datetime | None = None


@dataclass(frozen=True)
class Usual:
    """What this service's orders needed lately, in minutes: to start (`of_start`), or from order to end."""

    median: int
    most: int  # nine of ten were done by then
    orders: int
    of_start: bool


@dataclass(frozen=True)
class Verdict:
    """The advice, why, since when it holds and until when (None: no end is known), and what may be done."""

    advice: Advice
    headline: str
    reason: str
    since: dt.datetime
    until: dt.datetime | None = None
    actions: tuple[Action, ...] = ()
    checklist: tuple[str, ...] = ()
    usual: Usual | None = None


def verdict_for(order: Order, facts: Facts, now: dt.datetime) -> Verdict:
    """The one verdict for where the order stands at `now`. Rules in order: ticket, person, halt, unknown, wish, money, time."""
    if facts.open_ticket is not None:
        return Verdict(
            Advice.OURS,
            _("We are on it"),
            _("Your ticket about this order is open; everything about it is said there."),
            order.status_since,
            actions=(Action.SEE_TICKET,),
        )
    if order.review:
        return Verdict(
            Advice.OURS,
            _("We are on it"),
            _(
                "The service's reports about this order do not fit together. Our team looks at it; you need not do anything."
            ),
            order.checked_at or order.status_since,
        )
    if facts.halted_since is not None and order.is_active:
        return Verdict(
            Advice.OURS,
            _("We are on it"),
            _(
                "Orders and returns are stopped while we check our books. Your order and its money are safe; it goes on by itself "
                "afterwards."
            ),
            facts.halted_since,
        )
    if order.submission == Order.Submission.UNKNOWN:
        return Verdict(
            Advice.OURS,
            _("We are on it"),
            _(
                "We are confirming with the service whether it took this order. Your money is safe: it pays for exactly one "
                "delivery or comes back. Please do not order again on this link."
            ),
            order.status_since,
        )
    if order.cancel_asked_at is not None and order.is_active:
        return Verdict(
            Advice.OURS,
            _("Cancel requested"),
            _("We have asked the service to stop. Money comes back when it says what was not delivered."),
            order.cancel_asked_at,
        )
    if order.refill_asked_at is not None:
        return Verdict(
            Advice.OURS,
            _("Refill requested"),
            _("We have your wish to replace what dropped. This page shows what the service answers."),
            order.refill_asked_at,
        )
    if order.status == OrderStatus.COMPLETED:
        return _completed(order, facts, now)
    verdict = RULES[OrderStatus(order.status)](order, now)
    return replace(verdict, usual=_usual(order, facts.measured)) if facts.measured else verdict


def _usual(order: Order, measured: ServiceTimes) -> Usual | None:
    """What the reader of an open order waits for: the start, then the end."""
    if order.status == OrderStatus.IN_PROGRESS:
        return Usual(measured.finish_median, measured.finish_p90, measured.orders, of_start=False)
    if order.is_active:
        return Usual(measured.start_median, measured.start_p90, measured.orders, of_start=True)
    return None


def _before_start(order: Order, now: dt.datetime) -> Verdict:
    if order.waits_for_id is not None and now <= order.contact_after:
        if order.run is not None and order.due_at is not None and order.due_at > now:
            reason = _(
                "This run of the drip-feed has not begun. It is due at this time, once the run before it is settled."
            )
            return Verdict(Advice.WAIT, _("Waits for its turn"), reason, order.created_at, order.due_at)
        reason = _(
            "It is paid for, and sent as soon as the order before it on this link is settled. You can cancel it at once."
        )
        return Verdict(Advice.WAIT, _("Waits for its turn"), reason, order.created_at)
    if now > order.contact_after:
        return Verdict(
            Advice.CONTACT,
            _("Contact us"),
            _(
                "This is far beyond the start time that the service states. It is our turn: tell us, and we look into it."
            ),
            order.contact_after,
            actions=(Action.CONTACT,),
        )
    if now > order.starts_by:
        return Verdict(
            Advice.WAIT,
            _("Wait a little longer"),
            _("It is slower than stated. That happens; please do not order again on this link."),
            order.starts_by,
            order.contact_after,
        )
    return Verdict(
        Advice.WAIT,
        _("Wait"),
        _("Within the start time that the service states. Please do not order again on this link."),
        order.created_at,
        order.starts_by,
    )


def _running(order: Order, now: dt.datetime) -> Verdict:
    if now > order.contact_after:
        return Verdict(
            Advice.CONTACT,
            _("Contact us"),
            _("Nothing has moved for longer than this service usually needs. Tell us, and we look into it."),
            order.contact_after,
            actions=(Action.CONTACT,),
        )
    end = expected_end(
        moved=order.moved_at,
        quantity=order.quantity,
        remains=order.remains,
        stated_speed=order.stated_speed,
        learned=order.usual_minutes,
    )
    # Only who asked again since then knows.
    if order.checked_at is not None and order.checked_at > end:
        return Verdict(
            Advice.WAIT,
            _("Wait a little longer"),
            _("It is slower than usual. That happens; keep the link public, and do not order again on it."),
            end,
            order.contact_after,
        )
    return Verdict(
        Advice.WAIT,
        _("Wait"),
        _("Delivery is running. Keep the link public, and do not delete or rename anything."),
        order.moved_at,
        end if now <= end else min(order.poll_at or order.contact_after, order.contact_after),
    )


def _completed(order: Order, facts: Facts, now: dt.datetime) -> Verdict:
    finished = facts.refilled_at or order.status_since
    settled = finished + COUNTS_SETTLE_AFTER
    if now < settled:
        return Verdict(
            Advice.CHECK,
            _("Check the result"),
            _("What dropped was replaced. Platforms update their counts late, so look again before you decide.")
            if facts.refilled_at
            else _("Delivery is marked finished. Platforms update their counts late, so look again before you decide."),
            finished,
            settled,
            checklist=(
                _("Open the link in a private window."),
                _("Compare the count with the start count, if one is shown here."),
                _("Look at the platform's own analytics."),
            ),
        )
    return Verdict(
        Advice.CHECK,
        _("Check the result"),
        _(
            "Delivery is marked finished, and the platform has had a day to count. If something is clearly missing, tell us."
        ),
        settled,
        actions=(Action.CONTACT,),
        checklist=(
            _("The count now, and the start count."),
            _("A screenshot, if it clearly shows what is missing."),
        ),
    )


def _money_back(order: Order, now: dt.datetime) -> Verdict:
    return Verdict(
        Advice.DONE,
        _("Done: your money is back"),
        _("The return is booked on your balance."),
        order.status_since,
        actions=(Action.SEE_BALANCE, Action.ORDER_AGAIN),
    )


def _refunded(order: Order, now: dt.datetime) -> Verdict:
    if order.refunded == order.charge:
        return _money_back(order, now)
    return Verdict(
        Advice.DONE,
        _("Done: a part of your money is back"),
        _("The amount is booked on your balance; see the money below."),
        order.status_since,
        actions=(Action.SEE_BALANCE, Action.ORDER_AGAIN),
    )


def _part_back(order: Order, now: dt.datetime) -> Verdict:
    return settled_in_part(order)


def settled_in_part(order: Order) -> Verdict:
    """What stands about a delivery of which a part came back: of one order, or of several that are told as one."""
    return Verdict(
        Advice.DONE,
        _("Done: the undelivered part is back"),
        _("What could be delivered was. The rest is booked on your balance."),
        order.status_since,
        actions=(Action.SEE_BALANCE, Action.ORDER_AGAIN),
    )


def _error(order: Order, now: dt.datetime) -> Verdict:
    if order.submission == Order.Submission.REJECTED:
        return Verdict(
            Advice.CHECK,
            _("Check the link and the quantity"),
            _("The service refused this input. Your money is back; correct the input and order again."),
            order.status_since,
            actions=(Action.ORDER_AGAIN, Action.SEE_BALANCE),
            checklist=(
                _("Is the link public, and does it lead to the right thing?"),
                _("Does the service want this kind of link?"),
            ),
        )
    return _money_back(order, now)


RULES = {
    OrderStatus.PENDING: _before_start,
    OrderStatus.PROCESSING: _before_start,
    OrderStatus.IN_PROGRESS: _running,
    OrderStatus.PARTIAL: _part_back,
    OrderStatus.CANCELED: _money_back,
    OrderStatus.REFUNDED: _refunded,
    OrderStatus.ERROR: _error,
}
