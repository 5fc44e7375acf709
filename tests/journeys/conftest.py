"""Journeys: a real Chromium against the running panel, on a desktop, on a phone, and with JavaScript off.

Every context is watched. A test fails when a page breaks the Content-Security-Policy or asks for anything from
another host, whatever else it was about.
"""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache
from django.db import connections
from django.test import Client
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request

from accounts.models import User
from accounts.people import make_staff
from helpcenter import first_edition
from neopanel.env import PollSchedule
from neopanel.roles import setup_roles
from orders.importing import import_catalogue
from orders.models import Order, Provider
from orders.provider.simulator import RunningSimulator, running_simulator
from orders.provider_health import client_for
from orders.worker import run_for_ever
from support import ticketing, uploads
from support.models import Ticket, TicketState, Topic
from tests.conftest import PASSWORD
from tests.factories import NOW, make_provider
from tests.support.files_to_send import picture, sent
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


# --- The shop at work


@pytest.fixture(autouse=True)
def _fresh_rate_limits() -> None:
    """allauth counts attempts in the cache, which outlives a test."""
    cache.clear()


@pytest.fixture
def help_center(db) -> None:
    """The texts that come with the software."""
    first_edition.load(now=NOW)


@pytest.fixture
def agent(db) -> User:
    setup_roles()
    return make_staff(email="agnes@example.com", password=PASSWORD, role="Support agent")


@pytest.fixture
def editor(db) -> User:
    setup_roles()
    return make_staff(email="edith@example.com", password=PASSWORD, role="Content editor")


@dataclass
class Delivery:
    """A provider whose services are on sale, with its time in the test's hand, and a worker that starts when told."""

    simulator: RunningSimulator
    provider: Provider
    ahead: float = 0.0

    def goes_on(self, seconds: float) -> None:
        """As if the provider had been at work for so many seconds more. By 30 all deliveries run, by 120 all have ended."""
        self.ahead += seconds

    @contextmanager
    def worker(self) -> Iterator[None]:
        """The panel's worker, at work while the block lasts."""
        stop = threading.Event()
        thread = threading.Thread(target=self._work, args=(stop,))
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()

    @staticmethod
    def _work(stop: threading.Event) -> None:
        try:
            run_for_ever(stop)
        finally:
            connections.close_all()


@pytest.fixture
def delivery(transactional_db, settings) -> Iterator[Delivery]:
    settings.POLL_SCHEDULE = PollSchedule(1, 1, 1, 1)
    # Its time stands still but for what the test says, so that no status is over before the page has asked.
    began, moved = time.time(), []
    with running_simulator(clock=lambda: began + sum(one.ahead for one in moved)) as simulator:
        settings.ALLOW_PRIVATE_HOSTS = [simulator.host]
        provider = make_provider(name="Simulator", url=simulator.url, key=simulator.key)
        import_catalogue(provider=provider, offered=client_for(provider).services(), markup=Decimal(20))
        moved.append(Delivery(simulator, provider))
        yield moved[0]


@pytest.fixture
def signed_in(new_context: Callable[..., BrowserContext], base_url: str) -> Callable[..., Page]:
    """A page of somebody who typed their password just now; options are Playwright's (`java_script_enabled=False`)."""

    def open_page(user: User, **options) -> Page:
        client = Client()
        client.force_login(user)
        session = client.session
        # What allauth keeps of a sign-in: pages that ask for the password once more do not.
        session["account_authentication_methods"] = [{"method": "password", "at": time.time(), "reauthenticated": True}]
        session["account_authentication_methods_user"] = str(user.pk)
        session.save()
        context = new_context(**options)
        key = client.cookies[django_settings.SESSION_COOKIE_NAME].value
        context.add_cookies([{"name": django_settings.SESSION_COOKIE_NAME, "value": key, "url": base_url}])
        return context.new_page()

    return open_page


def sign_in(page: Page, user: User, password: str = PASSWORD) -> None:
    """The form that stands on the page, filled in and sent."""
    page.get_by_label("Email").fill(user.email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("main").get_by_role("button", name="Sign in", exact=True).click()


def width_of(page: Page, path: str) -> int:
    page.goto(path)
    return page.evaluate("document.documentElement.scrollWidth")


def open_ticket(customer: User, order: Order) -> Ticket:
    return ticketing.open_ticket(
        customer=customer,
        topic=Topic.NOT_STARTED,
        order=order,
        text="Nothing has come yet.",
        client_key=f"journey-{order.pk}",
        now=NOW,
    )


def talk_over(ticket: Ticket, agent: User, *, then: TicketState = TicketState.WAITING) -> Ticket:
    """The ticket after a conversation: a picture, a note of the team, an answer that leaves it `then`."""
    shown = uploads.accepted([sent(picture(size=(390, 844)), "a screen.png")], customer=ticket.customer)
    common = {"ticket_number": ticket.pk, "now": NOW}
    ticketing.reply(
        **common, author=ticket.customer, by_staff=False, text=f"See https://example.com/{'x' * 200}", files=shown
    )
    ticketing.note(**common, author=agent, text="The provider knows nothing of it.")
    ticketing.reply(**common, author=agent, by_staff=True, text="We look into it.", then=then)
    return Ticket.objects.get(pk=ticket.pk)
