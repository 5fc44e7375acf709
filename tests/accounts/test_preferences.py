"""The customer's time zone: chosen, shown, and never able to break a page."""

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
