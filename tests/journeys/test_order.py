"""The job the panel is for: a customer orders, a provider delivers, and the page knows at every moment what to say."""

import re
import time

import pytest
import requests
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts import api_keys
from orders import ledger, money
from orders.models import LedgerEntry, Order, Service
from orders.statuses import OrderStatus
from orders.verification import verify
from tests.factories import fund, make_service, place
from tests.journeys.conftest import sign_in

# The page asks every 3 seconds, the worker every second.
SOON = 9_000


def usd(units: int) -> str:
    return money.show(units, "USD")


def on_sale() -> Service:
    """One that takes 1,000."""
    return Service.objects.filter(type="Default", minimum__lte=1000, maximum__gte=1000).order_by("id")[0]


def badge(page: Page, status: OrderStatus):
    return page.locator(f"#order .badge--{status.value}")


def place_by_hand(page: Page, service: Service, link: str, quantity: str) -> None:
    """From the form to the order's page, as a person does it."""
    page.get_by_label("Find a service").press_sequentially(service.name[:12])
    expect(page.locator("#id_service option")).to_have_count(
        1 + Service.objects.filter(name__icontains=service.name[:12]).count()
    )
    page.get_by_label("Service", exact=True).select_option(str(service.pk))
    expect(page.locator("#quote")).to_contain_text("per 1,000")
    page.get_by_label("Link").fill(link)
    page.get_by_label("Quantity").fill(quantity)
    charge = usd(money.charge_for(service.rate, int(quantity)))
    expect(page.locator("#quote")).to_contain_text(charge)
    page.get_by_role("button", name="Place the order").click()
    expect(page).to_have_url(re.compile(r"/orders/\d+/$"))


def test_what_is_typed_while_the_fields_of_a_service_are_on_their_way_stays(signed_in, customer):
    page, service = signed_in(customer), make_service(name="Photo likes")
    held = []

    def hold(route) -> None:
        held.append(route) if route.request.headers.get("hx-target") == "type-inputs" else route.continue_()

    page.goto("/orders/new/")
    page.route("**/orders/new/", hold)
    page.get_by_label("Service", exact=True).select_option(str(service.pk))
    expect(page.locator("#quote")).to_contain_text("per 1,000")
    page.get_by_label("Quantity").press_sequentially("1000")
    with page.expect_response(lambda answer: answer.request.headers.get("hx-target") == "type-inputs"):
        held[0].continue_()
    expect(page.locator("#quote")).to_contain_text("Charge")
    expect(page.get_by_label("Quantity")).to_have_value("1000")
    expect(page.get_by_label("Quantity")).to_be_focused()


@pytest.mark.parametrize("screen", ["phone", "desktop"])
def test_an_order_goes_to_completed_while_the_customer_looks_on(screen, request, customer, delivery, help_center):
    page: Page = request.getfixturevalue(screen)
    fund(customer, "50.00")
    service = on_sale()
    page.goto("/orders/new/")
    sign_in(page, customer)
    expect(page).to_have_url(re.compile("/orders/new/$"))

    place_by_hand(page, service, "https://example.com/p/harbour-completed", "1000")
    page.evaluate("window.same = true")
    expect(badge(page, OrderStatus.PENDING)).to_be_visible()
    with delivery.worker():
        expect(badge(page, OrderStatus.PROCESSING)).to_be_visible(timeout=SOON)
        delivery.goes_on(40)
        expect(badge(page, OrderStatus.IN_PROGRESS)).to_be_visible(timeout=SOON)
        delivery.goes_on(80)
        expect(badge(page, OrderStatus.COMPLETED)).to_be_visible(timeout=SOON)
    expect(page.locator("#live")).to_contain_text("Completed")
    assert page.evaluate("window.same") is True
    assert page.locator("#order").get_attribute("hx-get") is None
    steps = page.locator(".timeline > li > div:first-child")
    expect(steps).to_have_text(
        ["Now Completed", "Now In Progress", "Accepted by the service", "Order received and charged"]
    )

    page.get_by_role("link", name="Read this in the guide").click()
    expect(page).to_have_url(re.compile("/help/orders-troubleshooting/order-statuses-explained/#status-completed$"))
    expect(page.locator("#status-completed")).to_be_in_viewport()
    expect(page.locator("#status-completed")).to_contain_text("Completed")


def test_what_was_not_delivered_comes_back_with_its_arithmetic(phone, customer, delivery, help_center):
    fund(customer, "50.00")
    service = on_sale()
    phone.goto("/orders/new/")
    sign_in(phone, customer)
    place_by_hand(phone, service, "https://example.com/p/harbour-partial", "1000")
    with delivery.worker():
        expect(badge(phone, OrderStatus.PROCESSING)).to_be_visible(timeout=SOON)
        delivery.goes_on(120)
        expect(badge(phone, OrderStatus.PARTIAL)).to_be_visible(timeout=SOON)

    order = Order.objects.get()
    back = LedgerEntry.objects.get(order=order, amount__gt=0)
    assert 0 < order.remains < order.quantity
    assert back.amount == money.undelivered(order.charge, order.quantity, order.remains)
    figures = phone.locator("#money")
    expect(figures).to_contain_text(
        f"1,000 ordered − {order.quantity - order.remains} delivered = {order.remains} not delivered"
    )
    expect(figures).to_contain_text(f"+{usd(back.amount)}")

    figures.get_by_role("link", name=f"+{usd(back.amount)}").click()
    row = phone.locator(f"#entry-{back.seq}")
    expect(row).to_be_in_viewport()
    expect(row).to_contain_text(usd(back.amount))
    expect(row).to_contain_text(usd(ledger.balance_of(customer)))
    assert verify() == []


