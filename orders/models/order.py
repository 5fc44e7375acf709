"""One order: what was bought, at which price, and how far it has come.

Born only in `orders/placing.py`; its status changes only in `orders/lifecycle.py`. The transitions below change the order's
own fields and nothing else: no I/O, no money, no save. Package django-fsm-2, imported as `django_fsm`.
"""

import datetime as dt
import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django_fsm import FSMField, transition

from accounts.models import ApiKey
from orders.models.catalogue import Service
from orders.models.ledger import Wallet
from orders.models.provider import Provider
from orders.service_types import ServiceType, TypeRule, rule_for
from orders.statuses import ACTIVE, OrderStatus

OPEN = sorted(ACTIVE)

# The states of a refill as customers read them.
REFILL_TOLD = {
    "requested": _("Refill requested"),
    "sending": _("Refill requested"),
    "accepted": _("The service refills it"),
    "unknown": _("Refill being confirmed"),
    "completed": _("Refilled"),
    "rejected": _("Not refilled"),
}


class Order(models.Model):
    class Submission(models.TextChoices):
        """How the order's way to its provider stands; `docs/architecture.md` draws it."""

        NONE = "none", _("not sent")
        QUEUED = "queued", _("waiting to be sent")
        SENDING = "sending", _("being sent")
        ACCEPTED = "accepted", _("accepted")
        REJECTED = "rejected", _("refused")
        # Refused as well, but not for what the customer typed.
        UNSOLD = "unsold", _("refused: the provider does not offer it")
        UNKNOWN = "unknown", _("being confirmed")

    # Wallet and provider lead an index below that ends in the number; one of their own would only be kept up for nothing.
    wallet = models.ForeignKey(
        Wallet, on_delete=models.PROTECT, related_name="orders", verbose_name=_("customer"), db_index=False
    )
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="orders", verbose_name=_("service"))
    # The form's token or the program's request_id: the same wish twice is one order.
    client_key = models.CharField(max_length=72, editable=False)
    # The program's key that placed it, for the key's daily cap; NULL for what people order themselves.
    api_key = models.ForeignKey(
        ApiKey, on_delete=models.PROTECT, null=True, related_name="orders", verbose_name=_("API key"), db_index=False
    )
    link = models.CharField(_("link"), max_length=2000)
    # SHA-256 of the canonical link, and of service and canonical link: links themselves are too long for an index.
    target_key = models.CharField(max_length=64, editable=False)
    overlap_key = models.CharField(max_length=64, null=True, editable=False)  # noqa: DJ001 (unique where set)
    quantity = models.BigIntegerField(_("quantity"))
    # The type as it was sold. A provider's new list may change the service's own; what was ordered is sent as it was ordered.
    service_type = models.CharField(_("type as sold"), max_length=40, choices=ServiceType.choices)
    # What the service's type asks for beside link and quantity, by name (`orders/service_types.py`).
    inputs = models.JSONField(_("inputs"), default=dict, blank=True)
    rate = models.BigIntegerField(_("rate as sold"))
    charge = models.BigIntegerField(_("charge"))
    refunded = models.BigIntegerField(_("returned"), default=0)
    status = FSMField(_("status"), choices=OrderStatus.choices, default=OrderStatus.PENDING, protected=True)
    remains = models.BigIntegerField(_("remains"), null=True)
    start_count = models.BigIntegerField(_("start count"), null=True)
    # A person must look; where a report was not applied, what it would have done: one button does it then.
    review = models.BooleanField(_("needs a person"), default=False)
    proposed_status = models.CharField(_("proposed status"), max_length=12, blank=True, choices=OrderStatus.choices)
    proposed_remains = models.BigIntegerField(_("proposed remains"), null=True)
    proposed_return = models.BigIntegerField(_("proposed return"), default=0)
    stated_start = models.PositiveIntegerField(_("stated start, minutes"))
    stated_speed = models.PositiveBigIntegerField(_("stated speed, a day"), null=True)
    # What nine of ten earlier orders of the service needed from start to end; where it is known it stands before the stated speed.
    usual_minutes = models.PositiveIntegerField(_("usual running time, minutes"), null=True)
    refill_days = models.PositiveIntegerField(_("refill, days"), default=0)

    # A drip-feed is several orders made together, each of `runs` with its own charge: `head` is the first one, whose number is the
    # group's, and `run` counts from 1. Where the provider runs it by itself there is one order with `runs` and no `run`.
    head = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="later_runs", db_index=False)
    run = models.PositiveSmallIntegerField(_("run"), null=True)
    runs = models.PositiveSmallIntegerField(_("runs"), null=True)
    interval = models.PositiveIntegerField(_("interval, minutes"), null=True)
    # Not before `due_at`, and not before the other order is settled: then `orders/turns.py` lets it go and clears `waits_for`.
    due_at = models.DateTimeField(_("due"), null=True)
    waits_for = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    # The customer's own words: never sent anywhere.
    note = models.CharField(_("note"), max_length=500, blank=True)

    created_at = models.DateTimeField(_("placed"))
    status_since = models.DateTimeField(_("status since"))
    # When counters or status last moved; when a provider last answered; when patience ends (see `orders/patience.py`).
    moved_at = models.DateTimeField(_("last movement"))
    checked_at = models.DateTimeField(_("last checked"), null=True)
    contact_after = models.DateTimeField(_("slow after"))

    provider = models.ForeignKey(
        Provider, on_delete=models.PROTECT, null=True, verbose_name=_("provider"), db_index=False
    )
    provider_service_id = models.CharField(max_length=40, blank=True)
    provider_order_id = models.CharField(_("provider's order id"), max_length=40, null=True)  # noqa: DJ001 (the same)
    submission = models.CharField(_("submission"), max_length=10, choices=Submission.choices, default=Submission.NONE)
    # Who may record the answer: the worker that claimed, and nobody after it. The lease says when we stop waiting for it.
    claim_token = models.CharField(max_length=36, blank=True)
    claim_until = models.DateTimeField(null=True)
    send_after = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    # Goes along with the order where the provider promises to take the same id once: then an unknown order may be asked again.
    request_id = models.UUIDField(default=uuid.uuid4, editable=False)
    # An agent says that an unknown order arrived under this number; the worker checks it before it counts.
    suggested_number = models.CharField(_("suggested number"), max_length=40, blank=True)
    suggested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("suggested by")
    )
    # The customer's wish to cancel what is on its way; `cancel_due` is when the worker passes it on (again), and its lease.
    cancel_asked_at = models.DateTimeField(_("cancel asked"), null=True)
    cancel_due = models.DateTimeField(null=True)
    # The newest refill's state, and while one is undecided since when: lists and the verdict ask for nothing more.
    refill_state = models.CharField(_("refill"), max_length=10, blank=True)
    refill_asked_at = models.DateTimeField(_("refill asked"), null=True)
    # The next poll time is the lease: claiming moves it forward. Claims are numbered, so that a stale answer is known.
    poll_at = models.DateTimeField(null=True)
    poll_claim = models.BigIntegerField(default=0)
    poll_answered = models.BigIntegerField(default=0)
    poll_missing = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        ordering = ["-id"]
        permissions = [
            ("settle_order", _("Can settle orders by hand, decide reviews and unknown orders")),
            ("refund_order", _("Can return money of an order")),
            ("exceed_limit", _("Can move more money at once than the shop's limit")),
        ]
        indexes = [
            models.Index(fields=["wallet", "-id"], name="order_of_wallet"),
            models.Index(fields=["wallet", "status", "-id"], name="order_of_wallet_by_status"),
            models.Index(fields=["wallet", "service", "-id"], name="order_of_wallet_by_service"),
            models.Index(fields=["wallet", "created_at"], name="order_of_wallet_by_time"),
            models.Index(fields=["wallet", "target_key"], condition=Q(status__in=OPEN), name="order_open_on_target"),
            models.Index(fields=["send_after"], condition=Q(submission="queued"), name="order_queued"),
            models.Index(fields=["claim_until"], condition=Q(submission="sending"), name="order_sending"),
            models.Index(fields=["provider", "poll_at"], condition=Q(poll_at__isnull=False), name="order_poll_due"),
            models.Index(fields=["api_key", "created_at"], condition=Q(api_key__isnull=False), name="order_of_api_key"),
            models.Index(fields=["-id"], condition=Q(review=True) | Q(submission="unknown"), name="order_needs_person"),
            # The desk: every filter of its list, newest first.
            models.Index(fields=["status", "-id"], name="order_by_status"),
            models.Index(fields=["provider", "-id"], name="order_of_provider"),
            models.Index(fields=["provider", "created_at"], name="order_of_provider_by_time"),
            models.Index(fields=["target_key", "-id"], name="order_on_target"),
            models.Index(fields=["cancel_due"], condition=Q(cancel_due__isnull=False), name="order_cancel_due"),
            models.Index(fields=["-id"], condition=Q(refill_asked_at__isnull=False), name="order_refill_asked"),
            models.Index(fields=["head", "id"], condition=Q(head__isnull=False), name="order_later_run"),
            models.Index(fields=["due_at"], condition=Q(waits_for__isnull=False), name="order_waiting"),
            models.Index(fields=["wallet", "-id"], condition=~Q(note=""), name="order_with_note"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["wallet", "client_key"], name="order_once"),
            models.UniqueConstraint(fields=["provider", "provider_order_id"], name="order_of_provider_once"),
            models.UniqueConstraint(
                fields=["wallet", "overlap_key"], condition=Q(status__in=OPEN), name="order_open_on_link_once"
            ),
            models.CheckConstraint(condition=Q(quantity__gt=0, charge__gt=0, rate__gt=0), name="order_positive"),
            models.CheckConstraint(
                condition=Q(refunded__gte=0) & Q(refunded__lte=F("charge")), name="order_refund_within_charge"
            ),
            models.CheckConstraint(
                name="order_status_and_money_agree",
                condition=Q(status__in=[*OPEN, "completed"], refunded=0)
                | Q(status__in=["canceled", "error"], refunded=F("charge"))
                | Q(status__in=["partial", "refunded"], refunded__gt=0),
            ),
            models.CheckConstraint(
                name="order_sent_has_number",
                condition=~Q(submission="accepted") | Q(provider__isnull=False, provider_order_id__isnull=False),
            ),
        ]

    def __str__(self):
        return f"#{self.pk}"

    @property
    def is_active(self) -> bool:
        return self.status in ACTIVE

    @property
    def delivered(self) -> int | None:
        """How many of `quantity` are delivered, as far as known; never below 0 or above quantity."""
        if self.remains is None:
            return self.quantity if self.status == OrderStatus.COMPLETED else None
        return min(self.quantity, max(0, self.quantity - self.remains))

    @property
    def refill_told(self) -> str:
        """Where the newest refill stands, for customers; empty where none was asked for."""
        return str(REFILL_TOLD[self.refill_state]) if self.refill_state else ""

    @property
    def rule(self) -> TypeRule:
        """How it was ordered, and so how it is sent and shown."""
        return rule_for(self.service_type)

    @property
    def per_run(self) -> int:
        """How many each run delivers; of an order without runs, all of it."""
        return self.quantity // self.runs if self.runs and self.run is None else self.quantity

    @property
    def is_group(self) -> bool:
        """The first run of a drip-feed, whose number stands for all of them."""
        return self.run == 1

    @property
    def starts_by(self) -> dt.datetime:
        return (self.due_at or self.created_at) + dt.timedelta(minutes=self.stated_start)

    @transition(field=status, source=OrderStatus.PENDING, target=OrderStatus.PROCESSING)
    def begin_processing(self) -> None: ...

    @transition(field=status, source=[OrderStatus.PENDING, OrderStatus.PROCESSING], target=OrderStatus.IN_PROGRESS)
    def begin_delivery(self) -> None: ...

    @transition(field=status, source=OPEN, target=OrderStatus.COMPLETED)
    def complete(self) -> None: ...

    @transition(field=status, source=OPEN, target=OrderStatus.PARTIAL)
    def settle_partly(self) -> None: ...

    @transition(field=status, source=OPEN, target=OrderStatus.CANCELED)
    def cancel(self) -> None: ...

    @transition(
        field=status,
        source=[*OPEN, OrderStatus.COMPLETED, OrderStatus.PARTIAL, OrderStatus.REFUNDED],
        target=OrderStatus.REFUNDED,
    )
    def refund(self) -> None: ...

    @transition(field=status, source=OPEN, target=OrderStatus.ERROR)
    def fail(self) -> None: ...
