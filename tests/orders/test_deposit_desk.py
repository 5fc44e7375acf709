"""Payments at the agents' desk: what it shows, what it does, and what a forged request cannot do."""

import pytest
import time_machine
from django.test import Client

from orders import deposits, ledger, money
from orders.models import Deposit, LedgerEntry, PaymentMethod
from tests.conftest import member
from tests.factories import NOW
from tests.orders.payments import again, make_method, report
from tests.orders.test_pages import words

LIST = "/admin/orders/deposit/"
ACTIONS = {"confirm": {"amount": "25.00", "reason": ""}, "refuse": {"reason": "It never came."}}


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def at_desk(client, agent):
    client.force_login(agent)
    return client


def desk(deposit) -> str:
    return f"{LIST}{deposit.pk}/change/"


def act(client, deposit, action: str, **changes):
    return client.post(f"{LIST}{deposit.pk}/{action}/", ACTIONS[action] | changes)


def listed(answer, *rows) -> list[Deposit]:
    places = {answer.text.find(f'href="{desk(row)}'): row for row in rows}
    return [places[place] for place in sorted(places) if place >= 0]


def test_an_agent_confirms_a_payment_once(at_desk, customer, agent):
    deposit = report(customer, reference="RF-18", note="From my savings")
    shown = words(at_desk.get(desk(deposit)).text)
    assert "carol@example.com" in shown
    assert "Reported 25.00 USD" in shown
    assert "Reference RF-18 Note From my savings" in shown
    answer = at_desk.post(f"{LIST}{deposit.pk}/confirm/", ACTIONS["confirm"], follow=True)
    assert answer.redirect_chain == [(desk(deposit), 302)]
    assert "The money is on the customer's balance." in words(answer.text)
    assert "Decided gina@example.com · 12:00" in words(answer.text)
    assert "Confirm and book" not in answer.text
    again_sent = at_desk.post(f"{LIST}{deposit.pk}/confirm/", ACTIONS["confirm"], follow=True)
    assert "This was decided before. Nothing changed now" in words(again_sent.text)
    assert (ledger.balance_of(customer), LedgerEntry.objects.count()) == (money.parse("25.00"), 1)
    assert LedgerEntry.objects.get().actor == agent


def test_an_agent_corrects_the_amount_with_a_reason(at_desk, customer):
    deposit = report(customer)
    refused = act(at_desk, deposit, "confirm", amount="24.00")
    assert refused.status_code == 422
    assert "Say why another amount is booked than was reported." in words(refused.text)
    assert 'value="24.00"' in refused.text
    assert act(at_desk, deposit, "confirm", amount="24.00", reason="Bank fee").status_code == 302
    assert (again(deposit).reason, ledger.balance_of(customer)) == ("Bank fee", money.parse("24.00"))


@pytest.mark.parametrize("amount", ["", "0", "-5", "1,00", "1e3", "9" * 25])
def test_an_amount_that_is_none_books_nothing(at_desk, customer, amount):
    deposit = report(customer)
    assert act(at_desk, deposit, "confirm", amount=amount, reason="x").status_code == 422
    assert (again(deposit).state, ledger.balance_of(customer)) == ("reported", 0)


def test_an_agent_refuses_with_a_reason(at_desk, customer, agent):
    deposit = report(customer)
    assert act(at_desk, deposit, "refuse", reason=" ").status_code == 422
    assert act(at_desk, deposit, "refuse").status_code == 302
    after = again(deposit)
    assert (after.state, after.reason, after.decided_by, after.decided_at) == ("refused", "It never came.", agent, NOW)
    late = at_desk.post(f"{LIST}{deposit.pk}/confirm/", ACTIONS["confirm"], follow=True)
    assert "This was decided before." in words(late.text)
    assert ledger.balance_of(customer) == 0


