"""Money that comes in: the ways to pay that a shop offers, and each payment that somebody reported or an operator credited."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django_fsm import FSMField, transition

from orders.models.ledger import Wallet


class PaymentMethod(models.Model):
    """A way to pay outside the panel. Amounts in units; what was paid by it stays when it is switched off."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    instructions = models.TextField(_("how to pay"), max_length=5000)
    minimum = models.BigIntegerField(_("smallest amount"))
    maximum = models.BigIntegerField(_("largest amount"))
    position = models.PositiveIntegerField(_("position"), default=0)
    is_active = models.BooleanField(_("offered"), default=True)

    class Meta:
        verbose_name = _("payment method")
        verbose_name_plural = _("payment methods")
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(minimum__gt=0, maximum__gte=F("minimum")), name="payment_method_has_limits"
            )
        ]

    def __str__(self):
        return self.name


class Deposit(models.Model):
    """A payment. `orders/deposits.py` is the only writer; the ledger entry is there exactly when it is confirmed.

    `amount` is what was reported, `booked` what a person found (both units). Without a method it is an operator's credit.
    """

    class State(models.TextChoices):
        REPORTED = "reported", _("Being checked")
        CONFIRMED = "confirmed", _("On the balance")
        REFUSED = "refused", _("Not booked")

    wallet = models.ForeignKey(Wallet, on_delete=models.PROTECT, related_name="deposits", verbose_name=_("customer"))
    method = models.ForeignKey(
        PaymentMethod,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="deposits",
        verbose_name=_("method"),
    )
    # The form's token: the same report twice is one. An operator's credit is told by its reference instead.
    client_key = models.CharField(max_length=72, null=True, editable=False)  # noqa: DJ001 (unique where set)
    state = FSMField(_("state"), choices=State.choices, default=State.REPORTED, protected=True)
    amount = models.BigIntegerField(_("amount reported"))
    booked = models.BigIntegerField(_("amount booked"), null=True)
    reference = models.CharField(_("reference"), max_length=120)
    # Letters and digits of the reference alone, so that spelling hides no duplicate.
    reference_key = models.CharField(max_length=120, editable=False)
    note = models.CharField(_("note"), max_length=500, blank=True)
    likely_duplicate_of = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("likely duplicate of")
    )
    reported_at = models.DateTimeField(_("reported"))
    decided_at = models.DateTimeField(_("decided"), null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("decided by")
    )
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    # The customer's mail about the decision (`orders/notifications.py`): claiming it moves the due time forward.
    notice_due_at = models.DateTimeField(null=True)
    notice_attempts = models.PositiveIntegerField(default=0)
    notified_at = models.DateTimeField(_("customer told"), null=True)

    class Meta:
        verbose_name = _("deposit")
        verbose_name_plural = _("deposits")
        # Nothing is added, changed or deleted past the door, so there is no right to it.
        default_permissions = ("view",)
        permissions = [("decide_deposit", "Can confirm and refuse reported payments")]
        indexes = [
            models.Index(fields=["wallet", "-id"], name="deposit_of_wallet"),
            models.Index(fields=["-state", "-id"], name="deposit_desk"),
            models.Index(fields=["reference_key"], name="deposit_reference"),
            models.Index(fields=["notice_due_at"], condition=Q(notice_due_at__isnull=False), name="deposit_notice_due"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["wallet", "client_key"], name="deposit_once"),
            models.UniqueConstraint(fields=["reference"], condition=Q(method__isnull=True), name="credit_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="deposit_positive"),
            models.CheckConstraint(
                name="deposit_state_fits_decision",
                condition=Q(state="reported", booked__isnull=True, decided_at__isnull=True, decided_by__isnull=True)
                | (
                    Q(state="confirmed", booked__gt=0, decided_at__isnull=False)
                    & (Q(decided_by__isnull=False) | Q(method__isnull=True))
                )
                | (
                    Q(state="refused", booked__isnull=True, decided_at__isnull=False, decided_by__isnull=False)
                    & ~Q(reason="")
                ),
            ),
            models.CheckConstraint(
                condition=Q(booked__isnull=True) | Q(booked=F("amount")) | ~Q(reason=""),
                name="deposit_correction_has_reason",
            ),
            models.CheckConstraint(
                condition=Q(method__isnull=True) | Q(client_key__isnull=False), name="deposit_report_has_key"
            ),
        ]

    def __str__(self):
        return f"{self.method or _('Credited by our team')} · {self.reference}"

    @property
    def is_waiting(self) -> bool:
        return self.state == self.State.REPORTED

    @transition(field=state, source=State.REPORTED, target=State.CONFIRMED)
    def confirm(self) -> None: ...

    @transition(field=state, source=State.REPORTED, target=State.REFUSED)
    def refuse(self) -> None: ...
