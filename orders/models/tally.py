from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from orders.models.catalogue import Category
from orders.models.ledger import LedgerEntry, Wallet


class DayTotal(models.Model):
    """What the ledger's entries of one wallet, day (UTC), kind and category come to: derived, and derived again at any time.

    `orders/tallies.py` writes it. Charts and statements read it, so that they cost the same whatever the history holds.
    """

    wallet = models.ForeignKey(Wallet, on_delete=models.PROTECT, related_name="day_totals")
    day = models.DateField(_("day"))
    kind = models.CharField(_("kind"), max_length=10, choices=LedgerEntry.Kind.choices)
    # Of the order's service, as it stood when the entry was tallied; deposits and adjustments have none.
    category = models.ForeignKey(Category, on_delete=models.SET_NULL, null=True, related_name="+")
    amount = models.BigIntegerField(_("amount"))
    entries = models.PositiveBigIntegerField(_("entries"))

    class Meta:
        verbose_name = _("day's total")
        verbose_name_plural = _("days' totals")
        constraints = [
            models.UniqueConstraint(fields=["wallet", "day", "kind", "category"], name="day_total_once"),
        ]
        indexes = [models.Index(fields=["wallet", "day"], name="day_totals_of_a_wallet")]

    def __str__(self):
        return f"{self.wallet_id} {self.day} {self.kind}"


class TallyMark(models.Model):
    """Up to which entry (its number in the wallet's chain) a wallet's day totals hold everything. Its row is their lock."""

    wallet = models.OneToOneField(Wallet, on_delete=models.PROTECT, primary_key=True, related_name="tally_mark")
    seq = models.BigIntegerField(default=0)

    class Meta:
        verbose_name = _("tally mark")
        verbose_name_plural = _("tally marks")
        constraints = [models.CheckConstraint(condition=Q(seq__gte=0), name="tally_mark_not_negative")]

    def __str__(self):
        return f"{self.wallet_id}: {self.seq}"
