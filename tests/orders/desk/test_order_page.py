"""The page of one order: what it shows, what it offers, what each button does, and what a forged request cannot do."""

import logging

import pytest
from django.test import Client
from django.urls import reverse

from orders import desk, halt, ledger, lifecycle, money, refills, submission
from orders.models import LedgerEntry, OrderEvent
from orders.reports import Report
from orders.statuses import OrderStatus
from support import ticketing
from support.models import Topic
from tests.factories import NOW, accept, fresh, make_service, order_in, place, reported
from tests.orders.desk.situations import dear, forms_of, hidden, lost, reported_late, words_of
from tests.orders.test_drip import dripped
from tests.orders.test_refills import sending

pytestmark = pytest.mark.django_db
S = OrderStatus
Code = OrderEvent.Code


def page(client, order):
    return client.get(f"/admin/orders/order/{order.pk}/change/")


def act(client, order, name: str, **typed):
    return client.post(reverse(f"admin:orders_order_{name}", args=[order.pk]), typed)


def last_event(order) -> OrderEvent:
    return order.events.latest("id")


def seen(client, order) -> str:
    return hidden(page(client, order), "approve", "seen")


# --- What it shows


def test_every_run_of_a_drip_feed_leads_to_the_others(at_desk, customer):
    runs = dripped(customer, runs=3)
    pages = [page(at_desk, run).content.decode().partition("All runs")[2].partition("</dl>")[0] for run in runs]
    for own, shown in zip(runs, pages, strict=True):
        others = [reverse("admin:orders_order_change", args=[run.pk]) for run in runs if run != own]
        assert [address in shown for address in others] == [True, True]
    assert "All runs" not in words_of(page(at_desk, place(customer)))


def test_what_is_said_of_a_refill_to_be_settled_is_read_as_words(at_desk, customer):
    refills.unknown(refill_id=(one := sending(customer)).pk, token=one.claim_token, words="no answer", now=NOW)
    shown = page(at_desk, one.order)
    assert "Requested 25 Nov 2026, 12:00. Last words: no answer." in words_of(shown)
    assert "&lt;time" not in shown.content.decode()


def test_the_page_shows_verdict_facts_timeline_with_raw_answers_and_ledger_rows(at_desk, customer):
    order = reported_late(customer)
    ticket = ticketing.open_ticket(customer=customer, topic=Topic.OTHER, order=order, text="Where is it?", now=NOW)
    answer = page(at_desk, order)
    shown = words_of(answer)
    assert "Your ticket about this order is open" in shown
    assert (
        "A report that was not applied says Canceled; it would return 0.90 USD. 1,000 of 1,000 remain, it says."
        in shown
    )
    assert "A report came after the order was closed; we look at it Completed → Canceled (not applied)" in shown
    assert '{"status": "Canceled"}' in shown
    assert "Charged 0.90 USD Returned 0.00 USD Still kept 0.90 USD" in shown
    assert "Charge · #" in shown
    html = answer.content.decode()
    for address in (
        reverse("admin:orders_wallet_change", args=[customer.pk]),
        reverse("admin:orders_provider_health", args=[order.provider_id]),
        reverse("admin:support_ticket_change", args=[ticket.pk]),
        reverse("admin:orders_ledgerentry_change", args=[order.entries.get().pk]),
    ):
        assert f'href="{address}"' in html


def test_hostile_words_of_a_provider_stay_words(at_desk, customer):
    order = order_in(S.IN_PROGRESS, customer)
    said = Report(to=None, word="<b>Nap</b>", raw="<script>alert(1)</script>")
    lifecycle.report(order_id=order.pk, report=said, now=NOW)
    html = page(at_desk, order).content.decode()
    assert "<b>Nap" not in html
    assert "<script>alert" not in html


@pytest.mark.parametrize(
    ("make", "offered"),
    [
        (lambda c: place(c), ["cancel", "refund", "settle"]),
        (lambda c: place(c, service=make_service(by_hand=True)), ["refund", "settle"]),
        (lambda c: order_in(S.PROCESSING, c), ["ask", "refund", "settle"]),
        (lambda c: order_in(S.COMPLETED, c), ["ask", "refund"]),
        (lambda c: order_in(S.PARTIAL, c), ["ask", "refund"]),
        (lambda c: order_in(S.CANCELED, c), ["ask"]),
        (lambda c: order_in(S.ERROR, c), []),
        (lambda c: reported_late(c), ["approve", "dismiss", "ask", "refund"]),
        (lambda c: lost(c), ["arrived", "not_arrived"]),
    ],
)
def test_only_what_is_possible_now_is_offered(at_desk, customer, make, offered):
    assert forms_of(page(at_desk, make(customer))) == offered


