"""What is due, claim it, ask the provider, hand plain reports to `lifecycle`. The database is the queue.

Every call to a provider stands outside any transaction: what was claimed is committed before a byte leaves, and each answer is
applied in a short transaction of its own. Killing a worker at any line loses nothing and sends nothing twice.
"""

import datetime as dt
import logging
import random
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, OuterRef

from orders import halt, lifecycle, provider_health, rows, shelving, submission, tracing
from orders.deadlocks import once_more
from orders.models import Order, OrderEvent, Provider
from orders.provider.client import AddRequest, ProviderClient
from orders.provider.wire import (
    Accepted,
    AddOutcome,
    BatchFailed,
    OurFault,
    Refused,
    StatusReport,
    TryLater,
    Unknown,
)
from orders.provider_health import NO_KEY, client_for
from orders.reports import Report, is_waiting_upstream
from orders.rows import Part
from orders.statuses import SETTLED, OrderStatus

log = logging.getLogger(__name__)

Clock = Callable[[], dt.datetime]

SUBMIT_AT_ONCE = 20
# Providers are slow, not busy: a few calls wait side by side, far below what any provider minds.
SUBMIT_THREADS = 5
POLL_AT_ONCE = 100
# Then the other chores have their turn; what is still due waits for the next round.
POLL_FOR_SECONDS = 2.0
MISSING_BEFORE_REVIEW = 5
JITTER = 0.2
ASK_SETTLED_AFTER = (dt.timedelta(hours=1), dt.timedelta(hours=24), dt.timedelta(hours=72))


# --- Submission


def submit_due(clock: Clock) -> int:
    """Sends queued orders, each exactly once; how many were claimed. Answers are recorded as they come."""
    if halt.current() is not None:
        return 0
    return send(submission.claim(now=clock(), most=SUBMIT_AT_ONCE), clock)


def ask_again_due(clock: Clock) -> int:
    """Sends unknown orders again under the same request_id, to providers that promise to take it once; how many."""
    if halt.current() is not None:
        return 0
    return send(submission.claim_unknown(now=clock(), most=SUBMIT_AT_ONCE), clock)


def send(claimed: Sequence[Order], clock: Clock) -> int:
    """One call for each claimed order, a few side by side; each answer is written down as it comes."""
    if not claimed:
        return 0
    clients = {provider: client_for(provider) for provider in {order.provider for order in claimed if order.provider}}
    traces, faults = traces_of(claimed), []
    with ThreadPoolExecutor(min(SUBMIT_THREADS, len(claimed))) as pool:
        # The threads only speak HTTP; every row is read and written by this one, with its one connection.
        waiting = [
            (order, pool.submit(timed_add, clients[order.provider], order, clock, traces[order.pk]))
            for order in claimed
        ]
        for order, answer in waiting:
            try:
                outcome, took_ms = answer.result()
                with tracing.under(traces[order.pk]):
                    if outcome is None:
                        submission.try_later(order_id=order.pk, token=order.claim_token, reason="", now=clock())
                    else:
                        record_answer(order, outcome, clock(), took_ms=took_ms)
            except Exception as fault:  # the answers to the other orders are here and must be kept
                log.exception("The answer to order %s could not be written down", order.pk)
                faults.append(fault)
    if faults:
        raise faults[0]
    return len(claimed)


def traces_of(orders: Sequence[Order]) -> dict[int, str]:
    """The request in which each order was placed: from there to the provider and back one id leads all the way."""
    placed = OrderEvent.objects.filter(order__in=[order.pk for order in orders], code=OrderEvent.Code.PLACED)
    known = dict(placed.values_list("order_id", "trace"))
    return {order.pk: known.get(order.pk) or tracing.new() for order in orders}


def timed_add(client: ProviderClient | None, order: Order, clock: Clock, trace: str) -> tuple[AddOutcome | None, int]:
    """The outcome and how long it took; None where the calls before it took so long that this one was not begun."""
    if client is None:
        return OurFault("key", NO_KEY), 0
    if not submission.may_still_send(order, clock()):
        return None, 0
    begun = time.monotonic()
    with tracing.under(trace):
        outcome = client.add(request_of(order))
        took_ms = elapsed_ms(begun)
        note_call(order.provider, f"order {order.pk}", type(outcome).__name__, took_ms)
    return outcome, took_ms


def note_call(provider: Provider | None, what: str, outcome: str, took_ms: int) -> None:
    """One line a call to a provider."""
    facts = {"provider": str(provider), "outcome": outcome, "took_ms": took_ms}
    log.info("Provider %s, %s: %s in %d ms", provider, what, outcome, took_ms, extra={"facts": facts})


def elapsed_ms(begun: float) -> int:
    return int((time.monotonic() - begun) * 1000)


