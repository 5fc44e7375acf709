"""`refill` and `refill_status` of /api/v2, word for word."""

import pytest
from django.utils import timezone

from accounts import api_keys
from accounts.models import ApiKey
from orders import refills
from orders.models import Refill
from orders.statuses import OrderStatus
from tests.factories import make_service, order_in
from tests.orders.api.calling import ODD_IDS

S = OrderStatus


@pytest.fixture
def done(customer):
    return order_in(S.COMPLETED, customer, service=make_service(refill_days=30), now=timezone.now())


def test_one_refill_has_a_number_as_text_and_the_same_again_while_it_is_under_way(call, done):
    answer = call("refill", order=done.pk)
    refill = Refill.objects.get()
    assert answer == {"refill": str(refill.pk)}
    assert call("refill", order=str(done.pk)) == answer
    assert call("refill_status", refill=refill.pk) == {"status": "Pending"}
    assert call("refill_status", order=done.pk) == {"status": "Pending"}


def test_many_refills_are_answered_each(call, customer, stranger, done):
    running = order_in(S.IN_PROGRESS, customer, service=make_service(refill_days=30))
    without = order_in(S.COMPLETED, customer)
    theirs = order_in(S.COMPLETED, stranger, service=make_service(refill_days=30), now=timezone.now())
    answer = call("refill", orders=f"{done.pk},{running.pk},{without.pk},{theirs.pk},abc")
    number = Refill.objects.get().pk
    assert answer == [
        {"order": done.pk, "refill": number},
        {"order": running.pk, "refill": {"error": "The order is not completed"}},
        {"order": without.pk, "refill": {"error": "Refill is disabled for this service"}},
        {"order": theirs.pk, "refill": {"error": "Incorrect order ID"}},
        {"order": "abc", "refill": {"error": "Incorrect order ID"}},
    ]
    assert call("refill_status", refills=f"{number},{number + 1},x") == [
        {"refill": number, "status": "Pending"},
        {"refill": number + 1, "status": {"error": "Refill not found"}},
        {"refill": "x", "status": {"error": "Refill not found"}},
    ]


@pytest.mark.parametrize(("to", "word"), [("completed", "Completed"), ("rejected", "Rejected")])
def test_how_it_ended_is_one_of_the_words_that_programs_know(call, done, agent, to, word):
    call("refill", order=done.pk)
    now = timezone.now()
    [claimed] = refills.claim(now=now, most=1) or [Refill.objects.get()]
    if claimed.state == Refill.State.SENDING:
        refills.unknown(refill_id=claimed.pk, token=claimed.claim_token, words="", now=now)
        assert call("refill_status", order=done.pk) == {"status": "Pending"}
    refills.settle(order_id=done.pk, to=Refill.State(to), actor=agent, reason="Seen", now=now)
    assert call("refill_status", order=done.pk) == {"status": word}


def test_an_accepted_refill_is_in_progress(call, done):
    done.provider.can_refill = True
    done.provider.save(update_fields=["can_refill"])
    call("refill", order=done.pk)
    [claimed] = refills.claim(now=timezone.now(), most=1)
    refills.accepted(refill_id=claimed.pk, token=claimed.claim_token, number="5", now=timezone.now())
    assert call("refill_status", order=done.pk) == {"status": "In progress"}


def test_a_strangers_refill_reads_like_none(client, call, stranger):
    theirs = order_in(S.COMPLETED, stranger, service=make_service(refill_days=30), now=timezone.now())
    refill = refills.request(order_id=theirs.pk, actor=stranger, now=timezone.now())
    assert call("refill_status", refill=refill.pk) == {"error": "Refill not found"}
    assert call("refill_status", order=theirs.pk) == {"error": "Refill not found"}
    assert call("refill", order=theirs.pk) == {"error": "Incorrect order ID"}


@pytest.mark.parametrize("odd", ODD_IDS)
def test_ids_that_are_none_are_refused_and_write_nothing(call, customer, odd):
    assert call("refill", order=odd) == {"error": "Incorrect order ID"}
    assert call("refill_status", refill=odd) == {"error": "Refill not found"}
    assert Refill.objects.count() == 0


def test_more_than_a_hundred_are_too_many(call, customer):
    ids = ",".join(map(str, range(1, 102)))
    assert call("refill", orders=ids) == {"error": "Too many orders"}
    assert call("refill_status", refills=ids) == {"error": "Too many orders"}


@pytest.mark.parametrize(
    ("scope", "words"), [(ApiKey.Scope.READ, "Invalid API key"), (ApiKey.Scope.TEST, "Incorrect order ID")]
)
def test_keys_that_may_not_order_refill_nothing(call, customer, done, scope, words):
    _key, text = api_keys.issue(user=customer, name="other", scope=scope, now=timezone.now())
    assert call("refill", order=done.pk, key=text) == {"error": words}
    assert Refill.objects.count() == 0
