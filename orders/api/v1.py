"""`/api/v1`: the dialect of older programs: words in lower case, "success", a bare text for an id that is none."""

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from orders.api import actions, door, v2, words
from orders.api.actions import Call, Told
from orders.money import plain


@csrf_exempt
@login_not_required
def v1(request: HttpRequest) -> JsonResponse:
    return door.answer(request, ACTIONS)


def _services(call: Call) -> list[dict[str, Any]]:
    return [
        {
            "service": str(service.number),
            "name": service.name,
            "category": service.category,
            "rate": plain(service.price),
            "min": str(service.minimum),
            "max": str(service.maximum),
            "type": type_word(service.type),
            "desc": service.description,
            "dripfeed": int(service.has_runs),
        }
        for service in actions.services(call)
    ]


def type_word(word: str) -> str:
    """`custom_comments` for Custom Comments."""
    return word.lower().replace(" ", "_")


def _add(call: Call) -> dict[str, Any]:
    placed = actions.add(call)
    return {"status": "success", "order": placed.number, **v2.marked(placed)}


def _status(call: Call) -> dict[str, Any]:
    if not call.parameters.names("orders"):
        return _told(actions.status(call))
    found = actions.statuses(call, call.many("orders"))
    return {text: _told(order) if order else words.INCORRECT_ORDER for text, order in found.items()}


def _told(told: Told) -> dict[str, Any]:
    return {
        "order": str(told.number),
        "status": v2.WORDS[told.status].lower(),
        "charge": plain(told.kept),
        "start_count": str(told.start_count),
        "remains": str(told.remains),
    }


def _balance(call: Call) -> dict[str, Any]:
    return {"status": "success", "balance": plain(actions.balance(call)), "currency": settings.CURRENCY}


ACTIONS: dict[str, door.Action] = {"services": _services, "add": _add, "status": _status, "balance": _balance}
