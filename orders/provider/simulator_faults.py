"""What may go wrong at a provider, one small function each, chosen by name.

A fault either happens before the provider acts (`acts=False`: nothing was accepted) or spoils the answer afterwards.
Which request meets which fault depends on the seed and the request's number alone, so a run can be repeated.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from orders.provider.simulator_progress import chance


@dataclass(frozen=True)
class Reply:
    """What goes over the wire. `hang`: nothing ever; `reset`: the connection breaks; `drip`: seconds between bytes."""

    body: bytes = b""
    status: int = 200
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
    hang: bool = False
    reset: bool = False
    drip: float = 0.0


def as_json(answer: Any, **how: Any) -> Reply:
    return Reply(body=json.dumps(answer).encode(), **how)


def html(status: int) -> Reply:
    page = b"<!DOCTYPE html><html><head><title>One moment</title></head><body><h1>We will be back</h1></body></html>"
    return Reply(body=page, status=status, content_type="text/html")


@dataclass(frozen=True)
class Fault:
    """`actions`: where it can happen. `spoil` gets the honest answer (None where the provider did not act)."""

    actions: frozenset[str]
    acts: bool
    spoil: Callable[[Any], Reply]


READS = frozenset({"status", "services", "balance", "refill_status"})
ADD = frozenset({"add"})
# What is sent once, and must not be sent again where the answer is lost.
SENT = frozenset({"add", "refill"})
REFILL_STATUS = frozenset({"refill_status"})
STATUS = frozenset({"status"})


def _items(answer: Any, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Reply:
    """A status answer with every order's item changed; errors stay."""
    if "status" in answer:
        return as_json(change(answer))
    return as_json({key: item if _is_error(item) else change(item) for key, item in answer.items()})


def _is_error(item: Any) -> bool:
    return isinstance(item, str) or "error" in item


def _first(answer: Any, change: Callable[[str, Any], dict[str, Any]]) -> Reply:
    """A status answer with the item of its first order replaced by what `change` gives."""
    if "status" in answer or not answer or "error" in answer:
        return as_json(answer)
    key = next(iter(answer))
    return as_json({**{k: v for k, v in answer.items() if k != key}, **change(key, answer[key])})


def _numbers_as_text(item: dict[str, Any]) -> dict[str, Any]:
    return {key: str(value) for key, value in item.items()}


def _numbers_as_numbers(item: dict[str, Any]) -> dict[str, Any]:
    return {**item, "remains": int(item["remains"]), "start_count": int(item["start_count"])}


MISSPELT = {
    "In progress": "Inprogress",
    "Completed": "complete",
    "Canceled": "Canelled",
    "Partial": "Partially completed",
    "Pending": "PENDING",
}


def _misspelt(item: dict[str, Any]) -> dict[str, Any]:
    return {**item, "status": MISSPELT.get(item["status"].capitalize(), item["status"])}


def _start_counter(item: dict[str, Any]) -> dict[str, Any]:
    return {("start_counter" if key == "start_count" else key): value for key, value in item.items()}


def _backward(item: dict[str, Any]) -> dict[str, Any]:
    return {**item, "status": "Pending"} if item["status"].capitalize() in {"Processing", "In progress"} else item


def _change_of_mind(item: dict[str, Any]) -> dict[str, Any]:
    return {**item, "status": "Canceled"} if item["status"].capitalize() == "Completed" else item


def _remains(value: Any) -> Callable[[Any], Reply]:
    return lambda answer: _items(answer, lambda item: {**item, "remains": value})


def _list(answer: Any) -> Reply:
    if "status" in answer:
        return as_json([answer])
    rows = ((key, {"error": item} if isinstance(item, str) else item) for key, item in answer.items())
    return as_json([{"order": int(key), **item} for key, item in rows])


