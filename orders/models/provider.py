from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from orders.sealing import seal, unseal


class Provider(models.Model):
    """Somebody upstream who delivers. Its key is sealed at rest and never shown again.

    The dialect v1 knows no cancel and no request_id: a constraint keeps both switches off there.
    """

    class Dialect(models.TextChoices):
        V1 = "v1", _("API v1")
        V2 = "v2", _("API v2")

    name = models.CharField(_("name"), max_length=80, unique=True)
    url = models.URLField(_("API address"), max_length=300)
    sealed_key = models.TextField(editable=False)
    dialect = models.CharField(_("dialect"), max_length=4, choices=Dialect.choices, default=Dialect.V2)
    is_active = models.BooleanField(_("in use"), default=True)

    # What it can do. Nothing is assumed: each of these is switched on by an operator who has read its documentation.
    takes_request_id = models.BooleanField(
        _("takes a request_id once"),
        default=False,
        help_text=_(
            "It answers the same request_id with the same order. Then orders that got lost are asked for again."
        ),
    )
    can_cancel = models.BooleanField(_("cancels on request"), default=False)
    can_refill = models.BooleanField(
        _("refills on request"),
        default=False,
        help_text=_("It takes refill and refill_status. Without it, people pass wishes for a refill on by hand."),
    )
    can_drip = models.BooleanField(
        _("runs drip-feeds by itself"),
        default=False,
        help_text=_(
            "It takes runs and interval for one order, and its remains count over all runs together. Without it, the panel sends "
            "each run as an order of its own."
        ),
    )
    refusals = models.TextField(
        _("certain refusals"),
        blank=True,
        help_text=_("One beginning of an error text a line: after these no order exists. Empty: the usual ones."),
    )

    markup = models.IntegerField(_("markup"), null=True, blank=True)

    # Health, written by `orders/provider_health.py`. A pause ends by a trial: a topped-up balance or a mended key needs no button.
    check_at = models.DateTimeField(_("next check"), null=True, blank=True)
    paused_until = models.DateTimeField(_("paused until"), null=True, blank=True)
    # The provider named a time (`Retry-After`): nothing is asked of it or sent to it before. No trial follows.
    quiet_until = models.DateTimeField(_("asks to be left alone until"), null=True, blank=True)
    pause_reason = models.CharField(_("why it is paused"), max_length=300, blank=True)
    failures = models.PositiveIntegerField(_("failures in a row"), default=0)
    answered_at = models.DateTimeField(_("last good answer"), null=True, blank=True)
    latency_ms = models.PositiveIntegerField(_("latency, ms"), default=0)
    errors_per_mille = models.PositiveIntegerField(_("errors of 1000 calls"), default=0)
    balance = models.CharField(_("balance there"), max_length=60, blank=True)
    # Set by the breaker: returns that this provider's reports would cause wait for a person until somebody lifts it.
    returns_held_at = models.DateTimeField(_("returns held since"), null=True, blank=True)
    returns_released_at = models.DateTimeField(_("returns released"), null=True, blank=True)

    class Meta:
        verbose_name = _("provider")
        verbose_name_plural = _("providers")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                name="provider_v1_has_none_of_them",
                condition=~Q(dialect="v1") | Q(takes_request_id=False, can_cancel=False, can_refill=False),
                violation_error_message=_(
                    "The dialect v1 knows no request_id, no cancel and no refill. Switch them off, or choose API v2."
                ),
            )
        ]
        permissions = [("steer_provider", _("Can pause and resume providers and release held returns"))]

    def __str__(self):
        return self.name

    @property
    def key(self) -> str:
        return unseal(self.sealed_key)

    @key.setter
    def key(self, text: str) -> None:
        self.sealed_key = seal(text)
