"""The feed of changes tells of services beside the rules."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from orders import money, shelving
from orders.shelving import Edit
from tests.factories import NOW, make_service
from tests.helpcenter.factories import make_article, make_section

pytestmark = pytest.mark.django_db


def test_a_new_price_a_pause_and_a_new_rule_are_in_the_feed_newest_first(client, admin):
    service = make_service(name="Likes & more", rate="0.90")
    make_article(section=make_section(), title="The new rule", now=NOW + dt.timedelta(minutes=1))
    shelving.change(edits=[Edit(service.pk, {"rate": money.parse("1.20")})], actor=admin, now=NOW)
    paused = Edit(service.pk, {"is_on_sale": False}, "Being repaired")
    shelving.change(edits=[paused], actor=admin, now=NOW + dt.timedelta(minutes=2))
    text = client.get("/help/changes.xml").text
    lines = [
        "<title>Likes &amp; more: Paused</title>",
        "<description>Being repaired</description>",
        "<title>The new rule</title>",
        "<title>Likes &amp; more: New price</title>",
        "<description>0.90 USD → 1.20 USD dearer</description>",
    ]
    places = [text.index(line) for line in lines]
    assert places == sorted(places)
    assert "<link>http://testserver/services/changes/?of=all</link>" in text
    assert admin.email not in text


def test_the_feed_asks_the_database_as_often_for_many_changes_as_for_one(client, admin):
    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert client.get("/help/changes.xml").status_code == 200
        return len(seen)

    for number in range(3):
        service = make_service(name=f"Service {number}", rate="0.90")
        shelving.change(edits=[Edit(service.pk, {"rate": money.parse("1.20")})], actor=admin, now=NOW)
        assert queries() == 2
