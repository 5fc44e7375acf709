from django.conf import settings
from django.db import models
from django.db.models import Case, Value, When
from django.utils.translation import gettext_lazy as _


class Halt(models.Model):
    """A stop of everything that moves money. The newest row without an end holds; `orders/halt.py` writes it."""

    reason = models.CharField(_("reason"), max_length=500)
    begun_at = models.DateTimeField(_("since"))
    begun_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("by"),
    )
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("ended by"),
    )

    class Meta:
        verbose_name = _("halt")
        verbose_name_plural = _("halts")
        ordering = ["-id"]
        permissions = [("switch_halt", _("Can halt and resume everything that moves money"))]
        constraints = [
            # NULLs are distinct to a unique index, so the constant stands in for "not ended".
            models.UniqueConstraint(Case(When(ended_at=None, then=Value(1))), name="one_halt_at_once")
        ]

    def __str__(self):
        return self.reason


class ChoreRun(models.Model):
    """When a chore that is due by the clock ran last, and runs next: one row a chore, its due time is the lease."""

    name = models.CharField(_("chore"), max_length=40, primary_key=True)
    due_at = models.DateTimeField(_("next"))
    ran_at = models.DateTimeField(_("last"), null=True)
    took_ms = models.PositiveIntegerField(_("took, ms"), default=0)
    outcome = models.CharField(_("outcome"), max_length=300, blank=True)
    # How far a chore has read that goes through a table by its numbers.
    cursor = models.BigIntegerField(default=0)

    class Meta:
        verbose_name = _("chore")
        verbose_name_plural = _("chores")

    def __str__(self):
        return self.name
