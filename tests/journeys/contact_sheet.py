"""python3 run.py look [--only PART]: a picture of every page of the demo shop, and contact sheets of all of them.

Serves a demo shop of its own, walks it by its links as visitor, customer, agent, editor and admin, and photographs one page
of every kind on a phone and on a desktop, in light and in dark. Everything lands in `screenshots/`, which git ignores.
"""

import argparse
import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

import django
from django.urls import Resolver404, resolve
from PIL import Image, ImageDraw, ImageFont
from playwright.sync_api import Browser, Page, StorageState, sync_playwright

from run import ROOT
from tests.demo_site import QUIET, context_for, demo_shop, sign_in
from tools.system import ensure_chromium

FOLDER = ROOT / "screenshots"
SIZES = {"phone": {"width": 390, "height": 844}, "desktop": {"width": 1280, "height": 900}}
THEMES = ("light", "dark")
# What each person is photographed at: nobody needs the customer's pages once more through an agent's eyes.
PEOPLE = {
    "visitor": ("", ["/", "/help/", "/contact/", "/no-such-page/", "/accounts/login/", "/accounts/password/reset/"]),
    "customer": (
        "customer@example.com",
        ["/", "/orders/", "/orders/new/", "/balance/", "/tickets/", "/accounts/preferences/"],
    ),
    "newcomer": ("customer2@example.com", ["/", "/orders/", "/balance/", "/tickets/"]),
    "lead": ("lead@example.com", ["/admin/"]),
    "editor": ("editor@example.com", ["/admin/"]),
    "admin": ("admin@example.com", ["/admin/", "/styleguide/"]),
}
STAFF = {"lead", "editor", "admin"}
# Kinds of page of which several are worth a look, and how many.
SEVERAL = {"order_detail": 9, "ticket_detail": 3, "help_article": 2}
NO_PAGE = (
    ".csv",
    ".json",
    ".xml",
    ".txt",
    "/logout/",
    "/download/",
    "/export",
    "/feed",
    "/js/",
    "/jsi18n/",
    "/autocomplete/",
)
MOST_PAGES = 70
# Of one contact sheet: how many thumbnails side by side, and how wide and how tall each is at most.
SHEETS = {"phone": (6, 300, 620), "desktop": (4, 460, 560)}
ROWS, GAP, TITLE = 4, 16, 20


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", metavar="PART", help="pages whose address contains this")
    parser.add_argument("--person", choices=PEOPLE, action="append", help="as this person alone; may be given again")
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "neopanel.settings")
    django.setup()
    with demo_shop() as site, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=ensure_chromium(), args=QUIET)
        for person in options.person or PEOPLE:
            state = sign_in(browser, site, PEOPLE[person][0])
            pages = pages_of(browser, site, person, state, options.only)
            for size in SIZES:
                for theme in THEMES:
                    photograph(browser, site, person, state, pages, size, theme)
        browser.close()
    for sheet in sorted(FOLDER.glob("contact-*.png")):
        sheet.unlink()
    for size in SIZES:
        for theme in THEMES:
            lay_out(size, theme)
    sys.stdout.write(f"{len(list(FOLDER.glob('*/*.png')))} pictures, contact sheets beside them, in {FOLDER.name}/\n")
    return 0


def pages_of(browser: Browser, site: str, person: str, state: StorageState, only: str) -> list[str]:
    """One address of every kind of page that this person reaches by links, and several of the kinds that differ much."""
    context = context_for(browser, site, state, viewport=SIZES["desktop"])
    page = context.new_page()
    waiting, met, kinds = list(PEOPLE[person][1]), set(), {}
    while waiting and len(kinds) < MOST_PAGES:
        path = waiting.pop(0)
        kind = kind_of(path)
        if path in met or not kind or len(kinds.get(kind, ())) >= SEVERAL.get(kind, 1):
            continue
        met.add(path)
        answer = page.goto(path)
        reached = page.url.removeprefix(site)
        if answer is None or "text/html" not in answer.headers.get("content-type", "") or kind_of(reached) != kind:
            continue
        kinds.setdefault(kind, []).append(path)
        waiting += links_of(page, site, person)
    context.close()
    return [path for paths in kinds.values() for path in paths if only in path]


def kind_of(path: str) -> str:
    bare = urlsplit(path).path
    if any(part in path for part in NO_PAGE):
        return ""
    try:
        match = resolve(bare)
    except Resolver404:
        return f"missing {bare}"
    return match.view_name or bare


def links_of(page: Page, site: str, person: str) -> list[str]:
    addresses = page.evaluate(
        "[...document.querySelectorAll('a[href]:not([download])')].map(a => a.href.split('#')[0])"
    )
    paths = [address.removeprefix(site) for address in addresses if address.startswith(f"{site}/")]
    return [path for path in paths if path.startswith("/admin/") == (person in STAFF)]


def photograph(
    browser: Browser, site: str, person: str, state: StorageState, pages: list[str], size: str, theme: str
) -> None:
    folder = FOLDER / f"{size}-{theme}"
    folder.mkdir(parents=True, exist_ok=True)
    phone = {"is_mobile": True, "has_touch": True} if size == "phone" else {}
    context = context_for(browser, site, state, viewport=SIZES[size], color_scheme=theme, **phone)
    page = context.new_page()
    for path in pages:
        page.goto(path)
        page.screenshot(path=folder / f"{person}{name_of(path)}.png", full_page=True)
    context.close()


def name_of(path: str) -> str:
    return "".join(letter if letter.isalnum() else "-" for letter in path.rstrip("/"))[:120] or "-home"


def lay_out(size: str, theme: str) -> None:
    """`contact-<size>-<theme>-<n>.png`: thumbnails side by side, each cut at a height that still shows how it begins."""
    columns, width, height = SHEETS[size]
    pictures = sorted((FOLDER / f"{size}-{theme}").glob("*.png"))
    font = ImageFont.load_default(13)
    for number, start in enumerate(range(0, len(pictures), columns * ROWS), start=1):
        chosen = pictures[start : start + columns * ROWS]
        rows = -(-len(chosen) // columns)
        sheet = Image.new("RGB", (columns * (width + GAP) + GAP, rows * (height + GAP + TITLE) + GAP), "#888888")
        draw = ImageDraw.Draw(sheet)
        for place, path in enumerate(chosen):
            left = GAP + place % columns * (width + GAP)
            top = GAP + place // columns * (height + GAP + TITLE)
            draw.text((left, top), path.stem[:46], fill="#000000", font=font)
            sheet.paste(thumbnail(path, width, height), (left, top + TITLE))
        sheet.save(FOLDER / f"contact-{size}-{theme}-{number}.png")


def thumbnail(path: Path, width: int, height: int) -> Image.Image:
    with Image.open(path) as picture:
        tall = max(1, picture.height * width // picture.width)
        small = picture.convert("RGB").resize((width, tall), Image.Resampling.LANCZOS)
    return small.crop((0, 0, width, min(tall, height)))


if __name__ == "__main__":
    sys.exit(main())
