import re

import pytest
from django.core import checks
from django.template import Context, Template
from django.utils.html import strip_tags

from helpcenter import first_edition, guide, writing
from helpcenter.checks import every_status_has_advice
from helpcenter.models import StatusAdvice
from orders.models import Order
from orders.statuses import RETURNS_MONEY, OrderStatus
from tests.factories import order_in
from tests.helpcenter.factories import make_advice

GUIDE = "/help/orders-troubleshooting/order-statuses-explained/"
RETURNS = re.compile(r"\b(back|returned|returns|refund\w*)\b", re.IGNORECASE)


@pytest.fixture
def loaded(db, now):
    first_edition.load(now=now)


def test_every_status_has_advice_in_the_order_of_the_enum(loaded):
    advice = guide.all_advice()
    assert [entry.status for entry in advice] == list(OrderStatus)
    assert all(entry.is_written for entry in advice)
    assert guide.missing_advice() == []


@pytest.mark.parametrize("status", list(OrderStatus))
def test_what_the_guide_says_about_money_is_what_the_panel_does(loaded, status):
    says_it_returns = bool(RETURNS.search(strip_tags(guide.advice_for(status).money)))
    assert says_it_returns == (status in RETURNS_MONEY)


def test_the_guides_words_about_money_are_what_the_doors_do(loaded, customer):
    """Every status that a transition of the code leads to is reached through the doors, and its money compared."""
    transitions = Order._meta.get_field("status").get_all_transitions(Order)
    reached = {OrderStatus(one.target) for one in transitions} | {OrderStatus.PENDING}
    assert reached == set(OrderStatus)
    for status in reached:
        order = order_in(status, customer)
        came_back = sum(entry.amount for entry in order.entries.filter(kind="refund"))
        assert order.status == status
        assert came_back == order.refunded
        says = bool(writing.SAYS_IT_RETURNS.search(strip_tags(guide.advice_for(status).money)))
        assert (status, says) == (status, came_back > 0)
        assert writing.money_disagrees(status, guide.advice_for(status).money) == ""


def test_advice_for_a_status_without_text_stands_in_for_it(db):
    advice = guide.advice_for("partial")
    assert not advice.is_written
    assert advice.label == "Partial"
    assert advice.contact_when == "Contact support if you are not sure what to do."


def test_a_word_that_is_no_status_is_an_error(db):
    with pytest.raises(ValueError, match="unheard"):
        guide.advice_for("unheard")


def test_advice_is_one_query(django_assert_num_queries, loaded):
    with django_assert_num_queries(1):
        guide.all_advice()
    with django_assert_num_queries(1):
        guide.advice_for("error")


def test_other_templates_show_advice_and_link_to_its_place(db):
    make_advice(status="in_progress", meaning="It *runs* <b>.")
    template = Template(
        "{% load helpcenter_tags %}{% status_advice status as advice %}{{ advice.meaning }} {{ advice.url }} "
        "{% status_url 'error' %} {% all_status_advice as every %}{{ every.in_progress.label }}"
    )
    shown = template.render(Context({"status": "in_progress"}))
    assert shown == f"It <em>runs</em> &lt;b&gt;. {GUIDE}#status-in-progress {GUIDE}#status-error In Progress"


def test_the_link_of_every_status_leads_to_its_row(client, loaded):
    page = client.get(GUIDE).content.decode()
    for status in OrderStatus:
        address, _, anchor = guide.status_url(status).partition("#")
        assert address == GUIDE
        assert f'<tr id="{anchor}">' in page


def test_a_check_names_the_statuses_without_advice(loaded):
    assert every_status_has_advice(None, databases=["default"]) == []
    StatusAdvice.objects.filter(status__in=["error", "partial"]).update(published=None)
    (found,) = [m for m in checks.run_checks(databases=["default"]) if m.id == "helpcenter.W001"]
    assert found.msg == "The help center says nothing about these order statuses: Partial, Error."
    assert not found.is_serious()


def test_a_mail_says_the_same_words_without_markup_and_with_whole_addresses(loaded):
    make_advice(
        status="partial",
        meaning="A *part* & <more>.",
        note="",
        what_to_do="Read [the rules](/help/payments-balance-policies/refund-policy/#h-x) or <https://example.com/>.",
    )
    template = Template(
        "{% load helpcenter_tags %}{% status_advice_text status site as advice %}"
        '{% include "helpcenter/_advice_text.txt" with advice=advice only %}'
    )
    shown = template.render(Context({"status": "partial", "site": "https://shop.example"}))
    assert shown.strip().splitlines() == [
        "A part & <more>.",
        "",
        "What to do: Read the rules (https://shop.example/help/payments-balance-policies/refund-policy/#h-x) or "
        "https://example.com/.",
        "",
        "Your money: money of partial",
        "",
        "Contact us when: contact_when of partial",
        "",
        f"Read this in the guide: https://shop.example{GUIDE}#status-partial",
    ]


def test_the_page_for_programs_says_the_guides_words(client, loaded):
    make_advice(status="in_progress", meaning="It *runs* now.", money="Nothing else is taken, truly.")
    shown = client.get("/api/").text
    assert "It <em>runs</em> now." in shown
    assert "Nothing else is taken, truly." in shown
    assert f"{GUIDE}#status-in-progress" in shown
