"""Help is asked for and given without a line of JavaScript."""

import re

from playwright.sync_api import expect

from orders.statuses import OrderStatus
from support.models import Ticket
from tests.factories import order_in
from tests.journeys.conftest import sign_in

WITHOUT = {"java_script_enabled": False}


def test_a_customer_asks_from_the_order_and_reads_the_agents_answer(
    without_javascript, new_context, customer, agent, help_center
):
    order = order_in(OrderStatus.PARTIAL, customer)
    theirs = without_javascript
    theirs.goto(f"/orders/{order.pk}/")
    sign_in(theirs, customer)
    theirs.get_by_role("link", name="Get help with this order").click()
    expect(theirs.get_by_label("Which order?")).to_have_value(str(order.pk))
    expect(theirs.locator("#about-order")).to_contain_text(order.link)

    # Nothing typed yet: the form says so and keeps the order.
    theirs.get_by_role("button", name="Send").click()
    expect(theirs.locator(".error-summary")).to_contain_text("Write a few words about what happened.")
    expect(theirs.get_by_label("Which order?")).to_have_value(str(order.pk))

    theirs.get_by_label("What is it about?").select_option(index=1)
    theirs.get_by_label("What happened?").fill("Half of it came.\nWhere is the rest?")
    theirs.get_by_role("button", name="Send").click()
    expect(theirs).to_have_url(re.compile(r"/tickets/\d+/$"))
    expect(theirs.locator(".thread")).to_contain_text("Where is the rest?")
    ticket = Ticket.objects.get()
    assert ticket.order == order
    assert ticket.evidence["order"]["link"] == order.link

    staff = new_context(**WITHOUT).new_page()
    staff.goto("/admin/")
    sign_in(staff, agent)
    expect(staff).to_have_url(re.compile("/admin/$"))
    staff.get_by_role("main").get_by_role("link", name="Tickets", exact=True).click()
    staff.get_by_role("link", name=re.compile(f"^#{ticket.pk} ")).click()
    expect(staff.locator(".thread")).to_contain_text("Half of it came.")
    expect(staff.locator("#content-main")).to_contain_text("Then and now")
    staff.get_by_label("Reply that the customer reads").fill("The rest is back on your balance.")
    staff.get_by_role("button", name="Send reply").click()
    expect(staff.locator(".thread")).to_contain_text("The rest is back on your balance.")

    theirs.reload()
    expect(theirs.locator(".message--agent")).to_contain_text("The rest is back on your balance.")
    expect(theirs.get_by_role("main")).to_contain_text("Waiting for you")
    theirs.get_by_label("Your reply").fill("Found it, thank you.")
    theirs.get_by_role("button", name="Send reply").click()
    expect(theirs.locator(".thread")).to_contain_text("Found it, thank you.")
    theirs.get_by_role("button", name="This is solved").click()
    expect(theirs.get_by_role("main")).to_contain_text("Solved")
