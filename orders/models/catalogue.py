from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from orders.models.provider import Provider
from orders.platforms import LinkKind
from orders.service_types import ServiceType, TypeRule, rule_for


class Category(models.Model):
    name = models.CharField(_("name"), max_length=200, unique=True)
    position = models.PositiveIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        ordering = ["position", "name"]

    def __str__(self):
        return self.name


class Service(models.Model):
    """What is sold. Prices, limits and stated times come from this row alone, never from what a browser sends."""

    category = models.ForeignKey(
        Category, on_delete=models.PROTECT, related_name="services", verbose_name=_("category")
    )
    name = models.CharField(_("name"), max_length=500)
    type = models.CharField(_("type"), max_length=40, choices=ServiceType.choices, default=ServiceType.DEFAULT)
    rate = models.BigIntegerField(_("rate"), help_text=_("In 10^-8 units per 1000; for a package: per package."))
    minimum = models.BigIntegerField(_("minimum"), default=1)
    maximum = models.BigIntegerField(_("maximum"), default=1)
    link_kind = models.CharField(_("wants the link of"), max_length=10, choices=LinkKind.choices, default=LinkKind.ANY)
    description = models.TextField(_("description"), blank=True)
    stated_start = models.PositiveIntegerField(_("stated start, minutes"), default=60)
    stated_speed = models.PositiveBigIntegerField(_("stated speed, a day"), null=True, blank=True)
    refill_days = models.PositiveIntegerField(_("refill, days"), default=0)
    can_cancel = models.BooleanField(_("can be canceled"), default=False)
    can_drip = models.BooleanField(_("drip-feed"), default=False)
    is_on_sale = models.BooleanField(_("on sale"), default=True)
    position = models.PositiveIntegerField(_("position"), default=0)
    # Without a provider the order is served by hand in admin.
    provider = models.ForeignKey(
        Provider, on_delete=models.PROTECT, null=True, blank=True, related_name="services", verbose_name=_("provider")
    )
    provider_service_id = models.CharField(_("provider's service id"), max_length=40, blank=True)
    provider_rate = models.BigIntegerField(_("provider's rate"), null=True, blank=True)

    class Meta:
        verbose_name = _("service")
        verbose_name_plural = _("services")
        ordering = ["category__position", "category__name", "position", "id"]
        indexes = [models.Index(fields=["category", "position", "id"], name="service_shelf")]
        constraints = [
            models.CheckConstraint(condition=Q(rate__gt=0), name="service_rate_positive"),
            models.CheckConstraint(condition=Q(minimum__gte=1) & Q(maximum__gte=F("minimum")), name="service_limits"),
            models.UniqueConstraint(
                fields=["provider", "provider_service_id"],
                condition=Q(provider__isnull=False),
                name="service_of_provider_once",
            ),
        ]

    def __str__(self):
        return f"{self.pk} · {self.name}"

    @property
    def measured(self):
        """What was learned of its delivery (`orders.models.ServiceTimes`); None where too few orders say anything."""
        times = getattr(self, "times", None)
        return times if times is not None and times.say_enough else None

    @property
    def rule(self) -> TypeRule:
        return rule_for(self.type)
