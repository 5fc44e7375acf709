"""The order form as a stranger fills it in: one sentence beside the field, what was typed kept, nothing written."""

import re
from html import unescape

import pytest
from django.test import Client

from orders import ledger, money
from orders.models import Order, Service
from orders.service_types import ServiceType
from orders.statuses import OrderStatus
from tests.factories import fund, make_service, order_in, place
from tests.orders.books import written

ADDRESS = "/orders/new/"
LINK = "https://example.com/p/1"


def form_for(carol, service: Service, **typed) -> dict[str, str]:
    """What a browser would send after opening the form for this service and typing this."""
    opened = carol.get(ADDRESS, {"service": service.pk}).text
    hidden = dict(re.findall(r'type="hidden" name="(token|seen_rate)" value="([^"]*)"', opened))
    return {"service": str(service.pk), "link": LINK, "quantity": "1000", **hidden, **typed}


def value_of(html: str, name: str) -> str:
    tag = re.search(rf'<input[^>]*name="{name}"[^>]*>', html).group()
    found = re.search(r'value="([^"]*)"', tag)
    return unescape(found[1]) if found else ""


def chosen_service(html: str) -> str | None:
    found = re.search(r'<option value="(\d+)" selected>', html)
    return found and found[1]


def errors_of(html: str, name: str) -> list[str]:
    """The sentences beside this field, which must point at them for whoever cannot see."""
    found = re.search(rf'<div id="id_{name}_error">(.*?)</div>', html, re.DOTALL)
    if not found:
        return []
    field = re.search(rf'<(?:input|select)[^>]*name="{name}"[^>]*>', html).group()
    assert 'aria-invalid="true"' in field
    assert f"id_{name}_error" in re.search(r'aria-describedby="([^"]*)"', field)[1]
    sentences = re.findall(r"<p[^>]*>(.*?)</p>", found[1], re.DOTALL)
    return [unescape(re.sub(r"<[^>]+>", "", sentence)).strip() for sentence in sentences]


def refused(carol, typed: dict, field: str) -> str:
    """Sends the form, sees that nothing was written and that all that was typed is there; the one sentence beside `field`."""
    before = written()
    answer = carol.post(ADDRESS, typed)
    assert answer.status_code == 422
    assert written() == before
    html = answer.text
    for name in ("link", "quantity"):
        assert value_of(html, name) == typed.get(name, "")
    others = {name: errors_of(html, name) for name in ("service", "link", "quantity") if name != field}
    assert others == {name: [] for name in others}
    [sentence] = errors_of(html, field)
    return sentence


def test_an_order_is_placed_charged_and_shown(carol, customer, service):
    answer = carol.post(ADDRESS, form_for(carol, service))
    order = Order.objects.get()
    assert answer.status_code == 302
    assert answer["Location"] == f"/orders/{order.pk}/"
    assert (order.wallet_id, order.service, order.link, order.quantity) == (customer.pk, service, LINK, 1000)
    assert ledger.balance_of(customer) == money.parse("99.10")
    assert f"Order #{order.pk} is placed." in carol.get(answer["Location"]).text


def test_the_form_works_without_javascript_and_without_its_hidden_fields(carol, service):
    assert carol.post(ADDRESS, {"service": service.pk, "link": LINK, "quantity": "1000"}).status_code == 302


def test_a_form_without_its_csrf_token_is_refused(customer, service):
    from_elsewhere = Client(enforce_csrf_checks=True)
    from_elsewhere.force_login(customer)
    answer = from_elsewhere.post(ADDRESS, {"service": service.pk, "link": LINK, "quantity": "1000"})
    assert answer.status_code == 403
    assert not Order.objects.exists()


# --- Quantity

WHOLE = "Enter a whole number with plain digits, for example 1000."
TOO_SMALL = "The smallest quantity of this service is 10."
TOO_LARGE = "The largest quantity of this service is 10,000."
QUANTITIES = {
    "": "Enter a quantity from 10 to 10,000.",
    "0": TOO_SMALL,
    "-1": TOO_SMALL,
    "9": TOO_SMALL,
    "10001": TOO_LARGE,
    str(2**31): TOO_LARGE,
    str(2**63): TOO_LARGE,
    str(10**30): TOO_LARGE,
    str(10**60): WHOLE,
    "1.5": WHOLE,
    "1e3": WHOLE,
    "1,000": WHOLE,
    " 10 ": WHOLE,
    "   ": WHOLE,
    "\N{ARABIC-INDIC DIGIT THREE}" * 2: WHOLE,
    "NaN": WHOLE,
    "Infinity": WHOLE,
    "true": WHOLE,
    "[]": WHOLE,
    "many": WHOLE,
    "1\u200b0": WHOLE,
    "<svg onload=alert(1)>": WHOLE,
    "{{7*7}}": WHOLE,
}


