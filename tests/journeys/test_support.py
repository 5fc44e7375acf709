"""Support in a browser: from a phone with a picture, and two agents at one ticket."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect

from accounts.models import User
from accounts.people import make_staff
from neopanel.roles import setup_roles
from orders.statuses import OrderStatus
from support.models import CannedReply, Draft, Message, Ticket
from tests.conftest import PASSWORD
from tests.factories import order_in
from tests.journeys.conftest import PHONE, open_ticket
from tests.support.files_to_send import picture

WITHOUT = {"java_script_enabled": False}


@pytest.fixture
def screenshot(tmp_path) -> Path:
    file = tmp_path / "screen.png"
    file.write_bytes(picture(size=(390, 844)))
    return file


@pytest.fixture
def colleague(db) -> User:
    setup_roles()
    return make_staff(email="hugo@example.com", password=PASSWORD, role="Support agent")


def see_the_whole_conversation(theirs: Page, staff: Page, order, screenshot: Path) -> Ticket:
    """From an order gone wrong to an answer."""
    theirs.goto(f"/orders/{order.pk}/")
    theirs.get_by_role("link", name="Get help with this order").click()
    theirs.get_by_label("What is it about?").select_option("result_missing")
    if not theirs.get_by_label("The count that you see now").is_visible():
        # Without a script the field comes with the first answer of the form, and everything typed stays.
        theirs.get_by_label("What happened?").fill("Half of it is missing.")
        theirs.get_by_role("button", name="Send").click()
        expect(theirs.locator(".error-summary")).to_contain_text("Enter the number that the platform shows now.")
    theirs.get_by_label("The count that you see now").fill("512")
    theirs.get_by_label("What happened?").fill("Half of it is missing.")
    theirs.get_by_label("Pictures").set_input_files(screenshot)
    theirs.get_by_role("button", name="Send").click()
    expect(theirs).to_have_url(re.compile(r"/tickets/\d+/$"))
    expect(theirs.get_by_role("main")).to_contain_text("A person reads it next")
    expect(theirs.get_by_role("img", name="Picture screen.png")).to_be_visible()
    ticket = Ticket.objects.get()

    staff.goto("/admin/support/ticket/?queue=unassigned")
    staff.get_by_role("button", name="Take the next one").click()
    expect(staff.get_by_role("main")).to_contain_text("512")
    expect(staff.get_by_role("img", name="Picture screen.png")).to_be_visible()
    staff.get_by_label("Reply that the customer reads").fill("We look into it.")
    staff.get_by_role("button", name="Send reply").click()
    expect(staff.locator(".messagelist")).to_contain_text("The customer sees your reply.")

    theirs.reload()
    expect(theirs.locator(".message--agent")).to_contain_text("We look into it.")
    theirs.get_by_role("button", name="This is solved").click()
    theirs.get_by_role("button", name="It helped").click()
    expect(theirs.get_by_role("main")).to_contain_text("Thank you.")
    return ticket


def test_on_a_phone_from_an_order_gone_wrong_to_an_answer_with_a_picture(
    signed_in, customer, agent, help_center, screenshot
):
    order = order_in(OrderStatus.COMPLETED, customer)
    theirs = signed_in(customer, viewport=PHONE, is_mobile=True, has_touch=True)
    ticket = see_the_whole_conversation(theirs, signed_in(agent), order, screenshot)
    assert theirs.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    assert ticket.details == {"count_now": "512"}


def test_the_same_without_javascript(signed_in, customer, agent, help_center, screenshot):
    order = order_in(OrderStatus.COMPLETED, customer)
    see_the_whole_conversation(signed_in(customer, **WITHOUT), signed_in(agent, **WITHOUT), order, screenshot)


def test_what_stands_beside_the_form_follows_the_topic_and_the_words(signed_in, customer, help_center):
    page = signed_in(customer)
    page.goto("/tickets/new/")
    expect(page.locator("#may-answer")).to_have_count(0)
    page.get_by_label("What is it about?").select_option("wrong_link")
    expect(page.get_by_label("The right link")).to_be_visible()
    page.get_by_label("The right link").fill("https://example.com/right")
    page.get_by_label("What happened?").press_sequentially("what does partial mean")
    expect(page.locator("#may-answer")).to_be_visible()
    expect(page.get_by_label("What happened?")).to_have_value("what does partial mean")
    expect(page.get_by_label("The right link")).to_have_value("https://example.com/right")
    page.get_by_label("What is it about?").select_option("payment_not_credited")
    expect(page.get_by_label("Reference of the payment")).to_be_visible()
    expect(page.locator("#may-answer")).to_have_count(0)
    expect(page.get_by_label("What happened?")).to_have_value("what does partial mean")


def test_of_two_agents_at_one_ticket_the_second_is_stopped_and_loses_nothing(
    signed_in, customer, agent, colleague, help_center
):
    ticket = open_ticket(customer, order_in(OrderStatus.PARTIAL, customer))
    first, second = signed_in(agent), signed_in(colleague)
    for page in (first, second):
        page.goto(f"/admin/support/ticket/{ticket.pk}/change/")
    second.get_by_label("Reply that the customer reads").fill("My own long answer.")
    # It keeps itself while it is typed.
    expect(second.locator("#reply [data-draft-state]")).to_have_text("Draft kept")
    first.get_by_label("Reply that the customer reads").fill("Answered already.")
    first.get_by_role("button", name="Send reply").click()
    expect(first.locator(".thread")).to_contain_text("Answered already.")

    second.get_by_role("button", name="Send reply").click()
    expect(second.locator(".error-summary")).to_contain_text("Nothing was sent: agnes@example.com wrote")
    expect(second.locator(".thread")).to_contain_text("Answered already.")
    expect(second.get_by_label("Reply that the customer reads")).to_have_value("My own long answer.")
    assert list(Message.objects.order_by("id").values_list("text", flat=True)) == [
        "Nothing has come yet.",
        "Answered already.",
    ]
    assert Draft.objects.get().text == "My own long answer."
    second.get_by_role("button", name="Send reply").click()
    expect(second.locator(".thread")).to_contain_text("My own long answer.")


def test_keys_lead_to_the_forms_until_they_are_switched_off(signed_in, customer, agent, help_center):
    ticket = open_ticket(customer, order_in(OrderStatus.PARTIAL, customer))
    page = signed_in(agent)
    page.goto(f"/admin/support/ticket/{ticket.pk}/change/")
    page.keyboard.press("r")
    expect(page.get_by_label("Reply that the customer reads")).to_be_focused()
    page.keyboard.type("rn")
    expect(page.get_by_label("Reply that the customer reads")).to_have_value("rn")
    page.locator("#conversation").click()
    page.keyboard.press("?")
    page.get_by_role("button", name="Switch the keys off").click()
    page.keyboard.press("n")
    expect(page.get_by_label("Note that only the team reads")).not_to_be_focused()


def test_what_is_inserted_does_not_stick_to_the_words_before_it(signed_in, customer, agent, help_center):
    CannedReply.objects.create(title="Thanks", text="Thank you.")
    ticket = open_ticket(customer, order_in(OrderStatus.COMPLETED, customer))
    staff = signed_in(agent)
    staff.goto(f"/admin/support/ticket/{ticket.pk}/change/")
    words = staff.get_by_label("Reply that the customer reads")
    staff.locator("#prepared summary").first.click()
    insert = staff.get_by_role("link", name="Insert Thanks")
    insert.click()
    expect(words).to_have_value("Thank you.")
    for before, after in [
        ("Look:", "Look: Thank you."),
        ("Look ", "Look Thank you."),
        ("Look:\n", "Look:\nThank you."),
    ]:
        words.fill(before)
        insert.click()
        expect(words).to_have_value(after)


def test_an_agent_whose_session_ended_is_told_that_the_draft_is_not_kept(signed_in, customer, agent, help_center):
    ticket = open_ticket(customer, order_in(OrderStatus.COMPLETED, customer))
    staff = signed_in(agent)
    staff.goto(f"/admin/support/ticket/{ticket.pk}/change/")
    staff.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    staff.get_by_label("Reply that the customer reads").fill("We look into it.")
    expect(staff.locator("#reply [data-draft-state]")).to_have_text(
        staff.locator(".workspace").get_attribute("data-say-not-kept")
    )
    assert not Draft.objects.exists()
