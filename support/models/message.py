"""What is said in a ticket, what is sent along, and what was done: written once by `support/ticketing.py`."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from support.models.ticket import Ticket, TicketState

# Of a thumbnail on a page, in CSS pixels.
LONGEST_SHOWN = 160


class Message(models.Model):
    """What somebody wrote, never changed. An internal note is for the team alone."""

    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="messages")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    by_staff = models.BooleanField(_("from the team"))
    is_internal = models.BooleanField(_("internal note"), default=False)
    # The form's token: the same reply sent twice stands once. Without a token there is nothing to compare.
    client_key = models.CharField(max_length=72, null=True, editable=False)  # noqa: DJ001
    text = models.TextField(_("text"))
    created_at = models.DateTimeField(_("time"))

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        default_permissions = ()
        indexes = [models.Index(fields=["ticket", "id"], name="message_of_ticket")]
        constraints = [
            models.UniqueConstraint(fields=["ticket", "client_key"], name="message_once"),
            models.CheckConstraint(condition=Q(is_internal=False) | Q(by_staff=True), name="message_note_is_ours"),
        ]

    def __str__(self):
        return f"{self.ticket_id} {self.pk}"


class Attachment(models.Model):
    """A picture that came with a message; the bytes are in the uploads folder (`support/uploads.py`), under `key`."""

    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="attachments")
    key = models.CharField(max_length=32, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=100)
    kind = models.CharField(_("kind"), max_length=8)
    width = models.PositiveIntegerField(_("width"))
    height = models.PositiveIntegerField(_("height"))
    size = models.PositiveIntegerField(_("bytes"))
    created_at = models.DateTimeField(_("time"))
    # Files go some time after their ticket is solved; that there was one stays.
    removed_at = models.DateTimeField(_("removed"), null=True)

    class Meta:
        verbose_name = _("file")
        verbose_name_plural = _("files")
        default_permissions = ()
        indexes = [models.Index(fields=["message"], condition=Q(removed_at=None), name="file_kept")]

    def __str__(self):
        return self.name

    @property
    def is_picture(self) -> bool:
        return self.kind != "pdf"

    @property
    def shown_size(self) -> tuple[int, int]:
        """Width and height of the thumbnail on a page; a document has none."""
        if not self.is_picture:
            return 0, 0
        scale = min(1, LONGEST_SHOWN / max(self.width, self.height))
        return max(1, round(self.width * scale)), max(1, round(self.height * scale))


class Draft(models.Model):
    """What one agent has typed and not sent."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="drafts")
    agent = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    is_internal = models.BooleanField(_("internal note"), default=False)
    text = models.TextField(_("text"))
    changed_at = models.DateTimeField(_("time"))

    class Meta:
        verbose_name = _("draft")
        verbose_name_plural = _("drafts")
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["ticket", "agent", "is_internal"], name="draft_once")]

    def __str__(self):
        return f"{self.ticket_id} {self.agent_id}"


class TicketEvent(models.Model):
    """What was done with a ticket and by whom: written in the same transaction as the change, never changed."""

    class Code(models.TextChoices):
        OPENED = "opened", _("Opened")
        MOVED = "moved", _("State changed")
        ASSIGNED = "assigned", _("Assigned")
        TAGGED = "tagged", _("Tags changed")
        MERGED = "merged", _("Merged")
        SPLIT = "split", _("Merge undone")
        RELATED = "related", _("Linked")
        RATED = "rated", _("Rated")

    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="events")
    code = models.CharField(_("what"), max_length=12, choices=Code.choices)
    from_state = models.CharField(_("from"), max_length=12, blank=True)
    to_state = models.CharField(_("to"), max_length=12)
    assignee = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    # What the code alone does not say: the tags, the other ticket's number.
    words = models.CharField(_("words"), max_length=300, blank=True)
    created_at = models.DateTimeField(_("time"))

    class Meta:
        verbose_name = _("ticket event")
        verbose_name_plural = _("ticket events")
        default_permissions = ()
        indexes = [models.Index(fields=["ticket", "id"], name="event_of_ticket")]

    def __str__(self):
        return f"{self.ticket_id} {self.code}"

    @property
    def from_label(self) -> str:
        return TicketState(self.from_state).staff_label if self.from_state else ""

    @property
    def to_label(self) -> str:
        return TicketState(self.to_state).staff_label
