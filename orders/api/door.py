"""The way in for both dialects: POST alone, a key that may, within its rate. Whatever is sent, the answer is JSON."""

from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.utils import timezone

from accounts import addresses, api_keys, call_rate
from accounts.languages import words_of_programs
from orders.api import words
from orders.api.actions import Call
from orders.api.reading import Unreadable, read
from orders.placing import OrderRefused

Action = Callable[[Call], Any]


def answer(request: HttpRequest, actions: Mapping[str, Action]) -> JsonResponse:
    """The JSON answer to a call. HTTP 200 for every business error; 405 for another method, 429 over the rate, nothing else.

    Checked in this order: readable at all, key, rate, action; then what the action checks.
    """
    with words_of_programs():
        return _answer(request, actions)


def _answer(request: HttpRequest, actions: Mapping[str, Action]) -> JsonResponse:
    if request.method != "POST":
        return JsonResponse({"error": words.USE_POST}, status=405, headers={"Allow": "POST"})
    now = timezone.now()
    try:
        parameters = read(request)
    except Unreadable:
        return _error(words.INCORRECT_REQUEST)
    address = addresses.address_of(request)
    key = api_keys.find(text=parameters.text("key"), now=now, address=address)
    # A key is counted wherever it calls from; whoever has none that is right, by where they call from.
    subject = f"key:{key.pk}" if key else f"address:{addresses.counted_as(address)}"
    if wait := call_rate.take(subject=subject, most=settings.API_RATE.most, seconds=settings.API_RATE.seconds, now=now):
        return JsonResponse({"error": words.TOO_OFTEN}, status=429, headers={"Retry-After": str(wait)})
    if key is None:
        return _error(words.INVALID_KEY)
    action = actions.get(parameters.text("action"))
    if action is None:
        return _error(words.INCORRECT_REQUEST)
    try:
        return JsonResponse(action(Call(key, parameters, now)), safe=False)
    except words.Refused as refused:
        return _error(refused.words)
    except OrderRefused as refused:
        return _error(words.of(refused.problems))


def _error(text: str) -> JsonResponse:
    return JsonResponse({"error": text})
