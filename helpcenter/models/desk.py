"""What editors need around the texts: what is open where, typed and not saved; pictures; who did what."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from helpcenter.models.places import Article
from helpcenter.models.texts import StatusAdvice


class OpenEditor(models.Model):
    """Somebody has an article open: since when they were last seen, and what they typed and have not saved.

    Without an article it is a new one that has no place yet.
    """

    article = models.ForeignKey(Article, on_delete=models.CASCADE, null=True, related_name="open_editors")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    seen_at = models.DateTimeField()
    typed = models.JSONField(null=True)
    typed_at = models.DateTimeField(null=True)
    # The revision that the typed text began from.
    based_on = models.PositiveIntegerField(default=0)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["article", "user"], name="editor_once_per_article"),
            models.UniqueConstraint(
                fields=["user"], condition=models.Q(article__isnull=True), name="editor_once_for_a_new_article"
            ),
        ]

    def __str__(self):
        return f"{self.article_id} {self.user_id}"


class HelpImage(models.Model):
    """A picture in a text: `![words](image:7)`. Kept as new pixels, never as the bytes that were sent; see images.py."""

    alternative = models.CharField(
        _("alternative text"),
        max_length=300,
        help_text=_("What the picture shows, for who cannot see it."),
    )
    name = models.CharField(max_length=60, unique=True, editable=False)
    width = models.PositiveIntegerField(editable=False)
    height = models.PositiveIntegerField(editable=False)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, editable=False)
    added_at = models.DateTimeField(_("added"), editable=False)

    class Meta:
        verbose_name = _("picture")
        verbose_name_plural = _("pictures")
        ordering = ["-pk"]

    def __str__(self):
        return f"image:{self.pk} · {self.alternative}"


class HelpEvent(models.Model):
    """What was done with a text, by whom and why; written with the change, never changed."""

    class Code(models.TextChoices):
        SAVED = "saved", _("Saved")
        SENT = "sent", _("Sent to review")
        RETURNED = "returned", _("Sent back")
        APPROVED = "approved", _("Approved")
        PUBLISHED = "published", _("Published")
        SCHEDULED = "scheduled", _("Scheduled")
        UNPUBLISHED = "unpublished", _("Taken offline")
        RESTORED = "restored", _("Restored")
        MOVED = "moved", _("Moved to another address")
        LOADED = "loaded", _("Loaded from files")

    article = models.ForeignKey(Article, on_delete=models.CASCADE, null=True, related_name="events")
    advice = models.ForeignKey(StatusAdvice, on_delete=models.CASCADE, null=True, related_name="events")
    code = models.CharField(max_length=12, choices=Code.choices)
    number = models.PositiveIntegerField(null=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    words = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(article__isnull=False, advice__isnull=True)
                | models.Q(article__isnull=True, advice__isnull=False),
                name="help_event_is_about_one_text",
            ),
        ]

    def __str__(self):
        return f"{self.code} {self.number or ''}"
