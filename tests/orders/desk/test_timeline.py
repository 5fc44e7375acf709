"""What happened to an order, as the team reads it on the order's page."""

import re

import pytest
from django.urls import reverse

from orders.models import LedgerEntry
from orders.statuses import OrderStatus
from tests.factories import order_in

pytestmark = pytest.mark.django_db


def test_money_leads_to_its_entry_or_nowhere(at_desk, customer):
    order = order_in(OrderStatus.PARTIAL, customer)
    html = at_desk.get(f"/admin/orders/order/{order.pk}/change/").text
    assert "/ledgerentry/None/" not in html
    timeline = html.partition("What happened</h2>")[2]
    returned = order.entries.get(kind=LedgerEntry.Kind.REFUND)
    assert f'href="{reverse("admin:orders_ledgerentry_change", args=[returned.pk])}"' in timeline
    assert re.search(r'<span class="money">\S*0\.90', timeline)