def request_of(order: Order) -> AddRequest:
    by_provider = order.runs is not None and order.run is None
    plan = (("runs", str(order.runs)), ("interval", str(order.interval))) if by_provider else ()
    return AddRequest(
        service=order.provider_service_id,
        link=order.link,
        quantity=order.per_run if order.rule.counted else None,
        inputs=(*order.inputs.items(), *plan),
        request_id=str(order.request_id) if order.provider and order.provider.takes_request_id else "",
    )


def record_answer(order: Order, outcome: AddOutcome, now: dt.datetime, *, took_ms: int = 0) -> None:
    """Writes down what the provider answered to the one attempt that `order`'s claim allows, and how the provider is."""
    who = {"order_id": order.pk, "token": order.claim_token}
    health = {"provider_id": order.provider_id, "now": now}
    match outcome:
        case Accepted(external_id):
            submission.accepted(**who, provider_order_id=external_id, now=now)
            provider_health.answered(**health, took_ms=took_ms)
        case Refused(word, reason):
            # A service that the provider does not know is the shop's mistake and nothing that the customer typed.
            submission.rejected(**who, reason=word, raw=word, of_input=reason != "service", now=now)
            provider_health.answered(**health, took_ms=took_ms)
            if reason == "service":
                shelving.unknown_to_provider(order=order, now=now)
        case TryLater(seconds, reason):
            submission.try_later(**who, reason=reason, seconds=seconds or None, now=now)
            provider_health.failed(**health, reason=reason, retry_after=seconds)
        case OurFault(reason, word):
            # The customer did nothing wrong: their order waits, and the people who can mend it are told.
            submission.try_later(**who, reason="", now=now)
            provider_health.failed(**health, reason=word or reason, least_pause=provider_health.PAUSE_FOR_OUR_FAULT)
        case Unknown(reason, raw):
            submission.unknown(**who, reason=reason, raw=raw, now=now)
            provider_health.failed(**health, reason=reason)


# --- Status


@dataclass(slots=True)
class Asked:
    """An order that this worker has claimed to ask for: what stood here then, and the number of the claim."""

    pk: int
    status: str
    remains: int | None
    start_count: int | None
    review: bool
    created_at: dt.datetime
    status_since: dt.datetime
    provider_order_id: str
    poll_claim: int
    poll_missing: int


# In the model's order, which `Part` keeps.
DUE = Part(Order, *("id" if name == "pk" else name for name in Asked.__slots__))
assert DUE.names[1:] == list(Asked.__slots__[1:])


def poll_due(clock: Clock) -> int:
    """Asks every provider for its orders that are due, 100 a call in turns, for a short while; how many were asked for."""
    until, asked = time.monotonic() + POLL_FOR_SECONDS, 0
    now = clock()
    # Looked for before a transaction is begun: an idle worker takes no lock.
    is_due = Exists(Order.objects.filter(provider=OuterRef("pk"), poll_at__lte=now))
    # Each has its turn, however much another one has to be asked for.
    turns = deque(Provider.objects.filter(is_due, provider_health.open_to_calls(now, of="")).order_by("pk"))
    while turns and halt.current() is None:
        provider = turns.popleft()
        claimed = claim_polls(provider, clock())
        asked += len(claimed)
        has_more = len(claimed) == POLL_AT_ONCE
        if claimed and ask(provider, claimed, clock) and has_more and time.monotonic() < until:
            turns.append(provider)
    return asked


@once_more
def claim_polls(provider: Provider, now: dt.datetime) -> list[Asked]:
    """Takes the provider's longest-due orders for this worker. The next poll time is the lease: claiming moves it forward."""
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {DUE.columns('o')} FROM orders_order o WHERE o.provider_id = %s AND o.poll_at <= %s "  # noqa: S608
            f"ORDER BY o.poll_at LIMIT {POLL_AT_ONCE} {rows.lock('o', skip_locked=True)}",
            [provider.pk, rows.moment(now)],
        )
        claimed = [Asked(*DUE.read(row)) for row in cursor.fetchall()]
        if claimed:
            moments = [(order.pk, rows.moment(next_poll(order, now))) for order in claimed]
            rows.update_each(Order, "poll_at = v.it, poll_claim = poll_claim + 1", moments, cast="timestamptz")
        for order in claimed:
            order.poll_claim += 1
    return claimed


