"""The list of orders: what a row says, what the search finds, what the filters show, and what it costs."""

import datetime as dt
from urllib.parse import urlencode

import pytest

from orders import lifecycle, queries, refills
from orders.models import Order
from orders.statuses import OrderStatus
from tests.factories import NOW, accept, fresh, make_provider, make_service, order_in, place
from tests.orders.desk.situations import lost, reported_late, words_of
from tests.orders.test_drip import dripped
from tests.orders.test_refills import sending

pytestmark = pytest.mark.django_db
S = OrderStatus
LIST = "/admin/orders/order/"


def shown(client, query: str = "") -> list[int]:
    """The orders in the list, as they stand there."""
    return [order.pk for order in client.get(LIST + query).context["cl"].result_list]


def test_a_row_says_what_an_agent_needs(at_desk, customer, time_machine):
    order = accept(place(customer, service=make_service(name="Photo likes", stated_start=60)), provider_order_id="4711")
    time_machine.move_to(NOW + dt.timedelta(hours=1, minutes=50), tick=False)
    row = words_of(at_desk.get(LIST)).partition("Needs a person")[2]
    for words in (
        f"#{order.pk} carol@example.com",
        "· Photo likes",
        "Processing",
        "110 min of 60 min",
        "Wait a little longer",
        "· 4711",
        "accepted",
    ):
        assert words in row


def test_a_report_to_decide_stands_in_the_row_with_its_money(at_desk, customer):
    reported_late(customer)
    assert "Canceled? 0.90 USD back" in words_of(at_desk.get(LIST))


def test_whatever_else_waits_for_a_person_is_said_in_the_row(at_desk, customer):
    lost(customer)
    assert "being confirmed to be found at the provider" in words_of(at_desk.get(LIST))
    refills.unknown(refill_id=(one := sending(customer)).pk, token=one.claim_token, words="?", now=NOW)
    assert "refill to be found at the provider" in words_of(at_desk.get(LIST))


def test_a_later_run_is_not_late_before_it_is_due(at_desk, customer, time_machine):
    dripped(customer, runs=2, interval=300)
    time_machine.move_to(NOW + dt.timedelta(minutes=110), tick=False)
    rows = words_of(at_desk.get(LIST)).partition("Needs a person")[2]
    assert ("110 min of 60 min" in rows, "0 min of 60 min" in rows) == (True, True)


def test_no_row_carries_an_alarming_cross(at_desk, customer):
    place(customer)
    assert "icon-no" not in at_desk.get(LIST).content.decode()


@pytest.mark.parametrize(
    "spelling",
    [
        "https://www.youtube.com/watch?v=AbC12345",
        "youtu.be/AbC12345?si=xyz",
        " https://m.youtube.com/watch?v=AbC12345&utm_source=a ",
    ],
)
def test_an_order_is_found_by_its_link_in_any_spelling(at_desk, customer, spelling):
    order = place(customer, link="https://www.youtube.com/watch?v=AbC12345")
    place(customer)
    assert shown(at_desk, "?" + query_of(spelling)) == [order.pk]


def query_of(text: str) -> str:
    return urlencode({"q": text})


def test_an_order_is_found_by_number_providers_number_and_address(at_desk, customer, stranger):
    mine = accept(place(customer), provider_order_id="ab-17")
    other = place(stranger)
    for text in (str(mine.pk), f"#{mine.pk}", f" {mine.pk} ", "ab-17", "CAROL@example.com"):
        assert shown(at_desk, "?" + query_of(text)) == [mine.pk], text
    assert shown(at_desk, "?" + query_of("sam@example.com")) == [other.pk]


def test_the_same_number_at_two_providers_finds_both_and_our_own(at_desk, customer):
    first = place(customer)
    second = accept(place(customer, service=make_service(provider=make_provider())), provider_order_id=str(first.pk))
    third = accept(place(customer, service=make_service(provider=make_provider())), provider_order_id=str(first.pk))
    assert shown(at_desk, f"?q={first.pk}") == [third.pk, second.pk, first.pk]


@pytest.mark.parametrize(
    "text",
    [
        "harbour",
        "carol@",
        "@example.com",
        "carol@example",
        "javascript:alert(1)",
        "0",
        "9" * 40,
        "x" * 5000,
        "' OR 1=1 --",
        "٣",
        "🙂",
    ],
)
def test_anything_else_finds_nothing_without_reading_the_table(at_desk, customer, text, django_assert_max_num_queries):
    place(customer)
    shown(at_desk)  # a session's first page notes where it is
    with django_assert_max_num_queries(12):
        assert shown(at_desk, "?" + query_of(text)) == []


def test_the_filters_show_what_they_say(at_desk, customer, time_machine):
    plain = order_in(S.COMPLETED, customer)
    review, unknown = reported_late(customer), lost(customer)
    late = place(customer, service=make_service(stated_start=60))
    wish = accept(place(customer, service=make_service(provider=make_provider(), can_cancel=True, stated_start=10_000)))
    wish.provider.can_cancel = True
    wish.provider.save(update_fields=["can_cancel"])
    lifecycle.cancel(order_id=wish.pk, actor=customer, now=NOW)
    Order.objects.filter(pk=unknown.pk).update(contact_after=NOW + dt.timedelta(days=9))
    time_machine.move_to(NOW + dt.timedelta(hours=3), tick=False)
    assert shown(at_desk, "?attention=review") == [review.pk]
    assert shown(at_desk, "?attention=unknown") == [unknown.pk]
    assert shown(at_desk, "?attention=late") == [late.pk]
    assert shown(at_desk, "?attention=cancel") == [wish.pk]
    assert shown(at_desk, "?attention=any") == [wish.pk, late.pk, unknown.pk, review.pk]
    assert shown(at_desk, "?attention=nonsense") == [wish.pk, late.pk, unknown.pk, review.pk, plain.pk]
    assert shown(at_desk, "?status__exact=completed") == [review.pk, plain.pk]
    assert shown(at_desk, f"?provider__id__exact={wish.provider_id}") == [wish.pk]
    assert shown(at_desk, f"?wallet__exact={customer.pk}&status__exact=completed&attention=review") == [review.pk]


def test_what_needs_attention_is_what_the_filter_shows(at_desk, customer):
    reported_late(customer)
    lost(customer)
    order_in(S.COMPLETED, customer)
    assert set(shown(at_desk, "?attention=any")) == set(queries.needing_attention(NOW).values_list("pk", flat=True))


def test_the_list_asks_the_same_for_one_row_and_for_three(at_desk, customer, django_assert_num_queries):
    reported_late(customer)
    at_desk.get(LIST)
    with django_assert_num_queries(10):
        at_desk.get(LIST)
    for _more in range(2):
        accept(place(customer, service=make_service(provider=make_provider())))
    with django_assert_num_queries(10):
        at_desk.get(LIST)


def test_a_part_delivered_row_is_quiet(at_desk, customer):
    order = order_in(S.PARTIAL, customer)
    assert fresh(order).review is False
    assert shown(at_desk) == [order.pk]
