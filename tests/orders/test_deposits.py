"""Payments: reported once, decided once, booked exactly when confirmed - and the database holds every program to it."""

import datetime as dt
from collections import Counter

import pytest
from django.db import DatabaseError, connection, transaction

from orders import deposits, ledger, money, triggers
from orders.deposits import AlreadyDecided, PaymentRefused
from orders.models import Deposit, LedgerEntry
from orders.verification import verify
from tests.factories import NOW, fund
from tests.orders.payments import again, make_method, report
from tests.orders.test_concurrency import at_once

pytestmark = pytest.mark.django_db

LATER = NOW + dt.timedelta(hours=1)
A_LOT = money.parse("25.00")


def entries() -> list[tuple[str, int, int | None]]:
    return list(LedgerEntry.objects.order_by("id").values_list("kind", "amount", "actor_id"))


def test_a_reported_payment_waits_and_moves_no_money(customer):
    deposit = report(customer, reference=" RF-18 ", note="paid today ")
    assert (deposit.state, deposit.reference, deposit.note) == ("reported", "RF-18", "paid today")
    assert (again(deposit).booked, again(deposit).decided_at, ledger.balance_of(customer)) == (None, None, 0)
    assert entries() == []


def test_a_confirmed_payment_is_on_the_balance_with_actor_and_time(customer, agent):
    deposit = report(customer)
    assert deposits.confirm(deposit_id=deposit.pk, agent=agent, now=LATER) is True
    after = again(deposit)
    assert (after.state, after.booked, after.decided_by, after.decided_at) == ("confirmed", A_LOT, agent, LATER)
    assert (entries(), ledger.balance_of(customer)) == ([("deposit", A_LOT, agent.pk)], A_LOT)
    assert after.entries.get().key == f"deposit:{deposit.pk}"


def test_confirming_again_moves_nothing(customer, agent, lead):
    deposit = report(customer)
    deposits.confirm(deposit_id=deposit.pk, agent=agent, now=NOW)
    for _time in range(9):
        assert deposits.confirm(deposit_id=deposit.pk, agent=lead, amount=1, reason="x", now=LATER) is False
    assert (again(deposit).decided_by, len(entries()), ledger.balance_of(customer)) == (agent, 1, A_LOT)


def test_an_agent_corrects_the_amount_and_says_why(customer, agent):
    deposit = report(customer)
    found = money.parse("24.10")
    with pytest.raises(PaymentRefused, match="Say why another amount"):
        deposits.confirm(deposit_id=deposit.pk, agent=agent, amount=found, now=NOW)
    assert (again(deposit).state, entries()) == ("reported", [])
    deposits.confirm(deposit_id=deposit.pk, agent=agent, amount=found, reason="Bank fee", now=NOW)
    after = again(deposit)
    assert (after.amount, after.booked, after.reason, after.entries.get().note) == (
        A_LOT,
        found,
        "Bank fee",
        "Bank fee",
    )
    assert ledger.balance_of(customer) == found


@pytest.mark.parametrize("amount", [0, -1])
def test_nothing_or_less_is_not_booked(customer, agent, amount):
    deposit = report(customer)
    with pytest.raises(PaymentRefused, match="more than nothing"):
        deposits.confirm(deposit_id=deposit.pk, agent=agent, amount=amount, reason="x", now=NOW)
    assert (again(deposit).state, entries()) == ("reported", [])


def test_a_balance_beyond_all_numbers_is_refused(customer, lead):
    fund(customer, "1.00")
    deposit = report(customer)
    with pytest.raises(PaymentRefused, match="larger than can be kept"):
        deposits.confirm(deposit_id=deposit.pk, agent=lead, amount=money.MOST, reason="x", now=NOW)
    assert (again(deposit).state, ledger.balance_of(customer)) == ("reported", money.parse("1.00"))


def test_a_refused_payment_has_a_reason_and_no_entry(customer, agent, lead):
    deposit = report(customer)
    with pytest.raises(PaymentRefused, match="Say why"):
        deposits.refuse(deposit_id=deposit.pk, agent=agent, reason="  ", now=NOW)
    assert deposits.refuse(deposit_id=deposit.pk, agent=agent, reason="Never came", now=LATER) is True
    assert deposits.refuse(deposit_id=deposit.pk, agent=lead, reason="Other", now=LATER) is False
    after = again(deposit)
    assert (after.state, after.reason, after.decided_by, after.decided_at) == ("refused", "Never came", agent, LATER)
    assert (entries(), ledger.balance_of(customer)) == ([], 0)


def test_a_decision_is_not_turned_round(customer, agent):
    confirmed, refused = report(customer), report(customer)
    deposits.confirm(deposit_id=confirmed.pk, agent=agent, now=NOW)
    deposits.refuse(deposit_id=refused.pk, agent=agent, reason="Never came", now=NOW)
    with pytest.raises(AlreadyDecided):
        deposits.refuse(deposit_id=confirmed.pk, agent=agent, reason="x", now=LATER)
    with pytest.raises(AlreadyDecided):
        deposits.confirm(deposit_id=refused.pk, agent=agent, now=LATER)
    assert (again(confirmed).state, again(refused).state, len(entries())) == ("confirmed", "refused", 1)