def test_a_likely_duplicate_is_shown_with_the_payments_it_resembles(at_desk, customer, stranger):
    method = make_method()
    first = report(stranger, method, reference="RF-18")
    second = report(customer, method, reference="rf 18")
    answer = at_desk.get(desk(second))
    assert "Likely a duplicate" in words(answer.text)
    assert f"#{first.pk} sam@example.com 25.00 USD Being checked" in words(answer.text)
    assert f'href="{desk(first)}"' in answer.text
    assert f"#{first.pk}" in words(at_desk.get(LIST).text)


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("role", ["Auditor", "Content editor", "Operator", "no role"])
def test_a_forged_request_without_the_right_changes_nothing(client, customer, agent, role, action):
    deposit = report(customer)
    client.force_login(member("rita@example.com", role) if role != "no role" else customer)
    answer = act(client, deposit, action)
    assert answer.status_code == 403 if role != "no role" else answer.headers["Location"].startswith("/admin/login/")
    assert (again(deposit).state, again(deposit).decided_by, LedgerEntry.objects.count()) == ("reported", None, 0)


def test_the_right_to_decide_is_nothing_without_the_right_to_look(client, customer, agent):
    deposit = report(customer)
    group = agent.groups.get()
    group.permissions.remove(group.permissions.get(codename="view_deposit"))
    client.force_login(agent)
    assert act(client, deposit, "confirm").status_code == 403
    assert again(deposit).state == "reported"


@pytest.mark.parametrize("action", ACTIONS)
def test_a_decision_needs_a_post_with_its_csrf_token_and_an_existing_deposit(at_desk, customer, agent, action):
    deposit = report(customer)
    assert at_desk.get(f"{LIST}{deposit.pk}/{action}/").status_code == 405
    for number in (deposit.pk + 1, 2**63, 10**30):
        assert at_desk.post(f"{LIST}{number}/{action}/", ACTIONS[action]).status_code == 404
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(agent)
    assert act(strict, deposit, action).status_code == 403
    assert again(deposit).state == "reported"


def test_a_lead_may_decide_too(client, lead, customer):
    deposit = report(customer)
    client.force_login(lead)
    assert act(client, deposit, "confirm").status_code == 302
    assert again(deposit).decided_by == lead


def test_who_may_only_read_sees_the_facts_and_no_form(client, customer, agent):
    deposit = report(customer)
    client.force_login(member("rita@example.com", "Auditor"))
    answer = client.get(desk(deposit))
    assert "You may look at payments, not decide on them." in words(answer.text)
    assert "Confirm and book" not in answer.text


def test_nothing_is_added_changed_or_deleted_past_the_door(client, admin, customer):
    deposit = report(customer)
    client.force_login(admin)
    assert client.get(f"{LIST}add/").status_code == 403
    assert client.post(desk(deposit), {"state": "confirmed"}).status_code == 403
    assert client.post(f"{LIST}{deposit.pk}/delete/", {"post": "yes"}).status_code == 403
    assert again(deposit).state == "reported"


@pytest.mark.parametrize("number", ["0", "999", "x", str(2**70), "-1"])
def test_a_number_without_a_deposit_is_not_found(at_desk, number):
    assert at_desk.get(f"{LIST}{number}/change/").status_code == 404


