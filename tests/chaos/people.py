"""Customers and agents at random work: `python -m tests.chaos.people SECONDS SEED WEB SIMULATOR_STATE KEY...`.

What the shop confirmed to somebody is written down; in the end all of it is told as one line of JSON.
"""

import contextlib
import datetime as dt
import json
import random
import re
import sqlite3
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable

import django
import requests
from django.db import Error, connection
from django.utils import timezone

django.setup()

from accounts.models import User  # noqa: E402 (models need the line above)
from orders import deposits, desk, lifecycle  # noqa: E402
from orders.halt import Halted  # noqa: E402
from orders.ledger import NotEnoughBalance  # noqa: E402
from orders.lifecycle import NotAllowed  # noqa: E402
from orders.models import Order, Service  # noqa: E402
from orders.placing import OrderRefused, Wish, place_order  # noqa: E402
from orders.statuses import OrderStatus  # noqa: E402

# How long somebody goes on asking for the answer to what they have begun, after the others have gone home.
PATIENCE = 30.0
# Under load the provider's own book is a few seconds behind what reached it: who looks too early sees nothing of it.
PAGES_LAG = dt.timedelta(seconds=6)
# Agents tidy up a little longer than customers order.
TIDY_SECONDS = 8.0


def hang_up() -> None:
    """Lets the next call connect anew, in whatever state the old connection is."""
    with contextlib.suppress(Exception):
        connection.close()


