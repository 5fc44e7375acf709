import datetime as dt

import pytest

from orders import desk, halt, lifecycle, order_page, queries, submission
from orders.models import Provider
from orders.patience import expected_end, far_beyond_start, no_movement_until, usual_minutes
from orders.reports import Report
from orders.statuses import ACTIVE, OrderStatus
from orders.verdict import Advice, Facts, verdict_for
from tests.factories import NOW, fresh, make_provider, make_service, order_in, place, reported

pytestmark = pytest.mark.django_db

S = OrderStatus
MINUTES = {f"{count}m": dt.timedelta(minutes=count) for count in (30, 59, 61, 119, 121)}
FAR = dt.timedelta(days=40)


def verdict(order, after, facts=None):
    return verdict_for(order, facts or Facts(), NOW + after)


@pytest.mark.parametrize("status", [S.PENDING, S.PROCESSING])
def test_before_the_stated_start_the_customer_waits_until_then(customer, status):
    order = order_in(status, customer, service=make_service(stated_start=60))
    found = verdict(order, MINUTES["59m"])
    assert (found.advice, found.until) == (Advice.WAIT, NOW + dt.timedelta(minutes=60))


@pytest.mark.parametrize("status", [S.PENDING, S.PROCESSING])
def test_past_the_stated_start_the_later_moment_is_named(customer, status):
    order = order_in(status, customer, service=make_service(stated_start=60))
    found = verdict(order, MINUTES["61m"])
    assert (found.advice, found.until) == (Advice.WAIT, NOW + dt.timedelta(minutes=120))
    assert "slower than stated" in found.reason


@pytest.mark.parametrize("status", [S.PENDING, S.PROCESSING])
def test_far_beyond_the_stated_start_it_is_our_turn(customer, status):
    order = order_in(status, customer, service=make_service(stated_start=60))
    assert verdict(order, MINUTES["119m"]).advice == Advice.WAIT
    assert verdict(order, MINUTES["121m"]).advice == Advice.CONTACT


def test_far_beyond_is_twice_the_stated_start_and_an_hour_at_least():
    assert far_beyond_start(placed=NOW, stated_start=0) == NOW + dt.timedelta(hours=1)
    assert far_beyond_start(placed=NOW, stated_start=30) == NOW + dt.timedelta(minutes=90)
    assert far_beyond_start(placed=NOW, stated_start=600) == NOW + dt.timedelta(minutes=1200)


def test_a_running_order_waits_as_long_as_the_service_usually_needs(customer):
    order = order_in(S.IN_PROGRESS, customer, service=make_service(stated_speed=6000), quantity=1000)
    until = NOW + dt.timedelta(hours=4)
    assert (verdict(order, dt.timedelta(hours=3)).advice, verdict(order, FAR).advice) == (Advice.WAIT, Advice.CONTACT)
    assert verdict(order, dt.timedelta(hours=3)).until == until


def running(customer, *, remains: int, at: dt.datetime):
    order = order_in(S.IN_PROGRESS, customer, service=make_service(stated_speed=1000), quantity=1000)
    return reported(order, S.IN_PROGRESS, remains=remains, now=at)


@pytest.mark.parametrize(("hours", "remains"), [(6, 750), (12, 500), (18, 250), (23, 10)])
def test_the_expected_end_stays_where_it_is_while_the_delivery_keeps_its_pace(customer, hours, remains):
    order = running(customer, remains=remains, at=NOW + dt.timedelta(hours=hours))
    found = verdict(order, dt.timedelta(hours=hours))
    assert found.advice == Advice.WAIT
    assert abs(found.until - (NOW + dt.timedelta(hours=24))) < dt.timedelta(hours=1)


def test_past_the_expected_end_the_later_moment_is_named(customer):
    order = running(customer, remains=100, at=NOW)
    order.checked_at = NOW + dt.timedelta(hours=2.5)
    found = verdict(order, dt.timedelta(hours=3))
    assert (found.advice, found.until) == (Advice.WAIT, NOW + dt.timedelta(hours=24))
    assert "slower than usual" in found.reason
    assert verdict(order, dt.timedelta(hours=25)).advice == Advice.CONTACT


