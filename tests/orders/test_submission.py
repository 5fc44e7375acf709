"""Intent first, one attempt, and "unknown" is a state: each row of the protocol, with the money looked at afterwards."""

import datetime as dt

import pytest

from orders import ledger, money, provider_health, shelving, submission, sync
from orders.models import Provider, Service
from orders.provider.wire import Accepted, OurFault, Refused, TryLater, Unknown
from orders.statuses import OrderStatus
from orders.verdict import Facts, verdict_for
from tests.factories import NOW, accept, fresh, make_provider, make_service, place

pytestmark = pytest.mark.django_db

S = OrderStatus
SECOND = dt.timedelta(seconds=1)
MONEY_AT_FIRST = money.parse("100")


def claimed(order, now=NOW):
    [mine] = [o for o in submission.claim(now=now, most=10) if o.pk == order.pk]
    return mine


def state(order):
    order = fresh(order)
    return order.submission, order.status, order.refunded


def test_a_new_order_waits_to_be_sent_and_one_by_hand_is_sent_to_nobody(customer):
    assert place(customer).submission == "queued"
    by_hand = place(customer, service=make_service(by_hand=True))
    assert by_hand.submission == "none"
    assert by_hand.pk not in {order.pk for order in submission.claim(now=NOW, most=10)}


def test_an_order_is_claimed_by_one_worker_alone(customer):
    order = place(customer)
    assert [o.pk for o in submission.claim(now=NOW, most=10)] == [order.pk]
    assert submission.claim(now=NOW, most=10) == []


def test_an_accepted_order_is_processing_and_has_the_providers_number(customer):
    order = place(customer)
    sync.record_answer(claimed(order), Accepted("4711"), NOW)
    order = fresh(order)
    assert (order.submission, order.status, order.provider_order_id) == ("accepted", S.PROCESSING, "4711")
    assert order.poll_at == NOW + submission.FIRST_POLL_AFTER


def test_a_certain_refusal_is_an_error_with_the_whole_charge_back(customer):
    order = place(customer)
    sync.record_answer(claimed(order), Refused("Bad link", "link"), NOW)
    assert state(order) == ("rejected", S.ERROR, order.charge)
    assert ledger.balance_of(customer) == MONEY_AT_FIRST
    assert order.events.latest("id").reason == "Bad link"


def test_a_service_that_the_provider_does_not_know_is_no_mistake_of_the_customer_and_goes_off_sale(customer):
    order = place(customer)
    sync.record_answer(claimed(order), Refused("Incorrect service ID", "service"), NOW)
    order = fresh(order)
    assert state(order) == ("unsold", S.ERROR, order.charge)
    assert verdict_for(order, Facts(), NOW).headline == "Done: your money is back"
    service = Service.objects.get(pk=order.service_id)
    assert (service.is_on_sale, service.gone_since) == (False, NOW)
    line = service.changes.latest("id")
    assert (line.kind, line.reason) == ("gone", "The provider no longer offers this service.")


def test_a_service_that_was_put_right_meanwhile_stays_on_sale(customer):
    order = place(customer)
    mine = claimed(order)
    shelving.change(edits=[shelving.Edit(order.service_id, {"provider_service_id": "99"})], now=NOW)
    sync.record_answer(mine, Refused("Incorrect service ID", "service"), NOW)
    assert Service.objects.get(pk=order.service_id).is_on_sale


def test_an_input_that_the_provider_refuses_leaves_the_service_on_sale(customer):
    order = place(customer)
    sync.record_answer(claimed(order), Refused("Bad link", "link"), NOW)
    assert Service.objects.get(pk=order.service_id).is_on_sale


def test_what_was_certainly_not_taken_is_tried_again_later_with_growing_pauses(customer):
    order = place(customer)
    pauses, now = [], NOW
    for _attempt in range(4):
        sync.record_answer(claimed(order, now), TryLater(0, "connection refused"), now)
        assert state(order) == ("queued", S.PENDING, 0)
        pauses.append((fresh(order).send_after - now).total_seconds())
        now = fresh(order).send_after
        assert submission.claim(now=now - SECOND, most=10) == []
    assert pauses == [10, 20, 40, 80]
    assert order.events.filter(code="waiting").count() == 1


def test_the_pause_that_a_provider_names_is_kept(customer):
    order = place(customer)
    sync.record_answer(claimed(order), TryLater(77, "429"), NOW)
    assert fresh(order).send_after == NOW + 77 * SECOND


