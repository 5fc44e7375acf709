"""With the keyboard alone, what comes after the first order: many at once, in runs, again, paid for, shown, automated."""

import re

import pytest
from playwright.sync_api import Page, expect

from accounts.models import ApiKey
from orders.models import Deposit, Favourite, Order, Refill
from orders.statuses import OrderStatus
from support.models import Attachment
from tests.factories import fund, make_service, order_in
from tests.journeys.conftest import open_ticket
from tests.journeys.test_keyboard import press, reach, write
from tests.orders.payments import make_method
from tests.support.files_to_send import picture


@pytest.fixture
def page(signed_in, customer) -> Page:
    fund(customer)
    return signed_in(customer)


def test_many_orders_at_once(page):
    service = make_service()
    page.goto("/orders/mass/")
    write(
        page,
        "Orders, one a line",
        f"{service.pk} | https://example.com/p/a | 1000\n{service.pk} | https://example.com/p/b | 500",
    )
    press(page, page.get_by_role("button", name="Check the lines"))
    expect(page.get_by_role("heading", name="Nothing is placed yet")).to_be_visible()
    press(page, page.get_by_role("button", name="Place all 2 orders"))
    expect(page.get_by_role("heading", name="2 orders are placed")).to_be_visible()
    press(page, page.get_by_role("link", name=re.compile(r"^Order #\d+$")))
    expect(page.get_by_role("heading", level=1)).to_contain_text("Order #")
    assert Order.objects.count() == 2


def test_a_drip_feed(page):
    service = make_service(can_drip=True)
    page.goto(f"/orders/new/?service={service.pk}")
    write(page, "Link", "https://example.com/p/in-runs")
    write(page, "Quantity", "100")
    runs, interval = page.get_by_label(re.compile("^Runs")), page.get_by_label(re.compile("Minutes between|Interval"))
    reach(page, runs)
    page.keyboard.type("3")
    reach(page, interval)
    page.keyboard.type("60")
    expect(page.locator("#quote")).to_contain_text("3 runs of 100")
    press(page, page.get_by_role("button", name="Place the order"))
    expect(page.get_by_role("main")).to_contain_text("3 runs of 100")
    assert Order.objects.earliest("pk").runs == 3


def test_a_refill(page, customer):
    order = order_in(OrderStatus.COMPLETED, customer, service=make_service(refill_days=30))
    page.goto(f"/orders/{order.pk}/")
    press(page, page.get_by_role("button", name="Ask for a refill"))
    expect(page.locator("#refill .rows")).to_be_visible()
    assert Refill.objects.get().order == order


def test_a_favourite_is_starred_the_focus_stays_and_the_list_shows_it_alone(page, customer):
    service = make_service(name="Photo likes, slow and steady")
    make_service(name="Something else")
    page.goto("/services/")
    star = page.get_by_role("button", name=f"Favourite: service {service.pk}", exact=True)
    press(page, star)
    expect(star).to_have_attribute("aria-pressed", "true")
    expect(star).to_be_focused()
    assert Favourite.objects.get(customer=customer).service == service
    page.goto("/services/")
    press(page, page.get_by_text("Filters", exact=True))
    press(page, page.get_by_label("Favourites"), "Space")
    expect(page.get_by_role("rowheader", name="Something else")).to_have_count(0)
    expect(page.get_by_role("rowheader", name=service.name)).to_be_visible()


def test_a_payment_is_reported(page):
    method = make_method(name="Bank transfer")
    page.goto("/balance/add/")
    press(page, page.get_by_role("radio", name="Bank transfer"), "Space")
    write(page, "Amount you paid", "25.00")
    write(page, "Reference of the payment", "KEYS-1")
    press(page, page.get_by_role("button", name="I have paid"))
    expect(page.get_by_role("table")).to_contain_text("KEYS-1")
    assert Deposit.objects.get(reference="KEYS-1").method == method


def test_a_picture_goes_with_a_reply(page, customer, help_center):
    # The browser must be asked for its dialog before a key is pressed: asked with the press, on a busy machine it opens
    # it unseen (41 of 150 presses on a page of nothing else; none of 300 when asked before).
    page.on("filechooser", lambda chooser: None)
    ticket = open_ticket(customer, order_in(OrderStatus.PARTIAL, customer))
    page.goto(f"/tickets/{ticket.pk}/")
    write(page, "Your reply", "Here it is.")
    with page.expect_file_chooser() as opened:
        press(page, page.locator("input[type=file]"))
    opened.value.set_files({"name": "screen.png", "mimeType": "image/png", "buffer": picture()})
    press(page, page.get_by_role("button", name="Send reply"))
    expect(page.locator(".thread")).to_contain_text("Here it is.")
    assert Attachment.objects.get().message.ticket == ticket


def test_the_language_is_chosen_and_chosen_back(page):
    page.goto("/orders/")
    press(page, page.get_by_role("button", name="Español"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Pedidos")
    expect(page.locator("html")).to_have_attribute("lang", "es")
    press(page, page.get_by_role("button", name="English"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Orders")


def test_an_api_key_is_made_copied_and_revoked(page, customer):
    page.goto("/accounts/api-keys/")
    write(page, "Name", "Night script")
    reach(page, page.get_by_role("radio", checked=True))
    page.keyboard.press("ArrowUp")
    press(page, page.get_by_role("button", name="Create the key"))
    press(page, page.get_by_role("button", name="Copy the key"))
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    key = ApiKey.objects.get(user=customer)
    assert (key.name, key.scope) == ("Night script", ApiKey.Scope.READ)
    press(page, page.get_by_role("button", name=re.compile("Revoke")))
    expect(page.get_by_role("main")).not_to_contain_text("Keys in use")
