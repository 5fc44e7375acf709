"""Keys of customers' programs: hashed, shown once, ended at once, and nobody else's business."""

import datetime as dt
import re

import pytest

from accounts import api_keys
from accounts.forms import MONEY_DECIMALS, MOST_LIVE_KEYS
from accounts.models import ApiKey
from orders import money

PAGE = "/accounts/api-keys/"
ODD_CAPS = [
    "-1",
    "1e3",
    "1,00",
    "0.000000001",
    "Infinity",
    "NaN",
    "\N{ARABIC-INDIC DIGIT THREE}",
    "1" * 10,
    "abc",
    "1.",
]
ODD_NETWORKS = ["shop.example.com", "1.2.3", "203.0.113.0/33", "203.0.113.256", "::1/129", "<b>", "10.0.0.1/-1"]


def create(client, **fields):
    return client.post(PAGE, {"name": "Shop script", "scope": "order", **fields})


def shown_key(answer) -> str:
    return re.search(r'<p class="secret" id="key">([^<]+)</p>', answer.text).group(1)


def test_the_database_holds_no_usable_key(customer, now):
    key, text = api_keys.issue(user=customer, name="Script", now=now)
    row = ApiKey.objects.values().get()
    assert text not in [str(value) for value in row.values()]
    assert row["digest"] == api_keys.digest_of(text)
    assert key.prefix == text[:6]


def test_a_pepper_makes_the_same_key_another_fingerprint(settings):
    before = api_keys.digest_of("key")
    settings.SECRET_KEY = "another pepper"
    assert api_keys.digest_of("key") != before


def test_a_key_is_found_by_its_text_alone(customer, now):
    key, text = api_keys.issue(user=customer, name="Script", now=now)
    found = api_keys.find(text=text, now=now)
    assert (found, found.user) == (key, customer)
    assert [api_keys.find(text=wrong, now=now) for wrong in ("", text[:-1], text + "x", key.digest, key.prefix)] == [
        None
    ] * 5


def test_a_disabled_account_has_no_keys(customer, now):
    _, text = api_keys.issue(user=customer, name="Script", now=now)
    customer.is_active = False
    customer.save(update_fields=["is_active"])
    assert api_keys.find(text=text, now=now) is None


def test_the_last_use_is_written_once_a_minute(customer, now):
    _, text = api_keys.issue(user=customer, name="Script", now=now)
    moments = [now, now + dt.timedelta(seconds=59), now + dt.timedelta(seconds=60)]
    seen = []
    for moment in moments:
        api_keys.find(text=text, now=moment)
        seen.append(ApiKey.objects.get().last_used_at)
    assert seen == [now, now, moments[2]]


def test_a_new_key_is_shown_once_and_works(client, customer, now):
    client.force_login(customer)
    answer = create(client)
    text = shown_key(answer)
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    assert api_keys.find(text=text, now=now).user == customer
    assert text not in client.get(PAGE).text
    assert "Shop script" in client.get(PAGE).text


@pytest.mark.parametrize("scope", ["read", "order", "test"])
def test_a_key_may_do_what_was_chosen(client, customer, scope):
    client.force_login(customer)
    create(client, scope=scope)
    assert ApiKey.objects.get().scope == scope


def test_loading_the_answer_again_makes_no_second_key(client, customer):
    client.force_login(customer)
    create(client)
    answer = create(client)
    assert answer.status_code == 422
    assert "You already have a key with this name." in answer.text
    assert ApiKey.objects.count() == 1


def test_the_name_of_a_revoked_key_is_free_again(client, customer, now):
    key, _ = api_keys.issue(user=customer, name="Shop script", now=now)
    api_keys.revoke(user=customer, key_id=key.pk, now=now)
    client.force_login(customer)
    assert create(client).status_code == 200


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"name": ""}, "This field is required."),
        ({"name": "   "}, "This field is required."),
        ({"name": "x" * 81}, "at most 80 characters"),
        ({"name": "a\x00b"}, "Null characters are not allowed."),
        ({"scope": "admin"}, "Select a valid choice."),
        ({"scope": ""}, "This field is required."),
        *(({"daily_cap": odd}, "Enter an amount with plain digits") for odd in ODD_CAPS),
        *(({"networks": odd}, "is no IP address and no network") for odd in ODD_NETWORKS),
        ({"networks": "\n".join(f"203.0.{n}.0/24" for n in range(51))}, "At most 50 lines"),
    ],
)
def test_bad_input_is_refused_with_a_sentence_and_keeps_what_was_typed(client, customer, fields, sentence):
    client.force_login(customer)
    answer = create(client, **fields)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert ApiKey.objects.count() == 0
    if "name" not in fields:
        assert 'value="Shop script"' in answer.text


