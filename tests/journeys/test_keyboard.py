"""The journeys of the product with the keyboard alone: everything is reached in order, and where one is can be seen."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from orders.models import Order, Service
from orders.statuses import OrderStatus
from support.models import Ticket
from tests.conftest import PASSWORD
from tests.factories import fund, make_service, order_in
from tests.journeys.conftest import open_ticket

MOST_STEPS = 150
SEEN = """
element => {
    const look = getComputedStyle(element);
    return look.outlineStyle !== "none" && parseFloat(look.outlineWidth) >= 2 || look.boxShadow !== "none";
}
"""


def reach(page: Page, wanted: Locator) -> None:
    """Tab until the focus is there; on the way and at the end it can be seen."""
    wanted = wanted.first
    for _ in range(MOST_STEPS):
        page.keyboard.press("Tab")
        focused = page.locator(":focus")
        if not focused.count():
            continue  # the browser's own frame, between the last and the first element
        if focused.get_attribute("tabindex") == "-1":
            continue  # a place that was jumped to (#main, while the page still loaded), no stop of its own
        assert focused.evaluate(SEEN), focused.evaluate("element => element.outerHTML")
        if wanted.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"{wanted} is not reached by Tab")


def press(page: Page, wanted: Locator, key: str = "Enter") -> None:
    reach(page, wanted)
    page.keyboard.press(key)


def write(page: Page, label: str, text: str) -> None:
    reach(page, page.get_by_label(label, exact=True))
    page.keyboard.type(text)


def choose(page: Page, label: str, value: str) -> None:
    """In a list, by the arrow keys."""
    box = page.get_by_label(label, exact=True)
    reach(page, box)
    for _ in range(30):
        if box.input_value() == value:
            return
        page.keyboard.press("ArrowDown")
    raise AssertionError(f"{label} has no {value}")


@pytest.fixture
def service(transactional_db) -> Service:
    return make_service(name="Photo likes, slow and steady")


def test_signing_in_ordering_and_following_the_guide(desktop, customer, service, help_center):
    fund(customer)
    page = desktop
    page.goto("/orders/new/")
    write(page, "Email", customer.email)
    write(page, "Password", PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="New order")).to_be_visible()

    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    write(page, "Find a service", "slow")
    expect(page.locator("#id_service option")).to_have_count(2)
    choose(page, "Service", str(service.pk))
    expect(page.locator("#quote")).to_contain_text("per 1,000")
    write(page, "Link", "https://example.com/p/by-keys")
    write(page, "Quantity", "1000")
    expect(page.locator("#quote")).to_contain_text("0.90 USD")
    press(page, page.get_by_role("button", name="Place the order"))
    expect(page).to_have_url(re.compile(r"/orders/\d+/(#main)?$"))
    assert Order.objects.get().quantity == 1000

    press(page, page.get_by_role("link", name="Read this in the guide"))
    expect(page).to_have_url(re.compile("#status-pending$"))


def test_the_menu_opens_leads_somewhere_and_closes_again(signed_in, customer):
    page = signed_in(customer)
    page.goto("/")
    menu = page.locator("header summary").last
    press(page, menu)
    expect(page.get_by_role("link", name="Preferences")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="Preferences")).to_be_hidden()
    expect(menu).to_be_focused()
    page.keyboard.press("Enter")
    press(page, page.get_by_role("link", name="Preferences"))
    expect(page.get_by_role("heading", name="Preferences")).to_be_visible()


def test_asking_for_help_with_an_order(signed_in, customer, help_center):
    order = order_in(OrderStatus.PARTIAL, customer)
    page = signed_in(customer)
    page.goto(f"/orders/{order.pk}/")
    press(page, page.get_by_role("link", name="Get help with this order"))
    # Sent too early, the form comes back with the focus on what is wrong.
    press(page, page.get_by_role("button", name="Send"))
    expect(page.locator(".error-summary")).to_be_focused()
    choose(page, "What is it about?", "other")
    write(page, "What happened?", "Half of it came.")
    press(page, page.get_by_role("button", name="Send"))
    expect(page).to_have_url(re.compile(r"/tickets/\d+/$"))
    assert Ticket.objects.get().order == order
    write(page, "Your reply", "It is back, thank you.")
    press(page, page.get_by_role("button", name="Send reply"))
    expect(page.locator(".thread")).to_contain_text("It is back, thank you.")


def test_finding_an_answer_and_saying_that_it_helped(signed_in, customer, help_center):
    page = signed_in(customer)
    page.goto("/help/")
    write(page, "Search the help center", "partial")
    press(page, page.locator("#help-suggestions").get_by_role("link", name=re.compile("Partial orders and returns")))
    expect(page.get_by_role("heading", name="Partial orders and returns", level=1)).to_be_visible()
    press(page, page.get_by_role("button", name="Yes", exact=True))
    expect(page.locator("#helpful")).to_contain_text("Your answer is kept")


def test_an_agent_answers_a_ticket(signed_in, agent, customer, help_center):
    ticket = open_ticket(customer, order_in(OrderStatus.PARTIAL, customer))
    page = signed_in(agent)
    page.goto("/admin/support/ticket/")
    press(page, page.get_by_role("link", name=re.compile(f"^#{ticket.pk} ")))
    write(page, "Reply that the customer reads", "The rest is back on your balance.")
    press(page, page.get_by_role("button", name="Send reply"))
    expect(page.locator(".thread")).to_contain_text("The rest is back on your balance.")


def test_an_editor_writes_an_article(signed_in, editor, help_center):
    page = signed_in(editor)
    page.goto("/admin/helpcenter/article/add/")
    choose(page, "Section", page.get_by_label("Section", exact=True).locator("option").nth(1).get_attribute("value"))
    write(page, "Address", "by-keys")
    write(page, "Title", "Written by keys")
    write(page, "Text", "Nobody touched a mouse.")
    expect(page.locator("#preview")).to_contain_text("Nobody touched a mouse.")
    press(page, page.get_by_role("button", name="Save a version", exact=True))
    expect(page.get_by_text("Saved as version 1.")).to_be_visible()
