"""The price while typing: a fragment by htmx that writes nothing and scolds nobody for what is not typed yet."""

import re

import pytest

from tests.factories import make_service, place
from tests.orders.books import written
from tests.orders.test_order_form import ADDRESS, LINK, TOO_LARGE, TOO_SMALL, WHOLE


def quote(carol, **typed) -> str:
    answer = carol.get(ADDRESS, typed, headers={"HX-Request": "true", "HX-Target": "quote"})
    assert answer.status_code == 200
    assert answer.text.strip().startswith('<div id="quote"')
    return answer.text


def test_the_quote_shows_charge_and_balance_after_it(carol, service):
    shown = quote(carol, service=service.pk, link=LINK, quantity="2000")
    assert "1.80 USD" in shown
    assert "98.20 USD" in shown
    assert "callout" not in shown


def test_the_quote_says_nothing_about_what_is_not_typed_yet(carol, service):
    shown = quote(carol, service=service.pk, link="", quantity="")
    assert "0.90 USD" in shown
    assert "callout" not in shown


def test_the_quote_without_a_service_asks_for_one(carol, service):
    assert "Choose a service" in quote(carol, service="", link="", quantity="")
    assert "Choose a service" in quote(carol, service="999999", link=LINK, quantity="5")


@pytest.mark.parametrize(
    ("quantity", "sentence"), [("1", TOO_SMALL), ("20000", TOO_LARGE), ("1e3", WHOLE), ("abc", WHOLE)]
)
def test_the_quote_tells_a_mistake_in_one_sentence(carol, service, quantity, sentence):
    shown = quote(carol, service=service.pk, link=LINK, quantity=quantity)
    assert re.findall(r"<p>(.*?)</p>", shown) == [sentence]


@pytest.mark.parametrize("value", ["\x00", "a" * 10_000, str(10**30), "\u202e"])
@pytest.mark.parametrize("name", ["service", "link", "quantity", "q"])
def test_no_odd_value_breaks_the_quote_or_the_page(carol, service, name, value):
    quote(carol, **{"service": service.pk, "link": LINK, "quantity": "100", name: value})
    assert carol.get(ADDRESS, {name: value}).status_code == 200


def test_the_quote_tells_of_an_open_order_and_of_missing_money(carol, customer, service):
    expensive = make_service(rate="150")
    first = place(customer, service=expensive, link=LINK, quantity=10)
    shown = quote(carol, service=expensive.pk, link=LINK, quantity="10000")
    assert f'href="/orders/{first.pk}/"' in shown
    assert 'href="/balance/add/"' in shown


@pytest.mark.parametrize("quantity", ["1", "20000"])
def test_the_quote_leaves_money_alone_until_the_quantity_can_be_ordered(carol, quantity):
    shown = quote(carol, service=make_service(rate="150000").pk, link=LINK, quantity=quantity)
    assert len(re.findall(r"<p>(.*?)</p>", shown)) == 1
    assert "Charge" in shown
    assert not {"Missing", "Balance after"} & set(re.findall(r"<dt>(.*?)</dt>", shown))


def test_a_refused_quantity_brings_no_word_on_the_balance(carol):
    service = make_service(rate="150", maximum=10_000)
    answer = carol.post(ADDRESS, {"service": service.pk, "link": LINK, "quantity": "20000"})
    assert TOO_LARGE in answer.text
    assert "Add funds" not in re.search(r'<div id="quote".*', answer.text, re.DOTALL)[0]


def test_a_quote_writes_nothing(carol, service):
    before = written()
    quote(carol, service=service.pk, link=LINK, quantity="1000")
    assert written() == before


def test_typing_a_name_finds_services(carol, service):
    make_service(name="Video views", category="Views")
    answer = carol.get(ADDRESS, {"q": "video"}, headers={"HX-Request": "true", "HX-Target": "services"})
    assert "Video views" in answer.text
    assert "Photo likes" not in answer.text
    assert answer.text.strip().startswith("<select")
