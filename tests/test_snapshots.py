"""Eight pages as they are: a change of what they say or how they are built is seen in review, as a change of a file.

After a wanted change: `NEOPANEL_KEEP_SNAPSHOTS=1 python -m pytest tests/test_snapshots.py`, and read the diff.
"""

import os
import re
from pathlib import Path

import pytest

from helpcenter import first_edition
from orders.statuses import OrderStatus
from support import ticketing
from support.models import Topic
from tests.factories import NOW, fund, make_service, order_in

FOLDER = Path(__file__).parent / "snapshots"
# What differs from run to run, and what stands for it.
CHANGING = (
    (re.compile(r'(name="csrfmiddlewaretoken" value=")[^"]+'), r"\1…"),
    (re.compile(r'("X-CSRFToken": ")[^"]+'), r"\1…"),
    (re.compile(r'(name="token" value=")[^"]+'), r"\1…"),
    (re.compile(r'(nonce=")[^"]+'), r"\1…"),
    (re.compile(r'(data-keep=")\d+'), r"\1…"),
    (re.compile(r"(\.)[0-9a-f]{12}(\.(?:css|js|svg))"), r"\1…\2"),
    (re.compile(r"(?<=message-)\d+|#\d+\b|\b\d+(?= · Photo likes)"), "…"),
)
# Numbers of rows differ too, and on a new database an order, a service and a ticket share theirs: told apart by what stands before.
NUMBERED = {
    "order-partial": "/orders/|order=",
    "order-running": "/orders/|order=",
    "new-order": 'service=|<option value="|name="seen_rate" value="',
    "ticket": "/tickets/|ticket=",
}
BLANKS = re.compile(r"[ \t]*\n\s*")


@pytest.fixture
def pages(client, customer, time_machine) -> dict[str, str]:
    """Name of the file -> address, with the numbers of this run's rows."""
    time_machine.move_to(NOW, tick=False)
    first_edition.load(now=NOW)
    service = make_service(name="Photo likes", rate="0.90")
    fund(customer, "20.00", now=NOW)
    options = {"service": service, "funded": False}
    partial = order_in(OrderStatus.PARTIAL, customer, link="https://example.com/p/partial", **options)
    running = order_in(OrderStatus.IN_PROGRESS, customer, link="https://example.com/p/running", **options)
    ticket = ticketing.open_ticket(
        customer=customer, topic=Topic.OTHER, order=partial, text="Where is the rest?", client_key="one", now=NOW
    )
    client.force_login(customer)
    return {
        "dashboard": "/",
        "orders": "/orders/",
        "order-partial": f"/orders/{partial.pk}/",
        "order-running": f"/orders/{running.pk}/",
        "balance": "/balance/",
        "new-order": f"/orders/new/?service={service.pk}",
        "ticket": f"/tickets/{ticket.number}/",
        "help-article": "/help/getting-started/place-your-first-order/",
    }


def test_eight_pages_are_as_they_were(client, pages):
    differing = []
    for name, address in pages.items():
        answer = client.get(address)
        assert (address, answer.status_code) == (address, 200)
        page, file = normalised(answer.text, pages), FOLDER / f"{name}.html"
        if os.environ.get("NEOPANEL_KEEP_SNAPSHOTS"):
            file.write_text(page, encoding="utf-8")
        if page != file.read_text(encoding="utf-8"):
            differing.append(name)
    assert differing == []


def normalised(page: str, pages: dict[str, str]) -> str:
    """Without what changes by itself; one tag a line, so that a difference is a line."""
    for pattern, instead in CHANGING:
        page = pattern.sub(instead, page)
    for name, before in NUMBERED.items():
        number = re.search(r"\d+", pages[name]).group()
        page = re.sub(rf"({before}){number}\b", rf"\1[{name}]", page)
    return BLANKS.sub("\n", page.replace("><", ">\n<")).strip() + "\n"