@pytest.mark.parametrize(("quantity", "sentence"), QUANTITIES.items())
def test_an_odd_quantity_gets_one_sentence(carol, service, quantity, sentence):
    assert refused(carol, form_for(carol, service, quantity=quantity), "quantity") == sentence


def test_a_missing_quantity_gets_one_sentence(carol, service):
    typed = form_for(carol, service)
    del typed["quantity"]
    assert refused(carol, typed, "quantity") == "Enter a quantity from 10 to 10,000."


# --- Link

LINKS = {
    "": "Enter the link.",
    "   ": "Enter the link.",
    "nothing": "This is not a link.",
    "javascript:alert(1)": "must begin with https://",
    "data:text/html,<b>x</b>": "must begin with https://",
    "ftp://example.com/": "must begin with https://",
    "https://example.com/" + "a" * 1981: "longer than 2,000 characters",
    "https://example.com/" + "a" * 8192: "longer than 2,000 characters",
    "https://example.com/a\x07b": "invisible characters",
    "https://example.com/a b": "invisible characters",
    "https://example.com/a\tb": "invisible characters",
    "https://example.com/\u202eb": "invisible characters",
    "https://example.com/\u200b": "invisible characters",
    "https://ex\N{CYRILLIC SMALL LETTER A}mple.com/": "mixes alphabets",
    "https://user:pass@example.com/": "user name or password",
    "http://[::1]/": "network address",
    "http://10.0.0.1/": "network address",
    "http://2130706433/": "network address",
    "https://example.com:99999/": "This is not a link.",
    "https://example.com:8443/": "must not name a port",
    "https://localhost/": "This is not a link.",
    "https://[": "This is not a link.",
    "<svg onload=alert(1)>": "invisible characters",
    "{{7*7}}": "This is not a link.",
    "=HYPERLINK(1)": "This is not a link.",
    "../": "This is not a link.",
}


@pytest.mark.parametrize(("link", "words"), LINKS.items(), ids=range(len(LINKS)))
def test_an_odd_link_gets_one_sentence(carol, service, link, words):
    assert words in refused(carol, form_for(carol, service, link=link), "link")


def test_a_link_with_a_nul_byte_or_a_line_break_is_refused(carol, service):
    """No browser sends these from the field, and none could show them again."""
    for link in ("https://example.com/a\x00b", "https://example.com/a\r\nb"):
        before = written()
        answer = carol.post(ADDRESS, form_for(carol, service, link=link))
        assert answer.status_code == 422
        assert "invisible characters" in errors_of(answer.text, "link")[0]
        assert written() == before


def test_a_link_of_a_megabyte_is_refused(carol, service):
    answer = carol.post(ADDRESS, form_for(carol, service, link="https://example.com/" + "a" * 1_000_000))
    assert answer.status_code == 422
    assert "longer than 2,000 characters" in errors_of(answer.text, "link")[0]


def test_a_body_of_ten_megabytes_is_refused_without_an_error_of_ours(carol, service):
    assert carol.post(ADDRESS, form_for(carol, service, link="a" * 10_000_000)).status_code in {400, 413}
    assert not Order.objects.exists()


# --- Service

NOT_ON_SALE = "This service is not on sale any more. Choose another one."
FROM_THE_LIST = "Choose a service from the list."
SERVICES = {
    "": "Choose a service.",
    "0": NOT_ON_SALE,
    "-1": NOT_ON_SALE,
    "999999": NOT_ON_SALE,
    str(2**63): NOT_ON_SALE,
    str(10**30): NOT_ON_SALE,
    "1 OR 1=1": FROM_THE_LIST,
    "../": FROM_THE_LIST,
    "00000000-0000-0000-0000-000000000001": FROM_THE_LIST,
    "\N{ARABIC-INDIC DIGIT THREE}": FROM_THE_LIST,
}


