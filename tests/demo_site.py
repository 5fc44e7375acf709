"""The demo shop, served for a program that looks at it with a browser: pictures of its pages, measurements of its speed."""

import os
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, BrowserContext, StorageState

from run import DEMO_PASSWORD, ROOT, free_port
from tools.environment import PYTHON

QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@contextmanager
def demo_shop() -> Iterator[str]:
    """The address of a demo shop on a fresh database, without worker and provider: nothing moves while it is looked at."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="neopanel-look-") as folder:
        environment = os.environ | {"PORT": str(port), "NEOPANEL_DATA_DIR": folder, "NEOPANEL_ENV": "demo"}
        environment.pop("DATABASE_URL", None)
        server = subprocess.Popen(
            [str(PYTHON), str(ROOT / "run.py"), "web"], env=environment, stdout=subprocess.DEVNULL
        )
        site = f"http://localhost:{port}"
        try:
            wait_for(f"{site}/health/live", server)
            yield site
        finally:
            server.terminate()
            server.wait(20)


def wait_for(address: str, server: subprocess.Popen[bytes], seconds: int = 180) -> None:
    for _ in range(seconds * 5):
        try:
            with urllib.request.urlopen(address):  # noqa: S310 (our own server)
                return
        except (urllib.error.URLError, OSError):
            if server.poll() is not None:
                break
        time.sleep(0.2)
    raise SystemExit("The demo shop did not start.")


def sign_in(browser: Browser, site: str, email: str) -> StorageState:
    """The cookies of this person, or of a visitor where there is no address.

    Once for all that is looked at: the panel slows down who signs in again and again.
    """
    context = browser.new_context(base_url=site)
    if email:
        page = context.new_page()
        page.goto("/accounts/login/")
        page.fill("[name=login]", email)
        page.fill("[name=password]", DEMO_PASSWORD)
        page.locator("[name=password]").press("Enter")
        page.wait_for_url(lambda url: "/login" not in url)
    state = context.storage_state()
    context.close()
    return state


def context_for(browser: Browser, site: str, state: StorageState, **look: object) -> BrowserContext:
    return browser.new_context(base_url=site, locale="en-GB", timezone_id="UTC", storage_state=state, **look)