def test_before_the_provider_was_asked_again_nobody_says_that_it_is_slow(customer):
    order = running(customer, remains=1, at=NOW)
    order.poll_at = NOW + dt.timedelta(hours=1)
    found = verdict(order, dt.timedelta(minutes=30))
    assert (found.advice, found.until) == (Advice.WAIT, order.poll_at)
    assert "slower" not in found.reason


def test_where_nothing_remains_but_the_last_word_it_is_not_slow(customer):
    order = running(customer, remains=0, at=NOW)
    order.checked_at = NOW + dt.timedelta(hours=1)
    found = verdict(order, dt.timedelta(hours=2))
    assert (found.until, "slower" in found.reason) == (order.contact_after, False)


def test_what_was_counted_beyond_the_order_or_never_counted_has_an_expected_end_too(customer):
    for remains in (None, 0, -5):
        assert expected_end(moved=NOW, quantity=10, remains=remains, stated_speed=None) == NOW + dt.timedelta(days=1)


def test_a_queued_order_is_not_told_that_it_will_be_charged(customer):
    order = order_in(S.PENDING, customer)
    order.waits_for_id = order.pk
    assert "It is paid for" in verdict(order, dt.timedelta(0)).reason


def test_the_usual_time_is_an_hour_at_least_and_a_day_where_nothing_is_stated():
    assert usual_minutes(quantity=1, stated_speed=10_000) == 60
    assert usual_minutes(quantity=1000, stated_speed=None) == 24 * 60
    assert no_movement_until(moved=NOW, quantity=2**62, stated_speed=1) == NOW + dt.timedelta(days=365)


def test_a_completed_order_is_checked_after_the_platform_had_time_to_count(customer):
    order = order_in(S.COMPLETED, customer)
    early, late = verdict(order, MINUTES["30m"]), verdict(order, dt.timedelta(hours=25))
    assert (early.advice, early.until) == (Advice.CHECK, NOW + dt.timedelta(hours=24))
    assert (late.advice, late.until) == (Advice.CHECK, None)
    assert "contact" in {action.value for action in late.actions}


def test_after_a_refill_the_platform_has_time_to_count_again(customer):
    order = order_in(S.COMPLETED, customer)
    refilled = NOW + dt.timedelta(days=5)
    early = verdict(order, dt.timedelta(days=5, hours=1), Facts(refilled_at=refilled))
    late = verdict(order, dt.timedelta(days=6, hours=1), Facts(refilled_at=refilled))
    assert (early.advice, early.since, early.until) == (Advice.CHECK, refilled, refilled + dt.timedelta(hours=24))
    assert "What dropped was replaced." in early.reason
    assert early.actions == ()
    assert "contact" in {action.value for action in late.actions}


@pytest.mark.parametrize("status", [S.PARTIAL, S.CANCELED, S.REFUNDED])
def test_a_return_that_is_booked_is_done(customer, status):
    assert verdict(order_in(status, customer), FAR).advice == Advice.DONE


def test_an_input_that_was_refused_is_checked_by_the_customer(customer):
    assert verdict(order_in(S.ERROR, customer), FAR).advice == Advice.CHECK


def test_an_open_ticket_comes_before_everything(customer):
    for status in S:
        assert verdict(order_in(status, customer), FAR, Facts(open_ticket=7)).advice == Advice.OURS


def test_what_a_person_looks_at_is_ours(customer):
    order = order_in(S.IN_PROGRESS, customer)
    lifecycle.report(order_id=order.pk, report=Report(to=None, word="Nap"), now=NOW)
    assert verdict(fresh(order), FAR).advice == Advice.OURS


def test_an_order_that_nobody_can_be_sure_of_is_ours(customer):
    order = place(customer)
    [mine] = submission.claim(now=NOW, most=1)
    submission.unknown(order_id=order.pk, token=mine.claim_token, reason="x", now=NOW)
    assert verdict(fresh(order), MINUTES["30m"]).advice == Advice.OURS


