"""Does a provider answer, how fast, and does the key work?"""

import io
import json

import pytest
from django.core.management import CommandError, call_command

from orders.provider.simulator import running_simulator
from tests.factories import make_provider
from tests.orders.provider.fake import answers, fake_provider, response
from tests.orders.test_sync import sells

pytestmark = [pytest.mark.django_db(transaction=True)]


def run(*command) -> str:
    out = io.StringIO()
    call_command("check_provider", *command, stdout=out)
    return out.getvalue()


def test_a_provider_that_works_is_told_with_balance_and_services(settings):
    with running_simulator() as sim:
        sells(sim, settings)
        told = run("Simulator")
        found = json.loads(run("Simulator", "--json"))
    assert "Simulator answers by API v2 in " in told
    assert "and the key works." in told
    assert f"Services: {found['services']}" in told
    assert found["services"] > 20
    assert (found["provider"], found["dialect"], found["key"]) == ("Simulator", "v2", "works")
    assert 0 <= found["latency_ms"] < 10_000
    assert float(found["balance"]) > 0


def test_a_wrong_key_is_named_and_not_shown(settings):
    with fake_provider(answers(response(b'{"error": "Invalid API key"}'))) as fake:
        settings.ALLOW_PRIVATE_HOSTS = [fake.host]
        make_provider(name="Strict", url=fake.url, key="wrong-key-of-ours")
        with pytest.raises(CommandError, match=r"^Strict: the key was refused") as error:
            run("Strict")
    assert "wrong-key-of-ours" not in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "body", [b"<html>Down for work</html>", b"", b'{"balance": null}', b'{"error": "Something odd"}']
)
def test_an_answer_nobody_understands_is_one_sentence(settings, body):
    with fake_provider(answers(response(body))) as fake:
        settings.ALLOW_PRIVATE_HOSTS = [fake.host]
        make_provider(name="Odd", url=fake.url)
        with pytest.raises(CommandError, match=r"^Odd: no usable answer \(.+\)\.$"):
            run("Odd")


def test_a_provider_that_sells_nothing_is_one_sentence(settings):
    with fake_provider(answers(response(b'{"balance": "12.50", "currency": "USD"}'))) as fake:
        settings.ALLOW_PRIVATE_HOSTS = [fake.host]
        make_provider(name="Empty", url=fake.url)
        with pytest.raises(CommandError, match=r"^Empty: .+"):
            run("Empty")


def test_a_provider_that_is_not_there_is_one_sentence(settings):
    settings.ALLOW_PRIVATE_HOSTS = ["127.0.0.1"]
    make_provider(name="Gone", url="http://127.0.0.1:1/api/v2")
    with pytest.raises(CommandError, match=r"^Gone: no usable answer \(.+\)\.$"):
        run("Gone")


def test_an_address_that_is_not_allowed_is_said(settings):
    settings.ALLOW_PRIVATE_HOSTS = []
    make_provider(name="Inside", url="https://127.0.0.1:1/api/v2")
    with pytest.raises(CommandError, match=r"^Inside: the address is not allowed"):
        run("Inside")


def test_an_unknown_name_says_which_there_are():
    make_provider(name="Known one")
    with pytest.raises(CommandError, match=r"There is no provider 'Nobody'. Known: Known one."):
        run("Nobody")


def test_a_provider_of_the_old_dialect_is_told_as_one(settings):
    with running_simulator() as sim:
        settings.ALLOW_PRIVATE_HOSTS = [sim.host]
        make_provider(name="Old", url=sim.url_v1, key=sim.key, dialect="v1")
        told = run("Old")
        found = json.loads(run("Old", "--json"))
    assert "Old answers by API v1 in " in told
    assert "API v1 knows no cancel, no refill and no request_id." in told
    assert "But its answers" not in told
    assert (found["dialect"], found["looks_like"]) == ("v1", "v1")
    assert found["services"] > 20


def test_answers_that_look_like_the_other_dialect_are_said(settings):
    with running_simulator() as sim:
        settings.ALLOW_PRIVATE_HOSTS = [sim.host]
        make_provider(name="Old", url=sim.url_v1, key=sim.key)
        make_provider(name="New", url=sim.url, key=sim.key, dialect="v1")
        assert "But its answers look like API v1. If that is so: add_provider 'Old' ... --dialect v1" in run("Old")
        assert "But its answers look like API v2." in run("New")


def test_a_key_that_cannot_be_unsealed_is_one_sentence():
    provider = make_provider(name="Lost")
    provider.sealed_key = "not-sealed-by-us"
    provider.save(update_fields=["sealed_key"])
    with pytest.raises(CommandError, match=r"^Lost: NEOPANEL_FIELD_KEYS lacks the key"):
        run("Lost")
