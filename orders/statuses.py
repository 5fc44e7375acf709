"""The eight statuses of an order and their named sets. A leaf: it imports nothing of ours and everybody may import it."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class OrderStatus(models.TextChoices):
    PENDING = "pending", _("Pending")
    PROCESSING = "processing", _("Processing")
    IN_PROGRESS = "in_progress", _("In Progress")
    COMPLETED = "completed", _("Completed")
    PARTIAL = "partial", _("Partial")
    CANCELED = "canceled", _("Canceled")
    REFUNDED = "refunded", _("Refunded")
    ERROR = "error", _("Error")

    @property
    def anchor(self) -> str:
        """Where the guide explains this status: `#status-in-progress`."""
        return "status-" + self.value.replace("_", "-")


# Something may still be delivered: the link is taken, the provider is asked, pages refresh.
ACTIVE = frozenset({OrderStatus.PENDING, OrderStatus.PROCESSING, OrderStatus.IN_PROGRESS})

# Closed: no machine moves it or its money any more.
SETTLED = frozenset(OrderStatus) - ACTIVE

# Closing in one of these puts money back on the balance in the same transaction.
RETURNS_MONEY = frozenset({OrderStatus.PARTIAL, OrderStatus.CANCELED, OrderStatus.REFUNDED, OrderStatus.ERROR})

# The whole charge is back: nothing is left that an agent could return.
FULLY_RETURNED = frozenset({OrderStatus.CANCELED, OrderStatus.ERROR})

# An agent may still return (more of) the charge after these closed.
REFUNDABLE_AFTER_CLOSE = frozenset({OrderStatus.COMPLETED, OrderStatus.PARTIAL, OrderStatus.REFUNDED})

# How far an open order has come; a report that points lower is a backward one and is never applied.
RANK = {OrderStatus.PENDING: 0, OrderStatus.PROCESSING: 1, OrderStatus.IN_PROGRESS: 2}