class People:
    def __init__(
        self, seconds: float, seed: int, web: str, upstream: str, keys: list[str], services: list[int]
    ) -> None:
        self.until = time.monotonic() + seconds
        self.seed, self.web, self.upstream, self.keys, self.services = seed, web, upstream, keys, services
        self.lock = threading.Lock()
        self.orders: list[dict[str, object]] = []
        self.returns: dict[int, int] = {}
        self.payments: list[str] = []
        self.counts: Counter[str] = Counter()
        self.breaches: list[str] = []

    def note(self, word: str) -> None:
        with self.lock:
            self.counts[word] += 1

    def work(self) -> dict[str, object]:
        jobs: list[Callable[[random.Random], None]] = []
        jobs += [lambda dice, key=key: self.reseller(dice, key) for key in self.keys]
        jobs += [self.customer, self.cashier]
        shifts = [(job, self.until) for job in jobs] + [(self.agent, self.until + TIDY_SECONDS)] * 2
        threads = [
            threading.Thread(target=self.shift, args=(job, until, random.Random(f"{self.seed}:{number}")))  # noqa: S311
            for number, (job, until) in enumerate(shifts)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return {
            "orders": self.orders,
            "returns": self.returns,
            "payments": self.payments,
            "counts": self.counts,
            "breaches": self.breaches,
        }

    def shift(self, job: Callable[[random.Random], None], until: float, dice: random.Random) -> None:
        while time.monotonic() < until:
            try:
                job(dice)
            except (NotAllowed, Halted, OrderRefused, NotEnoughBalance) as refused:
                self.note(f"refused: {re.sub('[0-9.,]+', '#', str(refused))[:60]}")
            except Error:
                self.note("database did not answer")
                hang_up()
                time.sleep(0.2)
            except Exception as fault:
                with self.lock:
                    self.breaches.append(f"somebody met {fault!r}")
                hang_up()
            time.sleep(dice.uniform(0.02, 0.15))
        hang_up()

    # --- Who buys

    def reseller(self, dice: random.Random, key: str) -> None:
        """A program that orders through the API over HTTP and repeats its request_id until it has an answer."""
        wish = {
            "service": str(dice.choice(self.services)),
            "link": f"https://example.com/{uuid.UUID(int=dice.getrandbits(128))}",
            "quantity": str(dice.randint(10, 500)),
            "request_id": str(uuid.UUID(int=dice.getrandbits(128))),
        }
        order = self.insist(key, wish)
        if order is None:
            return
        with self.lock:
            self.orders.append({"order": order, "by": "API", **wish})
        if dice.random() < 0.2 and self.insist(key, wish) not in {order, None}:
            with self.lock:
                self.breaches.append(f"request {wish['request_id']} gave two orders")

    def insist(self, key: str, wish: dict[str, str]) -> int | None:
        """The number that the shop confirmed; None where it refused, or nobody answered for a long time."""
        while time.monotonic() < self.until + PATIENCE:
            try:
                answer = requests.post(self.web, {"key": key, "action": "add", **wish}, timeout=10)
            except requests.RequestException:
                self.note("no answer")
                time.sleep(0.2)
                continue
            self.note(f"HTTP {answer.status_code}")
            if answer.status_code != 200:
                time.sleep(0.2)
                continue
            told = answer.json()
            if "order" in told:
                return int(told["order"])
            self.note(f"refused: {told['error'][:40]}")
            return None
        return None

    def customer(self, dice: random.Random) -> None:
        """Somebody at the order form, who sends it again when the page did not come."""
        user = User.objects.get(email="customer0@example.com")
        wish = Wish(dice.choice(self.services), f"https://example.com/{uuid.UUID(int=dice.getrandbits(128))}", 77)
        token = str(uuid.UUID(int=dice.getrandbits(128)))
        while time.monotonic() < self.until + PATIENCE:
            try:
                order = place_order(customer=user, wish=wish, client_key=token, now=timezone.now())
                break
            except Error:
                self.note("database did not answer")
                hang_up()
                time.sleep(0.2)
        else:
            return
        with self.lock:
            self.orders.append(
                {"order": order.pk, "by": "form", "service": wish.service_id, "link": wish.link, "quantity": 77}
            )
        if dice.random() < 0.2:
            lifecycle.cancel(order_id=order.pk, actor=user, now=timezone.now())
            self.note("canceled by the customer")

    # --- Who works there

    def cashier(self, dice: random.Random) -> None:
        reference = f"payment {uuid.UUID(int=dice.getrandbits(128))}"
        customer = User.objects.get(email=f"customer{dice.randrange(len(self.keys))}@example.com")
        while time.monotonic() < self.until + PATIENCE:
            try:
                deposits.credit(
                    customer=customer, amount=10**7, note="", reference=reference, notify=False, now=timezone.now()
                )
                break
            except Error:
                hang_up()
                time.sleep(0.2)
        else:
            return
        with self.lock:
            self.payments.append(reference)
        time.sleep(0.3)

    def agent(self, dice: random.Random) -> None:
        newest = Order.objects.order_by("-id").only("pk").first()
        if newest is None:
            return
        waiting = Order.objects.filter(submission=Order.Submission.UNKNOWN, suggested_number="").order_by("id")
        settled = Order.objects.filter(status__in=["completed", "partial"]).order_by("-id")
        anyone = Order.objects.filter(pk=dice.randint(1, newest.pk))
        order = dice.choice([waiting, waiting, settled, anyone]).first()
        if order is None:
            return
        who = {"actor": User.objects.get(email="agent@example.com"), "now": timezone.now()}
        if order.submission == Order.Submission.UNKNOWN:
            self.look_upstream(order, who)
        elif order.review and order.proposed_status:
            self.returned(order.pk, desk.approve_review(order_id=order.pk, reason="it is so", **who).returned)
        elif order.status in {"completed", "partial", "refunded"}:
            amount = max(1, order.charge // dice.randint(2, 30))
            self.returned(order.pk, desk.refund(order_id=order.pk, amount=amount, reason="goodwill", **who).returned)
        elif order.status == "in_progress" and dice.random() < 0.2:
            to = dice.choice([OrderStatus.COMPLETED, OrderStatus.CANCELED])
            desk.settle_by_hand(order_id=order.pk, to=to, reason="seen", **who)
            self.note("settled by hand")

    def returned(self, order: int, units: int) -> None:
        with self.lock:
            self.returns[order] = self.returns.get(order, 0) + units
            self.counts["returned by an agent"] += 1

    def look_upstream(self, order: Order, who: dict[str, object]) -> None:
        """Reads the provider's own pages and says what stands there, once nothing can be under way any more."""
        if order.claim_until is None or timezone.now() < order.claim_until + PAGES_LAG:
            return
        pages = sqlite3.connect(f"file:{self.upstream}?mode=ro", uri=True)
        try:
            found = pages.execute("SELECT id FROM orders WHERE link = ?", [order.link]).fetchone()
        finally:
            pages.close()
        if found:
            if not order.suggested_number:
                desk.suggest_number(order_id=order.pk, number=str(found[0]), **who)
                self.note("it arrived")
        else:
            desk.did_not_arrive(
                order_id=order.pk,
                send_again=order.pk % 2 == 0,
                reason="not there",
                seen_attempts=order.attempts,
                **who,
            )
            self.note("it did not arrive")


if __name__ == "__main__":
    seconds, seed, web, upstream, *keys = sys.argv[1:]
    services: list[int] = []
    while not services:  # the database may be down already
        try:
            services = list(Service.objects.values_list("pk", flat=True))
        except Error:
            hang_up()
            time.sleep(0.2)
    people = People(float(seconds), int(seed), web, upstream, keys, services)
    sys.stdout.write(json.dumps(people.work()) + "\n")
