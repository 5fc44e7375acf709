"""What an import would change, and that exactly this is done: by the command, and by the worker for somebody in admin."""

import json
from decimal import Decimal

import pytest

from orders import catalogue_jobs, importing, money, worker
from orders.importing import Choices, PlanChanged, TooManyGone, carry_out, plan_for
from orders.models import CatalogueImport, Category, Provider, Service, ServiceChange
from orders.provider.client import ProviderClient
from orders.provider.offers import parse_services
from orders.provider.wire import CallFailed
from orders.statuses import OrderStatus
from tests.conftest import member
from tests.factories import NOW, fresh, make_provider, place

pytestmark = pytest.mark.django_db

ROW = {
    "service": 1,
    "name": "Likes",
    "type": "Default",
    "category": "Photos",
    "rate": "1.00",
    "min": "50",
    "max": "10000",
}


def listed(*rows):
    return parse_services(json.dumps([{**ROW, **row} for row in rows]).encode())


def bring(provider, *rows, **choices):
    return carry_out(provider=provider, offered=listed(*rows), choices=Choices(**choices), now=NOW)


def counts(plan):
    return {kind: count for kind, count in plan.counts.items() if count}


@pytest.fixture
def provider(db):
    return make_provider(name="North")


# --- The plan


def test_a_plan_says_what_is_new_repriced_renamed_limited_paused_and_gone(provider):
    bring(provider, *({"service": n} for n in range(1, 8)))
    plan = plan_for(
        provider=provider,
        offered=listed(
            {"service": 1},
            {"service": 2, "rate": "2.00"},
            {"service": 3, "name": "Hearts"},
            {"service": 4, "min": "60"},
            {"service": 5, "type": "Subscriptions"},
            {"service": 6, "cancel": True},
            {"service": 8},
        ),
        choices=Choices(),
    )
    assert counts(plan) == {
        "new": 1, "repriced": 1, "renamed": 1, "limits": 1, "other": 1, "paused": 1, "gone": 1, "unchanged": 1,
    }  # fmt: skip
    assert [external_id for external_id, _why in plan.skipped] == ["5"]
    assert Service.objects.count() == 7


def test_what_is_gone_goes_off_sale_with_the_reason_and_comes_back_when_it_is_listed_again(provider):
    bring(provider, {}, {"service": 2})
    bring(provider, {})
    gone = Service.objects.get(provider_service_id="2")
    assert (gone.is_on_sale, gone.gone_since, gone.pause_reason) == (
        False,
        NOW,
        "The provider no longer offers this service.",
    )
    assert counts(bring(provider, {})) == {"unchanged": 1}
    assert counts(bring(provider, {}, {"service": 2, "rate": "2.00"})) == {"repriced": 1, "back": 1, "unchanged": 1}
    back = Service.objects.get(provider_service_id="2")
    assert (back.is_on_sale, back.gone_since, back.pause_reason) == (True, None, "")
    kinds = ServiceChange.objects.filter(service=back).order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["new", "gone", "back", "repriced"]


def test_what_an_operator_took_off_sale_stays_off(provider):
    bring(provider, {})
    Service.objects.update(is_on_sale=False)
    bring(provider)
    assert counts(bring(provider, {})) == {"unchanged": 1}
    assert not Service.objects.get().is_on_sale


def test_queued_orders_of_a_gone_service_are_still_sent(provider, customer):
    bring(provider, {}, {"service": 2})
    order = place(customer, service=Service.objects.get(provider_service_id="2"))
    bring(provider, {})
    assert (fresh(order).status, fresh(order).submission) == (OrderStatus.PENDING, "queued")


def test_an_empty_list_takes_nothing_off_sale_unless_somebody_says_so(provider):
    bring(provider, *({"service": n} for n in range(1, 21)))
    with pytest.raises(TooManyGone):
        bring(provider)
    assert Service.objects.filter(is_on_sale=True).count() == 20
    bring(provider, many_gone=True)
    assert not Service.objects.filter(is_on_sale=True).exists()


