"""One order's page: the verdict in words, what happened, where the money is, and what the guide says."""

import datetime as dt
import re
from html import unescape

import pytest

from helpcenter import first_edition
from orders import desk, ledger, money, submission
from orders.models import Order
from orders.statuses import ACTIVE, SETTLED, OrderStatus
from support import ticketing
from support.models import Topic
from tests.factories import NOW, accept, make_service, order_in, place, reported

HTMX = {"HX-Request": "true"}


@pytest.fixture
def mine(client, customer, time_machine):
    """Carol's browser, at the hour in which the orders of these tests are placed; the help center has its texts."""
    time_machine.move_to(NOW, tick=False)
    first_edition.load(now=NOW)
    client.force_login(customer)
    return client


def words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def section(html: str, label: str) -> str:
    return words(re.search(rf'<section[^>]*aria-labelledby="{label}".*?</section>', html, re.DOTALL)[0])


def page(mine, order: Order) -> str:
    answer = mine.get(f"/orders/{order.pk}/")
    assert answer.status_code == 200
    return answer.text


# --- The verdict

LATER = dt.timedelta
VERDICTS = [
    (OrderStatus.PENDING, LATER(0), "Wait Until 13:00 (in 1 hour) Within the start time"),
    (OrderStatus.PROCESSING, LATER(minutes=90), "Wait a little longer Until 14:00"),
    (OrderStatus.PENDING, LATER(hours=3), "Contact us This is far beyond the start time"),
    (OrderStatus.IN_PROGRESS, LATER(hours=1), "Wait Until"),
    (OrderStatus.IN_PROGRESS, LATER(days=2), "Contact us Nothing has moved"),
    (OrderStatus.COMPLETED, LATER(hours=1), "Check the result Until"),
    (
        OrderStatus.COMPLETED,
        LATER(days=2),
        "Check the result Delivery is marked finished, and the platform has had a day",
    ),
    (OrderStatus.PARTIAL, LATER(0), "Done: the undelivered part is back"),
    (OrderStatus.CANCELED, LATER(0), "Done: your money is back"),
    (OrderStatus.REFUNDED, LATER(0), "Done: your money is back"),
    (OrderStatus.ERROR, LATER(0), "Check the link and the quantity"),
]


@pytest.mark.parametrize(("status", "later", "expected"), VERDICTS)
def test_the_verdict_stands_in_plain_words(mine, customer, time_machine, status, later, expected):
    order = order_in(status, customer)
    time_machine.move_to(NOW + later, tick=False)
    assert section(page(mine, order), "verdict-title").startswith(expected)


def test_an_open_ticket_is_the_verdict_and_leads_to_itself(mine, customer):
    order = place(customer)
    ticket = ticketing.open_ticket(customer=customer, topic=Topic.NOT_STARTED, order=order, text="Hello", now=NOW)
    html = page(mine, order)
    assert section(html, "verdict-title").startswith("We are on it Your ticket about this order is open")
    assert f'<a class="button button--primary" href="/tickets/{ticket.pk}/">' in html


def test_an_order_whose_sending_is_unknown_says_that_the_money_is_safe(mine, customer):
    order = place(customer)
    [claimed] = submission.claim(now=NOW, most=10)
    submission.unknown(order_id=order.pk, token=claimed.claim_token, reason="read timeout", now=NOW)
    verdict = section(page(mine, order), "verdict-title")
    assert verdict.startswith("We are on it We are confirming with the service")
    assert "Your money is safe" in verdict


# --- What happened


def test_the_timeline_tells_every_step_newest_first(mine, customer):
    order = reported(
        reported(accept(place(customer)), OrderStatus.IN_PROGRESS, remains=900, start_count=50),
        OrderStatus.PARTIAL,
        remains=300,
    )
    steps = re.findall(
        r"<li>(.*?)</li>", re.search(r'<ol class="timeline">.*?</ol>', page(mine, order), re.DOTALL)[0], re.DOTALL
    )
    assert [words(step).rpartition(" · ")[0].partition(" 12:00")[0] for step in steps] == [
        "Now Partial: +0.27 USD returned",
        "Now In Progress",
        "Accepted by the service",
        "Order received and charged",
    ]


