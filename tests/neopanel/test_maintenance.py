"""The operator's pause: everybody is told, nothing is lost, and health goes on saying the truth."""

import pytest
from django.conf import settings
from django.core.management import call_command

from neopanel import maintenance


@pytest.fixture(autouse=True)
def own_data_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(settings, "DATA_DIR", tmp_path)


@pytest.mark.parametrize("address", ["/", "/orders/", "/admin/", "/help/"])
def test_while_the_shop_is_paused_every_page_says_so(client, address):
    call_command("maintenance", "on", note="Back at 14:30 UTC.")
    answer = client.get(address)
    assert (answer.status_code, answer["Retry-After"]) == (503, "120")
    assert "Back at 14:30 UTC." in answer.text
    assert "Your orders and your balance are safe." in answer.text


def test_a_note_is_text_and_no_markup(client):
    maintenance.begin("<script>alert(1)</script>")
    assert "<script>" not in client.get("/").text


@pytest.mark.parametrize("dialect", ["v1", "v2"])
def test_programs_are_told_in_json(client, dialect):
    maintenance.begin("")
    answer = client.post(f"/api/{dialect}", {"action": "balance"})
    assert answer.status_code == 503
    assert set(answer.json()) == {"error"}


def test_health_answers_as_always_and_the_shop_opens_again(client, db):
    maintenance.begin("")
    assert client.get("/health/live").status_code == 200
    call_command("maintenance", "off")
    assert client.get("/").status_code == 200


def test_the_command_says_what_holds(capsys):
    call_command("maintenance", "status")
    call_command("maintenance", "on", note="Soon.")
    call_command("maintenance", "off")
    assert capsys.readouterr().out.splitlines() == [
        "The shop is open.",
        "The shop is paused: Soon.",
        "The shop is open.",
    ]
