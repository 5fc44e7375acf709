"""What must be true of a small shop, kept in plain dictionaries and written from the design, not from the product's code.

Nothing of `orders` is imported: a mistake there cannot hide behind the same mistake here.
"""

import math
from dataclasses import dataclass, field
from fractions import Fraction

OPEN = ("pending", "processing", "in_progress")
CLOSED = ("completed", "partial", "canceled", "refunded", "error")
GIVES_ALL_BACK = ("canceled", "error")


class Refused(Exception):
    """The shop must say no; `code` is the word that programs branch on, where there is one."""

    def __init__(self, code: str = ""):
        super().__init__(code)
        self.code = code


@dataclass
class Bought:
    """An order as it must stand: `back` of `charge` is on the balance again; `sent` counts what may exist upstream.

    `proposals`: the returns that reports after the close may have put before a person. `behind`: the order that it waits for;
    `group`: the first run of its drip-feed.
    """

    customer: str
    service: str
    provider: str
    link: str
    quantity: int
    charge: int
    status: str = "pending"
    back: int = 0
    submission: str = "none"
    token: str = ""
    number: str = ""
    newest_answer: int = 0
    sent: int = 0
    proposals: set[int] = field(default_factory=set)
    behind: int | None = None
    group: int | None = None


@dataclass
class Books:
    """Balances in units, orders by their number, and what was promised to whom."""

    balances: dict[str, int] = field(default_factory=dict)
    entries: dict[str, int] = field(default_factory=dict)
    orders: dict[int, Bought] = field(default_factory=dict)
    references: dict[str, tuple[str, int]] = field(default_factory=dict)
    keys: dict[tuple[str, str], int] = field(default_factory=dict)
    booked: set[str] = field(default_factory=set)
    adjusted: dict[str, tuple[str, int]] = field(default_factory=dict)
    halted: bool = False

    def moves(self, customer: str, amount: int) -> None:
        assert amount != 0
        self.balances[customer] = self.balances.get(customer, 0) + amount
        self.entries[customer] = self.entries.get(customer, 0) + 1
        assert self.balances[customer] >= 0

    # --- Money that comes in

    def deposit(self, customer: str, amount: int, reference: str) -> None:
        known = self.references.setdefault(reference, (customer, amount))
        if known != (customer, amount):
            raise Refused
        if reference not in self.booked:
            self.booked.add(reference)
            self.moves(customer, amount)

    def adjust(self, customer: str, amount: int, key: str) -> None:
        if amount == 0:
            raise Refused
        if key in self.adjusted:
            if self.adjusted[key] != (customer, amount):
                raise Refused
            return
        self.may_move()
        if self.balances.get(customer, 0) + amount < 0:
            raise Refused
        self.adjusted[key] = customer, amount
        self.moves(customer, amount)

    def may_move(self) -> None:
        if self.halted:
            raise Refused("halted")

    # --- Orders

    def twin(self, customer: str, key: str, service: str, link: str, quantity: int) -> int | None:
        """The order that the same form placed before. Refused where the form had other content then."""
        number = self.keys.get((customer, key))
        if number is None:
            return None
        before = self.orders[number]
        if (before.service, before.link, before.quantity) != (service, link, quantity):
            raise Refused("key_reused")
        return number

    def price(
        self, customer: str, service: str, link: str, quantity: int, rate: int, runs: int = 1, queue: bool = False
    ) -> int:
        """The charge of one run in units. Refused where the order, or any run of it, may not be placed."""
        self.may_move()
        if self.open_on(customer, service, link) and not queue:
            raise Refused("overlap")
        charge = max(1, math.ceil(Fraction(rate * quantity, 1000)))
        if charge * runs > self.balances.get(customer, 0):
            raise Refused("funds")
        return charge

    def open_on(self, customer: str, service: str, link: str, before: int | None = None) -> int | None:
        """The newest open order of this customer for this service on this link, of those with a smaller number than `before`."""
        found = [
            n
            for n, o in self.orders.items()
            if (o.customer, o.service, o.link) == (customer, service, link)
            and o.status in OPEN
            and (before is None or n < before)
        ]
        return max(found, default=None)

    def turns(self) -> None:
        """Whoever waits for an order that is closed waits for the next open one before it, or has its turn."""
        for number, order in self.orders.items():
            if order.behind is not None and self.orders[order.behind].status in CLOSED:
                order.behind = self.open_on(order.customer, order.service, order.link, number)

    def cancel_group(self, head: int) -> None:
        """Every run that nobody has been sent comes back in full; all of them or, where money stands still, none."""
        left = [o for n, o in self.orders.items() if o.group == head and self.nobody_has(o)]
        if not left:
            raise Refused
        self.may_move()
        for order in left:
            self.close(order, "canceled", order.charge)

    def nobody_has(self, order: Bought) -> bool:
        return order.status == "pending" and (
            order.submission == "queued" or (order.submission == "none" and order.behind is not None)
        )

    def placed(self, number: int, key: str, bought: Bought) -> None:
        assert number not in self.orders
        self.orders[number] = bought
        self.keys[bought.customer, key] = number
        self.moves(bought.customer, -bought.charge)

    def close(self, order: Bought, status: str, back: int) -> None:
        """Sets the status and brings what is back in total to `back`."""
        if back > order.back:
            self.may_move()
        order.status, order.behind = status, None
        if back > order.back:
            self.moves(order.customer, back - order.back)
            order.back = back
        if status in CLOSED and order.submission == "queued":
            order.submission = "none"

    # --- What a provider says

    def hears(self, number: int, word: str | None, remains: int | None, odd: bool, claim: int | None) -> None:
        order = self.orders[number]
        if claim is not None and claim < order.newest_answer:
            return
        try:
            self.believes(order, word, remains, odd)
        except Refused:
            return  # money stands still: as if it had not been said, and it will be asked again
        if claim is not None:
            order.newest_answer = claim

    def believes(self, order: Bought, word: str | None, remains: int | None, odd: bool) -> None:
        rest = remains if not odd and remains is not None and 0 <= remains <= order.quantity else None
        if word is None or (word == "partial" and rest is None) or (word == "refunded" and odd):
            return
        if word == "partial" and rest in (0, order.quantity):
            word = "completed" if rest == 0 else "canceled"
        if order.status in CLOSED:
            owed = 0 if word in OPEN else self.owed(order, word, rest)
            order.proposals.add(max(0, owed - order.back))
            return
        if word in OPEN:
            if OPEN.index(word) > OPEN.index(order.status):
                order.status = word
            return
        self.close(order, word, self.owed(order, word, rest))

    def owed(self, order: Bought, word: str, rest: int | None) -> int:
        """What of the charge must be back once the order is closed so: what was delivered is kept, rounded down."""
        if word == "completed":
            return 0
        if word in GIVES_ALL_BACK or not rest or rest == order.quantity:
            return order.charge
        return order.charge - math.floor(Fraction(order.charge * (order.quantity - rest), order.quantity))

    # --- What people do

    def certain(self, order: Bought) -> None:
        if order.submission in ("sending", "unknown"):
            raise Refused

    def by_hand(self, number: int, word: str, remains: int | None) -> None:
        order = self.orders[number]
        if order.status in CLOSED or word == "refunded":
            raise Refused
        self.certain(order)
        if word in OPEN:
            if OPEN.index(word) <= OPEN.index(order.status) or order.submission == "queued":
                raise Refused
            order.status, order.behind = word, None
            return
        if word == "partial" and not (remains and 0 < remains < order.quantity):
            raise Refused
        self.close(order, word, self.owed(order, word, remains))

    def refund(self, number: int, amount: int) -> None:
        order = self.orders[number]
        self.certain(order)
        if order.status in GIVES_ALL_BACK or not 0 < amount <= order.charge - order.back:
            raise Refused
        self.close(order, "refunded", order.back + amount)

    def approve(self, number: int, word: str, proposed: int) -> None:
        """An agent does what a report after the close, or a refusal during a halt, would have done."""
        order = self.orders[number]
        self.certain(order)
        if order.status in OPEN:
            assert (word, order.submission) == ("error", "rejected")
            self.close(order, word, order.charge)
            return
        assert proposed in order.proposals, f"{proposed} of order {number} was proposed by nobody"
        amount = min(proposed, order.charge - order.back)
        if amount <= 0:
            raise Refused
        self.close(order, "refunded", order.back + amount)

    def did_not_arrive(self, number: int, send_again: bool) -> None:
        order = self.orders[number]
        if order.submission != "unknown" or (order.status != "pending" if send_again else order.status in CLOSED):
            raise Refused
        if send_again:
            order.submission, order.token = "queued", ""
            order.sent -= 1
            return
        self.close(order, "error", order.charge)
        order.submission, order.token = "none", ""

    def cancel(self, number: int) -> None:
        order = self.orders[number]
        if not self.nobody_has(order):
            raise Refused
        self.close(order, "canceled", order.charge)

    # --- The way to the provider

    def waiting(self) -> set[int]:
        return {
            n for n, o in self.orders.items() if (o.status, o.submission) == ("pending", "queued") and o.behind is None
        }

    def claimed(self, number: int, token: str) -> None:
        order = self.orders[number]
        assert number in self.waiting(), f"order {number} was claimed although it is {order.submission}"
        order.submission, order.token = "sending", token
        order.sent += 1
        assert order.sent == 1, f"order {number} may be sent twice"

    def answered(self, number: int, token: str, *states: str) -> Bought | None:
        """The order, if this worker may still record an answer."""
        order = self.orders[number]
        return order if token and token == order.token and order.submission in states else None

    def accepts(self, number: int, token: str, external: str) -> bool:
        order = self.answered(number, token, "sending", "unknown")
        if order is None:
            return False
        if any(o is not order and (o.provider, o.number) == (order.provider, external) for o in self.orders.values()):
            order.submission = "unknown"
            return False
        order.submission, order.number = "accepted", external
        if order.status == "pending":
            order.status = "processing"
        return True

    def rejects(self, number: int, token: str) -> bool:
        order = self.answered(number, token, "sending", "unknown")
        if order is None:
            return False
        if self.halted:
            order.proposals.add(order.charge - order.back)
        elif order.status in OPEN:
            self.close(order, "error", order.charge)
        order.submission = "rejected"
        return True

    def cannot_tell(self, number: int, token: str) -> bool:
        order = self.answered(number, token, "sending")
        if order is None:
            return False
        order.submission = "unknown"
        return True

    def not_taken(self, number: int, token: str) -> bool:
        order = self.answered(number, token, "sending")
        if order is None:
            return False
        order.submission, order.token = ("queued" if order.status in OPEN else "none"), ""
        order.sent -= 1
        return True

    def leases_end(self) -> int:
        """The worker of every order that is being sent is given up; how many orders."""
        given_up = [o for o in self.orders.values() if o.submission == "sending"]
        for order in given_up:
            order.submission = "unknown"
        return len(given_up)
