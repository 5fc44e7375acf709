"""What providers say, as plain frozen facts. Pure: bytes in, dataclasses out; no network, no models.

Providers differ in spelling, in types and in honesty. What is understood is named here; what is not is kept raw, so
that a person can look at it. Nothing is ever guessed where money would follow from the guess.
"""

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from types import MappingProxyType
from typing import Any

from orders.money import Units
from orders.provider import reading
from orders.statuses import OrderStatus

# The words of the trade in their many spellings, folded by `status_of`.
STATUS_WORDS: Mapping[str, OrderStatus] = MappingProxyType(
    {
        "pending": OrderStatus.PENDING,
        "processing": OrderStatus.PROCESSING,
        "in progress": OrderStatus.IN_PROGRESS,
        "inprogress": OrderStatus.IN_PROGRESS,
        "completed": OrderStatus.COMPLETED,
        "complete": OrderStatus.COMPLETED,
        "partial": OrderStatus.PARTIAL,
        "partially completed": OrderStatus.PARTIAL,
        "canceled": OrderStatus.CANCELED,
        "cancelled": OrderStatus.CANCELED,
        "canelled": OrderStatus.CANCELED,
        "refunded": OrderStatus.REFUNDED,
        "refunds": OrderStatus.REFUNDED,
        "fail": OrderStatus.ERROR,
        "failed": OrderStatus.ERROR,
        "error": OrderStatus.ERROR,
        "0": OrderStatus.PENDING,
        "1": OrderStatus.PROCESSING,
        "2": OrderStatus.IN_PROGRESS,
        "3": OrderStatus.COMPLETED,
        "4": OrderStatus.PARTIAL,
        "5": OrderStatus.CANCELED,
    }
)

# Refusals after which certainly no order exists: prefix of the provider's text -> what was wrong.
CERTAIN_REFUSALS: Mapping[str, str] = MappingProxyType(
    {
        "Bad link": "link",
        "Incorrect service ID": "service",
        "Quantity less than minimal": "min_quantity",
        "Quantity more than maximum": "max_quantity",
        "neworder.error.link": "link",
        "neworder.error.min_quantity": "min_quantity",
        "neworder.error.max_quantity": "max_quantity",
        "error.incorrect_service_id": "service",
    }
)

# The shop's own affair with its provider: the customer did nothing wrong and gets no refusal.
OUR_FAULTS: Mapping[str, str] = MappingProxyType(
    {
        "Not enough funds": "funds",
        "neworder.error.not_enough_funds": "funds",
        "Invalid API key": "key",
    }
)

LONGEST_RETRY = 3600
SUCCESS = "success"
EXTERNAL_ID = re.compile(r"[1-9][0-9]{0,17}", re.ASCII)


# --- What a status call can bring


@dataclass(frozen=True)
class StatusReport:
    """One order as the provider sees it.

    `status` is None where the word is not understood; `word` keeps it. `remains` may be negative (over-delivery) or
    above the quantity: the lifecycle judges. `remains_odd`: the field was there, but no usable whole number (`null`,
    `""`, `"1e3"`, `true`, fractions, beyond 64 bits); a field that is absent is None and not odd. `charge` is the
    provider's text, for people alone. `raw` is the evidence, 2 KB at most.
    """

    external_id: str
    status: OrderStatus | None
    word: str
    remains: int | None
    start_count: int | None
    charge: str
    raw: str
    remains_odd: bool = False


@dataclass(frozen=True)
class StatusBatch:
    """The answer to one call for many ids; each is in exactly one of `reports`, `missing` and `bad`.

    `bad`: ids whose item is an error text or cannot be understood, with the words. `foreign`: ids nobody asked for.
    """

    reports: Mapping[str, StatusReport]
    missing: tuple[str, ...]
    foreign: tuple[str, ...]
    bad: Mapping[str, str]


