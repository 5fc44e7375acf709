"""Money's tables. `orders/ledger.py` is the only writer; triggers in both databases (`orders/triggers.py`) hold it to that."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from orders.money import undelivered


class Wallet(models.Model):
    """A customer's balance: a projection of their ledger entries, moved only together with a new one."""

    customer = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, primary_key=True, related_name="wallet"
    )
    balance = models.BigIntegerField(_("balance"), default=0, editable=False)
    seq = models.BigIntegerField(_("entries"), default=0, editable=False)
    # A frozen wallet buys nothing; what is owed to it still comes in.
    frozen = models.BooleanField(_("frozen"), default=False)

    class Meta:
        verbose_name = _("wallet")
        verbose_name_plural = _("wallets")
        constraints = [models.CheckConstraint(condition=Q(balance__gte=0), name="wallet_not_negative")]
        permissions = [("adjust_balance", _("Can adjust balances with a reason, and freeze them"))]

    def __str__(self):
        return str(self.customer)


class LedgerEntry(models.Model):
    """One change of a balance, written once. A mistake is corrected by a counter-entry, never by an edit."""

    class Kind(models.TextChoices):
        DEPOSIT = "deposit", _("Deposit")
        CHARGE = "charge", _("Charge")
        REFUND = "refund", _("Return")
        ADJUST = "adjust", _("Adjustment")

    wallet = models.ForeignKey(Wallet, on_delete=models.PROTECT, related_name="entries")
    seq = models.BigIntegerField()
    amount = models.BigIntegerField(_("amount"))
    balance = models.BigIntegerField(_("balance after"))
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    order = models.ForeignKey(
        "orders.Order", on_delete=models.PROTECT, null=True, blank=True, related_name="entries", verbose_name=_("order")
    )
    deposit = models.ForeignKey(
        "orders.Deposit",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="entries",
        verbose_name=_("deposit"),
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("by"),
    )
    # Names the business fact (`order:18:charge`): exactly-once is this constraint, not a habit.
    key = models.CharField(max_length=80, unique=True)
    note = models.CharField(_("note"), max_length=300, blank=True)
    created_at = models.DateTimeField(_("time"))

    class Meta:
        verbose_name = _("ledger entry")
        verbose_name_plural = _("ledger entries")
        constraints = [
            models.UniqueConstraint(fields=["wallet", "seq"], name="entry_chain"),
            models.UniqueConstraint(fields=["deposit"], name="entry_once_a_deposit"),
            models.CheckConstraint(
                name="entry_sign_fits_kind",
                condition=Q(kind__in=["deposit", "refund"], amount__gt=0)
                | Q(kind="charge", amount__lt=0)
                | (Q(kind="adjust") & ~Q(amount=0)),
            ),
            models.CheckConstraint(
                name="entry_cause_fits_kind",
                condition=Q(kind__in=["charge", "refund"], order__isnull=False, deposit__isnull=True)
                | Q(kind="deposit", order__isnull=True, deposit__isnull=False)
                | (Q(kind="adjust", order__isnull=True, deposit__isnull=True, actor__isnull=False) & ~Q(note="")),
            ),
            models.CheckConstraint(condition=Q(balance__gte=0, seq__gt=0), name="entry_never_negative"),
            models.CheckConstraint(
                # The balance before this entry was a balance too.
                condition=Q(balance__gte=F("amount")),
                name="entry_from_a_balance",
            ),
        ]

    def __str__(self):
        return self.key

    @property
    def not_delivered(self) -> int | None:
        """How much of the order was not delivered, where this return brought back exactly that share of its charge.

        Whatever became of the order afterwards; None for every other entry. The key of a return ends with the level that it
        reached (`lifecycle.move`).
        """
        if self.kind != self.Kind.REFUND:
            return None
        remains, quantity = self.order.remains, self.order.quantity
        if remains is None or not 0 < remains < quantity:
            return None
        level = self.key.rpartition(":")[2]
        return remains if level == str(undelivered(self.order.charge, quantity, remains)) else None
