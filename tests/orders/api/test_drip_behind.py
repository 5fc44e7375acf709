"""A drip-feed that goes through two panels: one order below, its runs above, and the money adds up on both sides."""

from django.utils import timezone

from orders import lifecycle, money, submission, turns
from orders.models import Order, Provider, Service
from orders.placing import Wish, place_order
from orders.reports import Report
from orders.statuses import OrderStatus
from orders.verification import verify
from tests.factories import fresh, fund
from tests.orders.api.calling import LINK
from tests.orders.api.test_panel_behind_panel import panels

__all__ = ["panels"]  # a fixture

S = OrderStatus


def test_a_drip_feed_is_one_order_below_and_its_runs_above(panels, customer):
    fund(customer, now=timezone.now())
    Provider.objects.filter(pk=panels.provider.pk).update(can_drip=True)
    Service.objects.filter(pk__in=[panels.likes.pk, panels.sold(panels.likes).pk]).update(can_drip=True)
    wish = Wish(panels.sold(panels.likes).pk, LINK, 100, runs=3, interval=1)
    order = place_order(customer=customer, wish=wish, client_key="k", now=timezone.now())
    panels.work("submit")
    order, head = fresh(order), panels.upper(order)
    runs = [head, *Order.objects.filter(head=head).order_by("pk")]
    assert (order.quantity, order.run, [run.quantity for run in runs]) == (300, None, [100, 100, 100])
    Provider.objects.update(is_active=True)
    for run, (to, remains) in zip(runs, [(S.COMPLETED, 0), (S.PARTIAL, 40)], strict=False):
        turns.release_due(panels.now)
        claimed = {one.pk: one for one in submission.claim(now=panels.now(), most=9)}
        token = claimed[run.pk].claim_token
        submission.accepted(order_id=run.pk, token=token, provider_order_id=str(900 + run.pk), now=panels.now())
        lifecycle.report(order_id=run.pk, report=Report(to=to, remains=remains), now=panels.now())
        panels.work("poll")
        assert fresh(order).status == S.IN_PROGRESS
    assert fresh(order).remains == 140
    lifecycle.cancel_group(head_id=head.pk, actor=panels.bob, now=panels.now())
    panels.work("poll")
    order = fresh(order)
    assert (order.status, order.remains) == (S.PARTIAL, 140)
    above = sum(fresh(run).charge - fresh(run).refunded for run in runs)
    assert (above, order.charge - order.refunded) == (money.parse("0.144"), money.parse("0.1728"))
    assert verify() == []
