"""A provider as the panel calls it: typed questions, plain answers, and an honest word on what is certain afterwards.

Two dialects. `v2` is what nearly every provider speaks; `v1` is older: it knows no cancel, no refill and no `request_id`.
The key travels in the form body, never in the address, and appears in no exception, no log and no `repr`.
"""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NoReturn

from django.db import connections

from orders.provider import transport
from orders.provider.addresses import AddressRefused
from orders.provider.cancels import parse_cancels
from orders.provider.offers import parse_balance, parse_services
from orders.provider.refills import RefillReport, parse_refill_statuses, parse_refilled
from orders.provider.status_answers import parse_statuses
from orders.provider.transport import Timeouts
from orders.provider.wire import (
    AddOutcome,
    Balance,
    BatchFailed,
    CallFailed,
    OurFault,
    Refused,
    ServiceList,
    StatusBatch,
    TryLater,
    Unknown,
    parse_added,
    parse_retry_after,
)

MOST_IDS = 100
V1, V2 = "v1", "v2"
# What a customer reads whose wish to cancel cannot even be put to the provider.
KNOWS_NO_CANCEL = "The service cannot be asked to stop."
ANSWER_BYTES = 256 * 1024
# The longest list known has 3,680 services; with long descriptions that is a few megabytes.
SERVICES_BYTES = 8 * 1024 * 1024
USUAL_TIMEOUTS = Timeouts()


class InsideTransaction(RuntimeError):
    """A provider was called inside a database transaction, whose locks would wait for as long as it likes."""


@dataclass(frozen=True)
class AddRequest:
    """An order as the provider needs it. `quantity` is None for package types. `inputs`: further fields by the type.

    `request_id` goes along only where the provider promises to answer the same one with the same order.
    """

    service: str
    link: str
    quantity: int | None = None
    inputs: tuple[tuple[str, str], ...] = ()
    request_id: str = ""


