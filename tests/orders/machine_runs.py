"""What the money machine chooses from, and its steps with drip-feeds and queues."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from orders import lifecycle, turns
from orders.lifecycle import NotAllowed
from orders.models import Order
from orders.placing import Wish, place_order
from orders.statuses import OrderStatus
from tests.orders.oracle import Bought, Refused

# More orders than this in one run would only repeat what fewer show, and the breaker against mass refunds would trip.
MOST_ORDERS = 8
LINKS = [f"https://example.com/p/{n}" for n in range(3)]
STATUSES = st.sampled_from(list(OrderStatus))
REMAINS = st.none() | st.integers(-20, 120) | st.sampled_from([0, 50, 100, 2**63 - 1])
NUMBERS = st.sampled_from(["11", "12", "13", "14", "15", "16", "17"])
UNITS = st.sampled_from([1, 999, 5_000_000, 20_000_000])
CUSTOMERS = st.sampled_from(["carol", "sam"])
# One of those that are there, whichever they are: a number, taken modulo how many there are.
ANY = st.integers(0, 5)


def some(what):
    """Only while there is such a thing."""
    return precondition(lambda self: bool(getattr(self, what)()))


def pick(things, which):
    return things[which % len(things)]


class Runs:
    """Steps of the machine; `books`, `cast`, `clock`, `agree` and `refused_with` are the machine's own."""

    def grouped(self):
        return [n for n in self.orders() if self.books.orders[n].group is not None]

    @precondition(lambda self: len(self.books.orders) < MOST_ORDERS - 2)
    @rule(
        customer=CUSTOMERS,
        service=st.sampled_from(["likes", "by hand"]),
        link=st.sampled_from(LINKS),
        quantity=st.sampled_from([3, 50]),
        runs=st.sampled_from([1, 2, 3]),
        queue=st.booleans(),
    )
    def place_runs(self, customer, service, link, quantity, runs, queue):
        """A drip-feed, or one order that may queue behind another."""
        sold, key = self.cast.services[service], f"runs {len(self.books.orders)}"
        plan = {"runs": runs, "interval": 1} if runs > 1 else {}

        def door():
            wish = Wish(service_id=sold.pk, link=link, quantity=quantity, queue=queue, **plan)
            return place_order(customer=self.cast.customers[customer], wish=wish, client_key=key, now=self.clock())

        try:
            charge = self.books.price(customer, service, link, quantity, sold.rate, runs, queue)
        except Refused as expected:
            self.refused_with(door, expected.code)
            return
        behind = self.books.open_on(customer, service, link)
        head = door()
        made = [head, *Order.objects.filter(head=head.pk).order_by("pk")]
        assert len(made) == runs
        provider = str(sold.provider_id or "")
        for run, order in enumerate(made):
            bought = Bought(
                customer, service, provider, link, quantity, charge, submission="queued" if provider else "none"
            )
            bought.behind, bought.group = behind, head.pk
            self.books.placed(order.pk, f"{key} {run}" if run else key, bought)
            behind = order.pk

    @some("orders")
    @rule()
    def turns(self):
        later = self.clock(minutes=16)
        turns.release_due(lambda: later)
        self.books.turns()

    @some("grouped")
    @rule(which=ANY)
    def cancel_group(self, which):
        order = self.books.orders[pick(self.grouped(), which)]
        actor = self.cast.customers[order.customer]

        def door():
            lifecycle.cancel_group(head_id=order.group, actor=actor, now=self.clock())

        self.agree(door, lambda: self.books.cancel_group(order.group), NotAllowed)
