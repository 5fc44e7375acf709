"""Mails about tickets that are to be sent: written with the fact that they tell, sent by `accounts/outbox.py`."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from support.models.message import Message
from support.models.ticket import Ticket


class TicketMail(models.Model):
    class Kind(models.TextChoices):
        RECEIPT = "ticket_receipt", _("receipt")
        REPLY = "ticket_reply", _("reply")
        SOLVED = "ticket_solved", _("solved")

    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="mails")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    message = models.ForeignKey(Message, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(_("time"))
    notice_due_at = models.DateTimeField(null=True)
    notice_attempts = models.PositiveIntegerField(default=0)
    notified_at = models.DateTimeField(_("sent"), null=True)

    class Meta:
        verbose_name = _("ticket mail")
        verbose_name_plural = _("ticket mails")
        default_permissions = ()
        indexes = [
            models.Index(fields=["notice_due_at"], condition=Q(notice_due_at__isnull=False), name="ticket_mail_due")
        ]

    def __str__(self):
        return f"{self.ticket_id} {self.kind}"