@dataclass(frozen=True)
class ProviderClient:
    """Speaks to one provider. Every call raises InsideTransaction while a database transaction is open.

    `dialect`: `v1` or `v2`. `allow_private_hosts`: see `addresses.target_of`. `refusals`: see `wire.parse_added`.
    """

    url: str
    key: str = field(repr=False)
    allow_private_hosts: Sequence[str] = ()
    refusals: Mapping[str, str] | None = None
    timeouts: Timeouts = USUAL_TIMEOUTS
    dialect: str = V2

    def add(self, request: AddRequest) -> AddOutcome:
        """Send an order, once. Nothing the provider or the network does raises; the outcome says what is certain."""
        fields = dict(request.inputs) | {"action": "add", "service": request.service, "link": request.link}
        if request.quantity is not None:
            fields["quantity"] = str(request.quantity)
        if request.request_id and self.dialect == V2:
            fields["request_id"] = request.request_id
        try:
            answer = self._post(fields, ANSWER_BYTES)
        except AddressRefused as error:
            return OurFault("address", str(error))
        except transport.NotSent as error:
            return TryLater(0, error.reason)
        except transport.Lost as error:
            return Unknown(error.reason)
        return parse_added(
            answer.status,
            answer.body,
            self.refusals,
            retry_after=_wait(answer),
            says_success=self.dialect == V1,
        )

    def statuses(self, external_ids: Sequence[str]) -> StatusBatch:
        """Ask for up to 100 orders in one call. Raises BatchFailed, and ValueError for more than 100."""
        if len(external_ids) > MOST_IDS:
            raise ValueError(f"{len(external_ids)} ids in one call")
        if not external_ids:
            return StatusBatch(reports={}, missing=(), foreign=(), bad={})
        fields = {"action": "status", "orders": ",".join(external_ids)}
        if self.dialect == V1 and len(external_ids) == 1:
            # Every provider of the old dialect knows this form; not each of them knows the other.
            fields = {"action": "status", "order": external_ids[0]}
        answer = self._ask(fields, ANSWER_BYTES, BatchFailed)
        batch = parse_statuses(answer.body, external_ids, says_success=self.dialect == V1)
        if answer.status != 200:
            _fail(answer, BatchFailed)
        return batch

    def cancel(self, external_ids: Sequence[str]) -> Mapping[str, str]:
        """Ask for up to 100 orders to be stopped. Gives each answered id with "" for yes or the provider's words for no.

        Safe to repeat. A provider that speaks v1 is not even asked. Raises CallFailed, and ValueError for more than 100.
        """
        if len(external_ids) > MOST_IDS:
            raise ValueError(f"{len(external_ids)} ids in one call")
        if self.dialect == V1:
            return dict.fromkeys(external_ids, KNOWS_NO_CANCEL)
        answer = self._ask({"action": "cancel", "orders": ",".join(external_ids)}, ANSWER_BYTES, CallFailed)
        answers = parse_cancels(answer.body, external_ids)
        if answer.status != 200:
            _fail(answer, CallFailed)
        return answers

    def refill(self, external_id: str) -> AddOutcome:
        """Ask for what dropped of one order to be replaced, once. Nothing raises; the outcome says what is certain.

        A provider that speaks v1 is not even asked.
        """
        if self.dialect == V1:
            return Refused("The service cannot be asked to refill.", "dialect")
        try:
            answer = self._post({"action": "refill", "order": external_id}, ANSWER_BYTES)
        except AddressRefused as error:
            return OurFault("address", str(error))
        except transport.NotSent as error:
            return TryLater(0, error.reason)
        except transport.Lost as error:
            return Unknown(error.reason)
        return parse_refilled(answer.status, answer.body, retry_after=_wait(answer))

    def refill_statuses(self, refill_ids: Sequence[str]) -> Mapping[str, RefillReport]:
        """Ask what became of up to 100 refills. Gives each answered one. Raises CallFailed, and ValueError for more than 100."""
        if len(refill_ids) > MOST_IDS:
            raise ValueError(f"{len(refill_ids)} ids in one call")
        answer = self._ask({"action": "refill_status", "refills": ",".join(refill_ids)}, ANSWER_BYTES, CallFailed)
        reports = parse_refill_statuses(answer.body, refill_ids)
        if answer.status != 200:
            _fail(answer, CallFailed)
        return reports

    def services(self) -> ServiceList:
        """The provider's list, 8 MB at most. Raises CallFailed."""
        answer = self._ask({"action": "services"}, SERVICES_BYTES, CallFailed)
        services = parse_services(answer.body)
        if answer.status != 200:
            _fail(answer, CallFailed)
        if self.dialect == V1:
            # Whatever its rows say, nobody can ask it for either.
            offered = tuple(replace(one, cancel=False, refill=False) for one in services.services)
            return replace(services, services=offered)
        return services

    def balance(self) -> Balance:
        """What the shop has left at the provider. Raises CallFailed."""
        answer = self._ask({"action": "balance"}, ANSWER_BYTES, CallFailed)
        balance = parse_balance(answer.body)
        if answer.status != 200:
            _fail(answer, CallFailed)
        return balance

    def _ask(self, fields: Mapping[str, str], most_bytes: int, failure: type[CallFailed]) -> transport.Answer:
        """A question that changes nothing upstream. What fails before its meaning is looked at raises `failure`."""
        try:
            answer = self._post(fields, most_bytes)
        except AddressRefused as error:
            raise failure(str(error), fault="address") from None
        except (transport.NotSent, transport.Lost) as error:
            raise failure(error.reason) from None
        # A 4xx may hold the provider's words on our key; of everything else but 200 the body tells nothing.
        if answer.status == 429 or not (answer.status == 200 or 400 <= answer.status < 500):
            _fail(answer, failure)
        return answer

    def _post(self, fields: Mapping[str, str], most_bytes: int) -> transport.Answer:
        refuse_open_transaction()
        answer = transport.post(
            self.url,
            {**fields, "key": self.key},
            allow_private_hosts=self.allow_private_hosts,
            timeouts=self.timeouts,
            most_bytes=most_bytes,
        )
        return transport.Answer(answer.status, self._without_key(answer.body), answer.retry_after)

    def _without_key(self, body: bytes) -> bytes:
        """An answer is kept as evidence; one that repeats our key must not put it there.

        Short and numeric keys stay: they could be part of an order's id.
        """
        if len(self.key) < 8 or self.key.isdigit():
            return body
        return written(self.key).sub(b"[key]", body)


def written(key: str) -> re.Pattern[bytes]:
    """The key as an answer may hold it: plain, or with characters escaped as JSON or an address escapes them."""
    parts = []
    for character in key:
        plain, code = character.encode(), character.encode("utf-16-be")
        escaped = b"".join(b"\\\\u(?i:%s)" % code[at : at + 2].hex().encode() for at in range(0, len(code), 2))
        percent = b"".join(b"%%(?i:%02x)" % byte for byte in plain)
        parts.append(b"(?:\\\\?%s|%s|%s)" % (re.escape(plain), escaped, percent))
    return re.compile(b"".join(parts))


def refuse_open_transaction() -> None:
    """Raises InsideTransaction where this thread is inside `atomic()`; blocks opened by a test case do not count."""
    for connection in connections.all(initialized_only=True):
        if any(not block._from_testcase for block in connection.atomic_blocks):  # type: ignore[attr-defined]
            raise InsideTransaction("A provider must not be called inside a database transaction.")


def _wait(answer: transport.Answer) -> int:
    return parse_retry_after(answer.retry_after, dt.datetime.now(dt.UTC))


def _fail(answer: transport.Answer, failure: type[CallFailed]) -> NoReturn:
    raise failure(f"HTTP {answer.status}", retry_after=_wait(answer))