def test_our_own_fault_costs_the_customer_nothing_and_pauses_the_provider(customer):
    order = place(customer)
    sync.record_answer(claimed(order), OurFault("funds", "Not enough funds on balance"), NOW)
    assert state(order) == ("queued", S.PENDING, 0)
    provider = Provider.objects.get()
    assert provider.paused_until > NOW
    assert provider.pause_reason == "Not enough funds on balance"
    later = provider.paused_until + 20 * SECOND
    assert submission.claim(now=later, most=10) == []
    provider_health.resume(provider_id=provider.pk)
    assert claimed(order, later).pk == order.pk


def test_an_order_that_nobody_can_be_sure_of_stays_and_is_never_sent_again(customer):
    order = place(customer)
    sync.record_answer(claimed(order), Unknown("read time-out"), NOW)
    assert state(order) == ("unknown", S.PENDING, 0)
    assert submission.claim(now=NOW + dt.timedelta(days=30), most=10) == []
    assert order.events.latest("id").code == "confirming"


def test_the_worker_that_claimed_may_still_answer_late(customer):
    order = place(customer)
    mine = claimed(order)
    assert submission.expire_leases(now=NOW + submission.LEASE + SECOND, most=10) == 1
    assert state(order)[0] == "unknown"
    sync.record_answer(mine, Accepted("4711"), NOW + dt.timedelta(minutes=10))
    assert state(order) == ("accepted", S.PROCESSING, 0)


def test_a_late_refusal_of_the_same_worker_returns_the_money(customer):
    order = place(customer)
    mine = claimed(order)
    submission.expire_leases(now=NOW + submission.LEASE + SECOND, most=10)
    sync.record_answer(mine, Refused("Bad link", "link"), NOW + dt.timedelta(minutes=10))
    assert state(order) == ("rejected", S.ERROR, order.charge)


def test_a_lease_that_still_runs_is_left_alone(customer):
    order = place(customer)
    claimed(order)
    assert submission.expire_leases(now=NOW + submission.LEASE - SECOND, most=10) == 0
    assert state(order)[0] == "sending"


@pytest.mark.parametrize("answer", [Accepted("1"), Refused("Bad link", "link"), TryLater(0, "x"), Unknown("x")])
def test_a_worker_without_the_claim_has_no_say(customer, answer):
    order = place(customer)
    mine = claimed(order)
    mine.claim_token = "somebody else's"
    before = fresh(order)
    sync.record_answer(mine, answer, NOW)
    assert state(order) == (before.submission, before.status, before.refunded)
    assert order.events.count() == 1


@pytest.mark.parametrize("second", [Accepted("2"), Refused("Bad link", "link"), TryLater(0, "x"), Unknown("x")])
def test_an_answer_once_recorded_is_not_recorded_again(customer, second):
    order = place(customer)
    mine = claimed(order)
    sync.record_answer(mine, Accepted("1"), NOW)
    sync.record_answer(mine, second, NOW)
    assert state(order) == ("accepted", S.PROCESSING, 0)
    assert fresh(order).provider_order_id == "1"


def test_a_number_that_another_order_has_sends_both_to_a_person(customer):
    provider = make_provider()
    first = accept(place(customer, service=make_service(provider=provider)), provider_order_id="4711")
    second = place(customer, service=make_service(provider=provider))
    sync.record_answer(claimed(second), Accepted("4711"), NOW)
    assert state(second) == ("unknown", S.PENDING, 0)
    assert fresh(second).provider_order_id is None
    assert (fresh(first).review, fresh(second).review) == (True, True)


def test_two_providers_may_use_the_same_number(customer):
    first, second = (accept(place(customer), provider_order_id="4711") for _ in range(2))
    assert first.provider_id != second.provider_id
    assert (first.review, second.review) == (False, False)


def test_an_order_of_a_provider_out_of_use_waits(customer):
    place(customer)
    Provider.objects.update(is_active=False)
    assert submission.claim(now=NOW, most=10) == []


def test_the_provider_is_asked_with_its_own_service_number_and_packages_have_no_quantity(customer):
    counted = place(customer, quantity=70)
    package = place(customer, service=make_service(type="Package", minimum=1, maximum=1), quantity=None)
    asked = [sync.request_of(claimed_order) for claimed_order in submission.claim(now=NOW, most=10)]
    assert [(a.service, a.link, a.quantity) for a in asked] == [
        (counted.provider_service_id, counted.link, 70),
        (package.provider_service_id, package.link, None),
    ]