def test_what_a_provider_wrote_is_not_shown_to_customers(mine, customer):
    order = place(customer)
    [claimed] = submission.claim(now=NOW, most=10)
    raw = '{"error": "Bad link", "secret": "upstream"}'
    submission.rejected(order_id=order.pk, token=claimed.claim_token, reason="Bad link", raw=raw, now=NOW)
    html = page(mine, order)
    assert "Bad link" in html
    assert "upstream" not in html


# --- The money


def test_a_partial_order_shows_the_arithmetic_of_its_return(mine, customer):
    order = reported(accept(place(customer, quantity=1000)), OrderStatus.PARTIAL, remains=300)
    card = section(page(mine, order), "money-title")
    assert card.startswith(
        "The money Charged 0.90 USD Returned 12:00 (just now) +0.27 USD Paid for what was delivered 0.63 USD"
    )
    assert "1,000 ordered − 700 delivered = 300 not delivered" in card
    assert "300 of 1,000 of 0.90 USD is 0.27 USD" in card


@pytest.mark.parametrize("status", [OrderStatus.CANCELED, OrderStatus.ERROR, OrderStatus.REFUNDED])
def test_a_whole_return_is_said_in_words(mine, customer, status):
    card = section(page(mine, order_in(status, customer)), "money-title")
    assert "Paid for what was delivered 0.00 USD" in card
    assert "The whole charge of 0.90 USD is back on your balance." in card


def test_a_refund_in_the_providers_words_has_its_arithmetic_too(mine, customer):
    order = reported(accept(place(customer)), OrderStatus.REFUNDED, remains=300)
    assert "300 of 1,000 of 0.90 USD is 0.27 USD" in section(page(mine, order), "money-title")


def test_a_late_part_that_was_approved_says_what_it_was_for(mine, customer, agent):
    order = reported(order_in(OrderStatus.COMPLETED, customer), OrderStatus.PARTIAL, remains=400)
    desk.approve_review(order_id=order.pk, actor=agent, reason="It is not there", now=NOW)
    html = page(mine, order)
    assert "1,000 ordered − 600 delivered = 400 not delivered" in section(html, "money-title")
    assert "1,000 of 1,000 delivered" not in words(html)


def test_a_return_by_an_agent_on_a_partial_order_leaves_the_arithmetic_of_the_part(mine, customer, agent):
    order = reported(accept(place(customer)), OrderStatus.PARTIAL, remains=300)
    desk.refund(order_id=order.pk, amount=money.parse("0.10"), actor=agent, reason="Goodwill", now=NOW)
    card = section(page(mine, order), "money-title")
    assert "+0.27 USD" in card
    assert "+0.10 USD" in card
    assert "300 of 1,000 of 0.90 USD is 0.27 USD" in card
    assert "0.37 USD of the charge of 0.90 USD is back on your balance." in card


def test_each_amount_leads_to_its_entry(mine, customer):
    order = reported(accept(place(customer)), OrderStatus.PARTIAL, remains=300)
    links = re.findall(r'href="(/balance/\?order=\d+)(#entry-\d+)"', page(mine, order))
    assert len(links) == 2
    for address, anchor in links:
        assert f'id="{anchor[1:]}"' in mine.get(address).text


def test_an_active_order_shows_its_charge_as_reserved(mine, customer):
    assert "Reserved for this order 0.90 USD" in section(page(mine, place(customer)), "money-title")


# --- The guide


@pytest.mark.parametrize("status", list(OrderStatus))
def test_each_status_leads_to_its_place_in_the_guide(mine, customer, status):
    html = page(mine, order_in(status, customer))
    assert f"What “{status.label}” means" in section(html, "guide-title")
    guide = re.search(r'href="(/help/orders-troubleshooting/order-statuses-explained/)#([^"]+)"', html)
    assert guide[2] == status.anchor
    assert f'id="{status.anchor}"' in mine.get(guide[1]).text


# --- Refreshing


