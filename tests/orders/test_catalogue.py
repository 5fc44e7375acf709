"""The catalogue as customers meet it: filters, favourites, prices of their own, and what changed."""

import pytest
from django.core.management import call_command

from orders import drip, money, pricing, shelves, shelving
from orders.lifecycle import NotAllowed
from orders.models import Category, CustomRate, Favourite, Order, Service, ServiceChange
from orders.placing import OrderRefused, Wish, place_order, quote
from orders.service_types import ServiceType
from orders.shelves import Wanted
from orders.shelving import Edit
from tests.factories import NOW, fund, make_provider, make_service, place

pytestmark = pytest.mark.django_db


def names(page: str, *services: Service) -> list[str]:
    """Which of the services stand in the page, in its order."""
    found = sorted((page.find(f'id="service-{s.pk}"'), s.name) for s in services)
    return [name for place, name in found if place >= 0]


def own_price(customer, service, rate="0.50", actor=None):
    return pricing.set_rate(
        customer=customer,
        service_id=service.pk,
        rate=money.parse(rate),
        actor=actor or customer,
        reason="Loyal",
        now=NOW,
    )


def as_sent(form) -> dict[str, str]:
    """What a browser would send of this form, untouched."""
    values = {name: form[name].value() for name in form.fields}
    return {name: value for name, value in values.items() if value is not None and value is not False}


# --- The page


def test_the_filters_stand_in_the_address(client, customer):
    refill = make_service(name="With refill", refill_days=30, rate="3")
    cancel = make_service(name="With cancel", provider=make_provider(can_cancel=True), can_cancel=True, rate="1")
    drip = make_service(name="With drip", can_drip=True, category="Views", rate="2")
    every = (refill, cancel, drip)
    client.force_login(customer)

    def look(query):
        return names(client.get(f"/services/?{query}").text, *every)

    assert set(look("")) == {"With refill", "With cancel", "With drip"}
    assert look("refill=1") == ["With refill"]
    assert look("cancel=1&q=cancel") == ["With cancel"]
    assert look("drip=1&cancel=1") == []
    assert look(f"category={drip.category_id}") == ["With drip"]
    assert look("order=cheap") == ["With cancel", "With drip", "With refill"]
    assert look("order=dear") == ["With refill", "With drip", "With cancel"]
    assert set(look("order=nonsense&category=x&page=-4")) == {"With refill", "With cancel", "With drip"}


def test_only_what_its_provider_can_be_asked_to_cancel_is_called_cancelable(client):
    asked = make_provider(can_cancel=True)
    both = make_service(name="Both", provider=asked, can_cancel=True)
    by_hand = make_service(name="By hand", by_hand=True, can_cancel=True)
    provider_alone = make_service(name="Provider alone", provider=asked)
    service_alone = make_service(name="Service alone", can_cancel=True)
    every = (both, by_hand, provider_alone, service_alone)
    page = client.get("/services/").text
    rows = {s.name: page.partition(f'id="service-{s.pk}"')[2].partition("</tr>")[0] for s in every}
    assert [name for name, row in rows.items() if "Can be canceled" in row] == ["Both"]
    assert names(client.get("/services/?cancel=1").text, *every) == ["Both"]
    assert [service.name for service in shelves.everything(None) if service.is_cancelable] == ["Both"]


def test_runs_are_offered_only_where_an_order_may_have_them(client):
    counted = make_service(name="Counted", can_drip=True)
    package = make_service(name="Package", can_drip=True, type=ServiceType.PACKAGE)
    lines = make_service(name="Lines", can_drip=True, type=ServiceType.CUSTOM_COMMENTS)
    every = (counted, package, lines)
    page = client.get("/services/").text
    rows = {s.name: page.partition(f'id="service-{s.pk}"')[2].partition("</tr>")[0] for s in every}
    assert [name for name, row in rows.items() if "Drip-feed" in row] == ["Counted"]
    assert names(client.get("/services/?drip=1").text, *every) == ["Counted"]
    assert [service.name for service in shelves.everything(None) if service.has_runs] == ["Counted"]
    assert [s.name for s in shelves.services_for(None, Wanted()) if drip.can_drip(s) != s.has_runs] == []


def test_a_long_catalogue_comes_in_pages_that_keep_the_filters(client, monkeypatch):
    monkeypatch.setattr(shelves, "PAGE", 2)
    services = [make_service(name=f"Likes {n}", position=n) for n in range(5)]
    page = client.get("/services/?q=likes&page=2").text
    assert names(page, *services) == ["Likes 2", "Likes 3"]
    assert "/services/?q=likes&amp;page=3" in page
    assert names(client.get("/services/?page=99").text, *services) == ["Likes 4"]


