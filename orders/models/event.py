from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from orders import tracing
from orders.models.ledger import LedgerEntry
from orders.models.order import Order
from orders.statuses import OrderStatus

RAW_BYTES = 2048


class OrderEvent(models.Model):
    """What happened to an order, or was said of it: written in the same transaction as the change, never changed."""

    class Source(models.TextChoices):
        CUSTOMER = "customer", _("you")
        AGENT = "agent", _("our team")
        PROVIDER = "provider", _("the service")
        SUBMIT = "submit", _("the panel")
        SYSTEM = "system", _("the panel")

    class Code(models.TextChoices):
        PLACED = "placed", _("Order received and charged")
        ACCEPTED = "accepted", _("Accepted by the service")
        REFUSED = "refused", _("Refused by the service")
        WAITING = "waiting", _("The service could not be reached; we try again by ourselves")
        CONFIRMING = "confirming", _("Being confirmed with the service")
        MOVED = "moved", _("Status changed")
        BACKWARD = "backward", _("The service reported an earlier status; nothing changed")
        LATE = "late", _("A report came after the order was closed; we look at it")
        UNCLEAR = "unclear", _("The service's report was not clear; we look at it")
        CLEARED_UP = "cleared_up", _("The service's newest report answers this; nothing is left to look at")
        MISSING = "missing", _("The service does not know the order; we look at it")
        HELD = "held", _("The service reports many returns at once; we look at this one first")
        CANCEL_ASKED = "cancel_asked", _("Cancel requested")
        CANCEL_SENT = "cancel_sent", _("The service has the request to cancel")
        CANCEL_REFUSED = "cancel_no", _("The service does not cancel this order")
        ITS_TURN = "its_turn", _("The order before it is settled; now it is this one's turn")
        REFILL_ASKED = "refill_asked", _("Refill requested")
        REFILL_SENT = "refill_sent", _("The service has the request to refill")
        REFILL_UNSURE = "refill_unkn", _("Whether the service has the request to refill is being confirmed")
        REFILL_DONE = "refill_done", _("Refilled by the service")
        REFILL_REFUSED = "refill_no", _("The service does not refill this order")
        ASKED = "asked", _("Our team asked the service again")
        DECIDED = "decided", _("Our team looked at it")
        SUGGESTED = "suggested", _("We check with the service under which number it has this order")
        CONFLICT = "conflict", _("The service named a number that another order has; we look at it")

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="events")
    code = models.CharField(_("what"), max_length=12, choices=Code.choices)
    from_status = models.CharField(_("from"), max_length=12, blank=True)
    to_status = models.CharField(_("to"), max_length=12, blank=True)
    applied = models.BooleanField(_("applied"))
    source = models.CharField(_("by"), max_length=10, choices=Source.choices)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    remains = models.BigIntegerField(_("remains"), null=True)
    start_count = models.BigIntegerField(_("start count"), null=True)
    word = models.CharField(_("word"), max_length=64, blank=True)
    raw = models.TextField(_("raw answer"), blank=True)
    money = models.BigIntegerField(_("returned"), default=0)
    entry = models.ForeignKey(LedgerEntry, on_delete=models.PROTECT, null=True, related_name="+")
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    created_at = models.DateTimeField(_("time"))
    # The request, or the worker's round, that wrote it: the same id stands in the log (`orders/tracing.py`).
    trace = models.CharField(_("request"), max_length=64, blank=True, default=tracing.current, editable=False)

    class Meta:
        verbose_name = _("order event")
        verbose_name_plural = _("order events")
        indexes = [
            models.Index(fields=["order", "id"], name="event_of_order"),
            # The breaker counts what providers' reports returned within the hour.
            models.Index(
                fields=["created_at"], condition=Q(source="provider", money__gt=0), name="event_provider_return"
            ),
        ]

    def __str__(self):
        return f"{self.order_id} {self.code}"

    @property
    def from_label(self) -> str:
        return str(OrderStatus(self.from_status).label) if self.from_status else ""

    @property
    def told_reason(self) -> str:
        """The reason as customers may read it: what people wrote and what was refused; not what providers say between the lines."""
        by_people = self.source in {self.Source.CUSTOMER, self.Source.AGENT} and self.code != self.Code.SUGGESTED
        return self.reason if by_people or self.code == self.Code.REFUSED else ""

    @property
    def to_label(self) -> str:
        return str(OrderStatus(self.to_status).label) if self.to_status else ""
