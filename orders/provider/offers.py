"""The provider's list of services and the shop's balance there. Pure, like `wire`, which holds the facts it returns."""

import re
from typing import Any

from orders.money import NotMoney
from orders.provider import reading
from orders.provider.wire import SUCCESS, Balance, CallFailed, OfferedService, ServiceList, load, said

SERVICE_ID = re.compile(r"[A-Za-z0-9_.-]{1,40}", re.ASCII)


def parse_services(body: bytes) -> ServiceList:
    """The provider's list; rows that cannot be understood are skipped with a reason.

    Raises CallFailed where there is no list.
    """
    answer = load(body, CallFailed)
    if isinstance(answer, dict) and not answer.get("error"):
        answer = list(answer.values())
    if not isinstance(answer, list):
        raise said(CallFailed, answer)
    services: dict[str, OfferedService] = {}
    skipped: list[tuple[int, str]] = []
    for number, row in enumerate(answer, start=1):
        found = _service(row)
        if isinstance(found, str):
            skipped.append((number, found))
        elif found.external_id in services:
            skipped.append((number, f"service {found.external_id} is listed twice"))
        else:
            services[found.external_id] = found
    return ServiceList(tuple(services.values()), tuple(skipped))


def parse_balance(body: bytes) -> Balance:
    """The shop's balance at the provider, rounded down to 8 decimals. Raises CallFailed."""
    answer = load(body, CallFailed)
    if not isinstance(answer, dict) or answer.get("error"):
        raise said(CallFailed, answer)
    try:
        units = reading.amount(answer.get("balance"), round_up=False)
    except NotMoney:
        raise CallFailed("no usable balance in the answer") from None
    success = reading.word(answer.get("status")).casefold() == SUCCESS
    return Balance(units, reading.word(answer.get("currency"), 10), says_success=success)


def _service(row: Any) -> OfferedService | str:
    """One row of the list, or the reason why it cannot be sold."""
    if not isinstance(row, dict):
        return "not an object"
    external_id = reading.word(row.get("service"), 41)
    if isinstance(row.get("service"), bool) or not SERVICE_ID.fullmatch(external_id):
        return "no usable service id"
    name = reading.word(row.get("name"), 500)
    if not name:
        return f"service {external_id} has no name"
    try:
        rate = reading.amount(row.get("rate"), round_up=True)
    except NotMoney:
        return f"service {external_id} has no usable rate"
    if rate <= 0:
        return f"service {external_id} has no price"
    minimum, maximum = _limit(row.get("min")), _limit(row.get("max"))
    if minimum is None or maximum is None or not 1 <= minimum <= maximum:
        return f"service {external_id} has no usable limits"
    return OfferedService(
        external_id=external_id,
        name=name,
        category=reading.word(row.get("category"), 200),
        type=reading.word(row.get("type"), 60) or "Default",
        rate=rate,
        minimum=minimum,
        maximum=maximum,
        refill=reading.flag(row.get("refill")),
        cancel=reading.flag(row.get("cancel")),
        dripfeed=reading.flag(row.get("dripfeed")),
        desc=reading.word(row.get("desc"), 10_000),
    )


def _limit(value: Any) -> int | None:
    """Absurd maxima exist in the trade; beyond 64 bits they mean "no limit"."""
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,40}", value.strip(), re.ASCII):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return min(value, reading.MOST_WHOLE)
