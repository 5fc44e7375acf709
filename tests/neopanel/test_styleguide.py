"""The style guide shows everything that there is, to those who build pages."""

import re

import pytest
from django.conf import settings

from orders.statuses import OrderStatus
from tests.test_look import CSS


@pytest.fixture
def guide(client, customer) -> str:
    client.force_login(customer)
    return client.get("/styleguide/").text


def test_every_status_verdict_and_call_out_is_in_it(guide):
    wanted = {f"badge--{status.value}" for status in OrderStatus}
    wanted |= {f"verdict--{kind}" for kind in ("wait", "check", "contact", "ours", "done")}
    wanted |= {f"callout--{kind}" for kind in ("note", "tip", "warning", "important", "caution")}
    assert {name for name in wanted if name not in guide} == set()


def test_every_icon_of_the_sprite_is_in_it(guide):
    names = re.findall(r'<symbol id="([^"]+)"', (CSS.parent / "img" / "icons.svg").read_text())
    assert [name for name in names if f"#{name}" not in guide] == []


def test_a_form_that_came_back_is_in_it_with_what_was_typed(guide):
    assert 'aria-invalid="true"' in guide
    assert "Nothing typed is lost." in guide


def test_in_production_it_is_for_staff_alone(client, customer, agent, monkeypatch):
    monkeypatch.setattr(settings, "DEMO", False)
    client.force_login(customer)
    assert client.get("/styleguide/").status_code == 404
    client.force_login(agent)
    assert client.get("/styleguide/").status_code == 200
