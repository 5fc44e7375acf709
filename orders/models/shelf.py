"""What surrounds the services on sale: the log of their changes, customers' favourites, and prices of their own."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from orders.models.catalogue import Service
from orders.models.provider import Provider


class ServiceChange(models.Model):
    """One change of what is sold, as customers read it. `orders/shelving.py` writes it with the change, never alone."""

    class Kind(models.TextChoices):
        NEW = "new", _("New")
        RENAMED = "renamed", _("Renamed")
        REPRICED = "repriced", _("New price")
        LIMITS = "limits", _("New limits")
        PAUSED = "paused", _("Paused")
        GONE = "gone", _("Gone")
        BACK = "back", _("On sale again")

    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="changes", verbose_name=_("service"))
    kind = models.CharField(_("what"), max_length=10, choices=Kind.choices)
    # Names as they are, limits as "10 - 5000", prices in units as digits.
    before = models.CharField(_("before"), max_length=500, blank=True)
    after = models.CharField(_("after"), max_length=500, blank=True)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("by")
    )
    created_at = models.DateTimeField(_("time"))

    class Meta:
        verbose_name = _("change of a service")
        verbose_name_plural = _("changes of services")
        ordering = ["-id"]
        indexes = [models.Index(fields=["service", "-id"], name="change_of_service")]

    def __str__(self):
        return f"{self.service_id} {self.kind}"

    @property
    def is_cheaper(self) -> bool:
        return self.kind == self.Kind.REPRICED and int(self.after) < int(self.before)

    @property
    def old_rate(self) -> int:
        return int(self.before)

    @property
    def new_rate(self) -> int:
        return int(self.after)


class Favourite(models.Model):
    customer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="favourites")
    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="+")

    class Meta:
        verbose_name = _("favourite")
        verbose_name_plural = _("favourites")
        constraints = [models.UniqueConstraint(fields=["customer", "service"], name="favourite_once")]

    def __str__(self):
        return f"{self.customer_id}: {self.service_id}"


class CustomRate(models.Model):
    """A customer's own price of a service; `orders/pricing.py` writes and reads it."""

    customer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="custom_rates")
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="+", verbose_name=_("service"))
    rate = models.BigIntegerField(_("rate"))
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    set_at = models.DateTimeField(_("time"))

    class Meta:
        verbose_name = _("custom rate")
        verbose_name_plural = _("custom rates")
        permissions = [("set_custom_rate", _("Can give a customer prices of their own"))]
        constraints = [
            models.UniqueConstraint(fields=["customer", "service"], name="custom_rate_once"),
            models.CheckConstraint(condition=models.Q(rate__gt=0), name="custom_rate_positive"),
        ]

    def __str__(self):
        return f"{self.customer_id}: {self.service_id}"


class CatalogueImport(models.Model):
    """One look at a provider's list, from the wish to what came of it; `orders/catalogue_jobs.py` moves it on."""

    class State(models.TextChoices):
        ASKED = "asked", _("being fetched")
        READY = "ready", _("ready to look at")
        CONFIRMED = "confirmed", _("being applied")
        APPLIED = "applied", _("applied")
        FAILED = "failed", _("failed")

    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="imports")
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.ASKED)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(_("asked"))
    claim_until = models.DateTimeField(null=True)
    # What the provider listed, as the panel understood it; emptied once it has served.
    listed = models.TextField(blank=True)
    fetched_at = models.DateTimeField(_("fetched"), null=True)
    # What a person looked at and said yes to: exactly this is applied, or nothing.
    plan = models.CharField(max_length=64, blank=True)
    below_cost = models.BooleanField(default=False)
    many_gone = models.BooleanField(default=False)
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    words = models.CharField(_("outcome"), max_length=500, blank=True)
    done_at = models.DateTimeField(_("done"), null=True)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["id"], condition=models.Q(state__in=["asked", "confirmed"]), name="import_to_be_done")
        ]

    def __str__(self):
        return f"{self.pk}"

    @property
    def is_working(self) -> bool:
        return self.state in {self.State.ASKED, self.State.CONFIRMED}