def next_poll(order: Order | Asked, now: dt.datetime) -> dt.datetime | None:
    """When to ask again: often while young, rarely when old, three times more after it settled, then never."""
    if order.status in SETTLED:
        later = (order.status_since + after for after in ASK_SETTLED_AFTER)
        return next((moment for moment in later if moment > now), None)
    schedule, age = settings.POLL_SCHEDULE, now - order.created_at
    if age < dt.timedelta(minutes=10):
        seconds = schedule.first_ten_minutes
    elif age < dt.timedelta(hours=1):
        seconds = schedule.first_hour
    elif age < dt.timedelta(days=1):
        seconds = schedule.first_day
    else:
        seconds = schedule.later
    return now + dt.timedelta(seconds=seconds * random.uniform(1 - JITTER, 1 + JITTER))  # noqa: S311 (no secret)


def ask(provider: Provider, claimed: Sequence[Asked], clock: Clock) -> bool:
    """One status call for the claimed orders. A failed call touches none of them; one bad item never touches the others.

    False where the provider did not answer.
    """
    by_id = {order.provider_order_id: order for order in claimed if order.provider_order_id}
    begun = time.monotonic()
    client = client_for(provider)
    if client is None:
        provider_health.no_key(provider_id=provider.pk, now=clock())
        return False
    try:
        batch = client.statuses(list(by_id))
    except BatchFailed as failed:
        log.warning("Provider %s did not answer for %d orders: %s", provider, len(by_id), failed.reason)
        pause = provider_health.PAUSE_FOR_OUR_FAULT if failed.fault else None
        provider_health.failed(
            provider_id=provider.pk,
            reason=failed.reason,
            now=clock(),
            least_pause=pause,
            retry_after=failed.retry_after,
        )
        return False
    now, took_ms = clock(), elapsed_ms(begun)
    note_call(provider, f"status of {len(by_id)}", "answered", took_ms)
    if batch.foreign:
        log.warning("Provider %s answered for orders that nobody asked for: %s", provider, batch.foreign[:10])
    unchanged, faults = [], []
    for external_id, said in batch.reports.items():
        order = by_id[external_id]
        if is_unchanged(order, said):
            unchanged.append(order)
            continue
        try:
            lifecycle.report(order_id=order.pk, report=report_of(said), claim=order.poll_claim, now=now)
        except Exception as fault:  # one bad item never touches the others
            log.exception("The report on order %s could not be applied", order.pk)
            faults.append(fault)
    note_answers(provider, unchanged, took_ms=took_ms, now=now)
    count_missing([by_id[external_id].pk for external_id in (*batch.missing, *batch.bad)], now)
    if faults:
        raise faults[0]
    return True


@once_more
def note_answers(provider: Provider, unchanged: Sequence[Asked], *, took_ms: int, now: dt.datetime) -> None:
    """The unchanged orders and how the provider is, in one transaction. Orders first, as whoever applies a report locks them."""
    with transaction.atomic(durable=True, savepoint=False):
        note_unchanged(unchanged, now)
        provider_health.answered(provider_id=provider.pk, took_ms=took_ms, now=now)


def note_unchanged(orders: Sequence[Asked], now: dt.datetime) -> None:
    """All unchanged orders in one statement. Each remembers the claim that this answer belongs to, never an older one."""
    if orders:
        claims = [(order.pk, order.poll_claim) for order in orders]
        newest = "poll_answered = CASE WHEN v.it > poll_answered THEN v.it ELSE poll_answered END"
        rows.update_each(Order, f"checked_at = %s, poll_missing = 0, {newest}", claims, rows.moment(now))


def is_unchanged(order: Asked, said: StatusReport) -> bool:
    """The usual case, decided without a lock: the provider repeats what stood here when it was asked."""
    return (
        not order.review  # the provider's newest word may answer what waits for a person
        and (said.status == order.status or is_waiting_upstream(order.status, said.status))
        and not said.remains_odd
        and said.remains in {None, order.remains}
        and said.start_count in {None, order.start_count}
        and order.poll_missing == 0
    )


def report_of(said: StatusReport) -> Report:
    return Report(
        to=OrderStatus(said.status) if said.status else None,
        word=said.word,
        remains=said.remains,
        odd_remains=said.remains_odd,
        start_count=said.start_count,
        raw=said.raw,
    )


def count_missing(ids: Iterable[int], now: dt.datetime) -> None:
    """Orders that their provider did not know this time; five times in a row and a person looks at it."""
    for pk in ids:
        with transaction.atomic(durable=True):
            order = lifecycle.locked(pk)
            order.poll_missing += 1
            fields = ["poll_missing"]
            if order.poll_missing == MISSING_BEFORE_REVIEW:
                order.review = True
                fields.append("review")
                lifecycle.record(order, OrderEvent.Code.MISSING, source=OrderEvent.Source.SYSTEM, now=now)
            order.save(update_fields=fields)


# --- Leases


def expire_claims(clock: Clock) -> int:
    """Submissions whose worker never came back become unknown; how many."""
    return submission.expire_leases(now=clock(), most=POLL_AT_ONCE)
