"""What static/js/panel.js promises every page, tried on a page of its own under the strict policy."""

from collections.abc import Callable

import pytest
from django.template import engines
from playwright.sync_api import Page, Route, expect

POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'"
PAGE = "{% extends 'base.html' %}{% block content %}BODY{% endblock %}"
HIDE = """hidden => {
    Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
    document.dispatchEvent(new Event("visibilitychange"));
}"""


class Server:
    """Answers /scratch/ with a page, and /scratch/part with what the test says; counts what is asked."""

    def __init__(self):
        self.body = ""
        self.parts: list[tuple[int, str]] = []
        self.asked = 0
        self.lost = False

    def page(self, route: Route) -> None:
        html = engines["django"].from_string(PAGE.replace("BODY", self.body)).render()
        route.fulfill(body=html, content_type="text/html", headers={"Content-Security-Policy": POLICY})

    def part(self, route: Route) -> None:
        self.asked += 1
        if self.lost:
            route.abort()
            return
        status, html = self.parts.pop(0) if len(self.parts) > 1 else self.parts[0]
        route.fulfill(status=status, body=html, content_type="text/html")


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def visit(desktop: Page, server: Server) -> Callable[[str], Page]:
    desktop.route("**/scratch/", server.page)
    desktop.route("**/scratch/part*", server.part)

    def visit(body: str) -> Page:
        server.body = body
        desktop.goto("/scratch/")
        return desktop

    return visit


def order(words: str, *, polls: bool = True) -> str:
    trigger = 'hx-get="/scratch/part" hx-trigger="every 200ms" hx-swap="outerHTML"' if polls else ""
    return f'<section id="order" {trigger} data-announce="{words}"><p>{words}</p></section>'


def test_a_page_asks_while_it_is_seen_rests_while_hidden_and_asks_at_once_when_seen_again(visit, server):
    server.parts = [(200, order("Pending"))]
    page = visit(order("Pending"))
    page.wait_for_timeout(700)
    assert server.asked >= 2
    page.evaluate(HIDE, True)
    page.wait_for_timeout(300)
    before = server.asked
    page.wait_for_timeout(900)
    assert server.asked == before
    server.parts = [(286, order("Completed", polls=False))]
    page.evaluate(HIDE, False)
    expect(page.locator("#order p")).to_have_text("Completed")
    settled = server.asked
    page.wait_for_timeout(700)
    assert (settled, server.asked) == (before + 1, before + 1)


LISTEN = """() => {
    window.said = [];
    window.region = document.getElementById("live");
    new MutationObserver(() => window.region.textContent && window.said.push(window.region.textContent))
        .observe(window.region, { childList: true, characterData: true, subtree: true });
}"""


def test_only_a_change_is_announced_and_the_live_region_stays_the_same_element(visit, server):
    server.parts = [(200, order("Pending"))]
    page = visit(order("Pending"))
    page.evaluate(LISTEN)
    page.wait_for_timeout(700)
    assert server.asked >= 2
    server.parts = [(286, order("In Progress", polls=False))]
    expect(page.locator("#live")).to_have_text("In Progress")
    assert page.evaluate("window.said") == ["In Progress"]
    assert page.evaluate("window.region === document.getElementById('live')")


def test_a_second_press_sends_nothing_more_and_the_button_says_that_it_works(visit, server):
    server.parts = [(422, '<p id="answer">Refused</p>')]
    page = visit(
        '<form data-once hx-post="/scratch/part" hx-target="#answer" hx-swap="outerHTML">'
        '<input name="quantity" value="100"><button>Place the order</button></form><p id="answer"></p>'
    )
    page.evaluate(
        """() => {
            const form = document.querySelector("form[data-once]"), button = form.querySelector("button");
            button.click(); button.click(); form.requestSubmit(button);
            window.said = [button.textContent, button.getAttribute("aria-disabled"), form.elements.quantity.value];
        }"""
    )
    assert page.evaluate("window.said") == ["Working…", "true", "100"]
    expect(page.locator("#answer")).to_have_text("Refused")
    assert server.asked == 1
    button = page.locator("form[data-once] button")
    expect(button).to_have_text("Place the order")
    button.click()
    page.wait_for_timeout(300)
    assert server.asked == 2


def test_a_refused_form_moves_the_focus_to_what_is_wrong(visit, server):
    form = '<form id="f" hx-post="/scratch/part" hx-swap="outerHTML">{}<input name="link" value="kept"><button>Send</button></form>'
    server.parts = [(422, form.format('<div class="error-summary" tabindex="-1">Look at the link.</div>'))]
    page = visit(form.format(""))
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".error-summary")).to_be_focused()


@pytest.mark.parametrize("again", ['<button name="go">Go on</button>', "<p>Nothing to press</p>"])
def test_a_swap_keeps_the_focus_in_its_place(visit, server, again):
    server.parts = [(200, f'<section id="box">{again}</section>')]
    page = visit(
        '<section id="box"><button name="go" hx-get="/scratch/part" hx-target="#box" hx-swap="outerHTML">Go</button></section>'
    )
    page.locator("[name=go]").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#box")).to_contain_text("Nothing" if "Nothing" in again else "Go on")
    page.wait_for_timeout(100)
    where = page.evaluate("[document.activeElement.getAttribute('name'), document.activeElement.id]")
    assert where == ([None, "box"] if "Nothing" in again else ["go", ""])


def test_a_lost_connection_is_said_once_and_so_is_its_return(visit, server):
    server.parts = [(200, order("Pending"))]
    page = visit(order("Pending"))
    server.lost = True
    expect(page.locator("#connection")).to_contain_text("The connection is lost.")
    expect(page.locator("#live")).to_contain_text("The connection is lost.")
    server.lost = False
    expect(page.locator("#connection")).to_be_hidden()
    expect(page.locator("#live")).to_have_text("The connection is back.")


def test_a_failure_of_ours_is_said_and_leaves_the_page_as_it_was(visit, server):
    server.parts = [(500, "<h1>Server error</h1>")]
    page = visit('<button hx-post="/scratch/part" hx-target="#box">Do it</button><p id="box">As it was</p>')
    page.get_by_role("button", name="Do it").click()
    expect(page.locator("#connection")).to_contain_text("That did not work.")
    expect(page.locator("#box")).to_have_text("As it was")


def test_a_menu_closes_on_escape_and_gives_the_focus_back(visit):
    page = visit("")
    page.set_viewport_size({"width": 390, "height": 800})
    summary = page.locator("details.menu summary")
    summary.click()
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="Sign in")).to_be_hidden()
    expect(summary).to_be_focused()
