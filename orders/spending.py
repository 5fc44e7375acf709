"""Where a customer's money went: weeks, categories, the balance day by day, and a month's statement. Read from the day totals."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from django.db.models import Min, Subquery
from django.db.models.functions import Coalesce

from accounts.models import User
from orders import ledger, tallies
from orders.models import DayTotal, LedgerEntry, TallyMark, Wallet

Kind = LedgerEntry.Kind
SPENT = (Kind.CHARGE, Kind.REFUND)
WEEKS, DAYS = 12, 30
MOST_ON_PAPER, ROOM = 200, 50


class Total(NamedTuple):
    """What entries of one day, kind and category come to, in units with their sign."""

    day: dt.date
    kind: str
    category: str | None
    amount: int
    entries: int


@dataclass(frozen=True)
class Spending:
    """Amounts in units. Spent is what was charged less what came back, so a week of returns alone is below zero."""

    weeks: tuple[tuple[dt.date, int], ...]
    categories: tuple[tuple[str, int], ...]
    balances: tuple[tuple[dt.date, int], ...]

    @property
    def is_empty(self) -> bool:
        return not any(spent for _week, spent in self.weeks)


@dataclass(frozen=True)
class Statement:
    """One month (days in UTC): opening + the sums by kind = closing, exactly. Units; charges are negative."""

    month: dt.date
    opening: int
    sums: tuple[tuple[Kind, int, int], ...]
    closing: int
    categories: tuple[tuple[str, int], ...]
    # How many entries the wallet got after the month.
    later: int

    @property
    def entries(self) -> int:
        return sum(count for _kind, count, _amount in self.sums)

    @property
    def is_long(self) -> bool:
        return self.entries > MOST_ON_PAPER

    @property
    def next_month(self) -> dt.date:
        return first_of_next(self.month)

    @property
    def previous_month(self) -> dt.date:
        return (self.month - dt.timedelta(days=1)).replace(day=1)


def totals_since(customer: User, since: dt.date) -> list[Total]:
    """Every total from this day on, exact to the last entry, in one query: the tallied ones, and the few not yet tallied."""
    columns = ("day", "kind", "category__name", "amount", "entries")
    tallied = DayTotal.objects.filter(wallet_id=customer.pk, day__gte=since).values_list(*columns)
    mark = TallyMark.objects.filter(wallet_id=customer.pk).values("seq")
    newest = LedgerEntry.objects.filter(
        wallet_id=customer.pk,
        seq__gt=Coalesce(Subquery(mark), 0),
        created_at__gte=begin_of(since),
    )
    named = tallies.totals(newest).annotate(category_name=Min("order__service__category__name"))
    rest = named.values_list("day", "kind", "category_name", "amount", "entries")
    # PostgreSQL sums whole numbers as Decimal; money is int everywhere.
    return [
        Total(day, kind, category, int(amount), int(entries))
        for day, kind, category, amount, entries in tallied.union(rest, all=True)
    ]


def spending_of(*, customer: User, balance: int, now: dt.datetime) -> Spending:
    """The last 12 weeks (Monday to Sunday, the current one included) and the balance at the end of the last 30 days.

    `balance` is the customer's balance now, in units: the days are counted back from it.
    """
    today = now.astimezone(dt.UTC).date()
    first_week = monday_of(today) - dt.timedelta(weeks=WEEKS - 1)
    found = totals_since(customer, min(first_week, today - dt.timedelta(days=DAYS)))
    spent = [total for total in found if total.kind in SPENT and total.day >= first_week]
    by_week = summed((monday_of(total.day), -total.amount) for total in spent)
    weeks = [first_week + dt.timedelta(weeks=number) for number in range(WEEKS)]
    return Spending(
        weeks=tuple((week, by_week[week]) for week in weeks),
        categories=by_category(spent),
        balances=balances(balance, found, today),
    )


def balances(balance: int, totals: Iterable[Total], today: dt.date) -> tuple[tuple[dt.date, int], ...]:
    """The balance at the end of each of the last days, oldest first: today's, less what came later."""
    moved = summed((total.day, total.amount) for total in totals)
    days = []
    for number in range(DAYS):
        day = today - dt.timedelta(days=number)
        days.append((day, balance))
        balance -= moved[day]
    return tuple(reversed(days))


def statement_of(*, customer: User, month: dt.date) -> Statement:
    """The statement of the month that begins on this day."""
    found = totals_since(customer, month)
    end = first_of_next(month)
    inside = [total for total in found if total.day < end]
    closing = ledger.balance_of(customer) - sum(total.amount for total in found if total.day >= end)
    amounts = summed((total.kind, total.amount) for total in inside)
    counts = summed((total.kind, total.entries) for total in inside)
    return Statement(
        month=month,
        opening=closing - sum(total.amount for total in inside),
        sums=tuple((kind, counts[kind], amounts[kind]) for kind in Kind if counts[kind]),
        closing=closing,
        categories=by_category(total for total in inside if total.kind in SPENT),
        later=sum(total.entries for total in found if total.day >= end),
    )


def entries_on_paper(*, customer: User, statement: Statement) -> list[LedgerEntry]:
    """The month's entries, oldest first; none where they are more than a sheet is for.

    Found by their places in the wallet's chain (no index knows their days), with some room for what comes meanwhile.
    """
    if not statement.entries or statement.is_long:
        return []
    last = Wallet.objects.values_list("seq", flat=True).get(pk=customer.pk) - statement.later
    around = LedgerEntry.objects.filter(
        wallet_id=customer.pk, seq__gt=last - statement.entries - ROOM, seq__lte=last + ROOM
    )
    inside = around.filter(created_at__gte=begin_of(statement.month), created_at__lt=begin_of(statement.next_month))
    return list(inside.select_related("order__service", "deposit__method").order_by("seq"))


def months_of(*, customer: User, now: dt.datetime) -> list[dt.date]:
    """The first days of the months since the customer's first entry, newest first; at most three years of them."""
    first = LedgerEntry.objects.filter(wallet_id=customer.pk, seq=1).values_list("created_at", flat=True).first()
    if first is None:
        return []
    month, oldest = now.astimezone(dt.UTC).date().replace(day=1), first.astimezone(dt.UTC).date().replace(day=1)
    months: list[dt.date] = []
    while month >= oldest and len(months) < 36:
        months.append(month)
        month = (month - dt.timedelta(days=1)).replace(day=1)
    return months


def by_category(totals: Iterable[Total]) -> tuple[tuple[str, int], ...]:
    """What each category cost, by its name, most first; those that cost nothing are left out."""
    spent = summed((total.category, -total.amount) for total in totals)
    cost = [(name, amount) for name, amount in spent.items() if name is not None and amount > 0]
    return tuple(sorted(cost, key=lambda pair: -pair[1]))


def summed(pairs: Iterable) -> Counter:
    sums: Counter = Counter()
    for key, amount in pairs:
        sums[key] += amount
    return sums


def monday_of(day: dt.date) -> dt.date:
    return day - dt.timedelta(days=day.weekday())


def begin_of(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time.min, tzinfo=dt.UTC)


def first_of_next(month: dt.date) -> dt.date:
    return (month.replace(day=28) + dt.timedelta(days=4)).replace(day=1)
