"""What a provider answers to a wish for a refill, and to the question what became of it. Pure, like `wire`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from orders.provider import reading
from orders.provider.wire import (
    EXTERNAL_ID,
    Accepted,
    AddOutcome,
    CallFailed,
    OurFault,
    Refused,
    TryLater,
    Unknown,
    load,
    our_fault,
    said,
)

# Words after which a refill is over, folded: True where it was done. Everything else is under way, whatever it is called.
ENDS: Mapping[str, bool] = MappingProxyType(
    {
        "completed": True,
        "complete": True,
        "success": True,
        "rejected": False,
        "reject": False,
        "canceled": False,
        "cancelled": False,
        "error": False,
        "fail": False,
        "failed": False,
        "expired": False,
    }
)


@dataclass(frozen=True)
class RefillReport:
    """The provider's word on one refill. `is_done`: True and False end it, None is under way; `is_known`: it knows the number."""

    word: str
    is_done: bool | None = None
    is_known: bool = True


def parse_refilled(http_status: int, body: bytes, *, retry_after: int = 0) -> AddOutcome:
    """What an answer to `refill` proves. Only a positive whole number is a refill's id.

    A refusal in good form is a no in whatever words: unlike an order's it carries no money, and a no that was a yes after all
    is delivered for nothing. What is no answer in good form is Unknown.
    """
    evidence = reading.raw(body)
    try:
        answer = reading.load(body)
    except reading.NotJson as failure:
        return (
            TryLater(retry_after, "HTTP 429")
            if http_status == 429
            else Unknown(f"HTTP {http_status}: {failure}", evidence)
        )
    if http_status == 429:
        return TryLater(retry_after, "HTTP 429")
    if http_status >= 500 or 300 <= http_status < 400:
        return Unknown(f"HTTP {http_status}", evidence)
    if isinstance(answer, list) and len(answer) == 1:
        answer = answer[0]
    if not isinstance(answer, dict):
        return Unknown(f"HTTP {http_status}: not the answer asked for", evidence)
    found = answer.get("refill")
    error = found.get("error") if isinstance(found, dict) else answer.get("error")
    if isinstance(error, str) and error.strip() and not isinstance(found, int | str):
        text = reading.word(error)
        fault = our_fault(text)
        return OurFault(fault, text) if fault else Refused(text, "refused")
    is_id = not isinstance(found, bool) and isinstance(found, int | str) and EXTERNAL_ID.fullmatch(str(found))
    if http_status < 300 and not error and is_id:
        return Accepted(str(found))
    return Unknown("no usable refill id", evidence)


def parse_refill_statuses(body: bytes, asked: Sequence[str]) -> Mapping[str, RefillReport]:
    """Each asked id that was answered, with the provider's word on it; unanswered ids are left out. Raises CallFailed.

    Understands `[{"refill": 1, "status": "Completed"}, {"refill": 3, "status": {"error": "Refill not found"}}]`, the same keyed by
    id, and `{"status": "Completed"}` where one was asked.
    """
    answer = load(body, CallFailed)
    rows: list[tuple[str, Any]]
    if isinstance(answer, list):
        rows = [(str(item.get("refill", "")).strip(), item) for item in answer if isinstance(item, dict)]
    elif (
        isinstance(answer, dict)
        and "error" in answer
        and len(asked) == 1
        and not our_fault(reading.word(answer["error"]))
    ):
        rows = [(asked[0], answer)]
    elif isinstance(answer, dict) and "error" in answer:
        raise said(CallFailed, answer)
    elif isinstance(answer, dict) and "status" in answer and len(asked) == 1:
        rows = [(asked[0], answer)]
    elif isinstance(answer, dict):
        rows = [(str(key).strip(), item) for key, item in answer.items()]
    else:
        raise said(CallFailed, answer)
    wanted = set(asked)
    return {key: report for key, item in rows if key in wanted and (report := _report(item)) is not None}


def _report(item: Any) -> RefillReport | None:
    status = item.get("status", item) if isinstance(item, dict) else item
    if isinstance(status, dict):
        error = reading.word(status.get("error"))
        return RefillReport(error, is_known=False) if error else None
    if isinstance(status, bool) or not isinstance(status, str):
        return None
    word = reading.word(status)
    return RefillReport(word, ENDS.get(" ".join(word.casefold().replace("_", " ").split()))) if word else None
