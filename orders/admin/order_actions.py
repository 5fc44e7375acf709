"""What agents may do to one order, each a form over a door: when it is possible, what it says, what it does."""

import datetime as dt
from typing import Any

from django.conf import settings
from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from orders import desk, desk_forms, lifecycle
from orders.admin.action import REFUND, SETTLE, Action
from orders.admin.offers import Offer
from orders.admin.refill_actions import REFILL_ACTIONS
from orders.lifecycle import IN_FLIGHT
from orders.models import Order
from orders.money import show
from orders.reports import Meaning, Report, decide
from orders.statuses import ACTIVE, REFUNDABLE_AFTER_CLOSE, OrderStatus

BY_HAND = (
    OrderStatus.PROCESSING,
    OrderStatus.IN_PROGRESS,
    OrderStatus.COMPLETED,
    OrderStatus.PARTIAL,
    OrderStatus.CANCELED,
    OrderStatus.ERROR,
)


def money(units: int) -> str:
    return show(units, settings.CURRENCY)


def is_unknown(order: Order) -> bool:
    return order.submission == Order.Submission.UNKNOWN


def may_return(order: Order) -> bool:
    is_open = order.is_active or order.status in REFUNDABLE_AFTER_CLOSE
    return is_open and order.submission not in IN_FLIGHT and order.refunded < order.charge


# --- The sentences


def refund_sentence(order: Order) -> str:
    return _(
        "The amount goes to the customer's balance at once, and the order becomes Refunded. Charged %(charge)s, returned so "
        "far %(returned)s. It cannot be taken back."
    ) % {"charge": money(order.charge), "returned": money(order.refunded)}


def settle_sentence(order: Order) -> str:
    return _("The order gets this status now, with the money beside it. Closed orders stay closed.")


def approve_sentence(order: Order) -> str:
    proposal = desk.proposal_of(order)
    if proposal is None:
        return _("What was proposed is not possible any more.")
    facts = {"status": proposal.to.label, "money": money(proposal.amount), "charge": money(order.charge)}
    if proposal.amount:
        return _("The order becomes %(status)s, and %(money)s of %(charge)s go to the customer's balance.") % facts
    return _("The order becomes %(status)s. No money moves.") % facts


def dismiss_sentence(order: Order) -> str:
    return _("The order stays %(status)s and no money moves. The same report is not shown again.") % {
        "status": order.get_status_display()
    }


def arrived_sentence(order: Order) -> str:
    if order.suggested_number:
        return _(
            "%(person)s gave the number %(number)s; the worker has not checked it yet. A new number replaces it."
        ) % {
            "person": order.suggested_by,
            "number": order.suggested_number,
        }
    return _(
        "Look for the order at the provider. The worker asks the provider for this number first; only when the provider knows it "
        "the order counts as accepted. No money moves."
    )


def cancel_sentence(order: Order) -> str:
    return _(
        "Nobody has sent this order yet. It becomes Canceled, and %(charge)s go back to the customer's balance at once."
    ) % {"charge": money(order.charge)}


# --- The forms that depend on where the order stands


def settle_choices(order: Order) -> list[tuple[str, str]]:
    """The statuses that this order may get by hand, each with the money that comes with it."""
    standing, found = lifecycle.standing_of(order), []
    for to in BY_HAND:
        if to in ACTIVE and order.submission == Order.Submission.QUEUED:
            continue  # the panel moves it when the service has it
        if to == OrderStatus.PARTIAL:
            if order.quantity > 1:
                found.append((to.value, _("%(status)s: what was not delivered returns") % {"status": to.label}))
            continue
        decision = decide(standing, Report(to=to))
        if decision.meaning != Meaning.MOVE or decision.to != to:
            continue
        returned = decision.returned - order.refunded
        words = _("%(status)s: %(money)s return") if returned else _("%(status)s: no money moves")
        found.append((to.value, words % {"status": to.label, "money": money(returned)}))
    return found


def settle_form(*args, order: Order, **kwargs) -> desk_forms.SettleForm:
    return desk_forms.SettleForm(*args, order=order, choices=settle_choices(order), **kwargs)


def approve_form(*args, order: Order, **kwargs) -> desk_forms.ApproveForm:
    proposal = desk.proposal_of(order)
    return desk_forms.ApproveForm(*args, order=order, initial={"seen": proposal.mark if proposal else ""}, **kwargs)


# --- The doors


def who(order: Order, actor: User, now: dt.datetime) -> dict[str, Any]:
    return {"order_id": order.pk, "actor": actor, "now": now}


def do_refund(order: Order, typed: dict[str, Any], actor: User, now: dt.datetime) -> object:
    return desk.refund(
        **who(order, actor, now), amount=typed["amount"], reason=typed["reason"], seen_returned=typed["seen"] or 0
    )


def do_settle(order: Order, typed: dict[str, Any], actor: User, now: dt.datetime) -> object:
    remains = typed["remains"] if typed["to"] == OrderStatus.PARTIAL else None
    return desk.settle_by_hand(**who(order, actor, now), to=typed["to"], remains=remains, reason=typed["reason"])


