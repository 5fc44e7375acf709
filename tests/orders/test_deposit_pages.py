"""Adding funds, as the customer meets it: how to pay, "I have paid", and what became of it."""

import re

import pytest
import time_machine
from django.test import Client

from orders import deposits, ledger, money
from orders.models import Deposit
from tests.factories import NOW
from tests.orders.payments import again, make_method, report
from tests.orders.test_pages import words

PAGE = "/balance/add/"


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def method(db):
    return make_method(name="Bank transfer")


@pytest.fixture
def signed_in(client, customer):
    client.force_login(customer)
    return client


def typed(way, **changes) -> dict[str, str]:
    return {
        "method": str(way.pk),
        "amount": "25.00",
        "reference": "RF-18",
        "note": "From my savings",
        "token": "t-1",
    } | changes


def value_of(answer, name: str) -> str:
    return re.search(rf'name="{name}"[^>]* value="([^"]*)"', answer.text)[1]


def test_the_page_says_how_to_pay_and_within_which_limits(signed_in, method):
    make_method(name="Old way", is_active=False)
    shown = words(signed_in.get(PAGE).text)
    assert "Bank transfer From 5.00 USD to 1,000.00 USD Send it to account 1234. Say your email address." in shown
    assert "Your balance now: 0.00 USD" in shown
    assert "Old way" not in shown


def test_methods_stand_in_the_shops_order(signed_in):
    make_method(name="Second", position=2)
    make_method(name="First", position=1)
    shown = words(signed_in.get(PAGE).text)
    assert shown.index("First") < shown.index("Second")


def test_the_only_method_is_chosen_already_and_of_two_none_is(signed_in, method):
    assert signed_in.get(PAGE).text.count(" checked") == 1
    make_method()
    assert signed_in.get(PAGE).text.count(" checked") == 0


def test_without_a_method_the_page_offers_a_ticket(signed_in):
    answer = signed_in.get(PAGE)
    assert "No way to pay is offered here right now." in words(answer.text)
    assert 'href="/tickets/new/?topic=other"' in answer.text
    assert "I have paid" not in answer.text


def test_from_the_form_to_the_balance(signed_in, customer, agent, method):
    form = signed_in.get(PAGE)
    token = value_of(form, "token")
    told = signed_in.post(PAGE, typed(method, token=token), follow=True)
    assert told.redirect_chain == [(PAGE, 302)]
    shown = words(told.text)
    assert "We look for your payment and book it when it is there." in shown
    assert "25.00 USD · Bank transfer RF-18 · 12:00 (just now) Being checked We look for it" in shown
    deposit = Deposit.objects.get()
    assert (deposit.wallet_id, deposit.note, deposit.reported_at) == (customer.pk, "From my savings", NOW)
    assert ledger.balance_of(customer) == 0

    deposits.confirm(deposit_id=deposit.pk, agent=agent, now=NOW)
    assert "On the balance Nothing: it is on your balance." in words(signed_in.get(PAGE).text)
    history = words(signed_in.get("/balance/").text)
    assert "Deposit Bank transfer · RF-18" in history
    assert "+25.00 USD 25.00 USD" in history
    assert "gina@example.com" not in history


def test_a_corrected_or_refused_payment_says_why(signed_in, customer, agent, method):
    corrected, refused = report(customer, method), report(customer, method)
    deposits.confirm(deposit_id=corrected.pk, agent=agent, amount=money.parse("24.00"), reason="Bank fee", now=NOW)
    deposits.refuse(deposit_id=refused.pk, agent=agent, reason="<b>Never</b> came", now=NOW)
    answer = signed_in.get(PAGE)
    assert "24.00 USD came in and is on your balance. Bank fee" in words(answer.text)
    assert "Not booked &lt;b&gt;Never&lt;/b&gt; came".replace("Not booked ", "") in answer.text
    assert "Bank fee" in words(signed_in.get("/balance/").text)


def test_the_same_form_twice_is_one_payment(signed_in, method):
    for _time in range(2):
        assert signed_in.post(PAGE, typed(method)).status_code == 302
    assert Deposit.objects.count() == 1


def test_the_same_form_with_other_content_is_asked_again_under_a_new_token(signed_in, method):
    signed_in.post(PAGE, typed(method))
    answer = signed_in.post(PAGE, typed(method, reference="RF-19"))
    assert (answer.status_code, Deposit.objects.count()) == (422, 1)
    assert "This form was sent before with other content." in words(answer.text)
    assert value_of(answer, "token") != "t-1"
    assert signed_in.post(PAGE, typed(method, reference="RF-19", token=value_of(answer, "token"))).status_code == 302
    assert Deposit.objects.count() == 2


