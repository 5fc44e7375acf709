"""The life of an account: signing in with more than a password, ending what is open elsewhere, asking from outside, leaving."""

import re
import time

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core import mail
from django.core.cache import cache
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts import posting
from accounts.models import User
from orders.statuses import OrderStatus
from tests.conftest import PASSWORD
from tests.factories import order_in, place
from tests.journeys.axe import complaints
from tests.journeys.conftest import DESKTOP, sign_in

HALF_A_MINUTE, LEAST_LEFT = 30, 5


def code_of(secret: str) -> str:
    """What an authenticator app shows now; it holds for some seconds more."""
    left = HALF_A_MINUTE - time.time() % HALF_A_MINUTE
    if left < LEAST_LEFT:
        time.sleep(left)
    return format_hotp_value(hotp_value(secret, int(time.time()) // HALF_A_MINUTE))


def heading(page: Page):
    return page.get_by_role("heading", level=1)


def confirm(page: Page) -> None:
    """The password once more, as before every change of what protects an account."""
    expect(heading(page)).to_have_text("Is it you?")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()


def letters_sent() -> list:
    posting.mails_due(timezone.now)
    return mail.outbox


def test_an_authenticator_app_is_set_up_and_then_asked_for_and_a_recovery_code_does_too(phone, customer):
    phone.goto("/accounts/login/?next=/accounts/2fa/")
    sign_in(phone, customer)
    phone.get_by_role("link", name="Set up an app").click()
    confirm(phone)
    secret = phone.locator("#totp-secret").inner_text().strip()
    phone.get_by_label("code").fill("000000")
    phone.get_by_role("button", name="Switch it on").click()
    expect(phone.locator(".error-summary")).to_contain_text("Incorrect code")
    phone.get_by_label("code").fill(code_of(secret))
    phone.get_by_role("button", name="Switch it on").click()
    recovery = phone.get_by_role("list", name="Codes that are not used yet").inner_text().split()
    assert len(recovery) == 10

    for answer in (lambda: code_of(secret), lambda: recovery[0]):
        # The code of this half minute is used up; to wait for the next one would prove no more.
        cache.clear()
        phone.context.clear_cookies()
        phone.goto("/accounts/login/?next=/orders/")
        sign_in(phone, customer)
        expect(heading(phone)).to_have_text("One more step")
        phone.get_by_label("Code").fill(answer())
        phone.get_by_role("button", name="Sign in", exact=True).click()
        expect(phone).to_have_url(re.compile("/orders/$"))


def test_a_passkey_alone_signs_in(desktop, customer):
    link = desktop.context.new_cdp_session(desktop)
    link.send("WebAuthn.enable")
    device = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    device |= {"isUserVerified": True, "automaticPresenceSimulation": True}
    link.send("WebAuthn.addVirtualAuthenticator", {"options": device})
    desktop.goto("/accounts/login/?next=/accounts/2fa/webauthn/add/")
    sign_in(desktop, customer)
    confirm(desktop)
    desktop.get_by_label("Name").fill("My laptop")
    desktop.get_by_label("Sign in with it alone").check()
    desktop.get_by_role("button", name="Add it").click()
    expect(desktop.locator(".messages")).to_contain_text("added")

    desktop.context.clear_cookies()
    desktop.goto("/accounts/login/")
    desktop.get_by_role("button", name="Sign in with a passkey").click()
    expect(heading(desktop)).to_have_text("Dashboard")
    desktop.goto("/accounts/2fa/webauthn/")
    expect(desktop.get_by_role("main")).to_contain_text("My laptop")


CLOSED = "() => { navigator.credentials.get = () => Promise.reject(new DOMException('closed', 'NotAllowedError')); }"


def test_a_passkey_s_prompt_that_is_closed_is_said_beside_the_button_and_aloud(desktop):
    desktop.goto("/accounts/login/")
    note = desktop.get_by_text("No passkey was used")
    expect(desktop.locator("[data-passkey-not-used]")).to_be_hidden()
    desktop.evaluate(CLOSED)
    desktop.get_by_role("button", name="Sign in with a passkey").click()
    expect(desktop.locator("[data-passkey-not-used]")).to_be_visible()
    expect(note.and_(desktop.locator("#live"))).to_have_count(1)


def test_a_session_elsewhere_is_ended_at_once(phone, desktop, customer):
    for page in (phone, desktop):
        page.goto("/accounts/login/")
        sign_in(page, customer)
        expect(heading(page)).to_have_text("Dashboard")
    desktop.goto("/accounts/sessions/")
    desktop.get_by_role("button", name=re.compile("^End (?!all)")).click()
    expect(desktop.get_by_role("button", name="End all others")).to_have_count(0)
    phone.goto("/orders/")
    expect(heading(phone)).to_have_text("Sign in")
    desktop.goto("/orders/")
    expect(heading(desktop)).to_have_text("Orders")


def test_who_cannot_sign_in_writes_and_reads_the_answer_in_a_mail(without_javascript, signed_in, agent):
    visitor = without_javascript
    visitor.goto("/accounts/login/")
    visitor.get_by_role("link", name="Contact support").click()
    visitor.get_by_label("Your email address").fill("lost@example.com")
    visitor.get_by_role("button", name="Send").click()
    expect(visitor.locator(".error-summary")).to_contain_text("Your message")
    expect(visitor.get_by_label("Your email address")).to_have_value("lost@example.com")
    visitor.get_by_label("Your message").fill("I lost my phone.")
    visitor.get_by_role("button", name="Send").click()
    expect(heading(visitor)).to_have_text("We have your message")

    desk = signed_in(agent)
    desk.goto("/admin/")
    desk.get_by_role("link", name="1 Messages from people who cannot sign in").click()
    expect(desk.get_by_role("row", name="lost@example.com")).to_contain_text("I lost my phone.")
    desk.get_by_role("link", name="lost@example.com").click()
    desk.get_by_role("button", name="Send the answer by mail").click()
    expect(desk.locator(".error-summary")).to_contain_text("Write the answer first.")
    desk.get_by_label("Your answer").fill("Please use a recovery code.")
    desk.get_by_role("button", name="Send the answer by mail").click()
    expect(desk.locator(".messagelist")).to_contain_text("The answer is sent by mail.")
    [letter] = letters_sent()
    assert letter.to == ["lost@example.com"]
    assert "Please use a recovery code." in letter.body


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_somebody_asks_to_leave_is_told_by_mail_and_stays(colours, signed_in, customer):
    order_in(OrderStatus.PARTIAL, customer)
    page = signed_in(customer, viewport=DESKTOP, color_scheme=colours)
    page.goto("/accounts/data/")
    page.get_by_role("link", name="Delete my account").click()
    page.get_by_label("I give up what is left on my balance").check()
    page.get_by_role("button", name="Delete my account").click()
    expect(page.locator(".error-summary")).to_contain_text("Say that you mean it.")
    expect(page.get_by_label("I give up what is left on my balance")).to_be_checked()
    page.get_by_label("Yes, delete my account").check()
    page.get_by_role("button", name="Delete my account").click()
    expect(page.get_by_role("main")).to_contain_text("Your account will be deleted")
    assert complaints(page, ["/accounts/leave/", "/accounts/data/"]) == []

    [letter] = letters_sent()
    page.goto(re.search(r"https?://[^/\s]+(/accounts/leave/)", letter.body)[1])
    page.get_by_role("button", name="Keep my account").click()
    expect(page.locator(".messages")).to_contain_text("Good: your account stays.")
    assert User.objects.get(pk=customer.pk).leaves_at is None


def test_an_open_order_stands_in_the_way_of_leaving_and_is_one_click_away(signed_in, customer):
    order = place(customer)
    page = signed_in(customer)
    page.goto("/accounts/leave/")
    expect(page.get_by_role("main")).to_contain_text("You have open orders.")
    expect(page.get_by_role("button", name="Delete my account")).to_have_count(0)
    page.get_by_role("main").get_by_role("link", name="Your orders").click()
    expect(page.get_by_role("main")).to_contain_text(f"#{order.pk}")