@pytest.mark.parametrize(("number", "sentence"), SERVICES.items())
def test_an_odd_service_gets_one_sentence(carol, service, number, sentence):
    assert refused(carol, form_for(carol, service) | {"service": number}, "service") == sentence


def test_a_nul_byte_in_the_service_is_refused(carol, service):
    answer = carol.post(ADDRESS, form_for(carol, service) | {"service": "1\x00"})
    assert answer.status_code == 422
    assert errors_of(answer.text, "service") == [FROM_THE_LIST]


def test_a_service_paused_meanwhile_is_refused(carol, service):
    typed = form_for(carol, service)
    Service.objects.update(is_on_sale=False)
    assert refused(carol, typed, "service") == NOT_ON_SALE


def test_the_chosen_service_stays_chosen(carol, service):
    make_service()
    answer = carol.post(ADDRESS, form_for(carol, service, quantity="1"))
    assert chosen_service(answer.text) == str(service.pk)


# --- Price and balance


def test_a_price_that_changed_meanwhile_is_refused_with_the_new_one_which_can_then_be_taken(carol, customer, service):
    typed = form_for(carol, service)
    Service.objects.update(rate=money.parse("1.25"))
    sentence = refused(carol, typed, "service")
    assert sentence.startswith("The price changed to 1.25 USD while this form was open.")
    again = carol.post(ADDRESS, typed)
    offered = re.search(r'name="seen_rate" value="([^"]*)"', again.text)[1]
    assert offered == f"{service.pk}:1.25"
    assert carol.post(ADDRESS, typed | {"seen_rate": offered}).status_code == 302
    assert Order.objects.get().charge == money.parse("1.25")


@pytest.mark.parametrize("seen", ["0.01", "-1", "1e3", "abc", "NaN", "0.900000001"])
def test_a_seen_rate_can_only_cause_a_refusal(carol, service, seen):
    refused(carol, form_for(carol, service) | {"seen_rate": seen}, "service")


def test_the_price_of_another_service_says_nothing_about_this_one(carol, service):
    other = make_service(rate="5.00")
    typed = form_for(carol, service) | {"service": str(other.pk)}
    assert carol.post(ADDRESS, typed).status_code == 302
    assert Order.objects.get().charge == money.parse("5.00")


def test_too_little_balance_says_how_much_is_missing(carol, customer):
    expensive = make_service(rate="123.45")
    typed = form_for(carol, expensive)
    sentence = refused(carol, typed, "quantity")
    assert sentence == "Your balance is 23.45 USD short for this order. Add funds or order less."
    assert ledger.balance_of(customer) == money.parse("100.00")


def test_the_last_unit_of_a_balance_can_be_spent(carol, customer):
    exact = make_service(rate="100.00")
    assert carol.post(ADDRESS, form_for(carol, exact)).status_code == 302
    assert ledger.balance_of(customer) == 0


def test_a_price_that_no_balance_can_hold_is_refused(carol):
    absurd = make_service(rate="1000", maximum=2**63 - 1)
    typed = form_for(carol, absurd, quantity=str(2**63 - 1))
    assert refused(carol, typed, "quantity") == "This would cost more than any balance can hold. Order less."


def test_posted_prices_types_statuses_and_owners_change_nothing(carol, customer, stranger, service):
    typed = form_for(carol, service)
    forged = {"charge": "0.01", "rate": "0.01", "type": "Package", "status": "completed", "customer": str(stranger.pk)}
    carol.post(ADDRESS, typed | forged)
    order = Order.objects.get()
    assert order.wallet_id == customer.pk
    assert (order.charge, order.rate) == (money.parse("0.90"), service.rate)
    assert order.status == OrderStatus.PENDING


def test_a_package_is_ordered_without_a_quantity(carol, customer):
    package = make_service(type=ServiceType.PACKAGE, rate="3.00", minimum=1, maximum=1)
    assert carol.post(ADDRESS, form_for(carol, package, quantity="")).status_code == 302
    assert ledger.balance_of(customer) == money.parse("97.00")


# --- The same thing twice


def test_the_same_form_twice_is_one_order_and_both_answers_lead_to_it(carol, customer, service):
    typed = form_for(carol, service)
    first, second = carol.post(ADDRESS, typed), carol.post(ADDRESS, typed)
    order = Order.objects.get()
    assert first.status_code == second.status_code == 302
    assert first["Location"] == second["Location"] == f"/orders/{order.pk}/"
    assert ledger.balance_of(customer) == money.parse("99.10")


