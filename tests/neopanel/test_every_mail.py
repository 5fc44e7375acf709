"""Every mail of the shop, sent by Django's SMTP backend to a real server and read there, as text and as a page.

`MAIL_FOLDER=... pytest tests/neopanel/test_every_mail.py` keeps the pages, to be looked at in a browser.
"""

import os
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from allauth.account.adapter import get_adapter
from django.conf import settings as django_settings
from django.template.loader import get_template
from django.utils import timezone

from accounts import account_words, mails, posting, second_factor
from accounts.letters import Letter, message_of
from helpcenter import first_edition
from neopanel import leaving
from orders import deposits, desk, money, notifications
from orders.models import Notice, Order
from orders.statuses import OrderStatus
from support import contact, letters, ticketing
from support.models import Topic
from tests.factories import NOW, fund, make_service, order_in, place
from tests.orders.payments import make_method, report
from tests.smtp_sink import Sink, running_sink

pytestmark = pytest.mark.django_db
SITE = "https://shop.example"
LATER = NOW + notifications.QUIET
FOLDER = os.environ.get("MAIL_FOLDER", "")
ACCOUNT = {
    "code": "ABCD-1234",
    "email": "carol@example.com",
    "from_email": "carol@example.com",
    "to_email": "caroline@example.com",
    "deleted_email": "old@example.com",
    "password_reset_url": f"{SITE}/accounts/password/reset/",
    "signup_url": f"{SITE}/accounts/signup/",
    "timestamp": NOW,
    "ip": "203.0.113.7",
    "user_agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0",
}


@pytest.fixture
def sink(settings) -> Iterator[Sink]:
    with running_sink() as sink:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", sink.port
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        settings.SITE_ADDRESS = SITE
        settings.DEFAULT_FROM_EMAIL = "Neofollower <shop@shop.example>"
        yield sink


@pytest.fixture
def shop(customer) -> None:
    first_edition.load(now=NOW)


def deliver_all(now=LATER) -> None:
    """As the worker does."""
    for chore in (notifications.notify_due, notifications.digests_due, notifications.tell_due, letters.letters_due):
        while chore(lambda: now):
            pass
    while posting.mails_due(lambda: max(now, timezone.now())):
        pass


class Read(HTMLParser):
    """The words and the addresses of a page."""

    def __init__(self):
        super().__init__()
        self.words, self.addresses, self.open, self.silent = [], [], [], 0

    def handle_starttag(self, tag, attrs):
        self.silent += tag in {"style", "title"}
        self.addresses += [value for name, value in attrs if name in {"href", "src"}]
        if tag not in {"meta", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag
        self.silent -= tag in {"style", "title"}

    def handle_data(self, data):
        if not self.silent:
            self.words.append(data)


def subject_of(mail) -> str:
    """Python keeps the blank of a folded line."""
    return mail["Subject"].strip()


def keep(name: str, html: str) -> None:
    if FOLDER:
        Path(FOLDER, f"{name}.html").write_text(html)


def looked_at(mail, name: str) -> str:
    """What holds for every mail; gives its text."""
    text = mail.get_body(("plain",)).get_content().replace("\r\n", "\n")
    html = mail.get_body(("html",)).get_content()
    keep(name, html)
    page = Read()
    page.feed(html)
    assert page.open == []
    shown = " ".join(" ".join(page.words).split())
    assert subject_of(mail)
    assert mail["From"] == "Neofollower <shop@shop.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Message-ID"]
    for words in (text, shown, subject_of(mail)):
        # A variable that is missing, one that Python wrote, one that nobody filled in.
        assert not re.search(r"\bNone\b|%\(|\{\{|\{%|\bUnits\(|<[A-Za-z]+ object|datetime|&amp;|&lt;", words), words
    # The same words in both: nothing is said to one reader alone.
    for line in re.sub(r"https?://\S+", "", text.partition("\n-- \n")[0]).splitlines():
        for piece in re.split(r"[*>:()]|\s{2,}", line):
            assert " ".join(piece.split()).strip(" .") in shown, piece
    # Nothing leads anywhere else; the link that a customer ordered for is words.
    for address in [*page.addresses, *re.findall(r"https?://(?!example.com/p/)\S+", text)]:
        assert address == SITE or address.startswith(f"{SITE}/"), address
    assert '<html lang="en">' in html
    assert "<img" not in html
    assert "<script" not in html
    off = (mail["List-Unsubscribe"] or "").strip()
    assert bool(off) == ("No mails of this kind any more" in text) == ("No mails of this kind any more" in shown)
    if off:
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert off.strip("<>") in text
        assert off.strip("<>") in page.addresses
    return text


def one(sink: Sink, name: str) -> tuple:
    deliver_all()
    [(to, mail)] = sink.received
    assert to == [mail["To"]] == ["carol@example.com"]
    return mail, looked_at(mail, name)