@pytest.mark.parametrize(
    ("role", "offered"),
    [
        ("agent", ["ask", "refund", "settle"]),
        ("lead", ["ask", "refund", "settle"]),
        ("admin", ["ask", "refund", "settle"]),
        ("operator", []),
        ("auditor", []),
    ],
)
def test_only_what_this_person_may_do_is_offered(team, customer, role, offered):
    assert forms_of(page(team[role], order_in(S.PROCESSING, customer))) == offered


def test_every_form_carries_what_proves_that_it_came_from_here(at_desk, customer):
    order = reported_late(customer)
    html = page(at_desk, order).content.decode()
    assert html.count("csrfmiddlewaretoken") == len(forms_of(page(at_desk, order))) + 1  # and the one of signing out
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = at_desk.cookies
    assert act(strict, order, "dismiss", reason="x").status_code == 403
    assert fresh(order).review


def test_every_status_by_hand_says_what_money_comes_with_it(at_desk, customer):
    shown = words_of(page(at_desk, order_in(S.PROCESSING, customer)))
    for line in (
        "In Progress: no money moves",
        "Completed: no money moves",
        "Partial: what was not delivered returns",
        "Canceled: 0.90 USD return",
        "Error: 0.90 USD return",
    ):
        assert line in shown
    waiting = words_of(page(at_desk, place(customer)))
    assert "Canceled: 0.90 USD return" in waiting
    assert "In Progress: no money moves" not in waiting


# --- What the buttons do


def test_a_refund_returns_the_amount_once_however_often_the_button_is_pressed(at_desk, customer, agent):
    order = order_in(S.COMPLETED, customer)
    before = ledger.balance_of(customer)
    typed = {"amount": "0.30", "reason": "Some dropped", "seen": hidden(page(at_desk, order), "refund", "seen")}
    assert act(at_desk, order, "refund", **typed).status_code == 302
    second = act(at_desk, order, "refund", **typed)
    assert second.status_code == 422
    assert "0.30 USD of this order is returned by now" in words_of(second)
    order = fresh(order)
    assert (order.status, order.refunded) == (S.REFUNDED, money.parse("0.30"))
    assert ledger.balance_of(customer) - before == money.parse("0.30")
    event = last_event(order)
    assert (event.actor, event.source, event.reason, event.money) == (agent, "agent", "Some dropped", order.refunded)


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("0.91", "at most what the order still keeps"),
        ("0", "more than nothing"),
        ("-0.10", "more than nothing"),
        ("1e1", "plain digits"),
        ("0,30", "plain digits"),
        ("", "Enter the amount to return."),
    ],
)
def test_an_amount_that_cannot_be_returned_comes_back_as_typed(at_desk, customer, amount, words):
    order = order_in(S.COMPLETED, customer)
    refused = act(at_desk, order, "refund", amount=amount, reason="A reason kept", seen="0")
    assert refused.status_code == 422
    assert words in words_of(refused)
    assert 'value="A reason kept"' in refused.content.decode()
    assert f'value="{amount}"' in refused.content.decode() or not amount
    assert fresh(order).refunded == 0


def test_more_than_the_limit_is_for_a_lead(team, customer):
    order = dear(customer, lambda customer, **placing: order_in(S.COMPLETED, customer, **placing))
    typed = {"amount": "50.01", "reason": "All of it dropped", "seen": "0"}
    refused = act(team["agent"], order, "refund", **typed)
    assert refused.status_code == 422
    assert "More than 50.00 USD a day for one customer is for a support lead to decide." in words_of(refused)
    assert fresh(order).refunded == 0
    assert act(team["lead"], order, "refund", **typed).status_code == 302
    assert fresh(order).refunded == money.parse("50.01")


def test_an_order_is_settled_in_part_by_hand(at_desk, customer, agent):
    order = order_in(S.IN_PROGRESS, customer)
    for remains in ("", "0", "1000", "many"):
        assert act(at_desk, order, "settle", to="partial", remains=remains, reason="Asked them").status_code == 422
    assert act(at_desk, order, "settle", to="partial", remains="400", reason="Asked them").status_code == 302
    order = fresh(order)
    assert (order.status, order.refunded) == (S.PARTIAL, money.parse("0.36"))
    assert last_event(order).actor == agent