def test_the_same_form_again_is_the_same_report_and_other_content_is_refused(customer):
    method = make_method()
    first = report(customer, method, reference="R-1", key="form:1")
    assert report(customer, method, reference=" R-1", key="form:1", now=LATER) == first
    with pytest.raises(PaymentRefused) as refused:
        report(customer, method, reference="R-2", key="form:1")
    assert (refused.value.code, Deposit.objects.count()) == ("key_reused", 1)


def test_two_customers_may_use_the_same_token(customer, stranger):
    assert report(customer, key="form:1") != report(stranger, key="form:1")


@pytest.mark.parametrize(
    ("amount", "code"), [("4.99", "amount_low"), ("0", "amount_low"), ("-1", "amount_low"), ("1000.01", "amount_high")]
)
def test_the_limits_of_a_method_hold(customer, amount, code):
    with pytest.raises(PaymentRefused) as refused:
        report(customer, amount=amount)
    assert (refused.value.code, refused.value.field, Deposit.objects.count()) == (code, "amount", 0)


def test_a_method_that_is_switched_off_takes_no_report(customer):
    with pytest.raises(PaymentRefused, match="not offered any more"):
        report(customer, make_method(is_active=False))


@pytest.mark.parametrize("reference", [" ", "---", "a\x00b", "a\ud800", "a\u202eb", "a\nb", "x" * 121])
def test_a_reference_nobody_could_find_is_refused(customer, reference):
    with pytest.raises(PaymentRefused) as refused:
        report(customer, reference=reference)
    assert (refused.value.field, Deposit.objects.count()) == ("reference", 0)


@pytest.mark.parametrize("spelling", ["RF 18-22", "rf1822", "ＲＦ18.22", "RF/18/22"])
def test_the_same_reference_again_is_a_likely_duplicate_and_books_nothing(customer, stranger, agent, spelling):
    """faults.md 9"""
    method = make_method()
    first = report(customer, method, reference="RF-1822")
    deposits.confirm(deposit_id=first.pk, agent=agent, now=NOW)
    second = report(stranger, method, reference=spelling)
    assert (second.likely_duplicate_of, second.state, first.likely_duplicate_of) == (first, "reported", None)
    assert (len(entries()), ledger.balance_of(stranger)) == (1, 0)
    assert verify() == []


def test_what_an_operator_credited_is_found_as_a_duplicate_too(customer):
    entry = deposits.credit(customer=customer, amount=A_LOT, note="", reference="RF-1822", now=NOW)
    assert report(customer, reference="rf 1822").likely_duplicate_of == entry.deposit


def test_another_method_or_reference_is_no_duplicate(customer):
    method = make_method()
    report(customer, method, reference="RF-1822")
    assert report(customer, make_method(), reference="RF-1822").likely_duplicate_of is None
    assert report(customer, method, reference="RF-1823").likely_duplicate_of is None


def test_a_credit_is_booked_once_per_reference_and_names_who_gave_it(customer, stranger, lead):
    first = deposits.credit(customer=customer, amount=A_LOT, note="Cash", reference="C-1", actor=lead, now=NOW)
    assert deposits.credit(customer=customer, amount=A_LOT, note="", reference="C-1", now=LATER) == first
    for other in ({"customer": stranger, "amount": A_LOT}, {"customer": customer, "amount": A_LOT + 1}):
        with pytest.raises(ValueError, match="already booked for something else"):
            deposits.credit(note="", reference="C-1", now=NOW, **other)
    assert (entries(), first.note, first.deposit.decided_by) == ([("deposit", A_LOT, lead.pk)], "Cash", lead)


@pytest.mark.django_db(transaction=True)
def test_ten_confirmations_at_once_are_one_entry(customer, agent):
    """faults.md 8"""
    deposit = report(customer)
    results = at_once([lambda: deposits.confirm(deposit_id=deposit.pk, agent=agent, now=NOW)] * 10)
    assert Counter(results) == {True: 1, False: 9}
    assert (entries(), ledger.balance_of(customer)) == ([("deposit", A_LOT, agent.pk)], A_LOT)
    assert verify() == []


@pytest.mark.django_db(transaction=True)
def test_confirming_and_refusing_at_once_is_one_decision(customer, agent):
    deposit = report(customer)
    jobs = [
        lambda: deposits.confirm(deposit_id=deposit.pk, agent=agent, now=NOW),
        lambda: deposits.refuse(deposit_id=deposit.pk, agent=agent, reason="x", now=NOW),
    ] * 3
    results = at_once(jobs)
    done = again(deposit)
    assert [result for result in results if result is True] == [True]
    assert {type(result) for result in results} <= {bool, AlreadyDecided}
    assert len(entries()) == (done.state == "confirmed")
    assert ledger.balance_of(customer) == (done.booked or 0)
    assert verify() == []


@pytest.mark.django_db(transaction=True)
def test_the_same_form_twenty_times_at_once_is_one_report(customer):
    method = make_method()
    results = at_once([lambda: report(customer, method, reference="R-1", key="form:1").pk] * 20)
    assert set(results) == {Deposit.objects.get().pk}