@pytest.mark.parametrize(
    "status", [OrderStatus.COMPLETED, OrderStatus.PARTIAL, OrderStatus.CANCELED, OrderStatus.ERROR]
)
def test_an_order_that_settled(sink, shop, customer, status):
    order = order_in(status, customer, service=make_service(name="Photo likes & more"))
    mail, text = one(sink, f"order_{status}")
    assert subject_of(mail).startswith(f"Order #{order.pk}: {status.label}")
    assert f"{SITE}/orders/{order.pk}/" in text
    assert "Photo likes & more" in text
    assert f"/help/orders-troubleshooting/order-statuses-explained/#{status.anchor}" in text
    assert "What to do:" in text
    back = {"partial": "0.45 USD is back", "canceled": "0.90 USD is back", "error": "0.90 USD is back"}.get(status, "·")
    assert back in subject_of(mail)


def test_an_order_that_our_team_refunded(sink, shop, customer, admin):
    order = order_in(OrderStatus.COMPLETED, customer)
    Notice.objects.update(notice_due_at=None)
    desk.refund(order_id=order.pk, amount=money.parse("0.30"), actor=admin, reason="Half came.", now=NOW)
    mail, text = one(sink, "order_refunded")
    assert "0.30 USD is back" in subject_of(mail)
    assert "Returned: 0.30 USD" in text


def test_many_orders_at_once(sink, shop, customer, settings):
    settings.BREAKER_ORDERS = 1000
    service = make_service(name="Views " + "long name " * 12)
    many = [order_in(OrderStatus.CANCELED, customer, service=service) for _each in range(22)]
    mail, text = one(sink, "orders_many")
    assert subject_of(mail) == "22 of your orders at Neofollower: 22 × Canceled"
    assert "Together 19.80 USD came back to your balance." in text
    assert text.count(f"{SITE}/orders/") == 21
    assert "2 more are in your list of orders." in text
    assert f"#{many[-1].pk} Views" in text


def test_a_low_balance(sink, shop, customer):
    customer.low_balance = money.parse("50.00")
    customer.save(update_fields=["low_balance"])
    fund(customer, "50.00")
    place(customer, funded=False)
    mail, text = one(sink, "balance_low")
    assert subject_of(mail) == "Your balance at Neofollower is 49.10 USD"
    assert f"{SITE}/balance/add/" in text


def test_the_summary(sink, shop, customer):
    mails.switch_off(user_id=customer.pk, kind="order_settled")
    mails.switch_off(user_id=customer.pk, kind="order_trouble")
    for status in (OrderStatus.COMPLETED, OrderStatus.COMPLETED, OrderStatus.PARTIAL, OrderStatus.IN_PROGRESS):
        order_in(status, customer)
    customer.refresh_from_db()
    customer.digest, customer.digest_at, customer.time_zone = "daily", NOW, "Asia/Tokyo"
    customer.save(update_fields=["digest", "digest_at", "time_zone"])
    mail, text = one(sink, "digest")
    assert subject_of(mail) == "Your summary from Neofollower"
    assert "What happened since 24 Nov 2026, 22:00:" in text
    assert "Completed: 2\nPartial: 1\nOn their way: 1\nCharge: -3.60 USD\nDeposit: 400.00 USD\nReturn: 0.45 USD" in text
    assert "Balance now: 396.85 USD" in text


@pytest.mark.parametrize("decision", ["confirmed", "corrected", "refused", "credited"])
def test_a_decided_payment(sink, shop, customer, agent, decision):
    if decision == "credited":
        deposits.credit(customer=customer, amount=money.parse("5"), note="For the delay", reference="C-1", now=NOW)
    else:
        deposit = report(customer, method=make_method(name="Bank <transfer>"), reference="RF-18")
        if decision == "confirmed":
            deposits.confirm(deposit_id=deposit.pk, agent=agent, now=NOW)
        elif decision == "corrected":
            deposits.confirm(
                deposit_id=deposit.pk, agent=agent, amount=money.parse("24"), reason="The bank's fee", now=NOW
            )
        else:
            deposits.refuse(deposit_id=deposit.pk, agent=agent, reason="It never came.", now=NOW)
    mail, text = one(sink, f"payment_{decision}")
    said = {"confirmed": "has come in", "corrected": "The bank's fee", "refused": "It never came.", "credited": "delay"}
    assert said[decision] in text
    assert mail["List-Unsubscribe"] is None


def test_a_ticket_from_its_receipt_to_its_end(sink, shop, customer, agent):
    ticket = ticketing.open_ticket(customer=customer, topic=Topic.OTHER, order=None, text="Where?", now=NOW)
    words = "We looked at <order> & link.\n\nPlease:\n* open it\n.\nBye, " + "x" * 1200 + " ünïcödé 日本"
    ticketing.reply(ticket_number=ticket.pk, author=agent, text=words, by_staff=True, now=NOW)
    ticketing.solve(ticket_number=ticket.pk, actor=agent, now=NOW)
    deliver_all()
    receipt, reply, solved = sink.mails
    for mail, name in ((receipt, "ticket_receipt"), (solved, "ticket_solved")):
        assert f"{SITE}/tickets/{ticket.pk}/" in looked_at(mail, name)
        assert mail["List-Unsubscribe"]
    html = reply.get_body(("html",)).get_content()
    keep("ticket_reply", html)
    assert "We looked at &lt;order&gt; &amp; link." in html
    quoted = "\n".join(f"> {line}" for line in words.splitlines())
    assert quoted in reply.get_body(("plain",)).get_content().replace("\r\n", "\n")
    assert reply["List-Unsubscribe"] is None
    threads = {(mail["References"], mail["In-Reply-To"]) for mail in sink.mails}
    assert threads == {(f"<ticket-{ticket.pk}@shop.example>", f"<ticket-{ticket.pk}@shop.example>")}
    assert len({mail["Message-ID"] for mail in sink.mails}) == 3