def _cut(answer: Any) -> Reply:
    text = json.dumps(answer).encode()
    return Reply(body=text[: len(text) // 2])


def _hang(_answer: Any) -> Reply:
    return Reply(hang=True)


def _reset(_answer: Any) -> Reply:
    return Reply(reset=True)


def _says(text: str) -> Callable[[Any], Reply]:
    return lambda _answer: as_json({"error": text})


FAULTS: Mapping[str, Fault] = MappingProxyType(
    {
        # the provider does not act
        "reset": Fault(SENT | READS, False, _reset),
        "http_500": Fault(SENT | READS, False, lambda _: Reply(b"Internal Server Error", 500, "text/plain")),
        "html_502": Fault(SENT | READS, False, lambda _: html(502)),
        "html_200": Fault(SENT | READS, False, lambda _: html(200)),
        "empty": Fault(SENT | READS, False, lambda _: Reply()),
        "rate_limited": Fault(
            SENT | READS, False, lambda _: as_json({"error": "Too many"}, status=429, headers=(("Retry-After", "2"),))
        ),
        "not_enough_funds": Fault(ADD, False, _says("Not enough funds on balance")),
        "unknown_refusal": Fault(ADD, False, _says("Service is having a nap, come back later")),
        "redirect": Fault(
            SENT | READS, False, lambda _: Reply(status=307, headers=(("Location", "http://elsewhere.example/api/v2"),))
        ),
        "silent": Fault(READS, False, _hang),
        "batch_error": Fault(STATUS, False, _says("Incorrect request")),
        # the order was accepted, the answer is spoilt
        "timeout_after_accept": Fault(SENT, True, _hang),
        "reset_after_accept": Fault(SENT, True, _reset),
        "http_500_after_accept": Fault(SENT, True, lambda _: Reply(b"Internal Server Error", 500, "text/plain")),
        "html_502_after_accept": Fault(SENT, True, lambda _: html(502)),
        "empty_after_accept": Fault(SENT, True, lambda _: Reply()),
        "cut_json": Fault(SENT | READS, True, _cut),
        "duplicate_answer": Fault(ADD, True, lambda answer: Reply(body=json.dumps(answer).encode() * 2)),
        "drip": Fault(ADD | READS, True, lambda answer: as_json(answer, drip=1.0)),
        "no_id": Fault(ADD, True, lambda _: as_json({"order": None})),
        "id_as_text": Fault(ADD, True, lambda answer: as_json(_numbers_as_text(answer))),
        # the answer to a status call is unusual, or wrong
        "numbers_as_text": Fault(STATUS, True, lambda answer: _items(answer, _numbers_as_text)),
        "numbers_as_numbers": Fault(STATUS, True, lambda answer: _items(answer, _numbers_as_numbers)),
        "list": Fault(STATUS, True, _list),
        "misspelt": Fault(STATUS, True, lambda answer: _items(answer, _misspelt)),
        "unknown_word": Fault(STATUS, True, lambda answer: _items(answer, lambda item: {**item, "status": "Napping"})),
        "start_counter": Fault(STATUS, True, lambda answer: _items(answer, _start_counter)),
        "missing_id": Fault(STATUS, True, lambda answer: _first(answer, lambda key, item: {})),
        "foreign_id": Fault(STATUS, True, lambda answer: _first(answer, lambda key, item: {key: item, "1": item})),
        "bad_id": Fault(
            STATUS, True, lambda answer: _first(answer, lambda key, _: {key: {"error": "Incorrect order ID"}})
        ),
        "backward": Fault(STATUS, True, lambda answer: _items(answer, _backward)),
        "change_of_mind": Fault(STATUS, True, lambda answer: _items(answer, _change_of_mind)),
        "remains_negative": Fault(STATUS, True, _remains("-7")),
        "remains_above": Fault(STATUS, True, _remains("99999999")),
        "refill_forgotten": Fault(REFILL_STATUS, False, _says("Refill not found")),
        "remains_odd": Fault(STATUS, True, _remains("1e3")),
    }
)

# How likely each fault is at the levels that the command offers.
LEVELS: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {
        "none": {},
        "some": {
            "html_502": 0.03,
            "rate_limited": 0.02,
            "timeout_after_accept": 0.02,
            "cut_json": 0.01,
            "misspelt": 0.05,
            "start_counter": 0.05,
            "missing_id": 0.02,
        },
        "many": {name: (0.005 if name == "not_enough_funds" else 0.02) for name in FAULTS},
    }
)


def chosen(faults: Mapping[str, float], *, action: str, seed: int, number: int) -> str | None:
    """The name of the fault that request `number` meets, if any. `faults`: name -> probability.

    Raises KeyError for a fault that does not exist.
    """
    roll = chance(seed, number, "fault")
    for name, probability in faults.items():
        if action in FAULTS[name].actions:
            if roll < probability:
                return name
            roll -= probability
    return None
