from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class CustomerRead(models.Model):
    """Somebody of the team looked at what belongs to a customer: once an hour for each thing, whatever they did with it."""

    staff = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("who looked")
    )
    customer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("customer")
    )
    what = models.CharField(_("at what"), max_length=60)
    hour = models.DateTimeField(_("in the hour from"))

    class Meta:
        verbose_name = _("look at a customer's data")
        verbose_name_plural = _("looks at customers' data")
        default_permissions = ("view",)
        constraints = [models.UniqueConstraint(fields=["customer", "hour", "staff", "what"], name="read_once_an_hour")]

    def __str__(self):
        return f"{self.staff_id} {self.what}"
