"""Any order of any operations on a small shop, each step compared with `oracle.Books`. Run by `test_money_machine.py`."""

import datetime as dt
from collections import Counter
from dataclasses import dataclass

import pytest
from django.db import connection, transaction
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from accounts.models import User
from orders import deposits, desk, halt, ledger, lifecycle, submission
from orders.halt import Halted
from orders.lifecycle import NotAllowed
from orders.models import LedgerEntry, Order, OrderEvent, Service, Wallet
from orders.placing import OrderRefused, Wish, place_order
from orders.reports import Report
from orders.statuses import OrderStatus
from tests.factories import NOW
from tests.orders.books import faults_here
from tests.orders.machine_runs import (
    ANY,
    CUSTOMERS,
    LINKS,
    MOST_ORDERS,
    NUMBERS,
    REMAINS,
    STATUSES,
    UNITS,
    Runs,
    pick,
    some,
)
from tests.orders.oracle import Books, Bought, Refused


@dataclass(frozen=True)
class Cast:
    """Who is in the shop and what it sells; made once, so that a run begins with empty books."""

    customers: dict[str, User]
    services: dict[str, Service]
    agent: User


class MoneyMachine(Runs, RuleBasedStateMachine):
    """Every run stands in a savepoint of its own and leaves nothing behind."""

    cast: Cast

    def __init__(self) -> None:
        super().__init__()
        self.books = Books()
        self.claims: list[tuple[int, str]] = []
        self.now = NOW
        self.run = transaction.atomic()
        self.run._from_testcase = True  # doors insist on being outermost; a test case around them does not count
        self.run.__enter__()

    def teardown(self) -> None:
        try:
            connection.check_constraints()
        finally:
            transaction.set_rollback(True)
            self.run.__exit__(None, None, None)

    def clock(self, **passed: int) -> dt.datetime:
        self.now += dt.timedelta(**passed or {"seconds": 1})
        return self.now

    # --- What there is to act on

    def orders(self):
        return sorted(self.books.orders)

    def waiting(self):
        return sorted(self.books.waiting())

    def answers_due(self):
        return [(n, t) for n, t in self.claims if self.books.orders[n].submission in ("sending", "unknown")]

    def being_sent(self):
        return [n for n in self.orders() if self.books.orders[n].submission == "sending"]

    def unknown_ones(self):
        return [n for n in self.orders() if self.books.orders[n].submission == "unknown"]

    def with_a_number(self):
        return [n for n in self.orders() if self.books.orders[n].number]

    def in_review(self):
        return [n for n in self.orders() if self.books.orders[n].proposals]

    # --- Money that comes in

    @initialize(sent=st.integers(0, 4), placed=st.integers(0, 2))
    def a_shop_at_work(self, sent, placed):
        """Some runs begin with orders that are with their provider already: most steps matter only from there."""
        self.deposit("carol", 40_000_000, "first of carol")
        self.deposit("sam", 5_000_000, "first of sam")
        for number in range(sent + placed):
            self.place_another("likes", 50 if number % 2 else 3)
            if number < sent:
                self.claim(1)
                self.accepted(0, str(1001 + number))

    @rule(customer=CUSTOMERS, amount=UNITS, reference=st.sampled_from("ABCDEF"))
    def deposit(self, customer, amount, reference):
        def door():
            deposits.credit(
                customer=self.cast.customers[customer], amount=amount, reference=reference, note="", now=self.clock()
            )

        self.agree(door, lambda: self.books.deposit(customer, amount, reference), ValueError)

    @rule(customer=CUSTOMERS, amount=UNITS | UNITS.map(lambda units: -units), key=st.sampled_from("xyz"))
    def adjust(self, customer, amount, key):
        def door():
            desk.adjust(
                customer=self.cast.customers[customer],
                amount=amount,
                key=key,
                actor=self.cast.agent,
                reason="counted again",
                now=self.clock(),
            )

        self.agree(door, lambda: self.books.adjust(customer, amount, key), NotAllowed, ledger.NotEnoughBalance)

    @rule(stop=st.sampled_from([True, False, False, False]))
    def halt(self, stop):
        if stop:
            halt.begin(reason="a check", now=self.clock())
        else:
            halt.lift(by=self.cast.agent, now=self.clock())
        self.books.halted = stop

    # --- Orders

    @precondition(lambda self: len(self.books.orders) < MOST_ORDERS)
    @rule(
        customer=CUSTOMERS,
        service=st.sampled_from(["likes", "views", "by hand"]),
        link=st.sampled_from(LINKS),
        quantity=st.sampled_from([1, 3, 50, 100]),
        key=st.sampled_from("abcdefgh"),
    )
    def place(self, customer, service, link, quantity, key):
        sold = self.cast.services[service]

        def door():
            wish = Wish(service_id=sold.pk, link=link, quantity=quantity)
            return place_order(customer=self.cast.customers[customer], wish=wish, client_key=key, now=self.clock())

        before = None
        try:
            before = self.books.twin(customer, key, service, link, quantity)
            charge = before or self.books.price(customer, service, link, quantity, sold.rate)
        except Refused as expected:
            self.refused_with(door, expected.code)
            return
        order = door()
        if before:
            assert order.pk == before
            return
        provider = str(sold.provider_id or "")
        bought = Bought(
            customer, service, provider, link, quantity, charge, submission="queued" if provider else "none"
        )
        self.books.placed(order.pk, key, bought)

    @precondition(lambda self: len(self.books.orders) < MOST_ORDERS)
    @rule(service=st.sampled_from(["likes", "views"]), quantity=st.sampled_from([3, 50]))
    def place_another(self, service, quantity):
        number = len(self.books.orders)
        self.place("carol", service, f"https://example.com/other/{number}", quantity, f"key {number}")

    @some("orders")
    @rule(which=ANY, quantity=st.sampled_from([0, 0, 1]))
    def place_again(self, which, quantity):
        """The same form once more, now and then with another quantity."""
        # A drip-feed's form is another one, with tests of its own.
        plain = sorted((k, n) for k, n in self.books.keys.items() if not k[1].startswith("runs"))
        if not plain:
            return
        (customer, key), number = plain[which % len(plain)]
        before = self.books.orders[number]
        self.place(customer, before.service, before.link, before.quantity + quantity, key)

    def refused_with(self, door, code):
        with pytest.raises(OrderRefused) as refused:
            door()
        assert code in {problem.code for problem in refused.value.problems}

    def agree(self, door, oracle, *refusals):
        """Door and oracle both do it, with the same word on it, or both refuse."""
        try:
            expected = oracle()
        except Refused:
            try:
                door()
            except (Halted, *refusals):
                return
            raise AssertionError("the door did what must be refused") from None
        said = door()
        assert not isinstance(expected, bool) or said == expected

    # --- The way to the provider

    @some("waiting")
    @rule(most=st.integers(1, 4))
    def claim(self, most):
        waiting = self.waiting()
        # Longer than the longest pause: whatever waits is due.
        claimed = submission.claim(now=self.clock(minutes=16), most=most)
        assert len(claimed) == min(most, len(waiting))
        for order in claimed:
            self.books.claimed(order.pk, order.claim_token)
            self.claims.append((order.pk, order.claim_token))

    @precondition(lambda self: not self.waiting())
    @rule()
    def claim_nothing(self):
        assert submission.claim(now=self.clock(minutes=16), most=100) == []

    @some("answers_due")
    @rule(which=ANY, number=NUMBERS)
    def accepted(self, which, number):
        order, token = pick(self.answers_due(), which)
        said = submission.accepted(order_id=order, token=token, provider_order_id=number, now=self.clock())
        assert said == self.books.accepts(order, token, number)

    @some("answers_due")
    @rule(which=ANY)
    def rejected(self, which):
        order, token = pick(self.answers_due(), which)
        self.agree(
            lambda: submission.rejected(order_id=order, token=token, reason="Bad link", now=self.clock()),
            lambda: self.books.rejects(order, token),
        )

    @some("answers_due")
    @rule(which=ANY)
    def unknown(self, which):
        order, token = pick(self.answers_due(), which)
        said = submission.unknown(order_id=order, token=token, reason="time-out", now=self.clock())
        assert said == self.books.cannot_tell(order, token)

    @some("answers_due")
    @rule(which=ANY)
    def try_later(self, which):
        order, token = pick(self.answers_due(), which)
        said = submission.try_later(order_id=order, token=token, reason="refused", now=self.clock())
        assert said == self.books.not_taken(order, token)

    @precondition(lambda self: bool(self.claims))
    @rule(which=ANY)
    def answer_once_more(self, which):
        """Whatever a worker says of a claim that is settled, or of one that it does not hold, is not heard."""
        order, token = pick(self.claims, which)
        if (order, token) in self.answers_due() and token == self.books.orders[order].token:
            token = "somebody else's"
        now = self.clock()
        assert not submission.accepted(order_id=order, token=token, provider_order_id="99", now=now)
        assert not submission.rejected(order_id=order, token=token, reason="Bad link", now=now)
        assert not submission.unknown(order_id=order, token=token, reason="time-out", now=now)
        assert not submission.try_later(order_id=order, token=token, reason="refused", now=now)

    @some("being_sent")
    @rule()
    def leases_end(self):
        given_up = submission.expire_leases(now=self.clock(minutes=16), most=100)
        assert given_up == self.books.leases_end()

    # --- What providers say, late, backward, twice, stale and unreadable

    @some("with_a_number")
    @rule(
        which=ANY,
        to=st.none() | STATUSES,
        remains=REMAINS,
        odd=st.sampled_from([False, False, True]),
        claim=st.none() | st.integers(0, 6),
    )
    def report(self, which, to, remains, odd, claim):
        order = pick(self.with_a_number(), which)
        said = Report(to=to, word=to.label if to else "Fulfilled", remains=None if odd else remains, odd_remains=odd)
        for _again in range(2):
            lifecycle.report(order_id=order, report=said, claim=claim, now=self.clock())
            self.books.hears(order, to.value if to else None, said.remains, odd, claim)

    @some("with_a_number")
    @rule(which=ANY, mind=st.sampled_from(["canceled", "partial", "refunded"]), remains=st.sampled_from([3, 25, 50]))
    def change_of_mind(self, which, mind, remains):
        """Delivered, says the provider, and then not: from there on only a person moves money."""
        for to, rest in ((OrderStatus.COMPLETED, 0), (OrderStatus(mind), remains)):
            self.report(which, to, rest, False, None)

    # --- People

    @some("orders")
    @rule(which=ANY, to=STATUSES, remains=REMAINS)
    def settle_by_hand(self, which, to, remains):
        order = pick(self.orders(), which)

        def door():
            desk.settle_by_hand(
                order_id=order, to=to, remains=remains, actor=self.cast.agent, reason="seen", now=self.clock()
            )

        self.agree(door, lambda: self.books.by_hand(order, to.value, remains), NotAllowed)

    @some("orders")
    @rule(which=ANY, part=st.sampled_from([-1, 0, 1, 3, 9, 10, 11]))
    def refund(self, which, part):
        order = pick(self.orders(), which)
        amount = self.books.orders[order].charge * part // 10

        def door():
            desk.refund(order_id=order, amount=amount, actor=self.cast.agent, reason="goodwill", now=self.clock())

        self.agree(door, lambda: self.books.refund(order, amount), NotAllowed)

    @some("orders")
    @rule(which=ANY)
    def cancel(self, which):
        order = pick(self.orders(), which)
        actor = self.cast.customers[self.books.orders[order].customer]
        self.agree(
            lambda: lifecycle.cancel(order_id=order, actor=actor, now=self.clock()),
            lambda: self.books.cancel(order),
            NotAllowed,
        )

    @some("in_review")
    @rule(which=ANY)
    def approve_review(self, which):
        order = pick(self.in_review(), which)
        stands = Order.objects.get(pk=order)

        def oracle():
            if not stands.review or not stands.proposed_status:
                raise Refused
            self.books.approve(order, stands.proposed_status, stands.proposed_return)

        self.agree(
            lambda: desk.approve_review(order_id=order, actor=self.cast.agent, reason="seen", now=self.clock()),
            oracle,
            NotAllowed,
        )

    @some("unknown_ones")
    @rule(which=ANY, send_again=st.booleans())
    def did_not_arrive(self, which, send_again):
        order = pick(self.unknown_ones(), which)

        def door():
            desk.did_not_arrive(
                order_id=order, send_again=send_again, actor=self.cast.agent, reason="looked", now=self.clock()
            )

        self.agree(door, lambda: self.books.did_not_arrive(order, send_again), NotAllowed)

    # --- After each step

    @invariant()
    def balances_are_the_oracles(self):
        wallets = {w.customer_id: (w.balance, w.seq) for w in Wallet.objects.all()}
        for name, customer in self.cast.customers.items():
            expected = self.books.balances.get(name, 0), self.books.entries.get(name, 0)
            assert wallets.get(customer.pk, (0, 0)) == expected, name
        assert LedgerEntry.objects.count() == sum(self.books.entries.values())

    @invariant()
    def orders_are_the_oracles(self):
        stand = {
            o.pk: (o.status, o.refunded, o.charge, o.submission, o.provider_order_id or "", o.waits_for_id)
            for o in Order.objects.all()
        }
        assert stand == {
            n: (o.status, o.back, o.charge, o.submission, o.number, o.behind) for n, o in self.books.orders.items()
        }

    @invariant()
    def every_move_of_money_has_its_event(self):
        moved = Counter()
        for order, money in OrderEvent.objects.values_list("order", "money"):
            moved[order] += money
        assert moved == Counter({n: o.back - o.charge for n, o in self.books.orders.items()})

    @invariant()
    def the_check_of_the_ledger_is_clean(self):
        assert faults_here() == []
