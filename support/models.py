"""Tickets and what is said in them. `support/ticketing.py` is the only writer.

The transitions change the ticket's state and nothing else: no I/O, no save. Package django-fsm-2, imported as `django_fsm`.
"""

import datetime as dt

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django_fsm import FSMField, transition

from orders.models import Order

# So long after "Solved" a customer's reply opens the ticket again; later it is a new matter, in a ticket of its own.
REOPEN_WITHIN = dt.timedelta(days=14)


class TicketState(models.TextChoices):
    """The four words that a customer reads."""

    RECEIVED = "received", _("Received")
    WORKING = "working", _("Working on it")
    WAITING = "waiting", _("Waiting for you")
    SOLVED = "solved", _("Solved")

    @property
    def staff_label(self) -> str:
        """The same state as an agent reads it: "you" is the customer."""
        return str(_("Waiting for customer") if self is TicketState.WAITING else self.label)

    @property
    def badge(self) -> str:
        """The order status whose colour and icon the state borrows (components/badge.html)."""
        return {"received": "pending", "working": "in_progress", "waiting": "partial", "solved": "completed"}[
            self.value
        ]


class Topic(models.TextChoices):
    NOT_STARTED = "not_started", _("My order has not started")
    RESULT_MISSING = "result_missing", _("The result is missing")
    MONEY_NOT_RETURNED = "money_not_returned", _("My money was not returned")
    WRONG_LINK = "wrong_link", _("I gave a wrong link")
    PAYMENT_NOT_CREDITED = "payment_not_credited", _("My payment was not credited")
    OTHER = "other", _("Something else")


# About one order each: without it nobody can help, and with it the panel attaches everything else.
TOPICS_OF_AN_ORDER: frozenset[str] = frozenset(
    {Topic.NOT_STARTED, Topic.RESULT_MISSING, Topic.MONEY_NOT_RETURNED, Topic.WRONG_LINK}
)


class Ticket(models.Model):
    """One matter of one customer. An order has at most one open ticket: the constraint says so, not a habit."""

    number = models.BigAutoField(_("number"), primary_key=True)
    customer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="tickets", verbose_name=_("customer")
    )
    # The form's token: the same form twice is one ticket.
    client_key = models.CharField(max_length=72, editable=False)
    topic = models.CharField(_("topic"), max_length=24, choices=Topic.choices)
    order = models.ForeignKey(
        Order, on_delete=models.PROTECT, null=True, blank=True, related_name="tickets", verbose_name=_("order")
    )
    # The solved ticket that this one goes on from.
    follows = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="followed_by", verbose_name=_("follows")
    )
    state = FSMField(_("state"), choices=TicketState.choices, default=TicketState.RECEIVED, protected=True)
    # What the panel knew when the ticket was opened; frozen, with the version of its shape (`support/evidence.py`).
    evidence = models.JSONField(_("evidence"), default=dict, editable=False)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("agent"),
    )
    created_at = models.DateTimeField(_("opened"))
    # The last thing that the customer can see: a reply or a change of state, not a note.
    changed_at = models.DateTimeField(_("last change"))
    closed_at = models.DateTimeField(_("solved"), null=True, blank=True)

    class Meta:
        verbose_name = _("ticket")
        verbose_name_plural = _("tickets")
        ordering = ["-number"]
        # Nothing is added, changed or deleted past the doors, so there is no right to it.
        default_permissions = ("view",)
        permissions = [("answer_ticket", "Can answer tickets")]
        indexes = [
            models.Index(fields=["customer", "-number"], name="ticket_of_customer"),
            models.Index(fields=["state", "-number"], name="ticket_queue"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["customer", "client_key"], name="ticket_once"),
            models.UniqueConstraint(
                fields=["order"], condition=Q(closed_at__isnull=True), name="ticket_open_once_per_order"
            ),
            models.CheckConstraint(
                condition=Q(state="solved", closed_at__isnull=False) | (~Q(state="solved") & Q(closed_at__isnull=True)),
                name="ticket_closed_when_solved",
            ),
        ]

    def __str__(self):
        return f"#{self.pk}"

    @property
    def is_open(self) -> bool:
        return self.closed_at is None

    @property
    def state_now(self) -> TicketState:
        return TicketState(self.state)

    @property
    def reopens_until(self) -> dt.datetime | None:
        """Until when a reply of the customer opens it again; None while it is open."""
        return self.closed_at + REOPEN_WITHIN if self.closed_at else None

    @transition(field=state, source=[TicketState.WAITING, TicketState.SOLVED], target=TicketState.RECEIVED)
    def back_to_queue(self) -> None: ...

    @transition(
        field=state, source=[TicketState.RECEIVED, TicketState.WAITING, TicketState.SOLVED], target=TicketState.WORKING
    )
    def work_on(self) -> None: ...

    @transition(
        field=state, source=[TicketState.RECEIVED, TicketState.WORKING, TicketState.SOLVED], target=TicketState.WAITING
    )
    def wait_for_customer(self) -> None: ...

    @transition(
        field=state, source=[TicketState.RECEIVED, TicketState.WORKING, TicketState.WAITING], target=TicketState.SOLVED
    )
    def solve(self) -> None: ...


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


class TicketEvent(models.Model):
    """What was done with a ticket and by whom: written in the same transaction as the change, never changed."""

    class Code(models.TextChoices):
        OPENED = "opened", _("Opened")
        MOVED = "moved", _("State changed")
        ASSIGNED = "assigned", _("Assigned")

    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="events")
    code = models.CharField(_("what"), max_length=12, choices=Code.choices)
    from_state = models.CharField(_("from"), max_length=12, blank=True)
    to_state = models.CharField(_("to"), max_length=12)
    assignee = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
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
