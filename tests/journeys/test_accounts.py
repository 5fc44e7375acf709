"""Somebody becomes a customer; and what a browser keeps of their choices."""

import re

from django.core import mail
from playwright.sync_api import expect

from accounts.models import User
from tests.journeys.conftest import sign_in


def test_a_newcomer_signs_up_with_the_code_from_the_mail(phone, transactional_db):
    phone.goto("/")
    phone.get_by_role("link", name="Create an account").click()
    phone.get_by_label("Email").fill("nora@example.com")
    phone.get_by_label("Password").fill("a-long-walk-by-the-sea")
    phone.get_by_role("button", name="Create the account").click()
    expect(phone.get_by_role("heading", level=1)).to_have_text("Enter the code from your mail")

    code = re.search(r"^\s*([A-Z0-9-]{6,})\s*$", mail.outbox[-1].body, re.MULTILINE)[1]
    phone.get_by_label("Code").fill("WR0NG-1")
    phone.get_by_role("button", name="Confirm").click()
    expect(phone.locator(".error-summary")).to_be_focused()
    phone.get_by_label("Code").fill(code)
    phone.get_by_role("button", name="Confirm").click()

    expect(phone.get_by_role("heading", level=1)).to_have_text("Dashboard")
    expect(phone.locator(".site-header")).to_contain_text("0.00 USD")
    assert User.objects.get().email == "nora@example.com"


def test_a_wrong_password_says_so_and_keeps_the_address(phone, customer):
    phone.goto("/accounts/login/")
    sign_in(phone, customer, password="not-this-one")
    expect(phone.locator(".error-summary")).to_contain_text("not correct")
    expect(phone.locator(".error-summary")).to_be_focused()
    expect(phone.get_by_label("Email")).to_have_value(customer.email)
    sign_in(phone, customer)
    expect(phone.get_by_role("heading", level=1)).to_have_text("Dashboard")


def test_the_chosen_colours_stay_on_the_next_page(without_javascript):
    without_javascript.goto("/services/")
    without_javascript.get_by_role("button", name="Dark").click()
    expect(without_javascript).to_have_url(re.compile("/services/$"))
    expect(without_javascript.locator("html")).to_have_attribute("data-theme", "dark")
    without_javascript.get_by_role("link", name="Help", exact=True).last.click()
    expect(without_javascript).to_have_url(re.compile("/help/$"))
    expect(without_javascript.locator("html")).to_have_attribute("data-theme", "dark")
    expect(without_javascript.get_by_role("button", name="Dark")).to_have_attribute("aria-pressed", "true")