def do_cancel(order: Order, typed: dict[str, Any], actor: User, now: dt.datetime) -> object:
    return desk.cancel_queued(**who(order, actor, now), reason=typed["reason"])


def do_approve(order: Order, typed: dict[str, Any], actor: User, now: dt.datetime) -> object:
    return desk.approve_review(**who(order, actor, now), reason=typed["reason"], seen=typed["seen"])


def do_dismiss(order: Order, typed: dict[str, Any], actor: User, now: dt.datetime) -> None:
    desk.dismiss_review(**who(order, actor, now), reason=typed["reason"])


def do_arrived(order: Order, typed: dict[str, Any], actor: User, now: dt.datetime) -> None:
    desk.suggest_number(**who(order, actor, now), number=typed["number"])


def do_not_arrived(order: Order, typed: dict[str, Any], actor: User, now: dt.datetime) -> object:
    return desk.did_not_arrive(
        **who(order, actor, now),
        send_again=typed["then"] == "again",
        reason=typed["reason"],
        seen_attempts=typed["seen"] or 0,
    )


def do_ask(order: Order, typed: dict[str, Any], actor: User, now: dt.datetime) -> None:
    desk.ask_now(**who(order, actor, now))


ACTIONS: dict[str, Action] = {
    "approve": Action(
        SETTLE,
        gettext_lazy("Do what the report proposes"),
        gettext_lazy("Approve"),
        gettext_lazy("What was proposed is done."),
        lambda order: desk.proposal_of(order) is not None and order.submission not in IN_FLIGHT,
        approve_sentence,
        approve_form,
        do_approve,
        is_open=True,
    ),
    "dismiss": Action(
        SETTLE,
        gettext_lazy("Leave the order as it is"),
        gettext_lazy("Dismiss the review"),
        gettext_lazy("The review is closed. The order stays as it was."),
        lambda order: order.review,
        dismiss_sentence,
        desk_forms.ReasonForm,
        do_dismiss,
        is_open=True,
    ),
    "arrived": Action(
        SETTLE,
        gettext_lazy("It arrived"),
        gettext_lazy("Have this number checked"),
        gettext_lazy("The worker checks this number with the provider."),
        is_unknown,
        arrived_sentence,
        desk_forms.ArrivedForm,
        do_arrived,
        is_open=True,
    ),
    "not_arrived": Action(
        SETTLE,
        gettext_lazy("It did not arrive"),
        gettext_lazy("It did not arrive"),
        gettext_lazy("It is settled that the provider does not have this order."),
        is_unknown,
        lambda order: _(
            "Only after you looked at the provider's own pages: if the order is there after all, sending it again delivers it "
            "twice, and closing it gives it away."
        ),
        desk_forms.NotArrivedForm,
        do_not_arrived,
        is_danger=True,
        is_open=True,
    ),
    "ask": Action(
        SETTLE,
        gettext_lazy("Ask the provider now"),
        gettext_lazy("Ask now"),
        gettext_lazy("The worker asks the provider at once. Load this page again in a few seconds."),
        lambda order: bool(order.provider_order_id),
        lambda order: _(
            "The worker asks for the status at once instead of at its next turn. No money moves by that alone."
        ),
        desk_forms.AskForm,
        do_ask,
    ),
    "cancel": Action(
        SETTLE,
        gettext_lazy("Cancel for the customer"),
        gettext_lazy("Cancel the order"),
        gettext_lazy("The order is canceled, and its whole charge is back on the balance."),
        lifecycle.can_cancel_at_once,
        cancel_sentence,
        desk_forms.ReasonForm,
        do_cancel,
        is_danger=True,
    ),
    "refund": Action(
        REFUND,
        gettext_lazy("Return money"),
        gettext_lazy("Return the amount"),
        gettext_lazy("The amount is on the customer's balance."),
        may_return,
        refund_sentence,
        desk_forms.RefundForm,
        do_refund,
        is_danger=True,
    ),
    "settle": Action(
        SETTLE,
        gettext_lazy("Settle by hand"),
        gettext_lazy("Set the status"),
        gettext_lazy("The order has its new status."),
        lambda order: order.is_active and order.submission not in IN_FLIGHT,
        settle_sentence,
        settle_form,
        do_settle,
    ),
    **REFILL_ACTIONS,
}


def form_for(name: str, order: Order, data: QueryDict | None = None) -> desk_forms.OrderDeskForm:
    return ACTIONS[name].form(data, order=order, name=name)


def offers_for(request: HttpRequest, order: Order, typed: dict[str, desk_forms.OrderDeskForm]) -> list[Offer]:
    """What this person may do now, and what they just tried: a form that came back is shown whatever has changed."""
    return [
        Offer(
            name=name,
            title=action.title,
            sentence=action.sentence(order),
            button=action.button,
            form=typed.get(name) or form_for(name, order),
            address=reverse(f"admin:orders_order_{name}", args=[order.pk]),
            is_danger=action.is_danger,
            is_open=action.is_open,
        )
        for name, action in ACTIONS.items()
        if name in typed or (action.is_possible(order) and request.user.has_perm(action.permission))
    ]
