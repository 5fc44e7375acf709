"""Staff at work in /admin/: what an editor writes is what customers read, and no page breaks the policy or complains."""

import json

import pytest
from django.contrib.admin import site
from django.urls import reverse
from playwright.sync_api import ConsoleMessage, expect

from accounts.models import User
from helpcenter.models import Article, StatusAdvice
from orders import catalogue_jobs
from orders.models import CatalogueImport, LedgerEntry, Provider, Service
from orders.provider.offers import parse_services
from orders.statuses import OrderStatus
from support import contact
from support.models import CannedReply, SiteNotice
from support.queues import QUEUES
from tests.factories import NOW, fresh, order_in, place
from tests.journeys.axe import complaints
from tests.journeys.conftest import DESKTOP, PHONE, open_ticket, talk_over, width_of
from tests.orders.desk.situations import lost, reported_late


@pytest.fixture
def shop(customer, agent, help_center) -> dict[str, object]:
    """Something for every admin page to show."""
    order = order_in(OrderStatus.PARTIAL, customer)
    return {
        "order": order,
        "import": look_at_list(order.provider, agent),
        "ticket": talk_over(open_ticket(customer, order), agent),
        "prepared": CannedReply.objects.create(title="Anything else?", text="About {order}: anything else?"),
        "doubtful": reported_late(customer),
        "lost": lost(customer),
        "outside": contact.receive(email="x@example.com", text="I lost my phone.", address="203.0.113.7", now=NOW),
        "notice": SiteNotice.objects.create(text="Payments by card are slow today.", begins_at=NOW),
    }


def look_at_list(provider: Provider, asker: User) -> CatalogueImport:
    """A provider's list that waits to be looked at: one service is new, and the one that is sold is gone."""
    row = {"service": "new-1", "name": "Views", "type": "Default", "rate": "0.0012345", "min": "10", "max": "1000"}
    listed = catalogue_jobs.packed(parse_services(json.dumps([row]).encode()))
    return CatalogueImport.objects.create(
        provider=provider, state="ready", listed=listed, asked_by=asker, asked_at=NOW, fetched_at=NOW
    )


def pages_of_support(shop) -> list[str]:
    """Every page where tickets are worked on."""
    return [
        address("support_ticket"),
        *(f"{address('support_ticket')}?queue={queue.name}" for queue in QUEUES),
        address("support_ticket", shop["ticket"].pk),
        reverse("admin:support_ticket_seen", args=[shop["ticket"].pk]),
        reverse("admin:support_ticket_open"),
        reverse("admin:support_ticket_bulk"),
        reverse("admin:support_ticket_report"),
        address("support_cannedreply"),
        address("support_cannedreply", shop["prepared"].pk),
        address("support_customerread"),
        address("support_adviceanswer"),
    ]


def pages_of_outside(shop) -> list[str]:
    """Where people who cannot sign in are answered, and where a notice for every page is set."""
    return [
        address("support_contactnote"),
        address("support_contactnote", shop["outside"].pk),
        address("support_sitenotice"),
        address("support_sitenotice", shop["notice"].pk),
        reverse("admin:support_sitenotice_add"),
    ]


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
        address("orders_order", shop["doubtful"].pk),
        address("orders_order", shop["lost"].pk),
        address("orders_wallet"),
        address("orders_wallet", shop["order"].wallet_id),
        address("orders_halt"),
        address("orders_ledgerentry"),
        address("orders_ledgerentry", LedgerEntry.objects.first().pk),
        *pages_of_support(shop),
        *pages_of_outside(shop),
        address("helpcenter_article"),
        address("helpcenter_article", Article.objects.first().pk),
        address("helpcenter_statusadvice"),
        address("helpcenter_statusadvice", StatusAdvice.objects.first().pk),
        address("orders_service"),
        address("orders_service", Service.objects.first().pk),
        address("orders_provider"),
        address("orders_provider", Provider.objects.first().pk),
        reverse("admin:orders_provider_health", args=[Provider.objects.first().pk]),
        reverse("admin:orders_provider_import", args=[shop["import"].provider_id]),
        address("accounts_user"),
        address("accounts_user", admin.pk),
    ):
        answer = page.goto(path, wait_until="networkidle")
        assert (path, answer.status) == (path, 200)
    assert said == []


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_axe_finds_nothing_where_staff_work(size, colours, signed_in, admin, shop):
    page = signed_in(admin, viewport=size, color_scheme=colours)
    paths = [
        reverse("admin:index"),
        address("orders_order"),
        address("orders_order", shop["order"].pk),
        address("orders_order", shop["doubtful"].pk),
        address("orders_order", shop["lost"].pk),
        address("orders_wallet", shop["order"].wallet_id),
        address("orders_provider"),
        reverse("admin:orders_provider_health", args=[shop["order"].provider_id]),
        reverse("admin:orders_provider_import", args=[shop["import"].provider_id]),
        address("orders_halt"),
        *pages_of_support(shop),
        *pages_of_outside(shop),
        address("helpcenter_article", Article.objects.first().pk),
        address("helpcenter_statusadvice", StatusAdvice.objects.first().pk),
    ]
    found = complaints(page, paths)
    assert not found, "\n".join(found)


