"""What a customer sees first: money, what needs them, what is on its way. Prepared once; the template only draws it."""

import datetime as dt
from dataclasses import dataclass

from accounts.models import User
from orders import queries
from orders.models import LedgerEntry, Order
from orders.spending import Spending, spending_of
from orders.statuses import ACTIVE
from orders.verdict import Advice, Verdict
from support.models import Ticket
from support.queries import open_tickets_of

MOST_ACTIVE, MOST_RECENT = 10, 5
# A result that was checked long ago needs nobody's eyes again.
CHECK_FOR = dt.timedelta(days=3)


@dataclass(frozen=True)
class Dashboard:
    needs_you: tuple[tuple[Order, Verdict], ...]
    active: tuple[tuple[Order, Verdict], ...]
    entries: tuple[LedgerEntry, ...]
    tickets: tuple[Ticket, ...]
    has_orders: bool
    balance: int
    spending: Spending

    @property
    def has_moved(self) -> bool:
        return len({balance for _day, balance in self.spending.balances}) > 1


def dashboard_for(*, customer: User, balance: int, now: dt.datetime) -> Dashboard:
    """One page's worth; the same few queries whatever the customer's history holds. `balance` is the customer's, in units."""
    orders = queries.orders_of(customer)
    # Of a drip-feed the run under way: those that wait for their turn would only push everything else off the page.
    under_way = orders.filter(status__in=ACTIVE).exclude(head__isnull=False, waits_for__isnull=False)
    newest = queries.newest_of_each((under_way, MOST_ACTIVE), (orders.exclude(status__in=ACTIVE), MOST_RECENT))
    judged = queries.with_verdicts(list(queries.with_open_ticket(newest).select_related("service")), now)
    recent = [(order, verdict) for order, verdict in judged if order.is_active or now - order.status_since < CHECK_FOR]
    needs_you = [pair for pair in recent if pair[1].advice in {Advice.CONTACT, Advice.CHECK}]
    needs_you.sort(key=lambda pair: pair[1].advice != Advice.CONTACT)
    return Dashboard(
        needs_you=tuple(needs_you),
        active=tuple(pair for pair in judged if pair[0].is_active),
        entries=tuple(queries.entries_of(customer).select_related("order", "deposit").order_by("-pk")[:MOST_RECENT]),
        tickets=tuple(open_tickets_of(customer)[:MOST_RECENT]),
        has_orders=bool(judged),
        balance=balance,
        spending=spending_of(customer=customer, balance=balance, now=now),
    )
