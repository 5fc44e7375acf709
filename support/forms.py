"""What people type into tickets: shape and limits, no writes."""

from django import forms
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from orders.models import Order
from support import queries, texts
from support.models import TOPICS_OF_AN_ORDER, TicketState, Topic
from support.ticketing import AFTER_STAFF_REPLY

MOST_LISTED = 50


class MessageField(forms.CharField):
    """A message as `texts.clean` keeps it."""

    def __init__(self, *, rows: int, **options):
        super().__init__(
            strip=False,
            widget=forms.Textarea(attrs={"rows": rows}),
            error_messages={"required": gettext_lazy("Write a few words about what happened.")},
            **options,
        )
        # `texts.clean` has a better sentence for it.
        self.validators = []

    def clean(self, value):
        try:
            return texts.clean(super().clean(value))
        except texts.BadText as bad:
            raise forms.ValidationError(str(bad)) from bad


class TicketForm(forms.Form):
    """Topic, order, words. `chosen` is an order of the customer's that must be in the list however old it is."""

    topic = forms.ChoiceField(
        label=gettext_lazy("What is it about?"),
        choices=[("", gettext_lazy("Choose a topic")), *Topic.choices],
        error_messages={
            "required": gettext_lazy("Choose what it is about."),
            "invalid_choice": gettext_lazy("Choose what it is about."),
        },
    )
    order = forms.CharField(
        label=gettext_lazy("Which order?"),
        required=False,
        help_text=gettext_lazy("Your latest orders. An older one: open its page and ask for help from there."),
        widget=forms.Select(
            attrs={
                "hx-get": reverse_lazy("ticket_new"),
                "hx-trigger": "change",
                "hx-target": "#about-order",
                "hx-swap": "outerHTML",
            }
        ),
    )
    message = MessageField(
        label=gettext_lazy("What happened?"),
        help_text=gettext_lazy("In your own words. Never write a password here."),
        rows=7,
    )

    def __init__(self, *args, customer: User, chosen: Order | None = None, **options):
        super().__init__(*args, **options)
        self.customer = customer
        recent = list(queries.recent_orders(customer, MOST_LISTED))
        if chosen is not None and chosen not in recent:
            recent.append(chosen)
        self.has_orders = bool(recent)
        self.fields["order"].widget.choices = [
            ("", _("No particular order")),
            *((str(order.pk), order_label(order)) for order in recent),
        ]

    def clean_order(self) -> Order | None:
        typed = self.cleaned_data["order"]
        if not typed:
            return None
        order = queries.own_order(self.customer, typed)
        if order is None:
            raise forms.ValidationError(_("Choose one of your orders from the list."))
        return order

    def clean(self) -> dict:
        cleaned = super().clean()
        if (
            str(cleaned.get("topic")) in TOPICS_OF_AN_ORDER
            and cleaned.get("order") is None
            and "order" not in self.errors
            and self.has_orders
        ):
            self.add_error("order", _("Choose the order that this is about: we attach its history for you."))
        return cleaned


def order_label(order: Order) -> str:
    """`#812 · Photo likes · In Progress · 25 Nov 2026`."""
    placed = date_format(timezone.localtime(order.created_at), "j M Y")
    return f"#{order.pk} · {Truncator(order.service.name).chars(60)} · {order.get_status_display()} · {placed}"


class ReplyForm(forms.Form):
    message = MessageField(label=gettext_lazy("Your reply"), rows=5)


class StaffReplyForm(forms.Form):
    message = MessageField(label=gettext_lazy("Reply that the customer reads"), rows=7)
    then = forms.ChoiceField(
        label=gettext_lazy("The ticket is then"),
        choices=[(state.value, state.staff_label) for state in AFTER_STAFF_REPLY],
        initial=TicketState.WAITING.value,
        widget=forms.RadioSelect,
        error_messages={
            "required": gettext_lazy("Choose where the ticket stands after this reply."),
            "invalid_choice": gettext_lazy("Choose where the ticket stands after this reply."),
        },
    )


class NoteForm(forms.Form):
    message = MessageField(label=gettext_lazy("Note that only the team reads"), rows=4)
