"""What every page owes to everybody: it fits a small screen, and axe finds nothing, in light and in dark."""

import pytest
from playwright.sync_api import expect

from orders import refills
from orders.models import LedgerEntry, Order
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


@pytest.mark.parametrize("width", [640, 768])
def test_no_page_scrolls_sideways_between_phone_and_desktop(width, signed_in, customer, customers_pages):
    page = signed_in(customer, viewport={"width": width, "height": 800})
    wide = [f"{path}: {found}" for path in customers_pages if (found := width_of(page, path)) > width]
    assert not wide, "\n".join(wide)


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


# What a reader who hears the page goes by: one heading of the first rank and none left out below it, ways with names of
# their own, tables that say what they hold, charts that do so too, and nothing that points to what is not there.
UNHEARD = """
() => {
    const found = [], seen = element => element.checkVisibility(), all = what => [...document.querySelectorAll(what)];
    const text = id => document.getElementById(id)?.textContent.trim();
    const name = element => element.getAttribute("aria-label")
        || (element.getAttribute("aria-labelledby") || "").split(" ").map(text).join(" ").trim();
    const short = element => element.outerHTML.slice(0, 100);
    const ranks = all("h1, h2, h3, h4, h5, h6").filter(seen).map(element => Number(element.tagName[1]));
    if (ranks.filter(rank => rank === 1).length !== 1) found.push(`${ranks.filter(rank => rank === 1).length} h1`);
    ranks.forEach((rank, place) => {
        if (place && rank > ranks[place - 1] + 1) found.push(`h${rank} after h${ranks[place - 1]}`);
    });
    const ways = all("nav").filter(seen).map(name);
    if (ways.some(way => !way) || new Set(ways).size !== ways.length) found.push(`ways: ${ways.join(", ")}`);
    all("table:not(.prose table)").filter(table => !table.caption || !table.querySelector("th"))
        .forEach(table => found.push(`no caption or heads: ${short(table)}`));
    all("th:not([scope])").forEach(head => found.push(`a head of what: ${short(head)}`));
    all("svg").filter(svg => svg.getAttribute("aria-hidden") !== "true" && !name(svg))
        .forEach(svg => found.push(`neither hidden nor named: ${short(svg)}`));
    for (const attribute of ["aria-describedby", "aria-labelledby", "aria-controls"])
        all(`[${attribute}]`).flatMap(element => element.getAttribute(attribute).split(" "))
            .filter(id => id && !document.getElementById(id)).forEach(id => found.push(`${attribute} to nowhere: ${id}`));
    if (document.documentElement.lang !== "en") found.push(`lang: ${document.documentElement.lang}`);
    return found;
}
"""


def test_who_hears_the_pages_finds_the_way(desktop, signed_in, customer, customers_pages):
    page, titles, unheard = signed_in(customer), {}, []
    for reader, paths in ((desktop, OPEN_TO_ALL), (page, customers_pages)):
        titles.clear()
        for path in paths:
            reader.goto(path)
            unheard += [f"{path}: {what}" for what in reader.evaluate(UNHEARD)]
            titles.setdefault(reader.title(), set()).add(reader.url.partition("?")[0])
        unheard += [f"one title: {title}: {sorted(paths)}" for title, paths in titles.items() if len(paths) > 1]
    assert not unheard, "\n".join(unheard)


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


A4 = {"width": 718, "height": 1050}


def test_on_paper_there_is_the_shop_s_name_and_the_whole_table_and_nothing_to_press(signed_in, customer):
    order_in(OrderStatus.PARTIAL, customer)
    page = signed_in(customer, viewport=A4, color_scheme="dark")
    page.emulate_media(media="print")
    for path in (f"/balance/statement/{NOW:%Y-%m}/", "/balance/"):
        page.goto(path)
        expect(page.locator(".brand")).to_be_visible()
        for gone in ("nav", "button", "input", ".button", "summary", "footer"):
            assert not page.evaluate(
                "what => [...document.querySelectorAll(what)].some(e => e.checkVisibility())", gone
            )
        table = page.get_by_role("table", name="Every change of your balance")
        assert table.evaluate("table => getComputedStyle(table.rows[1].cells[1]).display") == "table-cell"
        assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "light"
        expect(table.locator("tbody tr")).to_have_count(LedgerEntry.objects.count())
