"""What agents may do to a refill that waits for a person: forms over the doors of `orders/refills.py`, on the order's page."""

import datetime as dt
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from orders import desk_forms, refills
from orders.admin.action import SETTLE, Action
from orders.models import Order, Refill

State = Refill.State


def is_unknown(order: Order) -> bool:
    refill = refills.open_refill(order)
    return refill is not None and refill.state == State.UNKNOWN


def may_settle(order: Order) -> bool:
    refill = refills.open_refill(order)
    return refill is not None and (
        refill.state == State.UNKNOWN or (refill.state == State.REQUESTED and refill.send_after is None)
    )


def said(order: Order) -> str:
    """When the refill was asked for, and what was last said of it."""
    refill = refills.open_refill(order)
    if refill is None:
        return _("No refill of this order waits for a decision any more.")
    time = date_format(timezone.localtime(refill.requested_at), "j M Y, H:i")
    facts = {"time": time, "words": refill.words or "-"}
    return _("Requested %(time)s. Last words: %(words)s.") % facts


def arrived_sentence(order: Order) -> str:
    return said(order) + " " + _("Look for the refill at the provider. From then on the panel asks for this number.")


def again_sentence(order: Order) -> str:
    return said(order) + " " + _("Only after you looked at the provider's own pages: the wish is sent once more.")


def settle_sentence(order: Order) -> str:
    return said(order) + " " + _("You say how it ends. No money moves by that.")


def do_arrived(order: Order, typed: dict[str, Any], actor: User, now: dt.datetime) -> None:
    refills.it_arrived(order_id=order.pk, number=typed["number"], actor=actor, now=now)


def do_again(order: Order, typed: dict[str, Any], actor: User, now: dt.datetime) -> None:
    refills.send_again(order_id=order.pk, actor=actor, reason=typed["reason"], now=now)


def do_settle(order: Order, typed: dict[str, Any], actor: User, now: dt.datetime) -> None:
    refills.settle(order_id=order.pk, to=State(typed["to"]), actor=actor, reason=typed["reason"], now=now)


REFILL_ACTIONS: dict[str, Action] = {
    "refill_arrived": Action(
        SETTLE,
        gettext_lazy("Refill: the provider has it"),
        gettext_lazy("Follow this number"),
        gettext_lazy("The worker asks the provider for this refill."),
        is_unknown,
        arrived_sentence,
        desk_forms.RefillArrivedForm,
        do_arrived,
        is_open=True,
    ),
    "refill_again": Action(
        SETTLE,
        gettext_lazy("Refill: the provider does not have it"),
        gettext_lazy("Send it again"),
        gettext_lazy("The refill waits to be sent again."),
        is_unknown,
        again_sentence,
        desk_forms.ReasonForm,
        do_again,
    ),
    "refill_settle": Action(
        SETTLE,
        gettext_lazy("Refill: say how it ends"),
        gettext_lazy("End the refill"),
        gettext_lazy("The refill is settled, and the customer sees it."),
        may_settle,
        settle_sentence,
        desk_forms.RefillSettleForm,
        do_settle,
        is_open=True,
    ),
}