# --- Markups


@pytest.mark.parametrize(
    ("service", "category", "given", "provider_markup", "price"),
    [
        (1000, 2000, "30", 4000, "1.10"),
        (None, 2000, "30", 4000, "1.20"),
        (None, None, "30", 4000, "1.30"),
        (None, None, None, 4000, "1.40"),
        (None, None, None, None, "1.20"),
        (0, 2000, "30", 4000, "1.00"),
    ],
)
def test_the_most_specific_markup_wins(service, category, given, provider_markup, price, provider):
    bring(provider, {})
    Service.objects.update(markup=service)
    Category.objects.update(markup=category)
    Provider.objects.update(markup=provider_markup)
    bring(Provider.objects.get(), {}, markup=Decimal(given) if given else None)
    assert Service.objects.get().rate == money.parse(price)


def test_no_price_is_below_the_providers_unless_somebody_says_so(provider):
    bring(provider, {}, markup=Decimal(-10))
    assert Service.objects.get().rate == money.parse("1.00")
    bring(provider, {}, markup=Decimal(-10), below_cost=True)
    assert Service.objects.get().rate == money.parse("0.90")
    bring(provider, {}, markup=Decimal(-10))
    assert Service.objects.get().rate == money.parse("1.00")
    Service.objects.update(sells_below_cost=True)
    bring(provider, {}, markup=Decimal(-10))
    assert Service.objects.get().rate == money.parse("0.90")


def test_a_dearer_provider_lifts_the_price(provider):
    bring(provider, {})
    bring(provider, {"rate": "3.00"})
    assert Service.objects.get().rate == money.parse("3.60")


def test_another_plan_than_the_one_looked_at_is_not_done(provider):
    plan = plan_for(provider=provider, offered=listed({}), choices=Choices())
    with pytest.raises(PlanChanged):
        carry_out(
            provider=provider, offered=listed({"rate": "2.00"}), choices=Choices(), now=NOW, looked_at=plan.digest
        )
    assert not Service.objects.exists()


def test_an_import_asks_the_database_no_more_for_many_than_for_few(provider, django_assert_max_num_queries):
    with django_assert_max_num_queries(40):
        bring(provider, *({"service": n} for n in range(1, 401)))
    with django_assert_max_num_queries(40):
        bring(provider, *({"service": n, "rate": "2.00"} for n in range(1, 401)))
    assert ServiceChange.objects.count() == 800


# --- In admin, by the worker


@pytest.fixture
def answers(monkeypatch):
    """What the provider lists when the worker asks; a CallFailed is raised."""
    said = [{}]

    def services(self):
        if isinstance(said[0], CallFailed):
            raise said[0]
        return listed(*said)

    monkeypatch.setattr(ProviderClient, "services", services)
    return said


@pytest.fixture
def operator(db):
    return member("olga@example.com", "Operator")


def work():
    return worker.run_due(chores=("import",))


def address(provider, end=""):
    return f"/admin/orders/provider/{provider.pk}/import/{end}"


def test_an_operator_fetches_looks_and_applies(client, operator, provider, answers):
    client.force_login(operator)
    assert "Fetch the list" in client.get(address(provider)).text
    client.post(address(provider, "fetch/"))
    client.post(address(provider, "fetch/"))
    assert CatalogueImport.objects.count() == 1
    assert "being fetched" in client.get(address(provider)).text
    work()
    page = client.get(address(provider))
    assert "1.20 USD" in page.text
    assert not Service.objects.exists()
    client.post(address(provider, "apply/"), {"plan": page.context["plan"].digest})
    assert "being applied" in client.get(address(provider), headers={"HX-Request": "true"}).text
    work()
    assert Service.objects.get().rate == money.parse("1.20")
    assert ServiceChange.objects.get().actor == operator
    assert "Applied" in client.get(address(provider)).text
    assert CatalogueImport.objects.get().listed == ""


