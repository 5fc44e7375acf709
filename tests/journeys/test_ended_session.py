"""A session ends while somebody writes: their words stand there again after signing in, and nobody else ever sees them."""

import re

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect

from orders.statuses import OrderStatus
from support.models import Ticket
from tests.factories import make_service, order_in, place
from tests.journeys.conftest import open_ticket, sign_in

WORDS = "Half of it came.\nWhere is the rest?"
NOTHING_DONE = "You were signed out, and nothing was done."


def end_session(page: Page) -> None:
    page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)


def sign_in_again(page: Page, user) -> None:
    expect(page.get_by_role("main")).to_contain_text(NOTHING_DONE)
    sign_in(page, user)


def send(page: Page, button: str) -> None:
    page.get_by_role("button", name=button, exact=True).click()


def test_a_ticket_that_was_written_when_the_session_ended_stands_there_after_signing_in(signed_in, customer):
    order = order_in(OrderStatus.COMPLETED, customer)
    page = signed_in(customer)
    page.goto(f"/tickets/new/?order={order.pk}")
    page.get_by_label("What is it about?").select_option("result_missing")
    page.get_by_label("The count that you see now").fill("512")
    page.get_by_label("What happened?").fill(WORDS)
    end_session(page)
    send(page, "Send")
    sign_in_again(page, customer)
    expect(page).to_have_url(re.compile(rf"/tickets/new/\?order={order.pk}$"))
    expect(page.get_by_label("What happened?")).to_have_value(WORDS)
    expect(page.get_by_label("What is it about?")).to_have_value("result_missing")
    expect(page.get_by_label("The count that you see now")).to_have_value("512")

    send(page, "Send")
    expect(page).to_have_url(re.compile(r"/tickets/\d+/$"))
    assert Ticket.objects.get().details == {"count_now": "512"}
    page.goto(f"/tickets/new/?follows={Ticket.objects.get().pk}")
    page.goto("/tickets/new/")
    expect(page.get_by_label("What happened?")).to_have_value("")


def test_a_reply_stands_there_again_and_once_it_is_sent_the_form_is_empty(signed_in, customer):
    ticket = open_ticket(customer, place(customer))
    page = signed_in(customer)
    page.goto(f"/tickets/{ticket.pk}/")
    page.get_by_label("Your reply").fill(WORDS)
    end_session(page)
    send(page, "Send reply")
    sign_in_again(page, customer)
    expect(page.get_by_label("Your reply")).to_have_value(WORDS)
    send(page, "Send reply")
    expect(page.locator(".thread")).to_contain_text("Where is the rest?")
    expect(page.get_by_label("Your reply")).to_have_value("")
    page.reload()
    expect(page.get_by_label("Your reply")).to_have_value("")


def test_an_order_stands_there_again_though_its_price_is_asked_for_while_somebody_types(signed_in, customer):
    service = make_service()
    page = signed_in(customer)
    page.goto(f"/orders/new/?service={service.pk}")
    page.get_by_label("Link").fill("https://example.com/p/1")
    expect(page.locator("#quote")).not_to_have_class("htmx-request")
    end_session(page)
    page.get_by_label("Quantity").fill("150")
    sign_in_again(page, customer)
    expect(page).to_have_url(re.compile(rf"/orders/new/\?service={service.pk}$"))
    expect(page.get_by_label("Link")).to_have_value("https://example.com/p/1")
    expect(page.get_by_label("Quantity")).to_have_value("150")
    expect(page.locator("#quote")).to_contain_text("Balance now")


def test_many_orders_stand_there_again(signed_in, customer):
    page = signed_in(customer)
    page.goto("/orders/mass/")
    page.get_by_role("textbox").first.fill("12 | https://example.com/p/1 | 500")
    end_session(page)
    send(page, "Check the lines")
    sign_in_again(page, customer)
    expect(page.get_by_role("textbox").first).to_have_value("12 | https://example.com/p/1 | 500")


@pytest.mark.parametrize("leaves", ["the session ends", "they sign out"])
def test_who_signs_in_next_at_the_same_computer_never_sees_the_words(signed_in, customer, stranger, leaves):
    page = signed_in(customer)
    page.goto("/tickets/new/")
    page.get_by_label("What happened?").fill(WORDS)
    if leaves == "they sign out":
        page.locator("details.menu summary").click()
        send(page, "Sign out")
        assert page.evaluate("sessionStorage.getItem('kept')") is None
        page.goto("/accounts/login/?next=/tickets/new/")
    else:
        end_session(page)
        send(page, "Send")
    sign_in(page, stranger)
    expect(page).to_have_url(re.compile("/tickets/new/$"))
    expect(page.get_by_label("What happened?")).to_have_value("")
    assert page.evaluate("sessionStorage.getItem('kept')") is None


def test_words_that_came_back_from_the_server_are_left_as_the_customer_leaves_them(signed_in, customer):
    page = signed_in(customer)
    page.goto("/tickets/new/")
    page.get_by_label("What happened?").fill(WORDS)
    send(page, "Send")
    expect(page.locator(".error-summary")).to_contain_text("Choose what it is about.")
    expect(page.get_by_label("What happened?")).to_have_value(WORDS)
    page.goto("/tickets/new/")
    expect(page.get_by_label("What happened?")).to_have_value("")


def test_words_stand_there_again_after_a_form_that_was_too_old(signed_in, customer):
    page = signed_in(customer)
    page.goto("/tickets/new/")
    page.get_by_label("What happened?").fill(WORDS)
    page.context.clear_cookies(name=settings.CSRF_COOKIE_NAME)
    send(page, "Send")
    expect(page.get_by_role("heading", name="Please send it again")).to_be_visible()
    page.go_back()
    expect(page.get_by_label("What happened?")).to_have_value(WORDS)
    page.goto("/tickets/new/")
    expect(page.get_by_label("What happened?")).to_have_value(WORDS)
