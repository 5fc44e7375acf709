"""Services, the list of orders and the dashboard, as their readers meet them."""

import re
from html import unescape

import pytest

from orders.models import Order
from orders.service_types import ServiceType
from orders.statuses import OrderStatus
from support import ticketing
from support.models import Topic
from tests.factories import NOW, fund, make_service, order_in, place

HTMX = {"HX-Request": "true"}


def words(html: str) -> str:
    """The page as it is read: no tags, single spaces."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def orders_shown(answer) -> list[int]:
    return [int(n) for n in re.findall(r'<th scope="row"><a href="/orders/(\d+)/">', answer.text)]


def services_shown(answer) -> list[int]:
    return [int(n) for n in re.findall(r'<tr id="service-(\d+)">', answer.text)]


# --- Services


@pytest.fixture
def shop(db):
    likes = make_service(name="Photo likes", category="Likes", rate="0.90", minimum=50, maximum=10_000, refill_days=30)
    views = make_service(name="Video views", category="Views", rate="0.003", stated_start=180)
    package = make_service(
        name="Starter pack", category="Packs", type=ServiceType.PACKAGE, rate="1234.5", can_cancel=True
    )
    make_service(name="Paused likes", category="Likes", is_on_sale=False)
    make_service(name="Nothing else here", category="Empty shelf", is_on_sale=False)
    return likes, views, package


def test_a_visitor_sees_all_services_with_price_limits_and_start(client, shop):
    answer = client.get("/services/")
    assert sorted(services_shown(answer)) == [service.pk for service in shop]
    shown = words(answer.text)
    assert "Photo likes 0.90 USD per 1,000 50 – 10,000" in shown
    assert "Video views 0.003 USD per 1,000 10 – 10,000 3 h" in shown
    assert "Starter pack 1,234.50 USD each one package" in shown
    assert "Refill 30 days" in shown
    assert "Paused likes" not in shown
    assert "Empty shelf" not in shown


@pytest.mark.parametrize("search", ["photo", "PHOTO LI", "Likes", "  photo  "])
def test_services_are_found_by_name_and_category(client, shop, search):
    assert services_shown(client.get("/services/", {"q": search})) == [shop[0].pk]


def test_services_are_found_by_number(client, shop):
    assert services_shown(client.get("/services/", {"q": str(shop[1].pk)})) == [shop[1].pk]
    assert services_shown(client.get("/services/", {"q": f"#{shop[1].pk}"})) == [shop[1].pk]


@pytest.mark.parametrize(
    "odd", ["nothing at all", "photo\x00likes", "a" * 10_000, "9" * 40, "%", "_", "'; --", "\u202e", "<svg onload=x>"]
)
def test_a_search_that_finds_nothing_says_so_and_keeps_the_words(client, shop, odd):
    answer = client.get("/services/", {"q": odd})
    assert answer.status_code == 200
    assert services_shown(answer) == []
    assert "Nothing matches" in answer.text
    assert "<svg onload" not in answer.text


def test_by_htmx_only_the_shelves_come(client, shop):
    answer = client.get("/services/", {"q": "video"}, headers=HTMX)
    assert answer.text.strip().startswith('<div id="shelves"')
    assert services_shown(answer) == [shop[1].pk]


def test_a_shop_without_services_says_so(client, db):
    assert "Nothing is on sale yet" in client.get("/services/").text


# --- The list of orders


@pytest.fixture
def mine(client, customer, time_machine):
    """Carol's browser, at the hour in which all orders of these tests are placed."""
    time_machine.move_to(NOW, tick=False)
    client.force_login(customer)
    return client


def test_orders_are_listed_newest_first_with_what_to_do(mine, customer, stranger):
    first, second = place(customer), place(customer)
    place(stranger)
    answer = mine.get("/orders/")
    assert orders_shown(answer) == [second.pk, first.pk]
    assert "0 / 1,000" in words(answer.text)
    assert "Wait until 13:00 (in 1 hour)" in words(answer.text)


def test_tabs_count_each_status_of_the_reader_alone(mine, customer, stranger):
    for status in (OrderStatus.PENDING, OrderStatus.PARTIAL, OrderStatus.PARTIAL, OrderStatus.ERROR):
        order_in(status, customer)
    order_in(OrderStatus.COMPLETED, stranger)
    tabs = words(re.search(r'<nav class="tabs".*?</nav>', mine.get("/orders/").text, re.DOTALL)[0])
    assert tabs == "All Pending 1 Processing 0 In Progress 0 Completed 0 Partial 2 Canceled 0 Refunded 0 Error 1"


@pytest.mark.parametrize("status", list(OrderStatus))
def test_a_tab_shows_its_status_alone(mine, customer, status):
    orders = {each: order_in(each, customer) for each in OrderStatus}
    answer = mine.get("/orders/", {"status": status.value})
    assert orders_shown(answer) == [orders[status].pk]
    [current] = re.findall(
        r'<a href="([^"]*)" aria-current="page">\w', re.search(r"<main.*", answer.text, re.DOTALL)[0]
    )
    assert current == f"?status={status.value}"


def test_a_status_that_does_not_exist_filters_nothing(mine, customer):
    order = place(customer)
    assert orders_shown(mine.get("/orders/", {"status": "lost"})) == [order.pk]


def test_counts_stop_at_999(mine, customer):
    order = place(customer)
    Order.objects.bulk_create(copies_of(order, 1000))
    assert "Pending 999+" in words(mine.get("/orders/").text)


