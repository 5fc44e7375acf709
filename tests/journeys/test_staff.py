"""Staff at work in /admin/: what an editor writes is what customers read, and no page breaks the policy or complains."""

import pytest
from django.urls import reverse
from playwright.sync_api import ConsoleMessage

from helpcenter.models import Article, StatusAdvice
from orders.models import LedgerEntry, Provider, Service
from orders.statuses import OrderStatus
from tests.factories import order_in
from tests.journeys.axe import complaints
from tests.journeys.conftest import open_ticket


@pytest.fixture
def shop(customer, help_center) -> dict[str, object]:
    """Something for every admin page to show."""
    order = order_in(OrderStatus.PARTIAL, customer)
    return {"order": order, "ticket": open_ticket(customer, order)}


def address(kind: str, pk: object = None) -> str:
    return reverse(f"admin:{kind}_change", args=[pk]) if pk else reverse(f"admin:{kind}_changelist")


def test_admin_pages_load_without_a_complaint(signed_in, admin, shop):
    page = signed_in(admin)
    said = []
    page.on("console", lambda message: said.append(complaint(message)) if complaint(message) else None)
    page.on("pageerror", lambda error: said.append(f"{page.url}: {error}"))
    for path in (
        reverse("admin:index"),
        address("orders_order"),
        address("orders_order", shop["order"].pk),
        address("orders_ledgerentry"),
        address("orders_ledgerentry", LedgerEntry.objects.first().pk),
        address("support_ticket"),
        address("support_ticket", shop["ticket"].pk),
        address("helpcenter_article"),
        address("helpcenter_article", Article.objects.first().pk),
        address("helpcenter_statusadvice"),
        address("helpcenter_statusadvice", StatusAdvice.objects.first().pk),
        address("orders_service"),
        address("orders_service", Service.objects.first().pk),
        address("orders_provider"),
        address("orders_provider", Provider.objects.first().pk),
        address("accounts_user"),
        address("accounts_user", admin.pk),
    ):
        answer = page.goto(path, wait_until="networkidle")
        assert (path, answer.status) == (path, 200)
    assert said == []


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_axe_finds_nothing_where_staff_work(colours, signed_in, admin, shop):
    page = signed_in(admin, color_scheme=colours)
    paths = [
        reverse("admin:index"),
        address("orders_order"),
        address("orders_order", shop["order"].pk),
        address("support_ticket"),
        address("support_ticket", shop["ticket"].pk),
        address("helpcenter_article", Article.objects.first().pk),
        address("helpcenter_statusadvice", StatusAdvice.objects.first().pk),
    ]
    found = complaints(page, paths)
    assert not found, "\n".join(found)


def complaint(message: ConsoleMessage) -> str:
    return f"{message.type}: {message.text}" if message.type in {"error", "warning"} else ""
