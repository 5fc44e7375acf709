"""Pages in another language: Spanish words are longer, and what runs from right to left is the same panel mirrored."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from orders.statuses import OrderStatus
from tests.factories import order_in
from tests.journeys.conftest import DESKTOP, PHONE, width_of

MIRRORED = [
    "/",
    "/services/",
    "/orders/",
    "/orders/new/",
    "/balance/",
    "/help/",
    "/tickets/new/",
    "/accounts/preferences/",
]


@pytest.fixture
def right_to_left(settings) -> None:
    """The shop in Hebrew, for which nothing was translated: what is looked at is the frame, not the words."""
    settings.LANGUAGES = [("he", "עברית")]
    settings.LANGUAGE_CODE = "he"


def test_the_language_is_chosen_in_the_footer_without_javascript_and_goes_back_to_the_page(new_context):
    page = new_context(java_script_enabled=False).new_page()
    page.goto("/services/?q=likes")
    page.get_by_role("button", name="Español").click()
    expect(page).to_have_url(re.compile(r"/services/\?q=likes$"))
    expect(page.locator("html")).to_have_attribute("lang", "es")
    expect(page.get_by_role("button", name="Español")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_from_right_to_left_every_page_is_mirrored_and_none_scrolls_sideways(
    size, signed_in, customer, right_to_left, help_center
):
    order = order_in(OrderStatus.PARTIAL, customer)
    page = signed_in(customer, viewport=size)
    for path in [*MIRRORED, reverse("order_detail", args=[order.pk])]:
        assert width_of(page, path) <= size["width"], path
        expect(page.locator("html")).to_have_attribute("dir", "rtl")
        assert middle_of(page, ".brand") > size["width"] / 2, path
        assert middle_of(page, "main h1") > size["width"] / 2, path


def middle_of(page: Page, selector: str) -> float:
    """How far from the left edge the words of this element stand."""
    return page.locator(selector).first.evaluate(
        "element => { const range = document.createRange(); range.selectNodeContents(element);"
        " const box = range.getBoundingClientRect(); return (box.left + box.right) / 2; }"
    )