def test_a_category_has_an_icon_and_a_place(client):
    make_service(category="Second")
    make_service(category="First")
    Category.objects.filter(name="First").update(position=1, icon="heart")
    Category.objects.filter(name="Second").update(position=2)
    page = client.get("/services/").text
    assert page.index("First</h2>") < page.index("Second</h2>")
    assert "icons.svg#heart" in page


def test_names_of_500_characters_and_prices_of_7_decimals_are_kept(client, customer):
    service = make_service(name="x" * 500, rate="0.0000001")
    client.force_login(customer)
    page = client.get("/services/").text
    assert "x" * 500 in page
    assert "0.0000001 USD" in page
    assert place(customer, service=service).charge == 10


# --- Favourites


def test_a_star_is_set_and_taken_without_javascript(client, customer):
    service = make_service()
    client.force_login(customer)
    for _again in range(2):
        answer = client.post(f"/services/{service.pk}/favourite/", {"star": "1", "next": "/services/?q=photo"})
        assert (answer.status_code, answer["Location"]) == (302, "/services/?q=photo")
    assert Favourite.objects.count() == 1
    client.post(f"/services/{service.pk}/favourite/", {"star": "0", "next": "https://evil.example/"})
    assert not Favourite.objects.exists()


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example/", "order_detail", "/\\evil.example"])
def test_a_star_leads_nowhere_else(back, client, customer):
    client.force_login(customer)
    answer = client.post(f"/services/{make_service().pk}/favourite/", {"star": "1", "next": back})
    assert answer["Location"] == "/services/"


def test_by_htmx_the_star_alone_comes_back(client, customer):
    service = make_service()
    client.force_login(customer)
    answer = client.post(f"/services/{service.pk}/favourite/", {"star": "1"}, headers={"HX-Request": "true"})
    assert 'aria-pressed="true"' in answer.text
    assert "<html" not in answer.text


@pytest.mark.parametrize("number", [0, 404, 2**63])
def test_a_star_for_nothing_is_not_found(number, client, customer):
    client.force_login(customer)
    assert client.post(f"/services/{number}/favourite/", {"star": "1"}).status_code == 404


def test_favourites_are_a_filter_and_stand_first_in_a_new_order(client, customer, stranger):
    plain, starred = make_service(name="Plain", category="A"), make_service(name="Starred", category="B")
    shelves.set_favourite(customer=customer, service_id=starred.pk, is_favourite=True)
    client.force_login(customer)
    assert names(client.get("/services/?favourites=1").text, plain, starred) == ["Starred"]
    page = client.get("/orders/new/").text
    assert page.index("Your favourites") < page.index("Starred") < page.index("Plain")
    assert page.count("· Starred ·") == 1
    client.force_login(stranger)
    assert "Your favourites" not in client.get("/orders/new/").text


def test_a_choice_of_thousands_is_cut_and_says_so(client, customer, monkeypatch):
    monkeypatch.setattr(shelves, "MOST_CHOICES", 2)
    services = [make_service(name=f"Likes {n}", position=n) for n in range(5)]
    client.force_login(customer)
    page = client.get("/orders/new/").text
    assert "3 more: type in the search above" in page
    assert "Likes 2" not in page
    chosen = client.get(f"/orders/new/?service={services[4].pk}").text
    assert f'<option value="{services[4].pk}" selected>' in chosen


# --- A customer's own price


def test_a_price_of_ones_own_holds_everywhere(client, customer, stranger):
    service = make_service(rate="0.90")
    own_price(customer, service)
    fund(customer)
    fund(stranger)
    wish = Wish(service_id=service.pk, link="https://example.com/p/1", quantity=1000)
    assert quote(customer=customer, wish=wish).charge == money.parse("0.50")
    assert quote(customer=stranger, wish=wish).charge == money.parse("0.90")
    order = place_order(customer=customer, wish=wish, client_key="a", seen_rate=money.parse("0.50"), now=NOW)
    assert (order.rate, order.charge) == (money.parse("0.50"), money.parse("0.50"))
    client.force_login(customer)
    assert "your price" in client.get("/services/").text
    page = client.get(f"/orders/new/?service={service.pk}").text
    assert f'name="seen_rate" value="{service.pk}:0.50"' in page
    assert "· 0.50 USD" in page


def test_a_price_that_changed_since_the_form_is_refused_with_the_new_one(customer):
    service = make_service(rate="0.90")
    fund(customer)
    own_price(customer, service)
    wish = Wish(service_id=service.pk, link="https://example.com/p/1", quantity=1000)
    with pytest.raises(OrderRefused) as refused:
        place_order(customer=customer, wish=wish, client_key="a", seen_rate=money.parse("0.90"), now=NOW)
    assert refused.value.problems[0].code == "price"
    assert "0.50 USD" in refused.value.problems[0].sentence
    assert not Order.objects.exists()


