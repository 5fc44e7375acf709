from django.db import models
from django.utils.translation import gettext_lazy as _

from orders.models.catalogue import Service

# Of fewer orders nothing can be said.
FEWEST = 10


class ServiceTimes(models.Model):
    """How long a service's last settled orders took, in minutes; `orders/delivery_times.py` learns it, nobody else writes it."""

    service = models.OneToOneField(
        Service, on_delete=models.CASCADE, primary_key=True, related_name="times", verbose_name=_("service")
    )
    orders = models.PositiveIntegerField(_("orders measured"), default=0)
    # From the order to the first news of delivery, and to its end; and from that news to the end.
    start_median = models.PositiveIntegerField(_("start, median"), default=0)
    start_p90 = models.PositiveIntegerField(_("start, nine of ten"), default=0)
    finish_median = models.PositiveIntegerField(_("finish, median"), default=0)
    finish_p90 = models.PositiveIntegerField(_("finish, nine of ten"), default=0)
    running_p90 = models.PositiveIntegerField(_("running, nine of ten"), default=0)
    partial = models.PositiveIntegerField(_("of them partial"), default=0)
    # The measured orders themselves, oldest first: [minutes to start, minutes to finish, 1 where partial].
    samples = models.JSONField(default=list, editable=False)
    learned_at = models.DateTimeField(_("learned"))

    class Meta:
        verbose_name = _("delivery times")
        verbose_name_plural = _("delivery times")

    def __str__(self):
        return f"{self.service_id}"

    @property
    def say_enough(self) -> bool:
        return self.orders >= FEWEST

    @property
    def partial_percent(self) -> int:
        """Rounded up: one partial order of two hundred is no zero."""
        return -(-100 * self.partial // self.orders) if self.orders else 0
