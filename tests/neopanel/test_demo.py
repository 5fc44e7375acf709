"""The demo shop: made once, true in its money, with something in every status."""

import io
import json
from collections import Counter

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command

from accounts.models import User
from neopanel.demo import PASSWORD
from orders import ledger, money, shelves
from orders.models import LedgerEntry, Order, OrderEvent, Provider, Service
from orders.provider.simulator_catalogue import SERVICES
from orders.shelves import Wanted
from orders.statuses import OrderStatus
from support.models import Message, Ticket

TABLES = (User, Order, OrderEvent, LedgerEntry, Provider, Service, Ticket, Message)


def run(*arguments, **options) -> str:
    out = io.StringIO()
    call_command(*arguments, stdout=out, **options)
    return out.getvalue()


@pytest.fixture
def shop(transactional_db, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    run("load_help")
    assert run("load_demo") == "The demo shop is made.\n"
    return User.objects.get(email="customer@example.com")


def counted() -> list[int]:
    return [table.objects.count() for table in TABLES]


def test_the_demo_customer_has_orders_in_every_status_and_a_balance_that_verifies(shop):
    assert ledger.balance_of(shop) == money.parse("250.00")
    statuses = Counter(Order.objects.filter(wallet_id=shop.pk).values_list("status", flat=True))
    assert set(statuses) == set(OrderStatus)
    assert json.loads(run("verify_ledger", json=True))["ok"]
    assert all(order.events.exists() and order.entries.exists() for order in Order.objects.all())


def test_the_demo_has_a_report_to_decide_and_an_order_that_nobody_can_be_sure_of(shop):
    to_decide = Order.objects.get(review=True)
    assert (to_decide.status, to_decide.proposed_status) == (OrderStatus.COMPLETED, OrderStatus.CANCELED)
    assert to_decide.proposed_return == to_decide.charge
    assert Order.objects.get(submission=Order.Submission.UNKNOWN).status == OrderStatus.PENDING


def test_the_demos_services_can_be_canceled_where_the_simulator_offers_it(shop):
    cancelable = {s.provider_service_id for s in shelves.services_for(None, Wanted()) if s.is_cancelable}
    assert cancelable == {str(service.id) for service in SERVICES if service.cancel} != set()


def test_the_demo_reads_newest_first_wherever_it_is_listed_so(shop):
    placed = list(Order.objects.order_by("id").values_list("created_at", flat=True))
    posted = list(LedgerEntry.objects.filter(wallet_id=shop.pk).order_by("seq").values_list("created_at", flat=True))
    assert placed == sorted(placed)
    assert posted == sorted(posted)


def test_loading_the_demo_again_changes_nothing_and_points_to_the_simulator_of_now(shop):
    before = counted()
    Service.objects.filter(pk=Service.objects.first().pk).update(name="Renamed by the operator")
    told = run("load_demo", provider_url="http://127.0.0.1:4567/api/v2")
    assert told == "The demo shop is there already.\n"
    assert counted() == before
    assert Service.objects.filter(name="Renamed by the operator").count() == 1
    assert Provider.objects.get().url == "http://127.0.0.1:4567/api/v2"


def test_loading_roles_and_help_again_changes_nothing(shop):
    before = counted()
    run("setup_roles")
    run("load_help")
    assert counted() == before


ACCOUNTS = ("customer", "customer2", "agent", "lead", "editor", "reviewer", "operator", "admin")


@pytest.mark.parametrize("email", [f"{name}@example.com" for name in ACCOUNTS])
def test_each_demo_account_signs_in_with_the_password_that_the_page_shows(shop, client, email):
    assert PASSWORD in client.get("/accounts/login/").text
    client.post("/accounts/login/", {"login": email, "password": PASSWORD})
    assert client.session["_auth_user_id"] == str(User.objects.get(email=email).pk)


def test_the_second_customer_has_nothing_yet(shop):
    other = User.objects.get(email="customer2@example.com")
    assert ledger.balance_of(other) == 0
    assert not Order.objects.filter(wallet_id=other.pk).exists()


def test_nothing_in_the_demo_leads_to_a_real_place(shop):
    for link in Order.objects.values_list("link", flat=True):
        assert link.split("/")[2] in {"example.com", "example.org", "example.net"}
    assert {user.email.split("@")[1] for user in User.objects.all()} == {"example.com"}


def test_every_page_of_the_demo_customer_answers(shop, client):
    client.force_login(shop)
    for order in Order.objects.filter(wallet_id=shop.pk):
        assert client.get(f"/orders/{order.pk}/").status_code == 200
    for ticket in Ticket.objects.filter(customer=shop):
        assert client.get(f"/tickets/{ticket.pk}/").status_code == 200
    for path in ("/", "/orders/", "/balance/", "/tickets/", "/services/", "/orders/new/"):
        assert client.get(path).status_code == 200


def test_the_demo_is_not_made_in_production(db, settings):
    settings.DEMO = False
    with pytest.raises(CommandError, match="known passwords"):
        run("load_demo")
    assert not User.objects.exists()


def test_a_field_key_is_a_new_one_each_time():
    first, second = run("make_field_key").strip(), run("make_field_key").strip()
    assert first != second
    Fernet(first)
    Fernet(second)