@pytest.mark.parametrize("status", sorted(ACTIVE))
def test_an_active_order_asks_for_itself_again(mine, customer, status):
    order = order_in(status, customer)
    answer = mine.get(f"/orders/{order.pk}/", headers=HTMX)
    assert answer.status_code == 200
    assert answer.text.strip().startswith(
        f'<div class="stack" id="order" hx-get="/orders/{order.pk}/" hx-trigger="every 3s"'
    )
    assert f'hx-get="/orders/{order.pk}/"' in page(mine, order)


@pytest.mark.parametrize("status", sorted(SETTLED))
def test_a_settled_order_ends_the_asking(mine, customer, status):
    order = order_in(status, customer)
    answer = mine.get(f"/orders/{order.pk}/", headers=HTMX)
    assert answer.status_code == 286
    assert "hx-trigger" not in answer.text
    assert "hx-trigger" not in re.search(r"<main.*</main>", page(mine, order), re.DOTALL)[0]


def test_the_fragment_is_a_part_of_the_page(mine, customer):
    order = place(customer)
    fragment = mine.get(f"/orders/{order.pk}/", headers=HTMX).text
    assert "<html" not in fragment
    assert words(fragment) in words(page(mine, order))


# --- What can be done


def test_an_order_that_nobody_has_begun_is_canceled_by_its_customer_at_once(mine, customer):
    order = place(customer)
    assert f'action="/orders/{order.pk}/cancel/"' in page(mine, order)
    answer = mine.post(f"/orders/{order.pk}/cancel/", follow=True)
    assert "The order is canceled and its whole charge is back on your balance." in words(answer.text)
    assert Order.objects.get().status == OrderStatus.CANCELED
    assert ledger.balance_of(customer) == money.parse("100.00")


def test_canceling_twice_returns_the_money_once(mine, customer):
    order = place(customer)
    for _press in range(2):
        assert mine.post(f"/orders/{order.pk}/cancel/").status_code == 302
    assert ledger.balance_of(customer) == money.parse("100.00")


@pytest.mark.parametrize(
    "status", [OrderStatus.PROCESSING, OrderStatus.IN_PROGRESS, OrderStatus.COMPLETED, OrderStatus.PARTIAL]
)
def test_an_order_that_is_on_its_way_is_not_canceled_and_the_page_says_why(mine, customer, status):
    order = order_in(status, customer)
    before = ledger.balance_of(customer)
    assert f'action="/orders/{order.pk}/cancel/"' not in page(mine, order)
    answer = mine.post(f"/orders/{order.pk}/cancel/", follow=True)
    assert answer.redirect_chain == [(f"/orders/{order.pk}/", 302)]
    assert "callout--caution" in answer.text
    assert Order.objects.get(pk=order.pk).status == status
    assert ledger.balance_of(customer) == before


def test_a_get_cancels_nothing(mine, customer):
    order = place(customer)
    assert mine.get(f"/orders/{order.pk}/cancel/").status_code == 405
    assert Order.objects.get().status == OrderStatus.PENDING


def test_ordering_again_fills_the_form_with_the_same_wish(mine, customer):
    service = make_service()
    link = "https://example.com/p/1?a=1&b=%20x"
    order = order_in(OrderStatus.CANCELED, customer, service=service, link=link, quantity=500)
    [again, *_others] = [unescape(a) for a in re.findall(r'href="(/orders/new/\?[^"]*)"', page(mine, order))]
    form = mine.get(again).text
    assert f'<option value="{service.pk}" selected>' in form
    assert unescape(re.search(r'name="link" value="([^"]*)"', form)[1]) == link
    assert 'name="quantity" value="500"' in form


def test_help_with_this_order_has_it_chosen_already(mine, customer):
    order = place(customer)
    assert f'href="/tickets/new/?order={order.pk}"' in page(mine, order)


def test_times_are_shown_in_the_customers_own_zone(mine, customer):
    customer.time_zone = "Asia/Tokyo"
    customer.save(update_fields=["time_zone"])
    assert "Until 22:00 (in 1 hour)" in section(page(mine, place(customer)), "verdict-title")


def test_names_of_services_and_links_are_shown_as_text(mine, customer):
    service = make_service(name="<svg onload=x>{{7*7}}")
    html = page(mine, place(customer, service=service, link='https://example.com/"><script>x</script>'))
    assert "<svg onload" not in html
    assert "<script>x" not in html
    assert "{{7*7}}" in html
