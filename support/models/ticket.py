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


# Where money is what it is about: a queue of its own, and no advice stands before it.
TOPICS_OF_MONEY: frozenset[str] = frozenset({Topic.MONEY_NOT_RETURNED, Topic.PAYMENT_NOT_CREDITED})


class Tag(models.Model):
    """A word by which the team finds tickets of a kind."""

    name = models.CharField(_("name"), max_length=40, unique=True)

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        ordering = ["name"]

    def __str__(self):
        return self.name


class Ticket(models.Model):
    """One matter of one customer. An order has at most one open ticket: the constraint says so, not a habit."""

    class Rating(models.TextChoices):
        GOOD = "good", _("It helped")
        BAD = "bad", _("It did not help")

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
    # What only the customer can know, as the topic asks for it (`support/topics.py`).
    details = models.JSONField(_("details"), default=dict, editable=False)
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
    # When the customer first heard from a person; until when the next word from us is due (`support/ticket_rows.py`).
    first_replied_at = models.DateTimeField(_("first reply"), null=True, blank=True)
    due_at = models.DateTimeField(_("due"), null=True, blank=True)
    rating = models.CharField(_("rating"), max_length=8, choices=Rating.choices, blank=True)
    rated_at = models.DateTimeField(null=True, blank=True)
    # It goes on there. The messages stay where they were written; undone by taking the pointer away.
    merged_into = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="merged", verbose_name=_("merged into")
    )
    tags = models.ManyToManyField(Tag, blank=True, related_name="tickets", verbose_name=_("tags"))
    related = models.ManyToManyField("self", blank=True, verbose_name=_("related"))

    class Meta:
        verbose_name = _("ticket")
        verbose_name_plural = _("tickets")
        ordering = ["-number"]
        # Nothing is added, changed or deleted past the doors, so there is no right to it.
        default_permissions = ("view",)
        permissions = [("answer_ticket", _("Can answer tickets"))]
        indexes = [
            models.Index(fields=["customer", "-number"], name="ticket_of_customer"),
            models.Index(fields=["state", "-number"], name="ticket_queue"),
            # The queues: open tickets by what is due first, of everybody, of nobody, of one agent, of one topic.
            models.Index(fields=["due_at", "number"], condition=Q(closed_at=None), name="ticket_due"),
            models.Index(
                fields=["assignee", "due_at", "number"], condition=Q(closed_at=None), name="ticket_due_of_agent"
            ),
            models.Index(fields=["topic", "due_at", "number"], condition=Q(closed_at=None), name="ticket_due_of_topic"),
            # The reports, by the time of opening.
            models.Index(fields=["created_at"], name="ticket_opened"),
            models.Index(fields=["closed_at"], condition=Q(closed_at__isnull=False), name="ticket_closed"),
            models.Index(
                fields=["first_replied_at"], condition=Q(first_replied_at__isnull=False), name="ticket_first_reply"
            ),
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
            models.CheckConstraint(
                condition=Q(merged_into=None) | Q(closed_at__isnull=False), name="ticket_merged_is_closed"
            ),
            # Whoever waits for us has a due time, and nobody else.
            models.CheckConstraint(
                condition=Q(state__in=["received", "working"], due_at__isnull=False)
                | Q(state__in=["waiting", "solved"], due_at=None),
                name="ticket_due_when_ours",
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