def every_kind_of_order(customer):
    """One order of each status, with and without review, submissions in every state."""
    orders = [order_in(status, customer, service=make_service(stated_start=60, stated_speed=24_000)) for status in S]
    for status in S:
        order = order_in(status, customer, service=make_service(stated_start=60))
        lifecycle.report(order_id=order.pk, report=Report(to=None, word="Nap"), now=NOW)
        orders.append(order)
    orders.append(place(customer, service=make_service(by_hand=True)))
    sending, unknown = place(customer), place(customer)
    tokens = {o.pk: o.claim_token for o in submission.claim(now=NOW, most=100)}
    submission.unknown(order_id=unknown.pk, token=tokens[unknown.pk], reason="x", now=NOW)
    return [fresh(order) for order in [*orders, sending, unknown]]


@pytest.mark.parametrize("halted", [False, True], ids=["money moves", "halted"])
@pytest.mark.parametrize("after", [dt.timedelta(0), *MINUTES.values(), dt.timedelta(hours=25), FAR])
def test_the_list_of_what_needs_attention_is_the_same_rule_as_the_verdict(customer, after, halted):
    orders = every_kind_of_order(customer)
    if halted:
        halt.begin(reason="Books are off", now=NOW)
    now = NOW + after
    judged = queries.with_verdicts(orders, now)
    expected = {order.pk for order, found in judged if found.advice in {Advice.CONTACT, Advice.OURS}}
    assert set(queries.needing_attention(now).values_list("pk", flat=True)) == expected
    assert 0 < len(expected) < len(orders)


def test_while_a_halt_holds_what_is_under_way_is_ours_and_what_is_closed_stays_so(customer, admin):
    orders = {status: order_in(status, customer) for status in S}
    asks_alone = {status: verdict(order, FAR) for status, order in orders.items()}
    halt.begin(reason="Books are off", now=NOW + MINUTES["30m"])
    judged = {S(order.status): found for order, found in queries.with_verdicts([*orders.values()], NOW + FAR)}
    for status, found in judged.items():
        if status in ACTIVE:
            assert (found.advice, found.since) == (Advice.OURS, NOW + MINUTES["30m"])
            assert "stopped while we check our books" in found.reason
        else:
            assert found == asks_alone[status]
    assert order_page.page_of(orders[S.PENDING], now=NOW + FAR).verdict == judged[S.PENDING]
    halt.lift(by=admin, now=NOW + FAR)
    assert dict(queries.with_verdicts([orders[S.PENDING]], NOW + FAR)) == {orders[S.PENDING]: asks_alone[S.PENDING]}


def test_while_a_halt_holds_the_desk_reads_its_list_from_the_newest_end(customer):
    halt.begin(reason="Books are off", now=NOW)
    plan = queries.needing_attention(NOW).order_by("-pk")[:100].explain()
    # No sorting of everything that is under way before the first row is shown.
    assert "TEMP B-TREE FOR ORDER BY" not in plan
    assert "Bitmap" not in plan


def test_a_wish_to_cancel_is_ours_while_the_service_is_asked(customer):
    provider = make_provider()
    Provider.objects.filter(pk=provider.pk).update(can_cancel=True)
    order = order_in(S.IN_PROGRESS, customer, service=make_service(provider=provider, can_cancel=True))
    lifecycle.cancel(order_id=order.pk, actor=customer, now=NOW + MINUTES["30m"])
    found = verdict(fresh(order), MINUTES["59m"])
    assert (found.advice, found.since) == (Advice.OURS, NOW + MINUTES["30m"])


def test_a_refund_in_part_is_done_and_named_so(customer, admin):
    order = order_in(S.COMPLETED, customer)
    desk.refund(order_id=order.pk, amount=1000, actor=admin, reason="Some dropped", now=NOW)
    found = verdict(fresh(order), FAR)
    assert found.advice == Advice.DONE
    assert "a part" in found.headline


def test_an_error_that_nobody_refused_asks_for_no_correction(customer, admin):
    order = place(customer, service=make_service(by_hand=True))
    desk.settle_by_hand(order_id=order.pk, to=S.ERROR, actor=admin, reason="The platform is down", now=NOW)
    found = verdict(fresh(order), FAR)
    assert (found.advice, found.checklist) == (Advice.DONE, ())