def test_what_is_not_offered_is_not_done(at_desk, customer):
    order = lost(customer)
    refused = act(at_desk, order, "settle", to="canceled", reason="x")
    assert refused.status_code == 422
    running = order_in(S.IN_PROGRESS, customer)
    assert act(at_desk, running, "settle", to="processing", reason="x").status_code == 422
    assert act(at_desk, running, "settle", to="pending", reason="x").status_code == 422
    assert act(at_desk, running, "settle", to="refunded", reason="x").status_code == 422
    assert (fresh(order).status, fresh(running).status) == (S.PENDING, S.IN_PROGRESS)


def test_an_order_that_closed_meanwhile_is_refused_with_the_form_still_there(at_desk, customer):
    order = order_in(S.IN_PROGRESS, customer)
    reported(order, S.COMPLETED, remains=0)
    refused = act(at_desk, order, "settle", to="canceled", reason="Kept words")
    assert refused.status_code == 422
    assert 'value="Kept words"' in refused.content.decode()
    assert fresh(order).status == S.COMPLETED


def test_a_queued_order_is_canceled_for_the_customer(at_desk, customer, agent):
    order = place(customer)
    assert act(at_desk, order, "cancel", reason="Wrong link, they wrote").status_code == 302
    order = fresh(order)
    assert (order.status, order.refunded, last_event(order).actor) == (S.CANCELED, order.charge, agent)


def test_approving_does_what_the_report_proposed(at_desk, customer, agent):
    order = reported_late(customer)
    assert act(at_desk, order, "approve", reason="It was never there", seen=seen(at_desk, order)).status_code == 302
    order = fresh(order)
    assert (order.status, order.refunded, order.review) == (S.REFUNDED, order.charge, False)
    assert last_event(order).actor == agent


def test_a_proposal_that_changed_since_the_page_was_shown_is_not_approved(at_desk, customer):
    order = reported_late(customer)
    mark = seen(at_desk, order)
    said = Report(to=S.PARTIAL, word="Partial", remains=500)
    lifecycle.report(order_id=order.pk, report=said, now=NOW)
    refused = act(at_desk, order, "approve", reason="Fine", seen=mark)
    assert refused.status_code == 422
    assert "Something else is proposed by now" in words_of(refused)
    assert fresh(order).refunded == 0


def test_dismissing_leaves_the_order_as_it_is(at_desk, customer, agent):
    order = reported_late(customer)
    assert act(at_desk, order, "dismiss", reason="They mixed it up").status_code == 302
    order = fresh(order)
    assert (order.status, order.refunded, order.review) == (S.COMPLETED, 0, False)
    assert (last_event(order).code, last_event(order).actor) == (Code.DECIDED, agent)
    assert act(at_desk, order, "dismiss", reason="Again").status_code == 422


def test_a_number_for_a_lost_order_is_kept_for_the_worker_to_check(at_desk, customer, agent):
    order = lost(customer)
    assert act(at_desk, order, "arrived", number="4711x").status_code == 422
    assert act(at_desk, order, "arrived", number="4711").status_code == 302
    order = fresh(order)
    assert (order.submission, order.suggested_number, order.suggested_by) == ("unknown", "4711", agent)
    assert "gina@example.com gave the number 4711" in words_of(page(at_desk, order))


@pytest.mark.parametrize(("then", "status", "submission"), [("again", S.PENDING, "queued"), ("error", S.ERROR, "none")])
def test_an_order_that_did_not_arrive_needs_the_typed_word(at_desk, customer, agent, then, status, submission):
    order = lost(customer)
    looked = hidden(page(at_desk, order), "not_arrived", "seen")
    for word in ("", "yes", "MISSED"):
        refused = act(
            at_desk, order, "not_arrived", then=then, reason="Not in their list", confirmation=word, seen=looked
        )
        assert refused.status_code == 422
        assert "Type the word MISSING if you are sure." in words_of(refused)
    assert fresh(order).submission == "unknown"
    done = act(
        at_desk, order, "not_arrived", then=then, reason="Not in their list", confirmation="missing", seen=looked
    )
    assert done.status_code == 302
    order = fresh(order)
    assert (order.status, order.submission, last_event(order).actor) == (status, submission, agent)
    assert order.refunded == (order.charge if then == "error" else 0)


def test_a_page_from_before_the_order_was_sent_once_more_decides_nothing(at_desk, customer, agent):
    order = lost(customer)
    looked = hidden(page(at_desk, order), "not_arrived", "seen")
    typed = {"then": "again", "reason": "Not in their list", "confirmation": "missing", "seen": looked}
    assert act(at_desk, order, "not_arrived", **typed).status_code == 302
    [mine] = submission.claim(now=NOW, most=1)
    submission.unknown(order_id=order.pk, token=mine.claim_token, reason="No answer", now=NOW)
    refused = act(at_desk, order, "not_arrived", **typed)
    assert "sent once more since you looked" in words_of(refused)
    assert fresh(order).submission == "unknown"


