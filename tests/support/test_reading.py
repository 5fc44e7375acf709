"""Looking at a customer's data leaves a row: who, whose, what, and in which hour."""

import datetime as dt

import pytest
import time_machine

from support.models import CustomerRead
from tests.factories import NOW
from tests.support.test_pages import words_of
from tests.support.test_ticketing import open_on
from tests.support.test_workspace import desk_of

pytestmark = pytest.mark.django_db


def test_each_look_at_a_ticket_is_noted_once_an_hour(client, customer, agent, auditor):
    ticket = open_on(customer)
    for minutes, person in ((0, agent), (20, agent), (30, auditor), (70, agent)):
        with time_machine.travel(NOW + dt.timedelta(minutes=minutes), tick=False):
            client.force_login(person)
            client.get(desk_of(ticket))
            client.get(f"/admin/support/ticket/{ticket.pk}/seen/")
    looked = CustomerRead.objects.filter(what=f"ticket {ticket.pk}").values_list("staff", "customer", "hour")
    an_hour = dt.timedelta(hours=1)
    assert set(looked) == {
        (agent.pk, customer.pk, NOW),
        (auditor.pk, customer.pk, NOW),
        (agent.pk, customer.pk, NOW + an_hour),
    }
    assert CustomerRead.objects.filter(what=f"ticket {ticket.pk} as seen").count() == 3


def test_a_look_that_was_refused_is_none(client, customer, editor):
    client.force_login(editor)
    assert client.get(desk_of(open_on(customer))).status_code == 403
    assert CustomerRead.objects.count() == 0


def test_auditors_read_the_log_and_nobody_changes_it(client, customer, agent, auditor, admin):
    ticket = open_on(customer)
    client.force_login(agent)
    client.get(desk_of(ticket))
    client.force_login(auditor)
    assert f"ticket {ticket.pk}" in words_of(client.get("/admin/support/customerread/?q=carol@example.com"))
    client.force_login(admin)
    row = CustomerRead.objects.get()
    assert client.post(f"/admin/support/customerread/{row.pk}/delete/", {"post": "yes"}).status_code == 403
