from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class MassOrder(models.Model):
    """A paste of many orders, worked through in steps; `orders/mass.py` is its door."""

    class State(models.TextChoices):
        CHECKING = "checking", _("being checked")
        CHECKED = "checked", _("checked")
        PLACING = "placing", _("being placed")
        DONE = "done", _("done")

    customer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="mass_orders")
    client_key = models.CharField(max_length=72, editable=False)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.CHECKING)
    # One object a line: text, and what checking and placing found.
    lines = models.JSONField(_("lines"))
    done = models.PositiveIntegerField(_("lines done"), default=0)
    created_at = models.DateTimeField(_("time"))

    class Meta:
        verbose_name = _("mass order")
        verbose_name_plural = _("mass orders")
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["customer", "client_key"], name="mass_order_once")]

    def __str__(self):
        return f"{self.pk}"
