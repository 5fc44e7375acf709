"""The customer's mail about a payment: after the commit, once, with patience, and never in the way of money."""

import datetime as dt
import smtplib

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend

from accounts import outbox
from orders import deposits, ledger, money, notifications, worker
from orders.models import Deposit
from orders.placing import Wish, place_order
from tests.factories import NOW, fund, make_service
from tests.orders.payments import again, make_method, report
from tests.orders.test_concurrency import at_once

pytestmark = pytest.mark.django_db

DOWN = f"{__name__}.Down"
HALF_DOWN = f"{__name__}.RefusesCarol"


class Down(EmailBackend):
    """A mail server that nobody reaches."""

    def open(self):
        raise ConnectionRefusedError("nobody listens")


class RefusesCarol(EmailBackend):
    """A mail server that takes no mail for one address."""

    def send_messages(self, messages):
        if any("carol@" in address for message in messages for address in message.to):
            raise smtplib.SMTPRecipientsRefused({"carol@example.com": (550, b"no such user")})
        return super().send_messages(messages)


def at(moment: dt.datetime):
    return lambda: moment


def confirmed(customer, agent, **fields) -> Deposit:
    deposit = report(customer, **fields)
    deposits.confirm(deposit_id=deposit.pk, agent=agent, now=NOW)
    return deposit


def test_the_customer_hears_of_a_confirmed_payment_once(customer, agent):
    deposit = confirmed(customer, agent, method=make_method(name="Bank <transfer>"), reference="RF-18")
    assert mail.outbox == []
    assert notifications.notify_due(at(NOW)) == 1
    assert notifications.notify_due(at(NOW + dt.timedelta(days=1))) == 0
    [letter] = mail.outbox
    assert (letter.to, letter.subject) == (["carol@example.com"], "25.00 USD is on your balance at Neofollower")
    assert "Your payment by Bank <transfer> with the reference RF-18 has come in." in letter.body
    [(html, kind)] = letter.alternatives
    assert (kind, "Bank &lt;transfer&gt; with the reference RF-18" in html) == ("text/html", True)
    assert (again(deposit).notified_at, again(deposit).notice_due_at) == (NOW, None)


def test_the_letter_says_why_another_amount_is_booked(customer, agent):
    deposit = report(customer)
    deposits.confirm(deposit_id=deposit.pk, agent=agent, amount=money.parse("24.00"), reason="Bank & fee", now=NOW)
    letter = notifications.message_about(again(deposit))
    assert letter.subject.startswith("24.00 USD")
    assert "You had reported 25.00 USD. Why another amount is booked: Bank & fee" in letter.body


def test_the_letter_says_why_a_payment_was_refused(customer, agent):
    deposit = report(customer, reference="RF-18")
    deposits.refuse(deposit_id=deposit.pk, agent=agent, reason="It never came.", now=NOW)
    letter = notifications.message_about(again(deposit))
    assert letter.subject == "Your payment of 25.00 USD to Neofollower was not booked"
    assert "The reason: It never came." in letter.body


def test_a_credit_is_told_with_its_note(customer):
    deposits.credit(customer=customer, amount=money.parse("5.00"), note="For the delay", reference="C-1", now=NOW)
    notifications.notify_due(at(NOW))
    [letter] = mail.outbox
    assert "Our team has put 5.00 USD on your balance.\n\nFor the delay\n" in letter.body


def test_nothing_is_said_of_a_payment_that_waits(customer):
    report(customer)
    assert notifications.notify_due(at(NOW)) == 0
    assert mail.outbox == []


def test_a_method_with_line_ends_cannot_write_headers(customer, agent, settings):
    settings.BRAND = "Shop\nBcc: everybody@example.com"
    letter = notifications.message_about(again(confirmed(customer, agent)))
    assert "\n" not in letter.subject
    assert letter.message()["Bcc"] is None


def test_while_the_mail_server_is_down_money_moves_and_the_letter_waits(customer, agent, settings):
    """faults.md 44"""
    settings.EMAIL_BACKEND = DOWN
    deposit = confirmed(customer, agent)
    fund(customer)
    service = make_service()
    wish = Wish(service_id=service.pk, link="https://example.com/p", quantity=1000)
    order = place_order(customer=customer, wish=wish, client_key="k", now=NOW)
    assert worker.run_due(chores=("notify",), clock=at(NOW)) == 1
    waiting = again(deposit)
    assert (waiting.notified_at, waiting.notice_attempts) == (None, 1)
    assert waiting.notice_due_at == NOW + outbox.FIRST_BACKOFF
    assert ledger.balance_of(customer) == money.parse("125.00") - order.charge
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert notifications.notify_due(at(NOW)) == 0
    assert notifications.notify_due(at(waiting.notice_due_at)) == 1
    assert [letter.to for letter in mail.outbox] == [["carol@example.com"]]


def test_one_address_that_takes_no_mail_holds_up_nobody_else(customer, stranger, agent, settings):
    settings.EMAIL_BACKEND = HALF_DOWN
    bad, good = confirmed(customer, agent), confirmed(stranger, agent)
    notifications.notify_due(at(NOW))
    assert [letter.to for letter in mail.outbox] == [["sam@example.com"]]
    assert (again(bad).notified_at, again(good).notified_at) == (None, NOW)


def test_an_address_that_never_takes_mail_is_given_up_in_the_end(customer, agent, settings):
    settings.EMAIL_BACKEND = DOWN
    deposit = confirmed(customer, agent)
    clock = NOW
    for _time in range(outbox.MOST_ATTEMPTS):
        assert notifications.notify_due(at(clock)) == 1
        clock = again(deposit).notice_due_at or clock
    assert (again(deposit).notice_due_at, again(deposit).state) == (None, "confirmed")
    assert dt.timedelta(days=7) < clock - NOW < dt.timedelta(days=14)


def test_what_a_killed_worker_had_claimed_is_due_again_after_the_lease(customer, agent):
    deposit = confirmed(customer, agent)
    assert outbox.claim(notifications.deposits(), now=NOW, most=10) == [deposit]
    assert notifications.notify_due(at(NOW + dt.timedelta(seconds=30))) == 0
    assert notifications.notify_due(at(NOW + outbox.LEASE)) == 1
    assert len(mail.outbox) == 1


@pytest.mark.django_db(transaction=True)
def test_workers_side_by_side_send_each_letter_once(customer, stranger, lead):
    for _time in range(6):
        confirmed(customer, lead)
        confirmed(stranger, lead)
    claimed = at_once([lambda: outbox.claim(notifications.deposits(), now=NOW, most=4)] * 4)
    numbers = [deposit.pk for batch in claimed for deposit in batch]
    assert len(numbers) == len(set(numbers))
    assert set(numbers) <= set(Deposit.objects.values_list("pk", flat=True))
