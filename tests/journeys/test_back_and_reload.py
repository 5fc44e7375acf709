"""Back, forward and reload bring a whole page that is true now; after signing out they bring nothing private."""

import re

from playwright.sync_api import expect

from orders.statuses import OrderStatus
from tests.factories import fund, make_service, order_in
from tests.journeys.conftest import sign_in


def test_a_list_that_was_narrowed_while_typing_is_the_same_after_back_and_reload(signed_in, customer):
    wanted = make_service(name="Photo likes, slow and steady")
    make_service(name="Something else")
    page = signed_in(customer)
    page.goto("/")
    page.get_by_role("link", name="Services", exact=True).click()
    page.get_by_label("Service name, number or category").press_sequentially("slow")
    expect(page.get_by_role("rowheader")).to_have_count(1)
    expect(page).to_have_url(re.compile("q=slow"))
    page.get_by_role("link", name=f"Order {wanted.name}").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("New order")

    for again in (page.go_back, page.reload):
        again()
        # A fragment from a cache would have neither frame nor heading.
        expect(page.get_by_role("heading", level=1)).to_have_text("Services")
        expect(page.get_by_label("Service name, number or category")).to_have_value("slow")
        expect(page.get_by_role("rowheader")).to_have_count(1)
    page.go_forward()
    expect(page.get_by_label("Service", exact=True)).to_have_value(str(wanted.pk))


def test_back_shows_what_is_true_now_and_a_reload_after_an_order_orders_nothing_more(signed_in, customer):
    fund(customer)
    service = make_service()
    page = signed_in(customer)
    page.goto("/orders/")
    expect(page.get_by_text("No orders yet")).to_be_visible()
    page.goto(f"/orders/new/?service={service.pk}&link=https://example.com/p/back&quantity=1000")
    page.get_by_role("button", name="Place the order").click()
    expect(page).to_have_url(re.compile(r"/orders/\d+/$"))
    page.reload()
    assert customer.wallet.orders.count() == 1
    # Back to the form that was sent, and sent once more as it stands.
    page.go_back()
    page.get_by_role("button", name="Place the order").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert customer.wallet.orders.count() == 1
    page.goto("/orders/")
    expect(page.get_by_role("table").get_by_role("link", name=re.compile(r"^#\d+$"))).to_have_count(1)


def test_after_signing_out_back_shows_nothing_private(desktop, customer):
    order = order_in(OrderStatus.PARTIAL, customer)
    page = desktop
    page.goto(f"/accounts/login/?next=/orders/{order.pk}/")
    sign_in(page, customer)
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Order #{order.pk}")
    page.locator("header summary").last.click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("link", name="Create an account")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    expect(page.get_by_text(order.link)).to_have_count(0)
