"""What a provider answers to a status call, of one order or of many. Pure, like `wire`, which holds the facts it returns."""

from collections.abc import Sequence
from typing import Any

from orders.provider import reading
from orders.provider.wire import EXTERNAL_ID, SUCCESS, BatchFailed, StatusBatch, StatusReport, load, said, status_of
from orders.statuses import OrderStatus


def parse_statuses(body: bytes, asked: Sequence[str], *, says_success: bool = False) -> StatusBatch:
    """Match the answer of a status call with the ids asked for, whatever its shape.

    Shapes: an object keyed by id, a list of objects with `order` or `order_id`, one flat object where one id was asked.
    `says_success`: the dialect's `status` also says how the call went.
    Raises BatchFailed for HTML, cut JSON, one error for all, and anything else that is no such answer.
    """
    answer = load(body, BatchFailed)
    if isinstance(answer, list):
        pairs = [(_id_of(item), item) for item in answer]
    elif isinstance(answer, dict):
        pairs = _pairs(answer, asked, says_success=says_success)
    else:
        raise BatchFailed(f"neither object nor list: {reading.word(answer, 80)}")

    wanted = set(asked)
    reports: dict[str, StatusReport] = {}
    bad: dict[str, str] = {}
    foreign: list[str] = []
    for external_id, item in pairs:
        if external_id not in wanted:
            foreign.append(external_id or "(no id)")
            continue
        found = _report(external_id, item)
        earlier = reports.pop(external_id, None)
        if external_id in bad:
            continue
        if isinstance(found, str):
            bad[external_id] = found
        elif earlier is not None and earlier != found:
            bad[external_id] = "answered twice, differently"
        else:
            reports[external_id] = found
    missing = tuple(one for one in dict.fromkeys(asked) if one not in reports and one not in bad)
    return StatusBatch(reports=reports, missing=missing, foreign=tuple(dict.fromkeys(foreign)), bad=bad)


def _id_of(item: Any) -> str:
    if not isinstance(item, dict):
        return ""
    value = item.get("order") if item.get("order") is not None else item.get("order_id")
    return value.strip()[:40] if isinstance(value, str) else reading.word(value, 40)


def _pairs(answer: dict[str, Any], asked: Sequence[str], *, says_success: bool) -> list[tuple[str, Any]]:
    """The items of an answer that is one object: keyed by id, or flat where one id was asked."""
    wanted = set(asked)
    if any(key.strip() in wanted for key in answer):
        return [(key.strip()[:40], item) for key, item in answer.items()]
    if len(wanted) == 1 and _is_one_order(answer, asked[0], says_success=says_success):
        return [(_id_of(answer) or asked[0], answer)]
    if "error" in answer:
        if len(wanted) == 1 and reading.word(answer["error"]).casefold().startswith("incorrect order"):
            return [(asked[0], answer)]
        raise said(BatchFailed, answer)
    if any(not EXTERNAL_ID.fullmatch(key.strip()) for key in answer):
        raise BatchFailed(f"not the answer asked for: {reading.word(answer, 80)}")
    return [(key.strip(), item) for key, item in answer.items()]


def _is_one_order(answer: dict[str, Any], asked: str, *, says_success: bool) -> bool:
    """Whether a flat object is an order's report. `{"status": "error", "message": ...}` is how many servers say that the call
    failed: it tells nothing of the order, and taking it for the status Error would return the money."""
    if isinstance(answer.get("status"), dict | list | None) or answer.get("error") or "message" in answer:
        return False
    if any(name in answer for name in ("charge", "remains", "start_count", "start_counter")):
        return True
    if says_success and (
        reading.word(answer["status"]).casefold() == SUCCESS or status_of(answer["status"]) == OrderStatus.ERROR
    ):
        return False  # alone beside the id, these two words are the call's
    return _id_of(answer) == asked


def _report(external_id: str, item: Any) -> StatusReport | str:
    """One order's report, or the words that say why there is none."""
    if isinstance(item, str):
        return reading.word(item) or "empty"
    if not isinstance(item, dict):
        return f"not understood: {reading.word(item, 80)}"
    named = _id_of(item)
    if named and named != external_id:
        return f"names another order: {reading.word(named, 40)}"
    if error := reading.word(item.get("error")):
        return error  # whatever status stands beside it: it is the call's, not the order's
    if "status" not in item:
        return f"no status: {reading.word(item, 80)}"
    status = status_of(item["status"])
    remains = reading.whole(item.get("remains"))
    if status == OrderStatus.PARTIAL and remains == 0 and reading.word(item.get("status_detail")) == "refunded":
        # Another panel of ours gave a part of the price of one piece back: no whole number says how much.
        remains = None
    start = item.get("start_count") if item.get("start_count") is not None else item.get("start_counter")
    return StatusReport(
        external_id=external_id,
        status=status,
        word=reading.word(item["status"]),
        remains=remains,
        start_count=reading.whole(start),
        charge=reading.word(item.get("charge"), 40),
        raw=reading.raw(item),
        remains_odd=remains is None and "remains" in item,
    )
