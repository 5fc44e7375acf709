"""python3 run.py bench vitals: what a page weighs on the wire, and how it feels in Chromium on a slow processor.

A demo shop over loopback; Chromium with its processor slowed down four times, phone-sized. A first visit has nothing in its
cache, a second one everything that the first left there. LCP: when the largest part of the page stands. CLS: how much jumps.
INP: the longest that a click or a key waits until the page shows something, of those that the program makes on the page.
"""

import argparse
import json
import statistics
import sys
from dataclasses import asdict, dataclass

from playwright.sync_api import Browser, BrowserContext, Page, StorageState, sync_playwright

from tests.demo_site import QUIET, context_for, demo_shop, sign_in
from tools.system import ensure_chromium

SLOWER = 4
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
CUSTOMER = "customer@example.com"
PAGES = ["/", "/orders/", "/orders/new/", "/orders/7/", "/balance/", "/services/", "/tickets/", "/help/"]
OBSERVE = """
window.seen = {lcp: 0, cls: 0, inp: 0};
const watch = (options, look) =>
    new PerformanceObserver(list => list.getEntries().forEach(look)).observe({buffered: true, ...options});
watch({type: "largest-contentful-paint"}, entry => seen.lcp = entry.startTime);
watch({type: "layout-shift"}, entry => { if (!entry.hadRecentInput) seen.cls += entry.value; });
watch({type: "event", durationThreshold: 16},
      entry => { if (entry.interactionId) seen.inp = Math.max(seen.inp, entry.duration); });
"""


@dataclass(frozen=True)
class Visit:
    bytes: int
    lcp: float
    cls: float
    inp: float


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="visits of each kind; the medians are shown")
    options = parser.parse_args()
    sys.stdout.write(f"{'page':<16}{'first':>9}{'second':>9}{'LCP':>9}{'CLS':>8}{'INP':>9}\n")
    with demo_shop() as site, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=ensure_chromium(), args=QUIET)
        state = sign_in(browser, site, CUSTOMER)
        for path in PAGES:
            rounds = [visits(browser, site, state, path) for _ in range(options.rounds)]
            first, second = (middle([pair[number] for pair in rounds]) for number in (0, 1))
            sys.stdout.write(
                f"{path:<16}{first.bytes / 1000:>6.1f} KB{second.bytes / 1000:>6.1f} KB"
                f"{first.lcp:>6.0f} ms{first.cls:>8.3f}{first.inp:>6.0f} ms\n"
            )
            sys.stdout.write(json.dumps({"page": path, "first": asdict(first), "second": asdict(second)}) + "\n")
        browser.close()
    return 0


def visits(browser: Browser, site: str, state: StorageState, path: str) -> tuple[Visit, Visit]:
    """A first visit in a fresh context, and a second one in the same."""
    context = context_for(browser, site, state, **PHONE)
    context.add_init_script(OBSERVE)
    found = visit(context, path), visit(context, path)
    context.close()
    return found


def visit(context: BrowserContext, path: str) -> Visit:
    page = context.new_page()
    wire = context.new_cdp_session(page)
    wire.send("Network.enable")
    wire.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    sizes: list[float] = []
    wire.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.goto(path, wait_until="networkidle")
    weight = int(sum(sizes))
    touch(page)
    seen = page.evaluate("seen")
    page.close()
    return Visit(weight, seen["lcp"], seen["cls"], seen["inp"])


def touch(page: Page) -> None:
    """What a person does first: opens the menu, closes it, types where there is something to type into."""
    menu = page.locator("header summary").last
    menu.click()
    page.wait_for_timeout(200)
    menu.click()
    field = page.locator("main input[type=search], main input[type=text], main textarea").first
    if field.count() and field.is_visible():
        field.press_sequentially("likes", delay=60)
    page.wait_for_timeout(600)


def middle(found: list[Visit]) -> Visit:
    of = lambda name: statistics.median(getattr(one, name) for one in found)  # noqa: E731
    return Visit(int(of("bytes")), of("lcp"), of("cls"), of("inp"))


if __name__ == "__main__":
    sys.exit(main())
