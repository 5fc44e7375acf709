"""Sends what customers hear of by mail: payments, orders that settled, a low balance, the summary. Touches no money and no status.

Many orders of one customer that settle together are one mail, and the next one about the same kind comes an hour later at the
earliest; while the mail server is down they gather in one.
"""

import datetime as dt
from collections.abc import Callable, Sequence

from django.core.mail import EmailMultiAlternatives
from django.db import connection, transaction
from django.db.models import F, Max, QuerySet

from accounts import letters, mails, outbox
from accounts.letters import Letter
from accounts.models import User
from orders import order_letters, timetable
from orders.models import Deposit, Notice, Wallet

NOTICES_AT_ONCE = 10
# Notices looked at in one go, and told in one letter.
MOST_ROWS = 500
# Between two letters of one kind to one customer.
QUIET = dt.timedelta(hours=1)
KEEP = dt.timedelta(days=30)

Clock = Callable[[], dt.datetime]


def notify_due(clock: Clock) -> int:
    """Sends the mails about payments that are due; how many were claimed."""
    return outbox.deliver(deposits(), message_about, most=NOTICES_AT_ONCE, clock=clock)


def deposits() -> QuerySet[Deposit]:
    return Deposit.objects.select_related("wallet__customer", "method")


def message_about(deposit: Deposit, mail: object = None) -> EmailMultiAlternatives:
    """The mail about a decided deposit."""
    customer = deposit.wallet.customer
    with letters.read_by(customer):
        return letters.message_of(order_letters.of_deposit(deposit), to=customer.email, connection=mail)


def tell_due(clock: Clock) -> int:
    """Sends the letters of notices that are due; how many notices were handled."""
    bundles = claim_bundles(now=clock())
    return outbox.send(bundles, lambda bundle, mail: letter_about(bundle, now=clock(), mail=mail), clock=clock)


def claim_bundles(*, now: dt.datetime) -> list[list[Notice]]:
    """Takes the due notices of some customers for this worker, each bundle one letter's worth; commits before anything is sent.

    A kind that the customer heard of within QUIET, or that another worker is telling them or tries again, waits for its time.
    """
    due = Notice.objects.filter(notice_due_at__lte=now)
    if not due.exists():  # most of the time; on SQLite a transaction would take the write lock to learn it
        return []
    with transaction.atomic(durable=True):
        found = _free(due).order_by("notice_due_at", "id").values_list("wallet_id", "kind")[:MOST_ROWS]
        chosen = list(dict.fromkeys(found))[:NOTICES_AT_ONCE]
        bundles = []
        for wallet, kind in chosen:
            of_kind = Notice.objects.filter(wallet=wallet, kind=kind)
            waiting = of_kind.filter(notice_due_at__isnull=False)
            if (later := _not_before(of_kind, now)) > now:
                waiting.filter(notice_due_at__lte=now).update(notice_due_at=later)
                continue
            ids = list(_free(waiting).order_by("-id").values_list("pk", flat=True)[:MOST_ROWS])
            Notice.objects.filter(pk__in=ids).update(
                notice_due_at=now + outbox.LEASE, notice_attempts=F("notice_attempts") + 1
            )
            bundles.append(ids)
    rows = Notice.objects.select_related("wallet__customer", "event__order__service")
    return [list(rows.filter(pk__in=ids).order_by("-id")) for ids in bundles]


def _free(rows: QuerySet[Notice]) -> QuerySet[Notice]:
    if connection.features.has_select_for_update_skip_locked:
        return rows.select_for_update(skip_locked=True, no_key=True)
    return rows


def _not_before(of_kind: QuerySet[Notice], now: dt.datetime) -> dt.datetime:
    told = of_kind.filter(notified_at__gt=now - QUIET).aggregate(last=Max("notified_at"))["last"]
    trying = of_kind.filter(notice_due_at__gt=now, notice_attempts__gt=0).aggregate(last=Max("notice_due_at"))["last"]
    times = [now, told and told + QUIET, trying]
    return max(time for time in times if time is not None)


def letter_about(bundle: Sequence[Notice], *, now: dt.datetime, mail: object = None) -> EmailMultiAlternatives | None:
    """The one letter of a bundle; None where its customer does not want it, or where it is not true any more."""
    first = bundle[0]
    customer = first.wallet.customer
    if not customer.is_active or not mails.wants(customer, first.kind):
        return None
    with letters.read_by(customer):
        letter = _composed(bundle, now=now)
        return letter and letters.message_of(letter, to=customer.email, user=customer, connection=mail)


def _composed(bundle: Sequence[Notice], *, now: dt.datetime) -> Letter | None:
    first = bundle[0]
    if first.kind == Notice.Kind.LOW:
        return order_letters.of_low_balance(first.wallet)
    if first.kind == Notice.Kind.DIGEST:
        assert first.since is not None
        return order_letters.of_digest(first.wallet, since=first.since, now=now)
    events = [notice.event for notice in bundle if notice.event is not None]
    return order_letters.of_orders(events, kind=first.kind, now=now)


def digests_due(clock: Clock) -> int:
    """Notes the summaries that are due and sets the next time of each; how many. A customer without a wallet has nothing to sum."""
    now = clock()
    due = User.objects.filter(digest_at__lte=now)
    if not due.exists():
        return 0
    with transaction.atomic(durable=True):
        if connection.features.has_select_for_update_skip_locked:
            due = due.select_for_update(skip_locked=True, no_key=True)
        people = list(due.order_by("digest_at")[:NOTICES_AT_ONCE])
        with_wallet = set(Wallet.objects.filter(pk__in=[p.pk for p in people]).values_list("pk", flat=True))
        for person in people:
            since = now - (dt.timedelta(days=7) if person.digest == User.Digest.WEEKLY else dt.timedelta(days=1))
            zone = letters.zone_of(person) or timetable.shop_zone()
            person.digest_at = mails.next_digest(every=person.digest, zone=zone, now=now)
            person.save(update_fields=["digest_at"])
            if person.pk in with_wallet:
                Notice.objects.create(
                    wallet_id=person.pk, kind=Notice.Kind.DIGEST, since=since, created_at=now, notice_due_at=now
                )
    return len(people)


def forget_told(*, now: dt.datetime) -> int:
    """Removes notices that were told, or not wanted, long ago; how many."""
    gone, _each = Notice.objects.filter(notice_due_at=None, created_at__lt=now - KEEP).delete()
    return gone
