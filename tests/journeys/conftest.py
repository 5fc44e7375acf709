"""Journeys: a real Chromium against the running panel, on a desktop, on a phone, and with JavaScript off.

Every context is watched. A test fails when a page breaks the Content-Security-Policy or asks for anything from
another host, whatever else it was about.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request

from tools.system import NO_CHROMIUM, find_chromium

# Playwright keeps an event loop running in the test's thread, and Django refuses its database inside one; no code of
# ours is asynchronous. It must hold for the whole process: the loop outlives the journeys, other tests follow.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

HERE = Path(__file__).parent
DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
]
# Addresses that leave no browser.
LOCAL_SCHEMES = {"about", "blob", "chrome-error", "data"}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marked before `-m` chooses: no journey can forget its mark."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker("browser")


@dataclass
class Watch:
    """What the pages of one test did that no page may do."""

    host: str
    problems: list[str] = field(default_factory=list)

    def follow(self, context: BrowserContext) -> None:
        context.on("request", self.look_at_request)
        context.on("console", self.look_at_console)

    def look_at_request(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in LOCAL_SCHEMES and address.netloc != self.host:
            self.problems.append(f"left the site: {request.method} {request.url}")
        elif address.path == "/csp-report/":
            self.problems.append(f"sent a Content-Security-Policy report: {request.post_data}")

    def look_at_console(self, message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text or "Content-Security-Policy" in message.text:
            self.problems.append(f"broke the Content-Security-Policy: {message.text}")


@pytest.fixture(scope="session")
def base_url(live_server) -> str:
    """Where the panel answers; `page.goto("/help/")` is enough."""
    return live_server.url


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict) -> dict:
    path = find_chromium()
    if not path:
        pytest.fail(NO_CHROMIUM)
    return browser_type_launch_args | {"executable_path": path, "args": QUIET}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict) -> dict:
    return browser_context_args | {"locale": "en-GB", "timezone_id": "UTC"}


@pytest.fixture
def watch(base_url: str) -> Iterator[Watch]:
    """Fails the test when it ends, if a page left the site or broke the policy."""
    watch = Watch(host=urlsplit(base_url).netloc)
    yield watch
    assert watch.problems == []


@pytest.fixture
def new_context(watch: Watch, new_context: Callable[..., BrowserContext]) -> Callable[..., BrowserContext]:
    """pytest-playwright's way to further contexts (a second person, say), each of them watched until it is closed."""

    def make(**options) -> BrowserContext:
        context = new_context(**{"viewport": DESKTOP} | options)
        watch.follow(context)
        return context

    return make


@pytest.fixture
def phone(new_context: Callable[..., BrowserContext]) -> Page:
    return new_context(viewport=PHONE, is_mobile=True, has_touch=True, device_scale_factor=2).new_page()


@pytest.fixture
def desktop(new_context: Callable[..., BrowserContext]) -> Page:
    return new_context().new_page()


@pytest.fixture
def without_javascript(new_context: Callable[..., BrowserContext]) -> Page:
    return new_context(viewport=PHONE, java_script_enabled=False).new_page()
