"""The simulated provider's answers in the older dialect: lower-case words, "success", a bare text for an id that is none. Pure."""

from collections.abc import Mapping
from typing import Any

IN_V1 = frozenset({"services", "add", "status", "balance"})


def in_v1(action: str, fields: Mapping[str, str], answer: Any) -> Any:
    """An honest answer of v2 as v1 says it; errors of the whole call are the same in both."""
    if isinstance(answer, list):
        return [_service(row) for row in answer]
    if "error" in answer:
        return answer
    if action != "status":
        return {"status": "success", **answer}
    if "order" in fields:
        return _order(fields["order"], answer)
    return {key: item["error"] if "error" in item else _order(key, item) for key, item in answer.items()}


def _order(number: str, item: Mapping[str, Any]) -> dict[str, Any]:
    told = {key: value for key, value in item.items() if key != "currency"}
    return {"order": number, **told, "status": item["status"].lower()}


def _service(row: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: str(row[name]) for name in ("service", "name", "category", "rate", "min", "max", "desc")}
    return {**kept, "type": row["type"].lower().replace(" ", "_"), "dripfeed": int(row["dripfeed"])}
