"""Providers at the desk: how they are, the pause, the held returns, and what an operator may set."""

import datetime as dt
import logging

import pytest
from django.contrib.admin.models import LogEntry

from orders.models import Provider
from tests.factories import NOW, fresh, make_provider, make_service
from tests.orders.desk.situations import forms_of, reported_late, words_of

pytestmark = pytest.mark.django_db

LIST = "/admin/orders/provider/"


@pytest.fixture
def provider(db):
    return make_provider(name="North", key="the-secret-key")


@pytest.fixture
def at_panel(client, operator):
    client.force_login(operator)
    return client


def again(provider) -> Provider:
    return Provider.objects.get(pk=provider.pk)


def page(client, provider):
    return client.get(f"{LIST}{provider.pk}/health/")


def act(client, provider, name: str, **typed):
    return client.post(f"{LIST}{provider.pk}/{name}/", typed)


def hold(provider) -> None:
    Provider.objects.filter(pk=provider.pk).update(returns_held_at=NOW - dt.timedelta(hours=1))


def test_the_page_shows_how_the_provider_is(at_panel, provider):
    Provider.objects.filter(pk=provider.pk).update(
        failures=3, errors_per_mille=125, latency_ms=1234, balance="17.20 USD", answered_at=NOW
    )
    shown = words_of(page(at_panel, provider))
    for words in (
        "State failing",
        "Failures in a row 3",
        "Error rate 12.5 %",
        "Latency 1,234 ms",
        "Balance there 17.20 USD",
        "Last good answer 12:00 (just now)",
    ):
        assert words in shown


def test_the_key_is_shown_nowhere(at_panel, team, provider):
    for path in (LIST, f"{LIST}{provider.pk}/health/", f"{LIST}{provider.pk}/change/"):
        for client in (at_panel, team["admin"]):
            html = client.get(path).content.decode()
            assert "the-secret-key" not in html
            assert provider.sealed_key not in html


def test_a_pause_and_its_end_leave_who_and_why(at_panel, provider, operator):
    for minutes in ("0", "-5", "1.5", "10081", "", "soon"):
        assert act(at_panel, provider, "pause", minutes=minutes, reason="They move").status_code == 422
    assert act(at_panel, provider, "pause", minutes="90", reason="They move").status_code == 302
    assert again(provider).paused_until == NOW + dt.timedelta(minutes=90)
    assert again(provider).check_at == again(provider).paused_until
    shown = page(at_panel, provider)
    assert forms_of(shown) == ["pause", "resume"]
    assert "Paused for 90 minutes: They move" in words_of(shown)
    assert act(at_panel, provider, "resume", reason="They are back").status_code == 302
    assert again(provider).paused_until is None
    assert act(at_panel, provider, "resume", reason="Twice").status_code == 422
    assert list(LogEntry.objects.order_by("id").values_list("user", "change_message")) == [
        (operator.pk, "Paused for 90 minutes: They move"),
        (operator.pk, "Resumed: They are back"),
    ]


def test_held_returns_are_released_with_count_and_sum_shown_and_the_word_typed(at_panel, provider, customer):
    orders = [reported_late(customer, service=make_service(provider=provider)) for _one in range(2)]
    hold(provider)
    shown = words_of(page(at_panel, provider))
    assert "2 orders wait with proposed returns of 1.80 USD in all" in shown
    refused = act(at_panel, provider, "release", reason="Looked at all", confirmation="yes")
    assert refused.status_code == 422
    assert again(provider).returns_held_at is not None
    assert act(at_panel, provider, "release", reason="Looked at all", confirmation="RELEASE").status_code == 302
    assert (again(provider).returns_held_at, again(provider).returns_released_at) == (None, NOW)
    assert [fresh(order).refunded for order in orders] == [0, 0]
    assert act(at_panel, provider, "release", reason="Twice", confirmation="RELEASE").status_code == 422


@pytest.mark.parametrize("role", ["agent", "lead", "auditor", "editor"])
@pytest.mark.parametrize("name", ["pause", "resume", "release"])
def test_a_forged_request_is_refused_logged_and_changes_nothing(team, provider, caplog, role, name):
    hold(provider)
    before = Provider.objects.filter(pk=provider.pk).values().get()
    with caplog.at_level(logging.WARNING, "orders.admin.offers"):
        refused = act(team[role], provider, name, minutes="5", reason="x", confirmation="RELEASE")
    assert refused.status_code == 403
    assert "without the right" in caplog.text
    assert Provider.objects.filter(pk=provider.pk).values().get() == before


@pytest.mark.parametrize(("role", "status"), [("agent", 200), ("lead", 200), ("auditor", 200), ("editor", 403)])
def test_who_reads_orders_reads_how_providers_are(team, provider, role, status):
    answer = page(team[role], provider)
    assert answer.status_code == status
    assert forms_of(answer) == []


def test_an_operator_sets_what_a_provider_can_do_and_keeps_its_key(at_panel, provider):
    typed = {
        "name": "North",
        "url": "https://north.example.com/api/v2",
        "dialect": "v2",
        "is_active": "on",
        "takes_request_id": "on",
        "can_cancel": "on",
        "refusals": "Bad link\nNot for sale",
        "new_key": "",
    }
    assert at_panel.post(f"{LIST}{provider.pk}/change/", typed).status_code == 302
    kept = again(provider)
    assert (kept.takes_request_id, kept.can_cancel, kept.key) == (True, True, "the-secret-key")
    assert kept.refusals.split() == ["Bad", "link", "Not", "for", "sale"]


def test_a_provider_of_the_old_dialect_is_promised_nothing_that_it_does_not_know(at_panel, provider):
    typed = {"name": "North", "url": "https://north.example.com/api/v1", "dialect": "v1", "is_active": "on"}
    refused = at_panel.post(f"{LIST}{provider.pk}/change/", typed | {"can_cancel": "on"})
    assert "The dialect v1 knows no request_id, no cancel and no refill." in words_of(refused)
    assert again(provider).dialect == "v2"
    assert at_panel.post(f"{LIST}{provider.pk}/change/", typed).status_code == 302
    assert (again(provider).dialect, again(provider).can_cancel) == ("v1", False)
    assert "it knows no cancel, no refill and no request_id" in words_of(page(at_panel, provider))


@pytest.mark.parametrize("number", [987_654, 2**63])
def test_a_provider_that_does_not_exist_is_404(at_panel, number):
    assert at_panel.get(f"{LIST}{number}/health/").status_code == 404
    assert at_panel.post(f"{LIST}{number}/resume/", {"reason": "x"}).status_code == 404


def test_the_list_says_how_each_is(at_panel, provider):
    Provider.objects.filter(pk=provider.pk).update(paused_until=NOW, returns_held_at=NOW)
    make_provider(name="South")
    shown = words_of(at_panel.get(LIST))
    assert "North paused" in shown
    assert "South well" in shown
    assert "South" not in words_of(at_panel.get(f"{LIST}?returns_held_at__isnull=False")).partition("Health")[2]