def test_the_same_form_again_leads_to_its_order_whatever_became_of_the_service(carol, service):
    typed = form_for(carol, service)
    first = carol.post(ADDRESS, typed)
    Service.objects.update(rate=money.parse("99"), is_on_sale=False)
    assert carol.post(ADDRESS, typed)["Location"] == first["Location"]


@pytest.mark.parametrize("other", [{"quantity": "2000"}, {"link": f"{LINK}0"}])
def test_a_form_sent_again_with_other_content_is_refused_once_and_can_then_be_sent(carol, service, other):
    typed = form_for(carol, service)
    carol.post(ADDRESS, typed)
    first = Order.objects.get()
    sentence = refused(carol, typed | other, "service")
    assert (
        sentence == f"This form was sent before with other content, as order #{first.pk}. Check it and send it again."
    )
    fresh = value_of(carol.post(ADDRESS, typed | other).text, "token")
    assert fresh != typed["token"]
    again = carol.post(ADDRESS, typed | {"link": f"{LINK}0", "token": fresh})
    assert again.status_code == 302
    assert Order.objects.count() == 2


def test_the_token_of_another_customer_means_nothing(carol, client, stranger, service):
    typed = form_for(carol, service)
    carol.post(ADDRESS, typed)
    fund(stranger)
    client.force_login(stranger)
    carol.post(ADDRESS, typed)
    assert Order.objects.values("wallet").distinct().count() == 2


@pytest.mark.parametrize("token", ["t" * 65, "\x00", "t" * 10_000])
def test_an_odd_token_is_refused_and_the_form_can_be_sent_again(carol, service, token):
    typed = form_for(carol, service, token=token)
    before = written()
    answer = carol.post(ADDRESS, typed)
    assert answer.status_code == 422
    assert written() == before
    assert "error-summary" in answer.text
    assert carol.post(ADDRESS, typed | {"token": value_of(answer.text, "token")}).status_code == 302


@pytest.mark.parametrize("name", ["quantity", "link", "service"])
def test_a_value_sent_twice_is_refused(carol, service, name):
    typed = form_for(carol, service)
    other = {"quantity": "999", "link": f"{LINK}0", "service": str(make_service().pk)}[name]
    before = written()
    answer = carol.post(ADDRESS, typed | {name: [typed[name], other]})
    assert answer.status_code == 422
    assert errors_of(answer.text, name) == ["This was sent more than once. Check it and send the form again."]
    assert written() == before


SPELLINGS = [
    "https://example.com/p/1/",
    "http://example.com/p/1",
    "https://www.example.com/p/1",
    "https://m.example.com/p/1?utm_source=x&fbclid=1",
    "EXAMPLE.com/p/1#top",
    "https://example.com:443/p/1",
]


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("status", [OrderStatus.PENDING, OrderStatus.PROCESSING, OrderStatus.IN_PROGRESS])
def test_a_second_open_order_on_the_same_link_is_refused_naming_the_first(carol, customer, service, status, spelling):
    first = order_in(status, customer, service=service, link=LINK)
    typed = form_for(carol, service, link=spelling)
    sentence = refused(carol, typed, "link")
    assert sentence.startswith(f"Your order #{first.pk} of this service is still {status.label} on this link.")
    assert f'href="/orders/{first.pk}/"' in carol.post(ADDRESS, typed).text


def test_a_settled_order_and_another_customer_do_not_stand_in_the_way(carol, customer, stranger, service):
    order_in(OrderStatus.COMPLETED, customer, service=service, link=LINK)
    place(stranger, service=service, link=LINK)
    assert carol.post(ADDRESS, form_for(carol, service)).status_code == 302


def test_several_mistakes_are_told_at_once_each_beside_its_field(carol, service):
    answer = carol.post(ADDRESS, form_for(carol, service, link="nothing", quantity="1"))
    assert answer.status_code == 422
    assert errors_of(answer.text, "link") == ["This is not a link. It should look like https://example.com/page."]
    assert errors_of(answer.text, "quantity") == [TOO_SMALL]
    assert answer.text.count("error-summary") == 1


def test_what_was_typed_is_shown_as_text(carol, service):
    answer = carol.post(
        ADDRESS, form_for(carol, service, quantity='"><script>alert(1)</script>', link="<svg onload=x>")
    )
    assert "<script>alert" not in answer.text
    assert "<svg onload" not in answer.text
