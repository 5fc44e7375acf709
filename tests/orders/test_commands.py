"""The operator's commands around orders and money: what they print, what they write, and how they refuse."""

import io
import json

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.db import connection

from neopanel.roles import ROLES
from orders import ledger, money, triggers
from orders.models import LedgerEntry, Provider, Service
from orders.provider.simulator import running_simulator
from orders.provider.simulator_catalogue import SERVICES
from orders.service_types import known_type
from orders.statuses import OrderStatus
from tests.factories import fund, order_in, place
from tests.orders.test_drip import dripped
from tests.orders.test_refills import asked


def run(*arguments, **options) -> list[str]:
    out = io.StringIO()
    call_command(*arguments, stdout=out, **options)
    return out.getvalue().splitlines()


def refusal(*arguments, **options) -> str:
    with pytest.raises(CommandError) as refused:
        run(*arguments, **options)
    assert refused.value.returncode != 0
    return str(refused.value)


# --- Providers and their catalogue


@pytest.fixture
def simulator(db, settings):
    with running_simulator() as sim:
        settings.ALLOW_PRIVATE_HOSTS = [sim.host]
        yield sim


def test_a_provider_is_added_with_its_key_sealed(db):
    told = run("add_provider", "Upstream", "https://upstream.example/api/v2", key="secret-key")
    assert told == ["Provider Upstream added. Next: import_catalogue 'Upstream'"]
    provider = Provider.objects.get()
    assert provider.key == "secret-key"
    assert "secret-key" not in provider.sealed_key


def test_a_provider_of_the_old_dialect_is_added_without_what_it_does_not_know(db):
    run("add_provider", "Upstream", "https://upstream.example/api/v2", key="secret-key")
    Provider.objects.update(takes_request_id=True, can_cancel=True)
    told = run("add_provider", "Upstream", "https://upstream.example/api/v1", key="secret-key", dialect="v1")
    assert told[0] == "API v1 knows no cancel, no refill and no request_id: none of them will be asked of it."
    provider = Provider.objects.get()
    assert (provider.dialect, provider.takes_request_id, provider.can_cancel) == ("v1", False, False)


def test_a_providers_key_may_come_from_the_environment_and_is_changed_by_the_same_command(db, monkeypatch):
    run("add_provider", "Upstream", "https://upstream.example/api/v2", key="old")
    monkeypatch.setenv("UPSTREAM_KEY", "new")
    told = run("add_provider", "Upstream", "https://other.example/api/v2", key_env="UPSTREAM_KEY")
    assert told[0].startswith("Provider Upstream changed.")
    provider = Provider.objects.get()
    assert (provider.key, provider.url) == ("new", "https://other.example/api/v2")


@pytest.mark.parametrize("url", ["", "upstream", "ftp://upstream.example/", "javascript:alert(1)"])
def test_an_address_that_is_none_adds_no_provider(db, url):
    assert "is not an http or https address" in refusal("add_provider", "Upstream", url, key="k")
    assert not Provider.objects.exists()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://203.0.113.7/api/v2", "must begin with https://"),
        ("https://127.0.0.1:8000/api/v2", "is a private one"),
        ("https://user:word@upstream.example/api", "must not carry a user name"),
    ],
)
def test_an_address_that_no_order_could_be_sent_to_adds_no_provider(db, settings, url, said):
    settings.ALLOW_PRIVATE_HOSTS = []
    assert said in refusal("add_provider", "Upstream", url, key="k")
    assert not Provider.objects.exists()


@pytest.mark.parametrize("name", ["", "x" * 3000])
def test_a_name_that_is_none_adds_no_provider(db, name):
    assert refusal("add_provider", name, "https://upstream.example/api/v2", key="k").startswith("name: ")
    assert not Provider.objects.exists()


def test_a_provider_without_a_key_is_not_added(db):
    assert "Give the provider's key" in refusal("add_provider", "Upstream", "https://upstream.example/")
    assert "Give the provider's key" in refusal(
        "add_provider", "Upstream", "https://upstream.example/", key_env="NOT_SET"
    )
    assert not Provider.objects.exists()


def test_a_catalogue_is_imported_with_its_markup_and_again_changes_nothing(simulator):
    run("add_provider", "Simulator", simulator.url, key=simulator.key)
    sold = [service for service in SERVICES if known_type(service.type)]
    told = run("import_catalogue", "Simulator", markup="50")
    assert told[-1] == f"{len(sold)} new, 0 changed, 0 unchanged, {len(SERVICES) - len(sold)} skipped"
    for offered in sold:
        service = Service.objects.get(provider_service_id=str(offered.id))
        assert service.name == offered.name
        assert service.is_on_sale
        assert service.provider_rate == money.parse(offered.rate)
        assert 2 * service.rate in {3 * service.provider_rate, 3 * service.provider_rate + 1}
    again = run("import_catalogue", "Simulator", markup="50")
    assert again[-1] == f"0 new, 0 changed, {len(sold)} unchanged, {len(SERVICES) - len(sold)} skipped"


