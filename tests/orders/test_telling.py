"""What customers hear of their orders and balances: what they chose, once, together, never in the way of money."""

import datetime as dt

import pytest
from django.core import mail

from accounts import mails, outbox
from accounts.models import User
from helpcenter import first_edition
from orders import desk, ledger, lifecycle, money, notifications
from orders.models import LedgerEntry, Notice
from orders.statuses import OrderStatus
from orders.telling import GATHER
from tests.factories import NOW, accept, fresh, fund, make_service, order_in, place, reported
from tests.orders.test_concurrency import at_once
from tests.orders.test_notifications import DOWN, at

pytestmark = pytest.mark.django_db
MINUTE, HOUR = dt.timedelta(minutes=1), dt.timedelta(hours=1)
IN_MEMORY = "django.core.mail.backends.locmem.EmailBackend"


@pytest.fixture(autouse=True)
def _guide(db):
    first_edition.load(now=NOW)


def told(now: dt.datetime) -> list[str]:
    """The subjects of what is sent at this moment."""
    mail.outbox.clear()
    while notifications.tell_due(at(now)):
        pass
    return [letter.subject for letter in mail.outbox]


def test_orders_that_settle_together_are_one_mail_and_the_next_one_comes_an_hour_later(customer):
    first, second = (order_in(OrderStatus.COMPLETED, customer) for _each in range(2))
    assert told(NOW + GATHER - dt.timedelta(seconds=1)) == []
    third = order_in(OrderStatus.COMPLETED, customer, now=NOW + GATHER)
    assert told(NOW + GATHER) == ["3 of your orders at Neofollower: 3 × Completed"]
    assert all(f"#{order.pk} " in mail.outbox[0].body for order in (first, second, third))
    order_in(OrderStatus.COMPLETED, customer, now=NOW + 10 * MINUTE)
    order_in(OrderStatus.COMPLETED, customer, now=NOW + 40 * MINUTE)
    assert told(NOW + 50 * MINUTE) == []
    assert told(NOW + GATHER + HOUR) == ["2 of your orders at Neofollower: 2 × Completed"]
    assert told(NOW + 100 * HOUR) == []


def test_trouble_does_not_wait_for_good_news(customer):
    order_in(OrderStatus.COMPLETED, customer)
    assert len(told(NOW + GATHER)) == 1
    order = order_in(OrderStatus.CANCELED, customer, now=NOW + MINUTE)
    assert told(NOW + MINUTE + GATHER) == [f"Order #{order.pk}: Canceled, 0.90 USD is back · Neofollower"]


def test_each_hears_of_their_own_orders_alone(customer, stranger):
    mine, theirs = order_in(OrderStatus.COMPLETED, customer), order_in(OrderStatus.COMPLETED, stranger)
    told(NOW + GATHER)
    found = {letter.to[0]: letter.body for letter in mail.outbox}
    assert f"/orders/{mine.pk}/" in found[customer.email]
    assert f"/orders/{theirs.pk}/" in found[stranger.email]
    assert f"/orders/{theirs.pk}/" not in found[customer.email]


def test_kinds_that_are_switched_off_are_not_mailed(customer):
    mails.switch_off(user_id=customer.pk, kind="order_settled")
    order_in(OrderStatus.COMPLETED, customer)
    canceled = order_in(OrderStatus.CANCELED, customer)
    assert told(NOW + GATHER) == [f"Order #{canceled.pk}: Canceled, 0.90 USD is back · Neofollower"]
    assert not Notice.objects.filter(notice_due_at__isnull=False).exists()


def test_nobody_is_told_what_they_did_themselves_or_what_goes_on_as_usual(customer):
    order = place(customer)
    lifecycle.cancel(order_id=order.pk, actor=customer, now=NOW)
    order_in(OrderStatus.IN_PROGRESS, customer)
    assert Notice.objects.count() == 0


def test_somebody_who_may_not_sign_in_any_more_gets_no_mail(customer):
    order_in(OrderStatus.COMPLETED, customer)
    User.objects.filter(pk=customer.pk).update(is_active=False)
    assert told(NOW + GATHER) == []


def test_a_second_return_of_one_order_is_told_with_its_own_amount(customer, admin):
    order = order_in(OrderStatus.PARTIAL, customer)
    assert told(NOW + GATHER) == [f"Order #{order.pk}: Partial, 0.45 USD is back · Neofollower"]
    later = NOW + 2 * HOUR
    desk.refund(order_id=order.pk, amount=money.parse("0.25"), actor=admin, reason="Sorry.", now=later)
    assert told(later + GATHER) == [f"Order #{order.pk}: Refunded, 0.25 USD is back · Neofollower"]
    assert "Returned: 0.70 USD" in mail.outbox[0].body


def test_while_the_mail_server_is_down_orders_settle_with_their_money_and_one_letter_comes_afterwards(
    customer, settings
):
    """faults.md 44"""
    settings.EMAIL_BACKEND = DOWN
    for hour in range(5):
        now = NOW + hour * HOUR
        order = reported(accept(place(customer, now=now), now=now), OrderStatus.CANCELED, now=now)
        assert (order.status, order.refunded) == ("canceled", order.charge)
        notifications.tell_due(at(now + GATHER))
    assert ledger.balance_of(customer) == money.parse("500.00")
    waiting = Notice.objects.order_by("-notice_due_at")[0].notice_due_at
    settings.EMAIL_BACKEND = IN_MEMORY
    found = told(waiting)
    assert found == ["5 of your orders at Neofollower: 5 × Canceled"]
    assert told(waiting + 100 * HOUR) == []