def copies_of(order: Order, count: int) -> list[Order]:
    """Rows without entries: only the number of them matters here."""
    fields = {f.attname: getattr(order, f.attname) for f in Order._meta.concrete_fields if not f.primary_key}
    return [Order(**fields | {"client_key": f"copy-{n}", "overlap_key": None}) for n in range(count)]


def test_orders_are_found_by_number(mine, customer, stranger):
    order, theirs = place(customer), place(stranger)
    place(customer)
    assert orders_shown(mine.get("/orders/", {"q": str(order.pk)})) == [order.pk]
    assert orders_shown(mine.get("/orders/", {"q": f" #{order.pk} "})) == [order.pk]
    assert orders_shown(mine.get("/orders/", {"q": str(theirs.pk)})) == []


@pytest.mark.parametrize("spelling", ["http://m.youtube.com/watch?v=abcDEF12345&t=5", "youtu.be/abcDEF12345?si=x"])
def test_orders_are_found_by_their_link_in_another_spelling(mine, customer, spelling):
    order = place(customer, link="https://www.youtube.com/watch?v=abcDEF12345")
    place(customer)
    assert orders_shown(mine.get("/orders/", {"q": spelling})) == [order.pk]


@pytest.mark.parametrize("odd", ["nothing", "\x00", "a" * 10_000, "9" * 40, "-1", "<svg onload=x>", "javascript:x"])
def test_an_odd_search_finds_nothing_and_says_what_to_do(mine, customer, odd):
    place(customer)
    answer = mine.get("/orders/", {"q": odd})
    assert orders_shown(answer) == []
    assert "No order matches" in answer.text
    assert "<svg onload" not in answer.text


def test_a_newcomer_is_told_how_to_begin(mine):
    answer = mine.get("/orders/")
    assert "No orders yet" in answer.text
    assert 'href="/orders/new/"' in answer.text


def test_pages_follow_each_other_both_ways_and_keep_the_filter(mine, customer):
    first = place(customer)
    Order.objects.bulk_create(copies_of(first, 59))
    numbers = list(Order.objects.order_by("-pk").values_list("pk", flat=True))

    def link(answer, rel):
        found = re.search(rf'rel="{rel}" href="([^"]*)"', answer.text)
        return found and "/orders/" + unescape(found[1])

    one = mine.get("/orders/?status=pending")
    assert orders_shown(one) == numbers[:25]
    assert link(one, "prev") is None
    two = mine.get(link(one, "next"))
    assert orders_shown(two) == numbers[25:50]
    three = mine.get(link(two, "next"))
    assert orders_shown(three) == numbers[50:]
    assert link(three, "next") is None
    back = mine.get(link(three, "prev"))
    assert orders_shown(back) == numbers[25:50]
    assert orders_shown(mine.get(link(back, "prev"))) == numbers[:25]
    assert "status=pending" in link(back, "prev")


@pytest.mark.parametrize("cursor", ["before=abc", "after=-1", "before=", "before=1&after=2", f"before={'9' * 30}"])
def test_an_odd_cursor_is_a_page_all_the_same(mine, customer, cursor):
    place(customer)
    assert mine.get(f"/orders/?{cursor}").status_code == 200


def test_by_htmx_only_the_list_comes(mine, customer):
    order = place(customer)
    answer = mine.get("/orders/", headers=HTMX)
    assert answer.text.strip().startswith('<div id="list"')
    assert orders_shown(answer) == [order.pk]


# --- The dashboard


def test_the_dashboard_shows_what_needs_the_customer_first(mine, customer, time_machine):
    checked = order_in(OrderStatus.COMPLETED, customer)
    stuck = place(customer)
    time_machine.move_to(NOW.replace(hour=20), tick=False)
    answer = mine.get("/")
    needs = re.search(r'aria-labelledby="needs-you".*?</section>', answer.text, re.DOTALL)[0]
    assert re.findall(r'href="/orders/(\d+)/"', needs) == [str(stuck.pk), str(checked.pk)]
    assert "Contact us" in words(needs)
    assert "Check the result" in words(needs)


def test_the_dashboard_shows_active_orders_money_and_open_tickets_of_the_reader_alone(mine, customer, stranger):
    active = order_in(OrderStatus.PROCESSING, customer)
    order_in(OrderStatus.CANCELED, customer)
    theirs = place(stranger)
    ticket = ticketing.open_ticket(customer=customer, topic=Topic.OTHER, order=None, text="A question", now=NOW)
    answer = mine.get("/")
    under_way = re.search(r'aria-labelledby="active".*?</section>', answer.text, re.DOTALL)[0]
    assert re.findall(r'href="/orders/(\d+)/"', under_way) == [str(active.pk)]
    shown = words(answer.text)
    assert "199.10 USD" in shown
    assert "+0.90 USD" in shown
    assert f'href="/tickets/{ticket.pk}/"' in answer.text
    assert f"/orders/{theirs.pk}/" not in answer.text


def test_the_dashboard_of_a_newcomer_says_how_to_begin(mine, customer):
    shown = words(mine.get("/").text)
    assert "Place your first order" in shown
    assert "0.00 USD" in shown


def test_a_visitor_is_told_what_this_is(client, db):
    answer = client.get("/")
    assert "Create an account" in answer.text
    assert 'href="/services/"' in answer.text


def test_large_amounts_are_grouped_and_exact(mine, customer):
    fund(customer, "1234567.00000001")
    assert "1,234,567.00000001 USD" in words(mine.get("/balance/").text)
