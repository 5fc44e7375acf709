"""The customer's time zone: chosen, shown, and never able to break a page."""

import datetime as dt

import pytest

PAGE = "/accounts/preferences/"


def test_a_time_zone_is_saved_and_used(client, customer):
    client.force_login(customer)
    answer = client.post(PAGE, {"time_zone": "Asia/Tokyo"}, follow=True)
    customer.refresh_from_db()
    assert customer.time_zone == "Asia/Tokyo"
    assert "Your preferences are saved." in answer.text
    assert '<option value="Asia/Tokyo" selected>Asia/Tokyo</option>' in answer.text


def test_the_shops_own_zone_can_be_chosen_again(client, customer):
    customer.time_zone = "Asia/Tokyo"
    customer.save(update_fields=["time_zone"])
    client.force_login(customer)
    assert client.post(PAGE, {"time_zone": ""}).status_code == 302
    customer.refresh_from_db()
    assert customer.time_zone == ""


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../../etc/passwd", "x" * 2000, "Europe/Berlin\x00"])
def test_an_unknown_zone_is_refused_and_changes_nothing(client, customer, zone):
    client.force_login(customer)
    answer = client.post(PAGE, {"time_zone": zone})
    assert answer.status_code == 422
    assert 'id="id_time_zone_error"' in answer.text
    customer.refresh_from_db()
    assert customer.time_zone == ""


def test_preferences_change_nothing_but_the_zone(client, customer):
    client.force_login(customer)
    client.post(PAGE, {"time_zone": "UTC", "email": "x@example.com", "is_staff": "on", "is_superuser": "on"})
    customer.refresh_from_db()
    assert (customer.email, customer.is_staff, customer.is_superuser) == ("carol@example.com", False, False)


@pytest.mark.parametrize(("typed", "units"), [("25", 2_500_000_000), ("0.5", 50_000_000), ("", None), ("0", None)])
def test_a_threshold_for_the_balance_is_kept_in_units_and_shown_as_typed(client, customer, typed, units):
    client.force_login(customer)
    assert client.post(PAGE, {"time_zone": "", "tell_below": typed}).status_code == 302
    customer.refresh_from_db()
    assert customer.low_balance == units
    shown = {2_500_000_000: 'value="25.00"', 50_000_000: 'value="0.50"'}.get(units, "")
    assert shown in client.get(PAGE).text


@pytest.mark.parametrize("typed", ["-1", "1,5", "1e9", "ten", "1.123456789"])
def test_a_threshold_that_is_no_amount_is_refused_and_kept_in_its_field(client, customer, typed):
    client.force_login(customer)
    answer = client.post(PAGE, {"time_zone": "", "tell_below": typed})
    assert answer.status_code == 422
    assert f'value="{typed}"' in answer.text


def test_a_summary_is_due_at_eight_in_the_zone_that_was_chosen_with_it(client, customer, time_machine):
    time_machine.move_to(dt.datetime(2026, 11, 25, 12, 0, tzinfo=dt.UTC))
    client.force_login(customer)
    client.post(PAGE, {"time_zone": "Asia/Tokyo", "digest": "weekly"})
    customer.refresh_from_db()
    assert customer.digest_at == dt.datetime(2026, 11, 29, 23, 0, tzinfo=dt.UTC)
    client.post(PAGE, {"time_zone": "Asia/Tokyo", "digest": ""})
    customer.refresh_from_db()
    assert customer.digest_at is None
    assert client.post(PAGE, {"digest": "hourly"}).status_code == 422