@pytest.mark.parametrize("name", account_words.WORDS)
def test_mail_about_an_account(sink, db, name):
    get_adapter().send_mail(name, "carol@example.com", ACCOUNT)
    mail, text = one(sink, name.rpartition("/")[2])
    words = account_words.WORDS[name]
    if words.is_change:
        assert "From the address: 203.0.113.7" in text
        assert f"{SITE}/accounts/sessions/" in text
    elif words.way:
        assert ACCOUNT[words.way[1]] in text
    else:
        assert re.search(r"^ABCD-1234$", text, re.MULTILINE)
    assert mail["List-Unsubscribe"] is None


def test_a_second_factor_that_our_team_reset(sink, customer, admin):
    customer.authenticator_set.create(type="totp", data={})
    second_factor.reset(user_id=customer.pk, actor=admin, reason="They called.")
    _mail, text = one(sink, "second_factor_reset")
    assert f"{SITE}/accounts/2fa/" in text


def test_somebody_asks_to_leave_and_is_gone(sink, shop, customer):
    order_in(OrderStatus.PARTIAL, customer)
    Notice.objects.update(notice_due_at=None)
    leaving.ask(user=customer, gives_up_balance=True, now=NOW)
    mail, text = one(sink, "leaving")
    assert subject_of(mail) == "Your account at Neofollower will be deleted"
    assert "That happens on 2 Dec 2026, 12:00." in text
    assert f"Keep my account: {SITE}/accounts/leave/" in text
    assert mail["List-Unsubscribe"] is None

    sink.received.clear()
    leaving.leave(user_id=customer.pk, now=NOW + leaving.WAIT)
    deliver_all(NOW + leaving.WAIT)
    mail, text = one(sink, "left")
    assert subject_of(mail) == "Your account at Neofollower is deleted"
    assert "This is the last mail from us." in text
    assert "/accounts/" not in text


def test_an_answer_to_somebody_who_cannot_sign_in(sink, db, agent):
    note = contact.receive(
        email="carol@example.com", text="I lost <my> phone.\n\nPlease help.", address="203.0.113.7", now=NOW
    )
    contact.answer(note_id=note.pk, agent=agent, text="Hello,\n\nuse a code & sign in.\nBye", now=NOW)
    deliver_all()
    [(to, mail)] = sink.received
    assert to == [mail["To"]] == ["carol@example.com"]
    html, text = mail.get_body(("html",)).get_content(), mail.get_body(("plain",)).get_content().replace("\r\n", "\n")
    keep("contact_answer", html)
    assert subject_of(mail) == "Our answer to your message to Neofollower"
    assert "Hello,\n\nuse a code & sign in.\nBye\n\nYou wrote:\n\n> I lost <my> phone.\n> \n> Please help." in text
    assert "use a code &amp; sign in.<br>Bye" in html
    assert "I lost &lt;my&gt; phone." in html
    assert f"{SITE}/contact/" in text
    assert mail["References"] == mail["In-Reply-To"] == f"<contact-{note.pk}@shop.example>"
    assert mail["List-Unsubscribe"] is None


def test_every_mail_that_allauth_may_send_has_words_of_ours():
    folders = {Path(get_template(f"{name}_message.txt").origin.name).parent for name in account_words.WORDS}
    theirs = {f"{folder.parts[-2]}/email/{file.name}" for folder in folders for file in folder.glob("*_message.txt")}
    ours = {f"{name}_message.txt" for name in account_words.WORDS}
    assert theirs - ours == {"account/email/base_message.txt"}


def test_no_template_of_another_mail_is_left():
    """What a mail looks like is decided in one place."""
    there = {file.name for folder in django_settings.TEMPLATES[0]["DIRS"] for file in Path(folder, "emails").iterdir()}
    assert there == {"letter.txt", "letter.html", "_guide.txt", "_guide_line.txt"}


def test_a_brand_with_line_ends_writes_no_headers(sink, settings):
    settings.BRAND = "Shop\r\nBcc: everybody@example.com"
    message_of(Letter(subject=f"From {settings.BRAND}", words=("Hello.",)), to="carol@example.com").send()
    [(to, mail)] = sink.received
    assert (to, mail["Bcc"]) == (["carol@example.com"], None)


def test_orders_stay_as_they_are_whatever_is_mailed(sink, shop, customer):
    order = order_in(OrderStatus.PARTIAL, customer)
    before = Order.objects.filter(pk=order.pk).values().get()
    deliver_all()
    assert Order.objects.filter(pk=order.pk).values().get() == before
