from django.db import models
from django.utils.translation import gettext_lazy as _

from orders.sealing import seal, unseal


class Provider(models.Model):
    """Somebody upstream who delivers. Its key is sealed at rest and never shown again."""

    class Dialect(models.TextChoices):
        V2 = "v2", _("API v2")

    name = models.CharField(_("name"), max_length=80, unique=True)
    url = models.URLField(_("API address"), max_length=300)
    sealed_key = models.TextField(editable=False)
    dialect = models.CharField(_("dialect"), max_length=4, choices=Dialect.choices, default=Dialect.V2)
    is_active = models.BooleanField(_("in use"), default=True)
    # A pause ends by itself: a balance that was topped up or a key that was mended needs no button.
    paused_until = models.DateTimeField(_("paused until"), null=True, blank=True)
    pause_reason = models.CharField(_("why it is paused"), max_length=300, blank=True)
    failures = models.PositiveIntegerField(_("failures in a row"), default=0)
    answered_at = models.DateTimeField(_("last good answer"), null=True, blank=True)

    class Meta:
        verbose_name = _("provider")
        verbose_name_plural = _("providers")
        ordering = ["name"]

    def __str__(self):
        return self.name

    @property
    def key(self) -> str:
        return unseal(self.sealed_key)

    @key.setter
    def key(self, text: str) -> None:
        self.sealed_key = seal(text)