def test_a_list_that_changed_since_is_shown_again_and_not_applied(client, operator, provider, answers):
    client.force_login(operator)
    client.post(address(provider, "fetch/"))
    work()
    looked_at = client.get(address(provider)).context["plan"].digest
    answers[0] = {"rate": "5.00"}
    client.post(address(provider, "apply/"), {"plan": looked_at})
    work()
    assert not Service.objects.exists()
    page = client.get(address(provider)).text
    assert "the provider&#x27;s list changed since you looked" in page
    assert "6.00 USD" in page


def test_a_catalogue_that_changed_since_is_looked_at_again(client, operator, provider, answers):
    client.force_login(operator)
    client.post(address(provider, "fetch/"))
    work()
    looked_at = client.get(address(provider)).context["plan"].digest
    Provider.objects.update(markup=5000)
    refused = client.post(address(provider, "apply/"), {"plan": looked_at})
    assert refused.status_code == 422
    assert CatalogueImport.objects.get().state == "ready"


def test_half_the_catalogue_goes_only_with_a_tick(client, operator, provider, answers):
    bring(provider, *({"service": n} for n in range(1, 21)))
    client.force_login(operator)
    client.post(address(provider, "fetch/"))
    work()
    sent = {"plan": client.get(address(provider)).context["plan"].digest}
    assert client.post(address(provider, "apply/"), sent).status_code == 422
    assert client.post(address(provider, "apply/"), sent | {"many_gone": "1"}).status_code == 302
    work()
    assert Service.objects.filter(is_on_sale=True).count() == 1


def test_a_provider_that_does_not_answer_is_said(client, operator, provider, answers):
    answers[0] = CallFailed("Invalid API key")
    client.force_login(operator)
    client.post(address(provider, "fetch/"))
    work()
    assert "Invalid API key" in client.get(address(provider)).text


def test_who_may_not_change_services_may_not_import(client, agent, provider):
    client.force_login(agent)
    assert client.post(address(provider, "fetch/")).status_code == 403
    assert client.post(address(provider, "apply/")).status_code == 403
    assert not CatalogueImport.objects.exists()


def test_a_worker_that_died_is_followed_by_another(provider, operator, answers):
    job = catalogue_jobs.ask(provider_id=provider.pk, actor=operator, now=NOW)
    assert len(catalogue_jobs._claim(NOW)) == 1
    assert catalogue_jobs._claim(NOW) == []
    assert [again.pk for again in catalogue_jobs._claim(NOW + catalogue_jobs.LEASE)] == [job.pk]


def test_a_list_is_kept_as_it_was_understood(provider):
    offered = listed({"desc": "Keep it public", "refill": True}, {"service": 2, "rate": "x"})
    assert catalogue_jobs.unpacked(catalogue_jobs.packed(offered)) == offered
    assert importing.plan_for(provider=provider, offered=offered, choices=Choices()).counts["new"] == 1


# --- A customer's own prices, at the desk


def test_an_operator_gives_and_ends_a_customers_own_price(client, operator, customer, provider):
    bring(provider, {})
    service = Service.objects.get()
    client.force_login(operator)
    desk = f"/admin/orders/wallet/{customer.pk}/"
    assert client.post(f"{desk}price/", {"service": service.pk, "rate": "0.50", "reason": "x"}).status_code == 422
    typed = {"service": service.pk, "rate": "1.05", "reason": "A good customer"}
    assert client.post(f"{desk}price/", typed).status_code == 302
    page = client.get(f"{desk}change/").text
    assert "Prices of their own" in page
    assert f"Service {service.pk} costs them 1.05: A good customer" in page
    assert client.post(f"{desk}end_price/", {"service": service.pk, "reason": "Over"}).status_code == 302
    assert not customer.custom_rates.exists()


def test_an_agent_gives_nobody_a_price(client, agent, customer):
    client.force_login(agent)
    assert client.post(f"/admin/orders/wallet/{customer.pk}/price/", {}).status_code == 403