def test_the_cheapest_first_is_by_what_this_customer_pays(client, customer):
    dear, cheap = make_service(name="Dear", rate="5"), make_service(name="Cheap", rate="1")
    own_price(customer, dear, "0.10")
    client.force_login(customer)
    assert names(client.get("/services/?order=cheap").text, dear, cheap) == ["Dear", "Cheap"]
    client.logout()
    assert names(client.get("/services/?order=cheap").text, dear, cheap) == ["Cheap", "Dear"]


@pytest.mark.parametrize("rate", ["0", "-1", "0.39"])
def test_a_price_of_nothing_or_below_cost_is_refused(rate, customer, admin):
    service = make_service(provider_rate=money.parse("0.40"))
    with pytest.raises(NotAllowed):
        own_price(customer, service, rate, admin)
    assert not CustomRate.objects.exists()


def test_below_cost_is_possible_where_somebody_means_it(customer, admin):
    service = make_service(provider_rate=money.parse("0.40"))
    pricing.set_rate(
        customer=customer, service_id=service.pk, rate=1, actor=admin, reason="Gift", now=NOW, below_cost=True
    )
    assert pricing.rates_of(customer.pk) == {service.pk: 1}
    pricing.end_rate(customer=customer, service_id=service.pk, actor=admin, reason="Over", now=NOW)
    assert pricing.rates_of(customer.pk) == {}
    with pytest.raises(NotAllowed):
        pricing.end_rate(customer=customer, service_id=service.pk, actor=admin, reason="Over", now=NOW)


# --- What changed


def test_each_change_has_its_line(customer, admin):
    service = make_service(name="Old", rate="0.90")
    new = {"name": "New", "rate": money.parse("1.20"), "minimum": 5, "description": "Said otherwise"}
    shelving.change(edits=[Edit(service.pk, new)], actor=admin, now=NOW)
    shelving.change(edits=[Edit(service.pk, {"is_on_sale": False}, "Broken upstream")], actor=admin, now=NOW)
    shelving.change(edits=[Edit(service.pk, {"rate": money.parse("1.10")})], actor=admin, now=NOW)
    shelving.change(edits=[Edit(service.pk, {"is_on_sale": True})], actor=admin, now=NOW)
    lines = list(ServiceChange.objects.order_by("pk").values_list("kind", "before", "after", "reason"))
    assert lines == [
        ("renamed", "Old", "New", ""),
        ("repriced", "90000000", "120000000", ""),
        ("limits", "10 - 10000", "5 - 10000", ""),
        ("paused", "", "", "Broken upstream"),
        ("back", "", "", ""),
    ]


def test_customers_read_what_changed_in_services_they_use(client, customer, stranger, admin):
    used, other = make_service(name="Used"), make_service(name="Other")
    starred = make_service(name="Starred")
    place(customer, service=used)
    shelves.set_favourite(customer=customer, service_id=starred.pk, is_favourite=True)
    edits = [Edit(s.pk, {"rate": money.parse("0.30")}) for s in (used, other, starred)]
    shelving.change(edits=edits, actor=admin, now=NOW)
    client.force_login(customer)
    mine = client.get("/services/changes/").text
    assert ("Used" in mine, "Starred" in mine, "Other" in mine) == (True, True, False)
    assert "0.90 USD → 0.30 USD" in mine
    assert "Other" in client.get("/services/changes/?of=all").text
    client.force_login(stranger)
    assert "Nothing changed" in client.get("/services/changes/").text
    client.logout()
    assert "Other" in client.get("/services/changes/").text


def test_an_operators_edit_goes_through_the_same_door(client, admin):
    service = make_service(rate="0.90")
    client.force_login(admin)
    address = f"/admin/orders/service/{service.pk}/change/"
    sent = as_sent(client.get(address).context["adminform"].form)
    sent |= {"rate": "1.00", "markup": "12.5"}
    del sent["is_on_sale"]
    sent["pause_reason"] = "Slow at the moment"
    assert client.post(address, sent).status_code == 302
    service = Service.objects.get()
    assert (service.rate, service.markup, service.is_on_sale) == (money.parse("1.00"), 1250, False)
    assert list(ServiceChange.objects.values_list("kind", "reason", "actor")) == [
        ("paused", "Slow at the moment", admin.pk)
    ]


def test_an_operator_sells_below_cost_only_on_purpose(client, admin):
    service = make_service(rate="0.90", provider_rate=money.parse("0.80"))
    client.force_login(admin)
    address = f"/admin/orders/service/{service.pk}/change/"
    sent = as_sent(client.get(address).context["adminform"].form)
    refused = client.post(address, sent | {"rate": "0.70"})
    assert "The provider takes 0.80 USD for it" in refused.text
    assert client.post(address, sent | {"rate": "0.70", "sells_below_cost": "on"}).status_code == 302
    assert Service.objects.get().rate == money.parse("0.70")


def test_the_demo_starts_with_changes_to_read(db, client, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    call_command("setup_roles", verbosity=0)
    call_command("load_demo", verbosity=0)
    assert shelves.latest_changes().count() > 0
