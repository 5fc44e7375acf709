"""The panel in another language: chosen, remembered, in mails too; never in what programs read."""

import datetime as dt
import re

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from django.utils import timezone, translation

from accounts import api_keys, second_factor
from accounts.models import AccountMail
from helpcenter import first_edition
from helpcenter.rendering import render
from orders import deposits, money, notifications
from orders.statuses import OrderStatus
from orders.templatetags.orders_tags import as_money, minutes, moment, signed_money
from tests.factories import NOW, fund, make_service, order_in
from tests.orders.api.calling import V1, V2

pytestmark = pytest.mark.django_db
SPANISH = {"HTTP_ACCEPT_LANGUAGE": "es-MX,es;q=0.9,en;q=0.5"}


@pytest.fixture(autouse=True)
def own_language():
    """A request leaves its language behind in the thread: the next test begins with the shop's."""
    yield
    translation.activate("en")


def language_of(answer) -> str:
    return re.search(r'<html lang="([^"]+)" dir="ltr"', answer.text)[1]


def test_a_visitor_reads_what_their_browser_asks_for(client):
    assert language_of(client.get("/services/", **SPANISH)) == "es"
    assert language_of(client.get("/services/", HTTP_ACCEPT_LANGUAGE="fr,pt;q=0.5")) == "en"


def test_a_visitors_choice_outweighs_the_browser_and_is_remembered(client):
    answer = client.post("/language/", {"language": "en", "next": "/help/"})
    assert answer["Location"] == "/help/"
    cookie = answer.cookies["django_language"]
    assert cookie["max-age"] > 300 * 24 * 3600
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert language_of(client.get("/services/", **SPANISH)) == "en"


def test_the_choice_stands_in_the_footer_in_the_languages_own_words(client):
    text = client.get("/", **SPANISH).text
    assert '<button name="language" value="en" lang="en" aria-pressed="false">English</button>' in text
    assert '<button name="language" value="es" lang="es" aria-pressed="true">Español</button>' in text


@pytest.mark.parametrize("code", ["xx", "", "es\r\nSet-Cookie: a=b", "e" * 5000])
def test_a_language_that_is_not_offered_is_not_chosen(client, customer, code):
    client.force_login(customer)
    answer = client.post("/language/", {"language": code})
    assert answer.status_code == 302
    assert "django_language" not in answer.cookies
    customer.refresh_from_db()
    assert customer.language == ""


def test_choosing_leads_nowhere_else(client):
    assert client.post("/language/", {"language": "es", "next": "https://evil.example/"})["Location"] == "/"


def test_what_somebody_chose_for_their_account_goes_with_them_to_another_browser(client, customer):
    client.force_login(customer)
    client.post("/language/", {"language": "es"})
    customer.refresh_from_db()
    assert customer.language == "es"
    client.cookies.pop("django_language")
    assert language_of(client.get("/orders/")) == "es"


def test_the_language_can_be_chosen_and_left_to_the_browser_again_in_the_preferences(client, customer):
    client.force_login(customer)
    answer = client.post("/accounts/preferences/", {"language": "es"}, follow=True)
    assert language_of(answer) == "es"
    assert "Tus preferencias están guardadas." in answer.text
    assert language_of(client.post("/accounts/preferences/", {"language": ""}, follow=True)) == "en"
    assert client.post("/accounts/preferences/", {"language": "xx"}).status_code == 422


def test_fragments_follow_the_language_of_their_page(client, customer):
    service = make_service()
    fund(customer)
    customer.language = "es"
    customer.save(update_fields=["language"])
    client.force_login(customer)
    answer = client.get(f"/orders/new/?service={service.pk}&quantity=1", HTTP_HX_REQUEST="true")
    assert "<html" not in answer.text
    assert "La cantidad mínima de este servicio es 10." in answer.text


def test_somebody_who_signs_up_on_a_spanish_page_gets_spanish_mails(client, django_user_model):
    form = {"email": "nora@example.com", "password1": "correct-horse-battery"}
    client.post("/accounts/signup/", form, **SPANISH)
    assert django_user_model.objects.get(email="nora@example.com").language == "es"
    assert mail.outbox[0].subject == "Tu código para Neofollower"


def test_mails_of_the_worker_are_in_their_readers_language(customer, stranger):
    customer.language = "es"
    customer.save(update_fields=["language"])
    for person in (customer, stranger):
        deposits.credit(
            customer=person, amount=money.parse("1234.5"), note="", reference=person.email, notify=True, now=NOW
        )
    assert notifications.notify_due(lambda: NOW) == 2
    subjects = {message.to[0]: message.subject for message in mail.outbox}
    assert subjects[customer.email] == "Tienes 1 234,50 USD más en tu saldo de Neofollower"
    assert subjects[stranger.email] == "1,234.50 USD is on your balance at Neofollower"