def test_an_order_is_placed_and_canceled_without_javascript(without_javascript, customer):
    fund(customer, "50.00")
    service = make_service()
    page = without_javascript
    page.goto("/services/")
    page.get_by_role("link", name=f"Order {service.name}").click()
    sign_in(page, customer)
    expect(page.locator("#quote")).to_contain_text("0.90 USD per 1,000")
    page.get_by_label("Link").fill("https://example.com/p/plain")
    page.get_by_label("Quantity").fill("2000")
    page.get_by_role("button", name="Place the order").click()
    expect(badge(page, OrderStatus.PENDING)).to_be_visible()
    expect(page.locator("#money")).to_contain_text("1.80 USD")
    page.get_by_role("button", name="Cancel and take the money back").click()
    expect(badge(page, OrderStatus.CANCELED)).to_be_visible()
    expect(page.locator("#money")).to_contain_text("The whole charge of 1.80 USD is back on your balance.")
    assert ledger.balance_of(customer) == money.parse("50.00")


def test_a_form_that_is_refused_keeps_what_was_typed_and_leads_to_what_is_wrong(desktop, customer):
    fund(customer, "1.00")
    service = make_service(rate="0.90", maximum=10_000)
    desktop.goto(f"/orders/new/?service={service.pk}")
    sign_in(desktop, customer)
    desktop.get_by_label("Link").fill("https://example.com/p/dear")
    desktop.get_by_label("Quantity").fill("5000")
    expect(desktop.locator("#quote")).to_contain_text("Missing")
    expect(desktop.locator("#quote")).to_contain_text("3.50 USD")
    desktop.get_by_role("button", name="Place the order").click()
    summary = desktop.locator(".error-summary")
    expect(summary).to_be_focused()
    expect(summary).to_contain_text("3.50 USD")
    expect(desktop.get_by_label("Service", exact=True)).to_have_value(str(service.pk))
    expect(desktop.get_by_label("Link")).to_have_value("https://example.com/p/dear")
    expect(desktop.get_by_label("Quantity")).to_have_value("5000")
    # Each mistake is said beside its field, not a third time beside the price.
    desktop.get_by_label("Quantity").fill("5")
    desktop.get_by_role("button", name="Place the order").click()
    expect(summary).to_contain_text("The smallest quantity of this service is 10.")
    expect(desktop.locator("#quote")).not_to_contain_text("The smallest quantity")
    assert not Order.objects.exists()


def test_a_second_order_on_an_open_link_is_refused_and_names_the_first(phone, customer):
    first = place(customer, link="https://example.com/p/twice")
    phone.goto(f"/orders/new/?service={first.service_id}")
    sign_in(phone, customer)
    phone.get_by_label("Link").fill("https://www.example.com/p/twice?utm_source=mail")
    phone.get_by_label("Quantity").fill("1000")
    expect(phone.locator("#quote").get_by_role("link", name=f"Look at order #{first.pk}")).to_be_visible()
    phone.get_by_role("button", name="Place the order").click()
    summary = phone.locator(".error-summary")
    expect(summary).to_be_focused()
    expect(summary).to_contain_text(f"#{first.pk}")
    expect(phone.get_by_label("Link")).to_have_value("https://www.example.com/p/twice?utm_source=mail")
    assert Order.objects.count() == 1
    # The summary's link leads into the field.
    summary.get_by_role("link", name="Link").click()
    expect(phone.get_by_label("Link")).to_be_focused()


def heard(call, order: int, status: str) -> dict:
    """The first answer that says `status`; what was said last where it never comes."""
    until = time.monotonic() + 10
    while (said := call(action="status", order=order))["status"] != status and time.monotonic() < until:
        time.sleep(0.2)
    assert said["status"] == status
    return said


def test_a_program_orders_and_reads_until_it_is_settled(base_url, customer, delivery):
    fund(customer, "50.00")
    service = on_sale()
    _key, text = api_keys.issue(user=customer, name="Journey", now=timezone.now())

    def call(**fields) -> dict:
        answer = requests.post(f"{base_url}/api/v2", data={"key": text, **fields}, timeout=10)
        assert answer.status_code == 200
        return answer.json()

    assert str(service.pk) in {str(row["service"]) for row in call(action="services")}
    placed = call(action="add", service=service.pk, link="https://example.com/p/program-partial", quantity=1000)
    assert call(action="status", order=placed["order"])["status"] == "Pending"
    with delivery.worker():
        heard(call, placed["order"], "Processing")
        delivery.goes_on(120)
        said = heard(call, placed["order"], "Partial")
    order = Order.objects.get()
    assert (said["remains"], said["currency"]) == (str(order.remains), "USD")
    assert money.parse(said["charge"]) == order.charge - money.undelivered(order.charge, order.quantity, order.remains)
    assert money.parse(call(action="balance")["balance"]) == ledger.balance_of(customer)