def test_another_markup_changes_prices_and_keeps_what_the_operator_set(simulator):
    run("add_provider", "Simulator", simulator.url, key=simulator.key)
    run("import_catalogue", "Simulator")
    service = Service.objects.first()
    Service.objects.filter(pk=service.pk).update(is_on_sale=False, stated_start=7, refill_days=3)
    told = run("import_catalogue", "Simulator", markup="100")
    assert told[-1].startswith("0 new, ")
    after = Service.objects.get(pk=service.pk)
    assert after.rate == 2 * after.provider_rate
    assert (after.is_on_sale, after.stated_start, after.refill_days) == (False, 7, 3)


def test_a_dry_run_says_what_would_be_and_writes_nothing(simulator):
    run("add_provider", "Simulator", simulator.url, key=simulator.key)
    told = run("import_catalogue", "Simulator", dry_run=True)
    assert told[-1].startswith("Would be: ")
    assert not Service.objects.exists()


def test_an_import_that_cannot_be_is_refused_in_a_sentence(simulator, settings):
    assert refusal("import_catalogue", "Nobody") == "There is no provider 'Nobody'. Known: none yet."
    run("add_provider", "Wrong key", simulator.url, key="wrong")
    assert refusal("import_catalogue", "Wrong key").startswith("Wrong key did not answer with a list of services:")
    for markup in ("-1", "many", "NaN", "Infinity"):
        assert "--markup is a percentage" in refusal("import_catalogue", "Wrong key", markup=markup)
    settings.ALLOW_PRIVATE_HOSTS = []
    assert "did not answer" in refusal("import_catalogue", "Wrong key")
    assert not Service.objects.exists()


# --- Money


def test_credit_books_money_with_its_note_and_tells_the_balance(customer):
    told = run("credit", customer.email, "25.00", note="Bank transfer")
    assert told == [f"25.00 USD booked; the balance of {customer.email} is 25.00 USD"]
    entry = LedgerEntry.objects.get()
    assert (entry.wallet_id, entry.amount, entry.note) == (customer.pk, money.parse("25.00"), "Bank transfer")


def test_the_same_reference_is_booked_once(customer, stranger):
    for _time in range(2):
        run("credit", customer.email, "25.00", reference="bank-1")
    assert ledger.balance_of(customer) == money.parse("25.00")
    refusal("credit", customer.email, "26.00", reference="bank-1")
    refusal("credit", stranger.email, "25.00", reference="bank-1")
    assert LedgerEntry.objects.count() == 1


@pytest.mark.parametrize("amount", ["0", "-0.01", "0.000000001", "1,00", "1e3", "Infinity", "NaN", "", "abc", "9" * 30])
def test_an_amount_that_is_none_books_nothing(customer, amount):
    assert refusal("credit", "--", customer.email, amount)
    assert not LedgerEntry.objects.exists()


def test_a_balance_beyond_what_fits_is_refused(customer):
    run("credit", customer.email, "92233720368.54775807")
    assert "too large" in refusal("credit", customer.email, "0.00000001")
    assert ledger.balance_of(customer) == 2**63 - 1


def test_nobody_is_credited_by_a_wrong_address(customer):
    assert refusal("credit", "nobody@example.com", "1.00") == "Nobody signs in as nobody@example.com."


# --- What is known of an order


def test_everything_known_of_an_order_is_one_json_object(customer):
    order = order_in(OrderStatus.PARTIAL, customer, quantity=1000)
    facts = json.loads("\n".join(run("show_order", str(order.pk), json=True)))
    assert (facts["id"], facts["customer"], facts["status"]) == (order.pk, customer.email, "partial")
    assert (facts["charge"], facts["returned"], facts["remains"]) == ("0.90", "0.45", 500)
    assert facts["submission"]["state"] == "accepted"
    assert facts["submission"]["external_id"] == order.provider_order_id
    assert facts["submission"]["provider"] == order.provider.name
    assert [event["to"] for event in facts["events"]] == ["pending", "processing", "partial"]
    assert [event["what"] for event in facts["events"]] == ["placed", "accepted", "moved"]
    assert [entry["amount"] for entry in facts["entries"]] == ["-0.90", "0.45"]
    assert facts["verdict"]["advice"] == "done"


