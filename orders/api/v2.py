"""`/api/v2`: what nearly every panel speaks, word for word (`docs/api.md`). POST only; HTTP 200 for every business error."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from accounts import api_keys
from accounts.models import ApiKey
from orders import ledger, queries
from orders.api import actions
from orders.api.actions import Told
from orders.api.reading import NotWhole, Parameters, Unreadable, read
from orders.money import plain
from orders.placing import OrderRefused, Problem
from orders.service_types import INPUT_NAMES
from orders.statuses import OrderStatus

INCORRECT_REQUEST = "Incorrect request"
INVALID_KEY = "Invalid API key"
INCORRECT_ORDER = "Incorrect order ID"
TOO_MANY = "Too many orders"

WORDS = {
    OrderStatus.PENDING: "Pending",
    OrderStatus.PROCESSING: "Processing",
    OrderStatus.IN_PROGRESS: "In progress",
    OrderStatus.COMPLETED: "Completed",
    OrderStatus.PARTIAL: "Partial",
    OrderStatus.CANCELED: "Canceled",
}

ERRORS: dict[str, Callable[[Problem], str]] = {
    "service": lambda p: "Incorrect service ID",
    "link": lambda p: "Bad link",
    "request": lambda p: INCORRECT_REQUEST,
    "key_reused": lambda p: INCORRECT_REQUEST,
    "input": lambda p: INCORRECT_REQUEST,
    "quantity": lambda p: f"Quantity less than minimal {p.number}",
    "quantity_low": lambda p: f"Quantity less than minimal {p.number}",
    "quantity_high": lambda p: f"Quantity more than maximum {p.number}",
    "overlap": lambda p: "You have active order with this link. Please wait until order being completed.",
    "funds": lambda p: "Not enough funds on balance",
    # The balance cannot be spent now. In these words programs hold their orders back; any other text they would not understand.
    "halted": lambda p: "Not enough funds on balance",
    "frozen": lambda p: "Not enough funds on balance",
}


@csrf_exempt
@login_not_required
def v2(request: HttpRequest) -> JsonResponse:
    if request.method != "POST":
        response = _error("Use POST: a key must never stand in an address")
        response.status_code = 405
        response.headers["Allow"] = "POST"
        return response
    try:
        parameters = read(request)
    except Unreadable:
        return _error(INCORRECT_REQUEST)
    key = api_keys.find(text=parameters.text("key"), now=timezone.now())
    if key is None:
        return _error(INVALID_KEY)
    action = ACTIONS.get(parameters.text("action"))
    if action is None:
        return _error(INCORRECT_REQUEST)
    return JsonResponse(action(key, parameters), safe=False)


def _error(words: str) -> JsonResponse:
    return JsonResponse({"error": words})


def _services(key: ApiKey, parameters: Parameters) -> list[dict[str, Any]]:
    return [
        {
            "service": service.pk,
            "name": service.name,
            "type": service.type,
            "category": shelf.name,
            "rate": plain(service.rate),
            "min": str(service.minimum),
            "max": str(service.maximum),
            "refill": service.refill_days > 0,
            "cancel": service.can_cancel,
            "dripfeed": service.can_drip,
            "desc": service.description,
        }
        for shelf in queries.shelves()
        for service in shelf.on_sale
    ]


def _add(key: ApiKey, parameters: Parameters) -> dict[str, Any]:
    if key.scope != ApiKey.Scope.ORDER:
        return {"error": INVALID_KEY}
    try:
        quantity, odd = parameters.whole("quantity"), False
    except NotWhole:
        quantity, odd = None, True
    try:
        service_id = parameters.whole("service")
    except NotWhole:
        service_id = None
    try:
        order = actions.add(
            customer=key.user,
            service_id=service_id,
            link=parameters.text("link"),
            quantity=quantity,
            odd_quantity=odd,
            request_id=parameters.text("request_id"),
            inputs={name: parameters.lines(name) for name in INPUT_NAMES},
            now=timezone.now(),
        )
    except OrderRefused as refused:
        problem = refused.problems[0]
        return {"error": ERRORS[problem.code](problem)}
    return {"order": order.pk}


def _status(key: ApiKey, parameters: Parameters) -> dict[str, Any]:
    if "orders" in parameters.values:
        ids = parameters.ids("orders")
        if not ids:
            return {"error": INCORRECT_ORDER}
        if len(ids) > actions.MOST_IDS:
            return {"error": TOO_MANY}
        found = actions.statuses(customer=key.user, ids=ids)
        return {text: _told(order) if order else {"error": INCORRECT_ORDER} for text, order in found.items()}
    text = parameters.text("order").strip()
    order = actions.statuses(customer=key.user, ids=[text])[text]
    return _told(order) if order else {"error": INCORRECT_ORDER}


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
    if told.order.review:
        answer["review"] = True
    return answer


def _balance(key: ApiKey, parameters: Parameters) -> dict[str, Any]:
    return {"balance": plain(ledger.balance_of(key.user)), "currency": settings.CURRENCY}


ACTIONS: dict[str, Callable[[ApiKey, Parameters], Any]] = {
    "services": _services,
    "add": _add,
    "status": _status,
    "balance": _balance,
}
