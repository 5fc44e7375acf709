from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class ContactNote(models.Model):
    """What somebody wrote who cannot sign in: their address is what they say it is. `support/contact.py` is the door."""

    email = models.EmailField(_("email address"))
    text = models.TextField(_("text"))
    created_at = models.DateTimeField(_("time"))
    # Answered by mail, or put aside without one.
    answer = models.TextField(_("answer"), blank=True)
    closed_at = models.DateTimeField(_("closed"), null=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("by")
    )

    class Meta:
        verbose_name = _("message from outside")
        verbose_name_plural = _("messages from outside")
        default_permissions = ("view",)
        indexes = [models.Index(fields=["-id"], condition=Q(closed_at=None), name="contact_open")]

    def __str__(self):
        return f"#{self.pk} {self.email}"
