"""The front page of admin says what needs a human first, to whom it concerns, without counting whole tables."""

import datetime as dt

import pytest
from django.core.cache import cache
from django.test import Client

from helpcenter import first_edition
from helpcenter.models import Article, ArticleRevision, SearchLog
from neopanel import first_things
from orders import deposits, halt
from orders.models import Provider
from support import contact, ticketing
from support.models import Topic
from tests.conftest import member
from tests.factories import NOW, place
from tests.orders.desk.situations import lost, reported_late, words_of
from tests.orders.payments import make_method

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_remembered(time_machine):
    time_machine.move_to(NOW, tick=False)
    cache.clear()


@pytest.fixture
def busy(customer):
    """One of everything that waits."""
    reported_late(customer)
    lost(customer)
    order = place(customer)
    ticketing.open_ticket(customer=customer, topic=Topic.OTHER, order=order, text="Where is it?", now=NOW)
    deposits.report_payment(
        customer=customer,
        method=make_method(),
        amount=10**9,
        reference="R-1",
        note="",
        client_key="k",
        now=NOW,
    )
    Provider.objects.filter(pk=order.provider_id).update(returns_held_at=NOW, paused_until=NOW)
    halt.begin(reason="A check", now=NOW)
    contact.receive(email="x@example.com", text="Hello", address="203.0.113.7", now=NOW)


@pytest.fixture
def help_to_do(db, editor):
    """An article that waits for a reviewer, one that is to be read again, and a search that found nothing, and an old one."""
    first_edition.load(now=NOW)
    article, old = Article.objects.select_related("latest")[:2]
    ArticleRevision.objects.filter(pk=article.latest_id).update(state="in_review")
    Article.objects.filter(pk=old.pk).update(review_by=NOW.date())
    for days in (1, 8):
        SearchLog.objects.create(query="bitcoin", found=0, created_at=NOW - dt.timedelta(days=days))


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_every_number_leads_to_the_list_that_it_counts(busy, admin):
    client = signed_in(admin)
    things = first_things.first_things(admin)
    assert [(thing.number, str(thing.words)) for thing in things] == [
        ("1", "Money stands still"),
        ("1", "Providers whose returns are held"),
        ("1", "Orders to be found at the provider"),
        ("1", "Reports to be decided"),
        ("1", "Payments to be confirmed"),
        ("1", "Tickets that nobody has"),
        ("1", "Messages from people who cannot sign in"),
        ("1", "Providers that are paused"),
    ]
    shown = client.get("/admin/").content.decode()
    for thing in things:
        assert thing.address.replace("&", "&amp;") in shown
        listed = client.get(thing.address)
        assert listed.status_code == 200
        if "halt" not in thing.address:
            assert len(listed.context["cl"].result_list) == 1


def test_editors_hear_of_what_is_to_be_read_again_and_reviewers_of_what_is_to_be_approved(help_to_do, editor):
    things = first_things.first_things(editor)
    assert [(thing.number, thing.words) for thing in things] == [
        ("1", "Articles to be read again"),
        ("1", "Searches of this week that found nothing"),
    ]
    reviewer = member("rita@example.com", "Content reviewer")
    things = first_things.first_things(reviewer)
    assert things[0].words == "Articles to be reviewed"
    client = signed_in(reviewer)
    assert len(client.get(things[0].address).context["cl"].result_list) == 1
    for thing in things[1:]:
        page, _hash, place = thing.address.partition("#")
        assert f'id="{place}"' in client.get(page).text


def test_nobody_is_told_of_what_they_may_not_see(busy, editor):
    assert first_things.first_things(editor) == []
    assert "Nothing waits for a person." in words_of(signed_in(editor).get("/admin/"))


def test_the_numbers_stop_at_999(monkeypatch, customer, admin):
    monkeypatch.setattr(first_things, "MOST_COUNTED", 1)
    for _one in range(3):
        lost(customer)
    assert [thing.number for thing in first_things.first_things(admin)] == ["1+"]


def test_the_numbers_are_counted_once_a_minute(customer, agent, django_assert_num_queries):
    client = signed_in(agent)
    client.get("/admin/")
    with django_assert_num_queries(5):
        client.get("/admin/")
