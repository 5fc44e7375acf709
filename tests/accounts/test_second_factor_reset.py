"""Somebody has lost their second factor: who may take it away, what is left behind, and who hears of it."""

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.admin.models import LogEntry
from django.core import mail
from django.utils import timezone

from accounts import posting
from accounts.models import AccountMail

pytestmark = pytest.mark.django_db


@pytest.fixture
def locked_out(customer):
    for kind in (Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES):
        Authenticator.objects.create(user=customer, type=kind, data={})
    return customer


def reset(client, person, reason="They called from their known number", **options):
    return client.post(f"/admin/accounts/user/{person.pk}/second-factor/", {"reason": reason}, **options)


def test_a_lead_resets_it_with_a_reason_and_its_owner_is_told(client, lead, locked_out):
    client.force_login(lead)
    assert reset(client, locked_out).status_code == 302
    assert mail.outbox == []
    posting.mails_due(timezone.now)
    assert Authenticator.objects.count() == 0
    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id) == (lead, str(locked_out.pk))
    assert "They called from their known number" in entry.change_message
    [letter] = mail.outbox
    assert (letter.to, letter.subject) == (["carol@example.com"], "Your second factor at Neofollower was reset")
    assert "/accounts/2fa/" in letter.body


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [(" ", "Say why, and how you know that it is them who ask."), ("x" * 201, "at most 200 characters")],
)
def test_without_a_good_reason_nothing_happens(client, lead, locked_out, reason, sentence):
    client.force_login(lead)
    refused = reset(client, locked_out, reason)
    assert refused.status_code == 422
    assert sentence in refused.content.decode()
    assert Authenticator.objects.count() == 2


def test_nobody_resets_their_own_a_leads_or_one_that_is_none(client, lead, agent, admin, customer):
    Authenticator.objects.create(user=agent, type=Authenticator.Type.TOTP, data={})
    client.force_login(lead)
    for person, sentence in (
        (lead, "Your own second factor is for somebody else to reset."),
        (agent, "Those of the team are reset by an administrator."),
        (customer, "This account has no second factor."),
    ):
        refused = reset(client, person)
        assert (refused.status_code, sentence in refused.content.decode()) == (422, True)
    client.force_login(admin)
    assert reset(client, agent).status_code == 302
    assert Authenticator.objects.count() == 0


def test_an_agent_without_the_right_changes_nothing(client, agent, locked_out):
    client.force_login(agent)
    assert reset(client, locked_out).status_code == 403
    assert Authenticator.objects.count() == 2
    assert LogEntry.objects.count() == 0


def test_a_mail_server_that_is_down_stops_no_reset_and_the_letter_waits(client, lead, locked_out, settings):
    settings.EMAIL_BACKEND = "tests.orders.test_notifications.Down"
    client.force_login(lead)
    assert reset(client, locked_out).status_code == 302
    assert Authenticator.objects.count() == 0
    posting.mails_due(timezone.now)
    [waiting] = AccountMail.objects.all()
    assert (waiting.notified_at, waiting.notice_due_at > timezone.now()) == (None, True)
    assert "/accounts/2fa/" in waiting.text
