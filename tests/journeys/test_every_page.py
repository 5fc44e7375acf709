"""What every page owes to everybody: it fits a small screen, and axe finds nothing, in light and in dark."""

import pytest

from orders import refills
from orders.models import Order
from orders.statuses import OrderStatus
from support.models import TicketState, Topic
from tests.english_left import english_on
from tests.factories import NOW, make_service, order_in
from tests.journeys.axe import complaints
from tests.journeys.conftest import DESKTOP, PHONE, open_ticket, talk_over, width_of
from tests.orders.test_drip import dripped

SMALLEST = {"width": 320, "height": 640}
GUIDE = "/help/orders-troubleshooting/order-statuses-explained/"
# Articles: in the language that they are written in.
POLICIES = ["/terms/", "/privacy/"]
OPEN_TO_ALL = [
    "/",
    "/services/",
    "/services/changes/",
    "/api/",
    "/help/",
    GUIDE,
    "/accounts/login/",
    "/accounts/signup/",
    "/accounts/password/reset/",
    "/contact/",
    *POLICIES,
]


@pytest.fixture
def customers_pages(customer, agent, help_center) -> list[str]:
    """The main pages of somebody with orders in every status, one of them with a link that has no place to break."""
    orders = [order_in(status, customer) for status in OrderStatus if status != OrderStatus.REFUNDED]
    long = order_in(OrderStatus.IN_PROGRESS, customer, link=f"https://example.com/{'a' * 300}")
    runs = dripped(customer, runs=3, interval=60)
    refilled = order_in(OrderStatus.COMPLETED, customer, service=make_service(refill_days=30))
    refills.request(order_id=refilled.pk, actor=customer, now=NOW)
    ticket = open_ticket(customer, orders[0])
    answered = talk_over(open_ticket(customer, orders[1]), agent)
    solved = talk_over(open_ticket(customer, orders[2]), agent, then=TicketState.SOLVED)
    service = Order.objects.latest("pk").service_id
    return [
        "/",
        "/services/?order=cheap",
        "/services/changes/",
        "/orders/new/",
        "/orders/mass/",
        f"/orders/new/?service={service}&link=https://example.com/p/x&quantity=1000000",
        "/orders/",
        *(f"/orders/{order.pk}/" for order in (*orders, long, *runs, refilled)),
        f"/orders/{runs[0].pk}/?run=1",
        f"/orders/new/?service={runs[0].service_id}&link={runs[0].link}&quantity=100&runs=3&interval=60",
        f"/orders/new/?service={service}&link={runs[0].link}&quantity=100",
        "/balance/",
        f"/balance/statement/{NOW:%Y-%m}/",
        "/balance/add/",
        "/help/",
        GUIDE,
        "/help/search/?q=partial",
        "/help/faq/",
        "/tickets/",
        f"/tickets/new/?order={long.pk}",
        f"/tickets/new/?order={orders[0].pk}",
        *(f"/tickets/new/?topic={topic}" for topic in Topic),
        *(f"/tickets/{one.pk}/" for one in (ticket, answered, solved)),
        "/api/",
        "/accounts/api-keys/",
        "/accounts/preferences/",
        "/accounts/email/",
        "/accounts/password/change/",
        "/accounts/2fa/",
        "/accounts/sessions/",
        "/accounts/data/",
        "/accounts/2fa/totp/activate/",
        "/accounts/2fa/webauthn/",
        "/accounts/2fa/webauthn/add/",
        "/accounts/logout/",
        "/accounts/leave/",
        *POLICIES,
        "/styleguide/",
    ]


def test_no_page_scrolls_sideways_on_the_smallest_phone(new_context, signed_in, customer, customers_pages):
    visitor = new_context(viewport=SMALLEST, is_mobile=True, has_touch=True).new_page()
    page = signed_in(customer, viewport=SMALLEST, is_mobile=True, has_touch=True)
    wide = [f"{path}: {width}" for path in OPEN_TO_ALL if (width := width_of(visitor, path)) > SMALLEST["width"]]
    wide += [f"{path}: {width}" for path in customers_pages if (width := width_of(page, path)) > SMALLEST["width"]]
    assert not wide, "\n".join(wide)


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("size", [SMALLEST, PHONE, DESKTOP], ids=["smallest", "phone", "desktop"])
def test_axe_finds_nothing(size, colours, new_context, signed_in, customer, customers_pages):
    look = {"viewport": size, "color_scheme": colours}
    found = complaints(new_context(**look).new_page(), OPEN_TO_ALL)
    found += complaints(signed_in(customer, **look), customers_pages)
    assert not found, "\n".join(found)


def test_no_spanish_page_scrolls_sideways_on_the_smallest_phone(signed_in, customer, customers_pages):
    customer.language = "es"
    customer.save(update_fields=["language"])
    page = signed_in(customer, viewport=SMALLEST, is_mobile=True, has_touch=True)
    wide = [f"{path}: {width}" for path in customers_pages if (width := width_of(page, path)) > SMALLEST["width"]]
    assert not wide, "\n".join(wide)


def test_in_spanish_no_english_of_ours_is_left(client, customer, customers_pages):
    customer.language = "es"
    customer.save(update_fields=["language"])
    left = [
        f"{path}: {text}"
        for path in OPEN_TO_ALL
        if path not in POLICIES
        for text in english_on(client.get(path, headers={"Accept-Language": "es"}).text)
    ]
    client.force_login(customer)
    for path in customers_pages:
        if path not in {"/styleguide/", *POLICIES}:
            left += [f"{path}: {text}" for text in english_on(client.get(path, follow=True).text)]
    assert not left, "\n".join(left)


# A button without an edge, a chart without a colour: what a reader with colours of their own would not see.
UNSEEN_IN_FORCED_COLOURS = """
() => [...document.querySelectorAll(".button, .badge, .chip, .chart__bar, .timeline > li")]
    .filter(element => element.checkVisibility())
    .filter(element => {
        const look = getComputedStyle(element), dot = getComputedStyle(element, "::before");
        if (element.matches(".chart__bar")) return look.fill === look.backgroundColor;
        if (element.matches("li")) return dot.backgroundColor === getComputedStyle(document.body).backgroundColor;
        return !element.matches(".button--quiet") && parseFloat(look.borderTopWidth) === 0;
    })
    .map(element => element.outerHTML.slice(0, 120))
"""


def test_with_colours_of_ones_own_everything_is_still_seen(signed_in, customer, help_center):
    order = order_in(OrderStatus.PARTIAL, customer)
    page = signed_in(customer, forced_colors="active")
    for path in ("/", f"/orders/{order.pk}/", "/balance/", "/orders/new/", "/styleguide/"):
        page.goto(path)
        assert (path, page.evaluate(UNSEEN_IN_FORCED_COLOURS)) == (path, [])


def test_a_fault_on_a_page_is_seen(desktop):
    desktop.route(
        "**/health/live",
        lambda route: route.fulfill(body='<img src="data:,"><p>No title, no language</p>', content_type="text/html"),
    )
    found = " ".join(complaints(desktop, ["/health/live"]))
    assert all(rule in found for rule in ("image-alt", "html-has-lang", "document-title"))
