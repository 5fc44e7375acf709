from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from orders.models.provider import Provider
from orders.platforms import LinkKind
from orders.service_types import ServiceType, TypeRule, rule_for


def markup_field(words: str) -> models.IntegerField:
    """Percent on top of the provider's rate, in hundredths. Empty: what is wider decides; the most specific one wins."""
    return models.IntegerField(words, null=True, blank=True)


class Category(models.Model):
    class Icon(models.TextChoices):
        """Drawings in static/img/icons.svg."""

        HEART = "heart", _("heart")
        PEOPLE = "people", _("people")
        PLAY = "play", _("play")
        TALK = "talk", _("talk")
        STAR = "star", _("star")
        EYE = "eye", _("eye")
        SOUND = "sound", _("sound")
        GLOBE = "globe", _("globe")

    name = models.CharField(_("name"), max_length=200, unique=True)
    position = models.PositiveIntegerField(_("position"), default=0)
    icon = models.CharField(_("icon"), max_length=10, blank=True, choices=Icon.choices)
    markup = markup_field(_("markup"))

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
    markup = markup_field(_("markup"))
    sells_below_cost = models.BooleanField(
        _("may cost less than the provider takes"),
        default=False,
        help_text=_("Without this no price is ever below the provider's."),
    )
    # Why customers cannot order it now, for them to read; and since when an import misses it in the provider's list.
    pause_reason = models.CharField(_("why it is not on sale"), max_length=300, blank=True)
    gone_since = models.DateTimeField(_("gone since"), null=True, blank=True, editable=False)

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

    # What it costs the customer who looks, in units, and what may be said of it: set by `orders/shelves.py`.
    price: int
    is_favourite = False
    is_cancelable: bool
    has_runs: bool

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
