"""Many at once, on both databases, with real threads and connections of their own."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connections

from orders import deposits, desk, ledger, lifecycle, money, submission
from orders.lifecycle import NotAllowed
from orders.models import LedgerEntry, Order
from orders.placing import OrderRefused, Wish, place_order
from orders.statuses import OrderStatus
from orders.verification import verify
from tests.factories import NOW, fresh, fund, make_provider, make_service, order_in, place

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(jobs, threads=None):
    """Runs all jobs side by side, each started at the same moment; what each gave or raised."""
    threads = threads or len(jobs)
    start = Barrier(threads)

    def run(job):
        try:
            if threads == len(jobs):
                start.wait(30)
            return job()
        except Exception as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(run, jobs))


def order_number(customer, service, n, *, link=None, key=None, quantity=1000):
    wish = Wish(service_id=service.pk, link=link or f"https://example.com/p/{n}", quantity=quantity)
    return lambda: place_order(customer=customer, wish=wish, client_key=key or f"k{n}", now=NOW)


def test_fifty_parallel_orders_with_balance_for_ten_are_exactly_ten(customer):
    service = make_service(rate="1.00")
    fund(customer, "10.00")
    results = at_once([order_number(customer, service, n) for n in range(50)])
    assert Counter(type(result) for result in results) == {Order: 10, OrderRefused: 40}
    assert {r.problems[0].code for r in results if isinstance(r, OrderRefused)} == {"funds"}
    assert ledger.balance_of(customer) == 0
    assert Order.objects.count() == 10
    assert verify() == []


def test_the_same_form_sent_twenty_times_at_once_is_one_order(customer):
    service = make_service(rate="1.00")
    fund(customer, "10.00")
    results = at_once([order_number(customer, service, 1, key="same") for _ in range(20)])
    assert {getattr(result, "pk", result) for result in results} == {Order.objects.get().pk}
    assert ledger.balance_of(customer) == money.parse("9.00")


def test_two_forms_for_the_same_link_at_once_are_one_order(customer):
    service = make_service(rate="1.00")
    fund(customer, "10.00")
    results = at_once([order_number(customer, service, n, link="https://example.com/p") for n in range(8)])
    assert Counter(type(result) for result in results) == {Order: 1, OrderRefused: 7}
    assert {r.problems[0].code for r in results if isinstance(r, OrderRefused)} == {"overlap"}


def test_refunds_at_once_never_exceed_the_charge(customer, admin):
    order = order_in(OrderStatus.COMPLETED, customer)
    part = order.charge * 4 // 10

    def refund():
        return desk.refund(order_id=order.pk, amount=part, actor=admin, reason="x", now=NOW)

    results = at_once([refund] * 6)
    assert Counter(type(result) for result in results) == {lifecycle.Outcome: 2, NotAllowed: 4}
    assert fresh(order).refunded == 2 * part
    assert verify() == []


def test_orders_and_returns_on_one_wallet_make_one_contiguous_chain(customer, admin):
    service = make_service(rate="1.00")
    fund(customer, "20.00")
    done = [
        order_in(OrderStatus.COMPLETED, customer, service=make_service(rate="1.00"), funded=False) for _ in range(5)
    ]
    jobs = [order_number(customer, service, n) for n in range(10)]
    jobs += [
        lambda pk=order.pk: desk.refund(order_id=pk, amount=1000, actor=admin, reason="x", now=NOW) for order in done
    ]
    results = at_once(jobs)
    assert not [r for r in results if isinstance(r, Exception)]
    seqs = list(LedgerEntry.objects.filter(wallet_id=customer.pk).order_by("seq").values_list("seq", flat=True))
    assert seqs == list(range(1, len(seqs) + 1))
    assert verify() == []


def test_the_same_payment_booked_at_once_is_one_entry(customer):
    def book():
        return deposits.credit(customer=customer, amount=700, note="", reference="R-1", now=NOW).pk

    results = at_once([book] * 10)
    assert len(set(results)) == 1
    assert ledger.balance_of(customer) == 700


def test_workers_at_once_claim_every_order_exactly_once(customer):
    service = make_service(rate="0.01", provider=make_provider())
    fund(customer, "100.00")
    placed = {place(customer, service=service, funded=False).pk for _ in range(40)}

    def claim():
        return [order.pk for order in submission.claim(now=NOW, most=7)]

    claimed = [pk for result in at_once([claim] * 8) for pk in result]
    assert sorted(claimed) == sorted(placed)


def test_a_cancel_and_a_claim_at_once_never_both_win(customer):
    provider = make_provider()
    for _round in range(10):
        order = place(customer, service=make_service(provider=provider))
        canceled, claimed = at_once(
            [
                lambda pk=order.pk: lifecycle.cancel(order_id=pk, actor=customer, now=NOW),
                lambda: submission.claim(now=NOW, most=10),
            ]
        )
        order = fresh(order)
        was_canceled = not isinstance(canceled, Exception)
        was_claimed = order.pk in {o.pk for o in claimed}
        assert was_canceled != was_claimed
        assert (order.status == OrderStatus.CANCELED) == was_canceled
        if was_claimed:
            submission.unknown(order_id=order.pk, token=order.claim_token, reason="x", now=NOW)
    assert verify() == []


def test_the_check_of_the_ledger_gives_no_false_alarm_under_load(customer):
    service = make_service(rate="0.01")
    fund(customer, "10.00")
    jobs = [order_number(customer, service, n) for n in range(40)]
    jobs[::5] = [verify] * 8
    results = at_once(jobs, threads=8)
    assert [result for result in results if isinstance(result, list) and result] == []
    assert not [result for result in results if isinstance(result, Exception)]