def test_what_the_team_does_is_told_in_the_customers_language(customer, admin):
    customer.language = "es"
    customer.save(update_fields=["language"])
    Authenticator.objects.create(user=customer, type=Authenticator.Type.TOTP, data={"secret": "x"})
    second_factor.reset(user_id=customer.pk, actor=admin, reason="a call")
    [letter] = AccountMail.objects.all()
    assert letter.subject == "Se ha restablecido tu segundo factor en Neofollower"
    assert 'lang="es"' in letter.html


def test_numbers_and_money_are_written_as_the_language_writes_them():
    units = money.parse("1234.5")
    assert as_money(units) == "1,234.50 USD"
    assert minutes(150) == "2.5 h"
    with translation.override("es"):
        assert as_money(units) == "1\xa0234,50 USD"
        assert as_money(-units) == "-1\xa0234,50 USD"
        assert minutes(150) == "2,5 h"
        assert money.plain(units) == "1234.50"


CALLS = (
    ("services", {}),
    ("status", {}),
    ("balance", {}),
    ("refill", {}),
    ("cancel", {}),
    ("add", {"quantity": "1"}),
    ("add", {"quantity": "1000", "link": "none"}),
    ("nothing", {}),
)


@pytest.mark.parametrize("address", [V1, V2])
def test_programs_read_english_whoever_asks(client, customer, address):
    order = order_in(OrderStatus.IN_PROGRESS, customer)
    _key, secret = api_keys.issue(user=customer, name="shop", now=timezone.now())

    def answers(**headers):
        order_words = {"service": order.service_id, "link": "https://example.com/p/x", "order": order.pk}
        return [
            client.post(address, {"key": secret, "action": action, **order_words, **more}, **headers).content
            for action, more in CALLS
        ]

    plain = answers()
    customer.language = "es"
    customer.save(update_fields=["language"])
    client.force_login(customer)
    assert answers(**SPANISH) == plain


@pytest.mark.parametrize(
    "address", ["/api/openapi.json", "/orders/?format=csv", "/orders/?format=json", "/balance/?format=csv"]
)
def test_files_for_programs_are_the_same_in_every_language(client, customer, address):
    order_in(OrderStatus.PARTIAL, customer)
    client.force_login(customer)
    english, spanish = client.get(address), client.get(address, **SPANISH)
    assert spanish["Content-Language"] == "es"
    assert b"".join(spanish) == b"".join(english)


def test_a_kept_page_of_the_help_is_kept_for_its_language_alone(client, db):
    first_edition.load(now=NOW)
    client.get("/help/")  # the form cookie comes with the first page
    english, spanish = client.get("/help/"), client.get("/help/", **SPANISH)
    assert english["ETag"] != spanish["ETag"]
    assert {"Accept-Language", "Cookie"} <= set(re.split(r",\s*", spanish["Vary"]))
    assert client.get("/help/", **SPANISH, HTTP_IF_NONE_MATCH=english["ETag"]).status_code == 200
    assert client.get("/help/", **SPANISH, HTTP_IF_NONE_MATCH=spanish["ETag"]).status_code == 304


def test_help_is_marked_as_being_in_the_shops_language(client, db):
    first_edition.load(now=NOW)
    text = client.get("/help/orders-troubleshooting/order-statuses-explained/", **SPANISH).text
    assert '<div class="prose prose--tables" lang="en"' in text
    assert "Respuesta breve" in text


def test_what_is_kept_with_a_help_text_is_in_the_shops_language_whoever_publishes_it():
    with translation.override("es"):
        html = render("> [!NOTE]\n> Look.\n\nWords[^1]\n\n[^1]: More.").html
    assert ">Note<" in html
    assert "Back to the text from note 1" in html


def test_signed_money_keeps_its_order_between_words_from_right_to_left():
    with translation.override("he"):
        assert signed_money(money.parse("0.45")) == "\u2066+0.45 USD\u2069"
    assert signed_money(money.parse("0.45")) == "+0.45 USD"


def test_dates_are_written_as_the_language_writes_them():
    now = dt.datetime(2027, 1, 9, 12, 0, tzinfo=dt.UTC)
    assert ">25 Nov 2026, 12:00 " in moment(NOW, now)
    with translation.override("es"):
        assert '>25 nov 2026, 12:00 <span class="muted">(hace 1\xa0mes)' in moment(NOW, now)