@pytest.mark.django_db(transaction=True)
def test_of_two_reports_of_one_payment_at_once_one_is_the_likely_duplicate(customer, stranger):
    method = make_method()
    at_once([lambda who=who: report(who, method, reference="R-1") for who in (customer, stranger)])
    first, second = Deposit.objects.order_by("id")
    assert (first.likely_duplicate_of, second.likely_duplicate_of) == (None, first)


FORBIDDEN = {
    "confirmed without an entry": "UPDATE orders_deposit SET state = 'confirmed', booked = amount, decided_at = reported_at, "
    "decided_by_id = {agent} WHERE id = {waiting}",
    "another amount": "UPDATE orders_deposit SET amount = amount + 1 WHERE id = {waiting}",
    "another wallet": "UPDATE orders_deposit SET wallet_id = {stranger} WHERE id = {waiting}",
    "a decision turned round": "UPDATE orders_deposit SET state = 'refused', booked = NULL, reason = 'x' WHERE id = {confirmed}",
    "a decision forgotten": "UPDATE orders_deposit SET state = 'reported', booked = NULL, decided_at = NULL, "
    "decided_by_id = NULL WHERE id = {confirmed}",
    "booked twice": "INSERT INTO orders_ledgerentry (wallet_id, seq, amount, balance, kind, deposit_id, key, note, created_at) "
    "SELECT wallet_id, seq + 1, amount, balance + amount, kind, deposit_id, 'again', '', created_at "
    "FROM orders_ledgerentry WHERE deposit_id = {confirmed}",
    "an entry for a refused one": "INSERT INTO orders_ledgerentry (wallet_id, seq, amount, balance, kind, deposit_id, key, note, "
    "created_at) SELECT wallet_id, seq + 1, amount, balance + amount, kind, {refused}, 'again', '', created_at "
    "FROM orders_ledgerentry WHERE deposit_id = {confirmed}",
    "the money gone": "DELETE FROM orders_deposit WHERE id = {confirmed}",
}


def run_now(statement: str) -> None:
    """A foreign key to a deleted row is looked at when the transaction ends; here it need not wait so long."""
    with connection.cursor() as cursor:
        cursor.execute(statement)
    connection.check_constraints()


@pytest.mark.parametrize("statement", FORBIDDEN.values(), ids=FORBIDDEN)
def test_the_database_refuses(customer, stranger, agent, statement):
    fund(stranger)
    waiting, confirmed, refused = report(customer), report(customer), report(customer)
    deposits.confirm(deposit_id=confirmed.pk, agent=agent, now=NOW)
    deposits.refuse(deposit_id=refused.pk, agent=agent, reason="x", now=NOW)
    ids = {"waiting": waiting, "confirmed": confirmed, "refused": refused, "agent": agent, "stranger": stranger}
    with pytest.raises(DatabaseError), transaction.atomic():
        run_now(statement.format(**{name: row.pk for name, row in ids.items()}))
    assert ledger.balance_of(customer) == A_LOT


def test_a_deposit_is_not_born_confirmed(customer):
    fund(customer)
    with pytest.raises(DatabaseError), transaction.atomic():
        Deposit.objects.create(
            wallet_id=customer.pk,
            state="confirmed",
            amount=5,
            booked=5,
            reference="x",
            reported_at=NOW,
            decided_at=NOW,
        )


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE orders_deposit SET state = 'reported', booked = NULL, decided_at = NULL, decided_by_id = NULL",
        "UPDATE orders_deposit SET booked = booked - 1, reason = 'x'",
        "DELETE FROM orders_ledgerentry",
    ],
)
def test_the_check_finds_a_deposit_that_does_not_fit_its_entry(customer, agent, statement):
    deposit = report(customer)
    deposits.confirm(deposit_id=deposit.pk, agent=agent, now=NOW)
    with transaction.atomic(), connection.cursor() as cursor:
        triggers.drop()
        cursor.execute(statement)
    assert ("deposit differs from its entry", f"deposit {deposit.pk}") in {(f.what, f.where) for f in verify()}


def test_a_payment_above_the_limit_is_for_a_lead(customer, agent, lead):
    deposit = report(customer, amount="60.00")
    with pytest.raises(PaymentRefused, match=r"More than 50\.00 USD a day for one customer is for a support lead"):
        deposits.confirm(deposit_id=deposit.pk, agent=agent, now=NOW)
    assert again(deposit).state == "reported"
    assert ledger.balance_of(customer) == 0
    assert deposits.confirm(deposit_id=deposit.pk, agent=lead, now=NOW)
    assert ledger.balance_of(customer) == money.parse("60.00")


def test_many_small_payments_are_one_large_one(customer, agent):
    first, second = report(customer, amount="30.00"), report(customer, amount="30.00")
    deposits.confirm(deposit_id=first.pk, agent=agent, now=NOW)
    with pytest.raises(PaymentRefused, match="lead"):
        deposits.confirm(deposit_id=second.pk, agent=agent, now=NOW)
    assert deposits.confirm(deposit_id=second.pk, agent=agent, now=NOW + dt.timedelta(hours=25))