DIGITS = "Write the amount with plain digits, for example 25.00."
TOO_LITTLE = "The smallest amount by this way to pay is 5.00 USD."


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("amount", "", "Enter the amount that you paid."),
        ("amount", "1,00", DIGITS),
        ("amount", "1e3", DIGITS),
        ("amount", "٢٥", DIGITS),
        ("amount", "NaN", DIGITS),
        ("amount", "Infinity", DIGITS),
        ("amount", "25.123456789", DIGITS),
        ("amount", "9" * 30, DIGITS),
        ("amount", "0", TOO_LITTLE),
        ("amount", "-25.00", TOO_LITTLE),
        ("amount", "4.99999999", TOO_LITTLE),
        ("amount", "1000.01", "The largest amount by this way to pay is 1,000.00 USD."),
        ("reference", "", "Enter the reference of your payment: we find it by that."),
        ("reference", " - ", "Enter the reference of your payment: we find it by that."),
        ("reference", "a\x00b", "Null characters are not allowed."),
        ("reference", "a\u202eb", "Type the reference by hand: it has characters nobody can see."),
        ("method", "", "Choose how you paid."),
        ("method", "x", "This way to pay is not offered any more. Choose another one."),
        ("method", str(2**63), "This way to pay is not offered any more. Choose another one."),
        ("method", "1\x00", "Null characters are not allowed."),
        ("token", "a b", "This form was no longer usable and is made new. Check it and send it again."),
    ],
)
def test_a_mistake_is_said_beside_its_field_and_nothing_typed_is_lost(signed_in, method, field, value, sentence):
    answer = signed_in.post(PAGE, typed(method, **{field: value}))
    assert (answer.status_code, Deposit.objects.count()) == (422, 0)
    assert sentence in words(answer.text)
    assert "From my savings" in answer.text
    if field in {"amount", "method"}:
        assert value_of(answer, "reference") == "RF-18"
    else:
        assert value_of(answer, "amount") == "25.00"


@pytest.mark.parametrize(("field", "length"), [("reference", 121), ("note", 501)])
def test_too_long_is_said_and_stays_typed(signed_in, method, field, length):
    answer = signed_in.post(PAGE, typed(method, **{field: "x" * length}))
    assert (answer.status_code, Deposit.objects.count()) == (422, 0)
    assert "x" * length in answer.text


def test_a_value_sent_twice_has_no_meaning(signed_in, method):
    answer = signed_in.post(PAGE, typed(method, amount=["25.00", "999.00"]))
    assert (answer.status_code, Deposit.objects.count()) == (422, 0)
    assert "This was sent more than once." in words(answer.text)


def test_a_method_switched_off_meanwhile_is_refused_with_what_was_typed(signed_in, method):
    make_method(name="Voucher")
    method.is_active = False
    method.save(update_fields=["is_active"])
    answer = signed_in.post(PAGE, typed(method))
    assert (answer.status_code, Deposit.objects.count()) == (422, 0)
    assert "This way to pay is not offered any more." in words(answer.text)
    assert value_of(answer, "reference") == "RF-18"


def test_a_customer_sees_their_own_payments_alone(signed_in, stranger, method):
    report(stranger, method, reference="SECRET-1")
    assert "SECRET-1" not in signed_in.get(PAGE).text
    assert "Your payments" not in signed_in.get(PAGE).text


def test_nobody_is_told_that_somebody_else_gave_the_same_reference(signed_in, stranger, method):
    report(stranger, method, reference="RF-18")
    answer = signed_in.post(PAGE, typed(method), follow=True)
    assert "duplicate" not in answer.text.lower()
    assert Deposit.objects.latest("id").likely_duplicate_of is not None


def test_older_payments_are_a_page_further(signed_in, customer, method):
    made = [report(customer, method) for _time in range(11)]
    first = signed_in.get(PAGE).text
    assert f'id="payment-{made[0].pk}"' not in first
    second = signed_in.get(f"{PAGE}?before={made[1].pk}").text
    assert f'id="payment-{made[0].pk}"' in second


def test_a_report_needs_its_csrf_token_and_a_signed_in_customer(client, customer, method):
    assert client.post(PAGE, typed(method)).headers["Location"].startswith("/accounts/login/")
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(customer)
    assert strict.post(PAGE, typed(method)).status_code == 403
    assert Deposit.objects.count() == 0


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_takes_the_same_queries_however_long(signed_in, customer, count, django_assert_num_queries):
    for _time in range(count):
        report(customer, make_method())
    signed_in.get(PAGE)  # a session's first page notes where it is
    with django_assert_num_queries(6):
        signed_in.get(PAGE)


def test_the_history_reads_a_credit_by_its_note(signed_in, customer):
    deposits.credit(customer=customer, amount=500, note="", reference="operator:1", now=NOW)
    deposits.credit(customer=customer, amount=500, note="For the delay", reference="operator:2", now=NOW)
    shown = words(signed_in.get("/balance/").text)
    assert "Deposit Credited by our team" in shown
    assert "Deposit For the delay" in shown
    assert "operator:" not in shown
    assert again(Deposit.objects.first()).state == "confirmed"