def test_no_page_of_support_scrolls_sideways_on_a_phone(signed_in, admin, shop):
    page = signed_in(admin, viewport=PHONE, is_mobile=True, has_touch=True)
    paths = pages_of_support(shop) + pages_of_outside(shop)
    wide = [f"{path}: {width}" for path in paths if (width := width_of(page, path)) > PHONE["width"]]
    assert not wide, "\n".join(wide)


CUT = """
() => [...document.querySelectorAll(".results, #result_list td")]
    .filter(part => part.scrollWidth > part.clientWidth + 1).map(part => part.outerHTML.slice(0, 80))
"""
NAMELESS = "() => document.querySelectorAll('#result_list td:not([data-label], .action-checkbox)').length"


def test_on_a_phone_each_row_of_a_list_is_a_card_and_nothing_is_cut_off(signed_in, admin, shop):
    page = signed_in(admin, viewport=PHONE, is_mobile=True, has_touch=True)
    cut = []
    for model in site._registry:
        path = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        if (width := width_of(page, path)) > PHONE["width"]:
            cut.append(f"{path}: {width}")
        cut += [f"{path}: {part}" for part in page.evaluate(CUT)]
        if page.evaluate(NAMELESS):
            cut.append(f"{path}: a cell without the name of its column")
    assert not cut, "\n".join(cut)
    page.goto(address("orders_order"))
    card = page.locator("#result_list tbody tr").first
    expect(card.get_by_role("rowheader")).to_contain_text("#")
    assert (
        card.locator("td[data-label=Status]").evaluate("cell => getComputedStyle(cell, '::before').content")
        == '"Status"'
    )


def test_an_agent_decides_a_report_and_cancels_what_waits(signed_in, agent, customer, shop):
    page = signed_in(agent)
    page.goto(reverse("admin:index"))
    page.get_by_role("link", name="1 Reports to be decided").click()
    page.get_by_role("link", name=f"#{shop['doubtful'].pk}").click()
    approve = page.locator("#do-approve")
    expect(approve).to_contain_text("0.90 USD of 0.90 USD go to the customer's balance")
    approve.get_by_label("Reason").fill("It was never delivered")
    approve.get_by_role("button", name="Approve").click()
    expect(page.locator(".messagelist")).to_contain_text("What was proposed is done.")
    assert fresh(shop["doubtful"]).status == OrderStatus.REFUNDED

    waiting = [place(customer), place(customer)]
    page.goto(address("orders_order"))
    for order in waiting:
        page.get_by_role("row", name=f"#{order.pk}").get_by_role("checkbox").check()
    page.get_by_label("Action:").select_option(label="Cancel what is not sent yet")
    page.get_by_role("button", name="Go").click()
    expect(page.locator("main")).to_contain_text("1.80 USD")
    page.get_by_label("Reason").fill("The provider is gone")
    page.get_by_role("button", name="Cancel all of these").click()
    expect(page.locator("main")).to_contain_text("2 orders were done.")
    assert {fresh(order).status for order in waiting} == {OrderStatus.CANCELED}


def complaint(message: ConsoleMessage) -> str:
    return f"{message.type}: {message.text}" if message.type in {"error", "warning"} else ""