def test_what_a_killed_worker_had_claimed_is_told_after_the_lease(customer):
    order_in(OrderStatus.COMPLETED, customer)
    [[notice]] = notifications.claim_bundles(now=NOW + GATHER)
    order_in(OrderStatus.COMPLETED, customer)
    assert told(NOW + GATHER + MINUTE) == []
    assert told(NOW + GATHER + outbox.LEASE) == ["2 of your orders at Neofollower: 2 × Completed"]
    notice.refresh_from_db()
    assert notice.notified_at == NOW + GATHER + outbox.LEASE


@pytest.mark.django_db(transaction=True)
def test_workers_side_by_side_tell_each_customer_once(customer, stranger):
    for who in (customer, stranger) * 3:
        order_in(OrderStatus.COMPLETED, who)
    claimed = at_once([lambda: notifications.claim_bundles(now=NOW + GATHER)] * 4)
    numbers = [notice.pk for bundles in claimed for bundle in bundles for notice in bundle]
    assert len(numbers) == len(set(numbers)) <= 6


def test_a_balance_that_falls_below_the_threshold_is_told_once_a_crossing(customer):
    customer.low_balance = money.parse("99.00")
    customer.save(update_fields=["low_balance"])
    service = make_service(rate="0.90")
    fund(customer, "100.00")
    for _order in range(3):  # 99.10, 98.20, 97.30
        place(customer, service=service, funded=False)
    assert told(NOW) == ["Your balance at Neofollower is 97.30 USD"]
    fund(customer, "2.00")  # 99.30
    assert told(NOW + 2 * HOUR) == []
    place(customer, service=service, funded=False)
    assert told(NOW + 2 * HOUR) == ["Your balance at Neofollower is 98.40 USD"]


def test_a_balance_that_has_risen_again_is_nothing_to_tell(customer):
    customer.low_balance = money.parse("99.95")
    customer.save(update_fields=["low_balance"])
    fund(customer, "100.00")
    place(customer, funded=False)
    fund(customer, "10.00")
    assert told(NOW) == []
    assert LedgerEntry.objects.filter(kind="charge").count() == 1


def test_without_a_threshold_nobody_is_told(customer):
    place(customer)
    assert Notice.objects.count() == 0


@pytest.mark.parametrize(
    ("every", "zone", "now", "then"),
    [
        ("daily", dt.UTC, "2026-11-25T07:59Z", "2026-11-25T08:00Z"),
        ("daily", dt.UTC, "2026-11-25T08:00Z", "2026-11-26T08:00Z"),
        ("weekly", dt.UTC, "2026-11-25T07:00Z", "2026-11-30T08:00Z"),
        ("weekly", dt.UTC, "2026-11-30T08:00Z", "2026-12-07T08:00Z"),
        ("daily", dt.timezone(dt.timedelta(hours=9)), "2026-11-25T07:00Z", "2026-11-25T23:00Z"),
    ],
)
def test_summaries_come_at_eight_in_their_readers_zone(every, zone, now, then):
    found = mails.next_digest(every=every, zone=zone, now=dt.datetime.fromisoformat(now))
    assert found == dt.datetime.fromisoformat(then)


def test_no_summary_is_due_for_who_wants_none():
    assert mails.next_digest(every="", zone=dt.UTC, now=NOW) is None


def test_a_summary_comes_once_a_day_and_not_where_nothing_happened(customer):
    customer.digest, customer.digest_at, customer.mails_off = "daily", NOW, ["order_settled"]
    customer.save(update_fields=["digest", "digest_at", "mails_off"])
    order_in(OrderStatus.COMPLETED, customer, now=NOW - HOUR)
    assert (notifications.digests_due(at(NOW)), notifications.digests_due(at(NOW))) == (1, 0)
    assert told(NOW) == ["Your summary from Neofollower"]
    customer.refresh_from_db()
    assert customer.digest_at == dt.datetime(2026, 11, 26, 8, tzinfo=dt.UTC)
    for day in (1, 2):
        moment = NOW + day * dt.timedelta(days=1)
        notifications.digests_due(at(moment))
        assert told(moment) == []


def test_the_link_in_a_summary_ends_summaries(client, customer):
    customer.digest, customer.digest_at, customer.low_balance = "weekly", NOW, 5
    customer.save(update_fields=["digest", "digest_at", "low_balance"])
    for kind in ("digest", "balance_low"):
        assert client.post(f"/accounts/mails/{mails.token_for(customer, kind)}/").status_code == 200
    customer.refresh_from_db()
    assert (customer.digest, customer.digest_at, customer.low_balance) == ("", None, None)


def test_notices_are_swept_a_month_after_they_were_told(customer):
    order_in(OrderStatus.COMPLETED, customer)
    told(NOW + GATHER)
    waiting = order_in(OrderStatus.COMPLETED, customer)
    assert notifications.forget_told(now=NOW + dt.timedelta(days=31)) == 1
    [left] = Notice.objects.all()
    assert left.event.order_id == fresh(waiting).pk
