from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from orders.models.order import REFILL_TOLD, Order
from orders.models.provider import Provider


class Refill(models.Model):
    """A wish to have replaced what dropped after an order was completed. Written only by `orders/refills.py`; moves no money."""

    class State(models.TextChoices):
        REQUESTED = "requested", _("Requested")
        SENDING = "sending", _("Being sent")
        ACCEPTED = "accepted", _("Accepted by the service")
        UNKNOWN = "unknown", _("Being confirmed")
        COMPLETED = "completed", _("Refilled")
        REJECTED = "rejected", _("Not refilled")

    OPEN = (State.REQUESTED, State.SENDING, State.ACCEPTED, State.UNKNOWN)

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="refills", verbose_name=_("order"))
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.REQUESTED)
    requested_at = models.DateTimeField(_("requested"))
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("by")
    )
    state_since = models.DateTimeField(_("since"))
    # The order's provider again: its numbers are unique for it alone, and no constraint reaches through a join.
    provider = models.ForeignKey(
        Provider, on_delete=models.PROTECT, null=True, verbose_name=_("provider"), db_index=False
    )
    provider_refill_id = models.CharField(_("provider's refill id"), max_length=40, null=True)  # noqa: DJ001 (unique where set)
    # What was last said of it, word for word: for agents alone.
    words = models.CharField(_("words"), max_length=200, blank=True)
    # The claim, as with orders: who may record the answer, and when we stop waiting for it. NULL in `send_after` while
    # requested: no provider takes the wish from a program, so a person passes it on.
    claim_token = models.CharField(max_length=36, blank=True)
    claim_until = models.DateTimeField(null=True)
    send_after = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    poll_at = models.DateTimeField(null=True)
    poll_missing = models.PositiveIntegerField(default=0)
    checked_at = models.DateTimeField(_("last checked"), null=True)

    class Meta:
        verbose_name = _("refill")
        verbose_name_plural = _("refills")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["send_after"], condition=Q(state="requested"), name="refill_requested"),
            models.Index(fields=["claim_until"], condition=Q(state="sending"), name="refill_sending"),
            models.Index(fields=["provider", "poll_at"], condition=Q(poll_at__isnull=False), name="refill_poll_due"),
            models.Index(fields=["-id"], condition=Q(state="unknown"), name="refill_unknown"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["order"],
                condition=Q(state__in=["requested", "sending", "accepted", "unknown"]),
                name="refill_open_once",
            ),
            models.UniqueConstraint(fields=["provider", "provider_refill_id"], name="refill_of_provider_once"),
        ]

    def __str__(self):
        return f"{self.pk}"

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN

    @property
    def told(self) -> str:
        """The state as customers read it."""
        return str(REFILL_TOLD[self.state])

    @property
    def is_by_hand(self) -> bool:
        """A person passes it on and says what became of it."""
        return (
            self.provider_refill_id is None
            and self.state in {self.State.REQUESTED, self.State.ACCEPTED}
            and (self.send_after is None)
        )