class CallFailed(Exception):
    """A call that brought nothing usable. `reason` is clean text without secrets.

    `retry_after`: seconds to leave the provider alone, 0 where it named none. `fault`: `funds` or `key` where the
    provider says that the shop's own account is the trouble, `address` where the address is not allowed, else empty.
    """

    def __init__(self, reason: str, *, retry_after: int = 0, fault: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after = retry_after
        self.fault = fault


class BatchFailed(CallFailed):
    """A status call that failed as a whole: it says nothing about any order and must touch none."""


# --- What an order sent to the provider can bring


@dataclass(frozen=True)
class Accepted:
    """The provider took the order and named it."""

    external_id: str


@dataclass(frozen=True)
class Refused:
    """Certainly no order exists.

    `word`: the provider's text. `reason`: link, service, min_quantity, max_quantity, or as the provider's list says.
    """

    word: str
    reason: str


@dataclass(frozen=True)
class OurFault:
    """Certainly no order exists, and the shop's account is the cause. `reason`: funds, key or address."""

    reason: str
    word: str = ""


@dataclass(frozen=True)
class TryLater:
    """Certainly not taken. `seconds`: at least that long, 0 where the provider named no time (use the own backoff)."""

    seconds: int
    reason: str = ""


@dataclass(frozen=True)
class Unknown:
    """Nobody knows whether an order exists. Never send it again by itself."""

    reason: str
    raw: str = ""


AddOutcome = Accepted | Refused | OurFault | TryLater | Unknown


# --- What else can be asked


@dataclass(frozen=True)
class OfferedService:
    """One row of the provider's list. `rate`: units per 1000 (per package for package types), more than 0.

    `type` is the provider's word (`Default`, `Package`, ...). 1 <= minimum <= maximum <= 2^63 - 1.
    """

    external_id: str
    name: str
    category: str
    type: str
    rate: Units
    minimum: int
    maximum: int
    refill: bool = False
    cancel: bool = False
    dripfeed: bool = False
    desc: str = ""


@dataclass(frozen=True)
class ServiceList:
    """`skipped`: rows that cannot be sold as they stand, as (row number from 1, reason)."""

    services: tuple[OfferedService, ...]
    skipped: tuple[tuple[int, str], ...]


@dataclass(frozen=True)
class Balance:
    """What the shop has left at the provider, in the provider's currency.

    `says_success`: the answer was marked `"status": "success"`, as the dialect v1 does and v2 does not.
    """

    units: Units
    currency: str
    says_success: bool = False


# --- Parsing


def status_of(value: Any) -> OrderStatus | None:
    """The status that a provider's word or number means, in any case and with any of space, hyphen, underscore.

    Numbers: 0 Pending, 1 Processing, 2 In progress, 3 Completed, 4 Partial, 5 Canceled. There is no standard for them;
    this is the order in which the trade lists its words.
    """
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    return STATUS_WORDS.get(" ".join(re.split(r"[\s_-]+", str(value)[:100].strip().lower())))


def parse_added(
    http_status: int,
    body: bytes,
    refusals: Mapping[str, str] | None = None,
    *,
    retry_after: int = 0,
    says_success: bool = False,
) -> AddOutcome:
    """What an answer to `add` proves.

    `says_success`: the dialect marks an order that was taken with `"status": "success"`, so an id beside any other status
    contradicts itself; an id without a status is an order in every dialect.

    `refusals`: the provider's own list of certain refusals (prefix -> reason) in place of the usual one.
    Only a positive whole number of at most 18 digits is an id. An answer that contradicts itself is Unknown.
    """
    evidence = reading.raw(body)
    try:
        answer = reading.load(body)
    except reading.NotJson as failure:
        if http_status == 429:
            return TryLater(retry_after, "HTTP 429")
        return Unknown(f"HTTP {http_status}: {failure}", evidence)
    if not isinstance(answer, dict):
        answer = {}

    ids = {reading.word(answer[name]) for name in ("order", "order_id") if answer.get(name) is not None}
    error = answer.get("error")
    if http_status == 429 and not ids:
        return TryLater(retry_after, "HTTP 429")
    if http_status >= 500 or 300 <= http_status < 400 or http_status == 429:
        return Unknown(f"HTTP {http_status}", evidence)
    if ids and not error and http_status < 300:
        external_id = _external_id(answer.get("order") if answer.get("order") is not None else answer.get("order_id"))
        if external_id is None or len(ids) > 1:
            return Unknown("no usable order id", evidence)
        if says_success and reading.word(answer.get("status", SUCCESS)).casefold() != SUCCESS:
            return Unknown("an id, and no success", evidence)
        return Accepted(external_id)
    if ids or not isinstance(error, str):
        return Unknown(f"HTTP {http_status}: neither an id nor a refusal", evidence)

    text = reading.word(error)
    if fault := _match(text, OUR_FAULTS):
        return OurFault(fault, text)
    if reason := _match(text, CERTAIN_REFUSALS if refusals is None else refusals):
        return Refused(text, reason)
    return Unknown(f"refusal text not on the list: {text}", evidence)


def parse_retry_after(text: str, now: dt.datetime) -> int:
    """Seconds from a `Retry-After` header, as a number or as a date; 0 for nonsense, one hour at most."""
    if re.fullmatch(r"[0-9]{1,9}", text.strip(), re.ASCII):
        return min(int(text), LONGEST_RETRY)
    try:
        moment = parsedate_to_datetime(text)
        seconds = int((moment.replace(tzinfo=moment.tzinfo or dt.UTC) - now).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return 0
    return max(0, min(seconds, LONGEST_RETRY))


# --- Parts


def load(body: bytes, failure: type[CallFailed]) -> Any:
    """The JSON in `body`; raises `failure` with the reason where there is none."""
    try:
        return reading.load(body)
    except reading.NotJson as error:
        raise failure(str(error)) from None


def said(failure: type[CallFailed], answer: Any) -> CallFailed:
    """The failure that an answer without the facts asked for amounts to, in the provider's words where it has any."""
    error = answer.get("error") if isinstance(answer, dict) else None
    if error is None:
        return failure(f"not the answer asked for: {reading.word(answer, 80)}")
    text = reading.word(error)
    return failure(f"the provider said: {text}", fault=_match(text, OUR_FAULTS))


def our_fault(text: str) -> str:
    """`funds` or `key` where the provider's words name the shop's own account as the trouble, else empty."""
    return _match(text, OUR_FAULTS)


def _match(text: str, prefixes: Mapping[str, str]) -> str:
    """What the first prefix means that `text` begins with. Whole words only: `...link` is not `...link_duplicate`."""
    folded = " ".join(text.split()).casefold()
    for prefix, meaning in prefixes.items():
        if re.match(re.escape(prefix.casefold()) + r"(?!\w|[.-]\w)", folded):
            return meaning
    return ""


def _external_id(value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    return str(value) if EXTERNAL_ID.fullmatch(str(value)) else None
