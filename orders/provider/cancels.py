"""What a provider answers to a request to stop orders. Pure, like `wire`."""

from collections.abc import Mapping, Sequence
from typing import Any

from orders.provider import reading
from orders.provider.wire import CallFailed, load, said

ACCEPTED = ""
NO_WORDS = "The service gave no reason."


def parse_cancels(body: bytes, asked: Sequence[str]) -> Mapping[str, str]:
    """Each asked id that was answered, with "" for yes or the provider's words for no; unanswered ids are left out.

    Understands `[{"order": 2, "cancel": 1}, {"order": 9, "cancel": {"error": "..."}}]` and the same keyed by id. Raises CallFailed.
    """
    answer = load(body, CallFailed)
    if isinstance(answer, dict):
        if "error" in answer:
            raise said(CallFailed, answer)
        rows = [(str(key).strip(), item) for key, item in answer.items()]
    elif isinstance(answer, list):
        rows = [(str(item.get("order", "")).strip(), item) for item in answer if isinstance(item, dict)]
    else:
        raise said(CallFailed, answer)
    wanted = set(asked)
    return {key: _answer(item) for key, item in rows if key in wanted}


def _answer(item: Any) -> str:
    found = item.get("cancel", item) if isinstance(item, dict) else item
    if isinstance(found, dict):
        return reading.word(found.get("error")) or NO_WORDS
    # 1, "1", true or a number of the request: yes. Nothing, 0 and false: no.
    is_yes = isinstance(found, bool | int | str) and str(found) not in {"0", "", "False"}
    return ACCEPTED if is_yes else NO_WORDS
