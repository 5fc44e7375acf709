import datetime as dt

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class SiteNotice(models.Model):
    """A sentence of the shop on every page, from a moment until another. Who wrote and changed it stands in admin's history."""

    class Kind(models.TextChoices):
        NOTE = "note", _("Note")
        TIP = "tip", _("Good news")
        WARNING = "warning", _("Warning")
        CAUTION = "caution", _("Trouble")

    class Audience(models.TextChoices):
        ALL = "all", _("Everybody")
        SIGNED_IN = "signed_in", _("Who is signed in")

    text = models.CharField(_("text"), max_length=300, help_text=_("One or two plain sentences."))
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices, default=Kind.NOTE)
    audience = models.CharField(_("shown to"), max_length=10, choices=Audience.choices, default=Audience.ALL)
    begins_at = models.DateTimeField(_("from"), default=timezone.now)
    ends_at = models.DateTimeField(_("until"), null=True, blank=True, help_text=_("Empty: until somebody sets it."))
    can_be_closed = models.BooleanField(_("readers may close it"), default=True)

    class Meta:
        verbose_name = _("notice on every page")
        verbose_name_plural = _("notices on every page")
        default_permissions = ("add", "change", "view")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gt=F("begins_at")),
                name="site_notice_ends_after_it_begins",
                violation_error_message=_("It must end after it begins."),
            )
        ]

    def __str__(self):
        return self.text[:60]

    def is_shown(self, now: dt.datetime) -> bool:
        return self.begins_at <= now and (self.ends_at is None or now < self.ends_at)