def test_what_waits_stands_first_and_a_state_can_be_chosen(at_desk, customer, agent):
    confirmed, waiting, refused = report(customer), report(customer), report(customer)
    deposits.confirm(deposit_id=confirmed.pk, agent=agent, now=NOW)
    deposits.refuse(deposit_id=refused.pk, agent=agent, reason="x", now=NOW)
    rows = (confirmed, waiting, refused)
    assert listed(at_desk.get(LIST), *rows)[0] == waiting
    assert len(listed(at_desk.get(LIST), *rows)) == 3
    assert listed(at_desk.get(f"{LIST}?state__exact=confirmed"), *rows) == [confirmed]


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("rf 18", {"mine"}),
        ("RF-19", {"theirs"}),
        ("#{mine}", {"mine"}),
        ("carol@exa", {"mine"}),
        ("nothing", set()),
        ("9" * 30, set()),
        ("%00", {"mine", "theirs"}),
    ],
)
def test_the_list_finds_by_reference_number_and_address(at_desk, customer, stranger, search, found):
    mine, theirs = report(customer, reference="RF-18"), report(stranger, reference="RF-19")
    text = "\x00" if search == "%00" else search.format(mine=mine.pk)
    shown = listed(at_desk.get(LIST, {"q": text}), mine, theirs)
    assert {"mine" if row == mine else "theirs" for row in shown} == found


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_takes_the_same_queries_however_long(
    at_desk, customer, stranger, lead, count, django_assert_num_queries
):
    for _time in range(count):
        deposit = report(customer, make_method())
        deposits.confirm(deposit_id=deposit.pk, agent=lead, now=NOW)
        report(stranger)
    at_desk.get(LIST)  # a session's first page notes where it is
    with django_assert_num_queries(8) as asked:
        at_desk.get(LIST)
    counting = [query["sql"] for query in asked if "COUNT(" in query["sql"]]
    assert all("LIMIT" in sql for sql in counting)


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_takes_the_same_queries_however_many_resemble_it(
    at_desk, stranger, customer, count, django_assert_num_queries
):
    method = make_method()
    for _time in range(count):
        report(stranger, method, reference="RF-18")
    deposit = report(customer, method, reference="RF-18")
    at_desk.get(desk(deposit))  # a session's first page notes where it is
    with django_assert_num_queries(8):
        at_desk.get(desk(deposit))


def test_the_page_keeps_to_the_policy_and_shows_words_as_words(at_desk, customer):
    deposit = report(customer, reference="<img src=x>", note="<script>alert(1)</script>")
    for path in (LIST, desk(deposit)):
        shown = at_desk.get(path).text
        assert "<img src=x" not in shown
        assert "<script>" not in shown
        assert " style=" not in shown


# --- Methods


def test_an_operator_writes_a_method_with_money_as_people_write_it(client, db):
    client.force_login(member("oscar@example.com", "Operator"))
    wish = {
        "name": "Bank transfer",
        "instructions": "Account 1234",
        "minimum": "5.00",
        "maximum": "250.50",
        "position": "1",
        "is_active": "on",
    }
    path = "/admin/orders/paymentmethod/add/"
    assert client.post(path, wish).status_code == 302
    method = PaymentMethod.objects.get()
    assert (method.minimum, method.maximum) == (money.parse("5.00"), money.parse("250.50"))
    shown = client.get(f"/admin/orders/paymentmethod/{method.pk}/change/").text
    assert 'value="5.00"' in shown
    assert 'value="250.50"' in shown


@pytest.mark.parametrize(
    ("limits", "sentence"),
    [
        ({"minimum": "0"}, "The smallest amount must be more than nothing."),
        ({"minimum": "300"}, "The largest amount is below the smallest one."),
        ({"maximum": "1e3"}, "Write the amount with plain digits, for example 25.00."),
        ({"maximum": "9" * 15}, "Write the amount with plain digits, for example 25.00."),
    ],
)
def test_limits_that_make_no_sense_are_refused(client, admin, limits, sentence):
    client.force_login(admin)
    wish = {"name": "Bank", "instructions": "x", "minimum": "5", "maximum": "250", "position": "1"} | limits
    answer = client.post("/admin/orders/paymentmethod/add/", wish)
    assert sentence in words(answer.text)
    assert PaymentMethod.objects.count() == 0


def test_a_method_is_switched_off_never_deleted(client, admin, customer):
    method = make_method()
    report(customer, method)
    client.force_login(admin)
    assert client.post(f"/admin/orders/paymentmethod/{method.pk}/delete/", {"post": "yes"}).status_code == 403


def test_an_agent_reads_methods_and_changes_none(at_desk):
    method = make_method()
    assert at_desk.get(f"/admin/orders/paymentmethod/{method.pk}/change/").status_code == 200
    assert at_desk.post(f"/admin/orders/paymentmethod/{method.pk}/change/", {"name": "x"}).status_code == 403
