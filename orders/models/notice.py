from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from orders.models.event import OrderEvent
from orders.models.ledger import Wallet


class Notice(models.Model):
    """Something that a customer may want to hear of by mail: written with the fact (`orders/telling.py`), told by the worker.

    The kinds are those of `accounts/mails.py`. Whether the customer wants it is asked when it is told.
    """

    class Kind(models.TextChoices):
        SETTLED = "order_settled", _("order completed")
        TROUBLE = "order_trouble", _("order in trouble")
        LOW = "balance_low", _("balance low")
        DIGEST = "digest", _("summary")

    wallet = models.ForeignKey(Wallet, on_delete=models.PROTECT, related_name="notices")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    # What happened to which order, for the kinds about orders.
    event = models.ForeignKey(OrderEvent, on_delete=models.PROTECT, null=True, related_name="+")
    # Since when a summary tells.
    since = models.DateTimeField(null=True)
    created_at = models.DateTimeField(_("time"))
    notice_due_at = models.DateTimeField(null=True)
    notice_attempts = models.PositiveIntegerField(default=0)
    notified_at = models.DateTimeField(_("sent"), null=True)

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        default_permissions = ()
        indexes = [
            models.Index(fields=["notice_due_at"], condition=Q(notice_due_at__isnull=False), name="notice_due"),
            models.Index(fields=["wallet", "kind", "notice_due_at"], name="notice_of_wallet"),
        ]

    def __str__(self):
        return f"{self.wallet_id} {self.kind}"
