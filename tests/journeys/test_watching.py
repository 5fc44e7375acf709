"""The watch itself: a journey is worth nothing if what it forbids would go unseen."""

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page

from tests.journeys.conftest import PHONE, Watch


@pytest.mark.parametrize("kind", ["page", "desktop", "phone", "without_javascript"])
def test_a_browser_reaches_the_running_panel(kind, request):
    page = request.getfixturevalue(kind)
    response = page.goto("/health/live")
    assert response.json() == {"status": "ok"}


@pytest.fixture
def misbehaving(browser: Browser, base_url: str) -> Iterator[Callable[..., tuple[Page, Watch]]]:
    """Makes pages with a watch of their own, whose finds do not fail the test."""
    contexts = []

    def make(**options) -> tuple[Page, Watch]:
        context = browser.new_context(base_url=base_url, **options)
        contexts.append(context)
        watch = Watch(host=urlsplit(base_url).netloc)
        watch.follow(context)
        return context.new_page(), watch

    yield make
    for context in contexts:
        context.close()


@pytest.mark.parametrize(
    ("options", "body"),
    [
        ({}, "<script>document.title = 'ran'</script>"),
        ({"viewport": PHONE}, "<style>p { color: red }</style>"),
        ({"java_script_enabled": False}, "<p style='color: red'>words</p>"),
    ],
)
def test_what_the_policy_of_the_panel_forbids_is_noticed(options, body, misbehaving):
    page, watch = misbehaving(**options)
    page.route(
        "**/health/live", lambda route: route.fulfill(response=route.fetch(), body=body, content_type="text/html")
    )
    page.goto("/health/live")
    assert first_problem(watch, page).startswith(
        ("broke the Content-Security-Policy", "sent a Content-Security-Policy report")
    )


def test_a_request_to_another_host_is_noticed(misbehaving):
    page, watch = misbehaving(java_script_enabled=False)
    page.set_content('<img src="http://127.0.0.1:1/pixel.png">')
    assert first_problem(watch, page) == "left the site: GET http://127.0.0.1:1/pixel.png"


def first_problem(watch: Watch, page: Page) -> str:
    for _ in range(50):
        if watch.problems:
            return watch.problems[0]
        page.wait_for_timeout(100)
    return ""