def test_asking_now_makes_the_order_due(at_desk, customer, agent):
    order = order_in(S.PROCESSING, customer)
    assert act(at_desk, order, "ask").status_code == 302
    assert fresh(order).poll_at == NOW
    assert (last_event(order).code, last_event(order).actor) == (Code.ASKED, agent)


@pytest.mark.parametrize("reason", ["", "   ", "r" * 301])
def test_no_money_moves_without_a_reason_that_can_be_kept(at_desk, customer, reason):
    order = place(customer)
    assert act(at_desk, order, "cancel", reason=reason).status_code == 422
    assert act(at_desk, order, "refund", amount="0.10", reason=reason, seen="0").status_code == 422
    assert (fresh(order).status, fresh(order).refunded) == (S.PENDING, 0)


def test_while_money_stands_still_the_desk_says_so_and_keeps_what_was_typed(at_desk, customer):
    order = order_in(S.COMPLETED, customer)
    halt.begin(reason="The books are checked", now=NOW)
    refused = act(at_desk, order, "refund", amount="0.10", reason="Dropped", seen="0")
    assert refused.status_code == 422
    assert "stopped for a check of the books" in words_of(refused)
    assert 'value="0.10"' in refused.content.decode()
    assert fresh(order).refunded == 0


# --- Who may not

TYPED = {
    "approve": {"reason": "x"},
    "dismiss": {"reason": "x"},
    "arrived": {"number": "5"},
    "not_arrived": {"then": "error", "reason": "x", "confirmation": "MISSING"},
    "ask": {},
    "cancel": {"reason": "x"},
    "refund": {"amount": "0.10", "reason": "x", "seen": "0"},
    "settle": {"to": "completed", "reason": "x"},
}


@pytest.mark.parametrize("role", ["auditor", "operator", "editor"])
@pytest.mark.parametrize("name", TYPED)
def test_a_forged_request_is_refused_logged_and_changes_nothing(team, customer, caplog, role, name):
    order = {"arrived": lost, "not_arrived": lost, "approve": reported_late, "dismiss": reported_late}.get(name, place)(
        customer
    )
    before = (fresh(order).status, order.events.count(), LedgerEntry.objects.count())
    with caplog.at_level(logging.WARNING):
        assert act(team[role], order, name, **TYPED[name]).status_code == 403
    assert any(r.name == "orders.admin.offers" and "without the right" in r.getMessage() for r in caplog.records)
    assert (fresh(order).status, order.events.count(), LedgerEntry.objects.count()) == before


def test_a_right_taken_away_is_gone_at_once(client, customer, agent):
    agent.groups.clear()
    client.force_login(agent)
    assert act(client, place(customer), "ask").status_code == 403


@pytest.mark.parametrize("name", TYPED)
def test_a_customer_and_a_visitor_reach_no_button(client, customer, name):
    order = place(customer)
    assert act(client, order, name, **TYPED[name]).status_code == 302
    client.force_login(customer)
    assert act(client, order, name, **TYPED[name]).status_code in {302, 403}
    assert fresh(order).status == S.PENDING


@pytest.mark.parametrize("name", TYPED)
def test_an_order_that_does_not_exist_is_404(at_desk, name):
    for number in (987_654, 2**63):
        assert at_desk.post(f"/admin/orders/order/{number}/{name}/", TYPED[name]).status_code == 404


def test_nothing_is_changed_by_looking_and_nothing_past_the_doors(at_desk, customer):
    order = place(customer)
    assert at_desk.get(reverse("admin:orders_order_ask", args=[order.pk])).status_code == 405
    forged = at_desk.post(f"/admin/orders/order/{order.pk}/change/", {"status": "completed", "refunded": "1"})
    assert forged.status_code == 403
    assert fresh(order).status == S.PENDING


def test_the_page_asks_the_same_whatever_happened(at_desk, customer, django_assert_num_queries):
    order = accept(place(customer))
    page(at_desk, order)
    with django_assert_num_queries(9):
        page(at_desk, order)
    reported(order, S.IN_PROGRESS, remains=900)
    reported(order, S.COMPLETED, remains=0)
    desk.refund(order_id=order.pk, amount=5, actor=customer, reason="x", now=NOW)
    ticketing.open_ticket(customer=customer, topic=Topic.OTHER, order=order, text="Where is it?", now=NOW)
    with django_assert_num_queries(9):
        page(at_desk, order)