def test_a_keys_limits_are_kept_as_typed_and_shown(client, customer):
    client.force_login(customer)
    answer = create(client, daily_cap="25.5", networks="203.0.113.7, 2001:db8::/32\n198.51.100.77/24 203.0.113.7")
    assert answer.status_code == 200
    key = ApiKey.objects.get()
    assert (key.daily_cap, MONEY_DECIMALS) == (money.parse("25.50"), money.DECIMALS)
    assert key.networks.splitlines() == ["203.0.113.7/32", "2001:db8::/32", "198.51.100.0/24"]
    page = client.get(PAGE).text
    assert "at most 25.50 USD a day" in page
    assert "203.0.113.7/32<br>2001:db8::/32" in page


def test_a_cap_of_nothing_is_a_cap(client, customer):
    client.force_login(customer)
    create(client, daily_cap="0")
    assert ApiKey.objects.get().daily_cap == 0


def test_there_is_a_most_of_live_keys(client, customer, now):
    for number in range(MOST_LIVE_KEYS):
        api_keys.issue(user=customer, name=f"Script {number}", now=now)
    client.force_login(customer)
    answer = create(client)
    assert answer.status_code == 422
    assert "which is the most" in answer.text
    assert ApiKey.objects.count() == MOST_LIVE_KEYS


def test_a_revoked_key_is_refused_at_once(client, customer, now):
    key, text = api_keys.issue(user=customer, name="Script", now=now)
    client.force_login(customer)
    answer = client.post(f"{PAGE}{key.pk}/revoke/", follow=True)
    assert "The key is revoked." in answer.text
    assert api_keys.find(text=text, now=now) is None


def test_revoking_twice_is_404_and_keeps_the_first_moment(client, customer, now):
    key, _ = api_keys.issue(user=customer, name="Script", now=now)
    api_keys.revoke(user=customer, key_id=key.pk, now=now)
    client.force_login(customer)
    assert client.post(f"{PAGE}{key.pk}/revoke/").status_code == 404
    assert ApiKey.objects.get().revoked_at == now


def test_a_strangers_key_is_404_like_one_that_does_not_exist(client, customer, stranger, now):
    key, text = api_keys.issue(user=customer, name="Private name", now=now)
    client.force_login(stranger)
    theirs = client.post(f"{PAGE}{key.pk}/revoke/")
    missing = client.post(f"{PAGE}{key.pk + 1}/revoke/")
    assert (theirs.status_code, missing.status_code) == (404, 404)
    assert "Private name" not in client.get(PAGE).text
    assert api_keys.find(text=text, now=now) == key


def test_a_key_is_never_revoked_by_following_a_link(client, customer, now):
    key, text = api_keys.issue(user=customer, name="Script", now=now)
    client.force_login(customer)
    assert client.get(f"{PAGE}{key.pk}/revoke/").status_code == 405
    assert api_keys.find(text=text, now=now) == key


@pytest.mark.parametrize("rows", [1, 3])
def test_the_page_asks_the_database_as_often_for_one_key_as_for_three(
    client, customer, now, rows, django_assert_num_queries
):
    for number in range(rows):
        api_keys.issue(user=customer, name=f"Live {number}", now=now)
        ended, _ = api_keys.issue(user=customer, name=f"Ended {number}", now=now)
        api_keys.revoke(user=customer, key_id=ended.pk, now=now)
    client.force_login(customer)
    client.get(PAGE)
    with django_assert_num_queries(5):  # session, user, balance, keys in use, revoked keys
        client.get(PAGE)


def test_visitors_are_sent_to_sign_in(client, db):
    answer = client.get(PAGE)
    assert (answer.status_code, answer["Location"]) == (302, f"/accounts/login/?next={PAGE}")
