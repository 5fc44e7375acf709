"""`/api/v2`: what nearly every panel speaks, word for word (`docs/api.md`)."""

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from orders.api import actions, door, words
from orders.api.actions import Call, Placed, Told
from orders.api.words import Refused
from orders.models import Refill
from orders.money import plain
from orders.statuses import OrderStatus

WORDS = {
    OrderStatus.PENDING: "Pending",
    OrderStatus.PROCESSING: "Processing",
    OrderStatus.IN_PROGRESS: "In progress",
    OrderStatus.COMPLETED: "Completed",
    OrderStatus.PARTIAL: "Partial",
    OrderStatus.CANCELED: "Canceled",
}


@csrf_exempt
@login_not_required
def v2(request: HttpRequest) -> JsonResponse:
    return door.answer(request, ACTIONS)


def _services(call: Call) -> list[dict[str, Any]]:
    return [
        {
            "service": service.number,
            "name": service.name,
            "type": service.type,
            "category": service.category,
            "rate": plain(service.price),
            "min": str(service.minimum),
            "max": str(service.maximum),
            "refill": service.refill_days > 0,
            "cancel": service.is_cancelable,
            "dripfeed": service.has_runs,
            "desc": service.description,
        }
        for service in actions.services(call)
    ]


def _add(call: Call) -> dict[str, Any]:
    placed = actions.add(call)
    return {"order": placed.number, **marked(placed)}


def marked(placed: Placed) -> dict[str, Any]:
    """What stands beside the number of a test key's order."""
    if placed.charge is None:
        return {}
    return {"test": True, "charge": plain(placed.charge), "currency": settings.CURRENCY}


def _status(call: Call) -> dict[str, Any]:
    if not call.parameters.names("orders"):
        return _told(actions.status(call))
    found = actions.statuses(call, call.many("orders"))
    return {text: _told(order) if order else {"error": words.INCORRECT_ORDER} for text, order in found.items()}


def _told(told: Told) -> dict[str, Any]:
    answer = {
        "charge": plain(told.kept),
        "start_count": str(told.start_count),
        "status": WORDS[told.status],
        "remains": str(told.remains),
        "currency": settings.CURRENCY,
        # Fields that other panels lack: they break no client that was tried.
        "status_detail": told.detail,
    }
    if told.review:
        answer["review"] = True
    return answer


def _cancel(call: Call) -> list[dict[str, Any]]:
    refusals = actions.cancel(call, call.many("orders"))
    return [{"order": _id(text), "cancel": {"error": no} if no else 1} for text, no in refusals.items()]


def _refill(call: Call) -> dict[str, str] | list[dict[str, Any]]:
    if call.parameters.names("orders"):
        found = actions.refill(call, call.many("orders"))
        return [{"order": _id(text), "refill": {"error": a.no} if a.no else a.number} for text, a in found.items()]
    text = call.one("order")
    asked = actions.refill(call, [text])[text]
    if asked.no:
        raise Refused(asked.no)
    return {"refill": str(asked.number)}


# Words that programs know; a refill that waits for a person is one that nobody has begun.
REFILL_WORDS = {
    Refill.State.REQUESTED: "Pending",
    Refill.State.SENDING: "Pending",
    Refill.State.UNKNOWN: "Pending",
    Refill.State.ACCEPTED: "In progress",
    Refill.State.COMPLETED: "Completed",
    Refill.State.REJECTED: "Rejected",
}


def _refill_status(call: Call) -> dict[str, str] | list[dict[str, Any]]:
    if call.parameters.names("refills"):
        found = actions.refill_states(call, call.many("refills", none=words.NO_SUCH_REFILL))
        return [{"refill": _id(text), "status": _refill_word(refill)} for text, refill in found.items()]
    if call.parameters.names("refill"):
        text = call.one("refill")
        refill = actions.refill_states(call, [text])[text]
    else:
        refill = actions.refill_of_order(call, call.one("order"))
    if refill is None:
        raise Refused(words.NO_SUCH_REFILL)
    return {"status": REFILL_WORDS[Refill.State(refill.state)]}


def _refill_word(refill: Refill | None) -> Any:
    return {"error": words.NO_SUCH_REFILL} if refill is None else REFILL_WORDS[Refill.State(refill.state)]


def _id(text: str) -> int | str:
    """A number as a number, anything else as asked."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else text


def _balance(call: Call) -> dict[str, Any]:
    return {"balance": plain(actions.balance(call)), "currency": settings.CURRENCY}


ACTIONS: dict[str, door.Action] = {
    "services": _services,
    "add": _add,
    "status": _status,
    "refill": _refill,
    "refill_status": _refill_status,
    "cancel": _cancel,
    "balance": _balance,
}