def test_what_is_known_of_a_run_names_the_whole_drip_feed(customer):
    head, second, third = dripped(customer, runs=3, interval=60)
    [drip, of_head] = [
        json.loads("\n".join(run("show_order", str(order.pk), json=True)))["drip"] for order in (second, head)
    ]
    assert (drip["times"], drip["interval_minutes"], drip["this_run"]) == (3, 60, 2)
    assert [each["id"] for each in drip["runs"]] == [head.pk, second.pk, third.pk]
    assert [each["run"] for each in drip["runs"]] == [1, 2, 3]
    assert {each["status"] for each in drip["runs"]} == {"pending"}
    assert of_head["runs"] == drip["runs"]


def test_what_is_known_of_an_order_names_its_refills(customer):
    refill = asked(customer)
    facts = json.loads("\n".join(run("show_order", str(refill.order_id), json=True)))
    assert facts["drip"] is None
    [shown] = facts["refills"]
    assert (shown["id"], shown["state"], shown["by"]) == (refill.pk, "requested", customer.email)


@pytest.mark.parametrize("status", list(OrderStatus))
def test_an_order_in_any_status_can_be_shown(customer, status):
    order = order_in(status, customer)
    shown = json.loads("\n".join(run("show_order", str(order.pk))))
    assert shown == json.loads("\n".join(run("show_order", str(order.pk), json=True)))
    assert shown["status"] == status.value


@pytest.mark.parametrize("number", ["0", "999999", str(2**63), str(10**30)])
def test_an_unknown_order_is_said_to_be_none(db, number):
    assert refusal("show_order", number) == f"There is no order {number}."


# --- Does the ledger add up


def test_a_ledger_in_order_says_so(transactional_db, customer):
    for status in OrderStatus:
        order_in(status, customer)
    count = LedgerEntry.objects.count()
    assert run("verify_ledger") == [f"The ledger is in order: {count} entries."]
    told = json.loads("\n".join(run("verify_ledger", json=True)))
    assert (told["ok"], told["faults"], told["missing_triggers"]) == (True, [], [])


def test_a_falsified_entry_is_found_and_named(transactional_db, customer):
    fund(customer, "10.00")
    order = place(customer, funded=False)
    entry = LedgerEntry.objects.get(order=order)
    triggers.drop()  # whoever owns the database can; this test alone does
    with connection.cursor() as cursor:
        cursor.execute("UPDATE orders_ledgerentry SET amount = amount + 1 WHERE id = %s", [entry.pk])
    triggers.create()
    out = io.StringIO()
    with pytest.raises(CommandError) as refused:
        call_command("verify_ledger", stdout=out)
    assert refused.value.returncode == 1
    told = out.getvalue()
    assert f"entry {entry.pk}: entry does not follow the one before it" in told
    assert f"wallet {customer.pk}: balance differs from its entries" in told
    assert f"order {order.pk}: order differs from its entries" in told
    out = io.StringIO()
    with pytest.raises(CommandError):
        call_command("verify_ledger", json=True, stdout=out)
    facts = json.loads(out.getvalue())
    assert not facts["ok"]
    assert {fault["where"] for fault in facts["faults"]} == {
        f"entry {entry.pk}",
        f"wallet {customer.pk}",
        f"order {order.pk}",
    }


def test_a_missing_trigger_is_found_and_named(transactional_db):
    triggers.drop()
    out = io.StringIO()
    with pytest.raises(CommandError) as refused:
        call_command("verify_ledger", stdout=out)
    triggers.create()
    assert refused.value.returncode == 1
    assert "trigger wallet_proven: missing or changed" in out.getvalue()


# --- Roles


def test_roles_are_made_once_and_keep_what_an_operator_added(db):
    run("setup_roles")
    agents = Group.objects.get(name="Support agent")
    rights = set(agents.permissions.values_list("codename", flat=True))
    extra = Group.objects.get(name="Operator").permissions.exclude(codename__in=rights).first()
    agents.permissions.add(extra)
    run("setup_roles")
    assert set(Group.objects.values_list("name", flat=True)) == set(ROLES)
    assert set(agents.permissions.values_list("codename", flat=True)) == rights | {extra.codename}


def test_no_role_may_delete_history_or_change_money_rows(db):
    run("setup_roles")
    for group in Group.objects.all():
        rights = set(group.permissions.values_list("content_type__app_label", "codename"))
        assert ("orders", "delete_order") not in rights
        for model in ("order", "wallet", "ledgerentry", "deposit", "orderevent"):
            assert not {("orders", f"{verb}_{model}") for verb in ("add", "change", "delete")} & rights
        assert not {("accounts", f"{verb}_user") for verb in ("add", "change", "delete")} & rights
