"""`/metrics`: what a person would want to be woken by, in the text format that Prometheus reads.

Everything comes from the database, so every web process answers alike and one of them is asked. Nothing is counted that can grow:
ages come from the first row of an index, lengths of queues stop at MOST_COUNTED, and orders are told by the newest number.
"""

import datetime as dt
import math
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts import addresses
from orders import bookkeeping, halt, queries, triggers
from orders.models import ChoreRun, Deposit, LedgerEntry, Order, Provider
from support.models import Ticket

MOST_COUNTED = 1000
COUNTED = f"counted to {MOST_COUNTED}"
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True)
class Metric:
    """One figure with its meaning; `values` are (label, figure), the label "" where there is just one."""

    name: str
    kind: str
    meaning: str
    values: tuple[tuple[str, float], ...]


@require_GET
@login_not_required
def metrics(request: HttpRequest) -> HttpResponse:
    """The figures, for who may read them; for anybody else there is no such page."""
    if not may_read(request):
        raise Http404
    text = "".join(lines_of(metric) for metric in figures(now=timezone.now()))
    return HttpResponse(text, content_type=CONTENT_TYPE)


def may_read(request: HttpRequest) -> bool:
    """With the token, where one is set; else from the addresses that `NEOPANEL_METRICS_FROM` names."""
    if settings.METRICS_TOKEN:
        given = request.headers.get("Authorization", "")
        return secrets.compare_digest(given.encode(), f"Bearer {settings.METRICS_TOKEN}".encode())
    # A proxy that the panel was not told of would make everybody a caller from this machine.
    if "X-Forwarded-For" in request.headers and not settings.BEHIND_PROXY:
        return False
    return addresses.is_inside(addresses.address_of(request), settings.METRICS_FROM)


def lines_of(metric: Metric) -> str:
    name = f"neopanel_{metric.name}"
    lines = [f"# HELP {name} {metric.meaning}", f"# TYPE {name} {metric.kind}"]
    lines += [f"{name}{label} {shown(figure)}" for label, figure in metric.values]
    return "\n".join(lines) + "\n"


def figures(*, now: dt.datetime) -> Iterator[Metric]:
    """Every figure; about fifteen small queries."""
    yield from of_orders(now)
    yield from of_people(now)
    yield from of_providers(now)
    yield from of_books(now)


def of_orders(now: dt.datetime) -> Iterator[Metric]:
    queued, unknown, review = Order.objects.filter(submission="queued"), queries.unknown(), queries.under_review()
    waits = age(first(queued, "send_after"), now)
    yield gauge("queue_age_seconds", "How long the order that is longest due waits to be sent", waits)
    yield gauge("queue_orders", f"Orders waiting to be sent, {COUNTED}", counted(queued))
    yield gauge("unknown_orders", f"Orders that may have reached their provider or not, {COUNTED}", counted(unknown))
    yield gauge("unknown_age_seconds", "Age of the oldest of them", age(first(unknown, "created_at", by="pk"), now))
    yield gauge("review_orders", f"Orders that wait for a person, {COUNTED}", counted(review))
    yield Metric(
        "orders_placed_total", "counter", "The newest order's number: its rate is the rate of orders", newest(Order)
    )
    yield Metric("ledger_entries_total", "counter", "The newest ledger entry's number", newest(LedgerEntry))


def of_people(now: dt.datetime) -> Iterator[Metric]:
    deposits = Deposit.objects.filter(state="reported")
    overdue = Ticket.objects.filter(closed_at=None, due_at__lt=now)
    yield gauge("deposits_waiting", f"Reported payments that nobody has decided, {COUNTED}", counted(deposits))
    yield gauge("tickets_overdue", f"Tickets whose answer is due, {COUNTED}", counted(overdue))
    longest = age(first(overdue, "due_at"), now)
    yield gauge("tickets_overdue_age_seconds", "How long the one that is longest due is", longest)


def of_providers(now: dt.datetime) -> Iterator[Metric]:
    longest_due = Order.objects.filter(provider=OuterRef("pk"), poll_at__isnull=False).order_by("poll_at")
    due = Subquery(longest_due.values("poll_at")[:1])
    providers = list(Provider.objects.filter(is_active=True).annotate(poll_due=due))
    told: tuple[tuple[str, str, Callable[[Any], float]], ...] = (
        ("latency_seconds", "How fast it answers, the average of its last calls", lambda p: p.latency_ms / 1000),
        ("errors_ratio", "Share of its last calls that failed", lambda p: p.errors_per_mille / 1000),
        ("paused", "1 while nothing is sent to it", lambda p: p.paused_until is not None),
        ("returns_held", "1 while its returns wait for a person", lambda p: p.returns_held_at is not None),
        ("silence_seconds", "Since its last good answer", lambda p: age(p.answered_at, now)),
        ("poll_lag_seconds", "How long the order longest due waits to be asked for", lambda p: age(p.poll_due, now)),
    )
    for name, meaning, figure in told:
        values = tuple((f'{{provider="{escaped(provider.name)}"}}', float(figure(provider))) for provider in providers)
        yield Metric(f"provider_{name}", "gauge", meaning, values)


def of_books(now: dt.datetime) -> Iterator[Metric]:
    runs = {run.name: run for run in ChoreRun.objects.filter(name__in=[bookkeeping.NAME, bookkeeping.BEAT])}

    def since(name: str) -> float:
        """Infinite where it never ran, so that an alert on the age covers that too."""
        run = runs.get(name)
        return age(run.ran_at, now) if run and run.ran_at else math.inf

    check = runs.get(bookkeeping.NAME)
    yield gauge("worker_silence_seconds", "Since a worker last showed itself", since(bookkeeping.BEAT))
    yield gauge("ledger_check_age_seconds", "Since the books were last checked", since(bookkeeping.NAME))
    yield gauge("ledger_check_seconds", "How long that check took", check.took_ms / 1000 if check else 0)
    yield gauge("halted", "1 while money stands still", halt.current() is not None)
    yield gauge("triggers_missing", "Guards of the ledger that are not there", len(triggers.missing()))


def gauge(name: str, meaning: str, figure: float) -> Metric:
    return Metric(name, "gauge", meaning, (("", float(figure)),))


def age(since: dt.datetime | None, now: dt.datetime) -> float:
    """Seconds; 0 for what is not there or still to come."""
    return max(0.0, (now - since).total_seconds()) if since else 0.0


def shown(figure: float) -> str:
    if math.isinf(figure):
        return "+Inf"
    return f"{figure:.3f}".rstrip("0").rstrip(".")


def first(rows: QuerySet, column: str, *, by: str = "") -> dt.datetime | None:
    return rows.order_by(by or column).values_list(column, flat=True).first()


def counted(rows: QuerySet) -> int:
    """How many; the database stops after MOST_COUNTED."""
    return rows.order_by().values("pk")[:MOST_COUNTED].count()


def newest(model) -> tuple[tuple[str, float], ...]:
    return (("", model.objects.order_by("-pk").values_list("pk", flat=True).first() or 0),)


def escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
