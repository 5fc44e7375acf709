"""What agents put into tickets: shape and limits, no writes."""

from django import forms
from django.contrib.auth.models import Permission
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from orders.models import Order
from support import queries
from support.desk import tag_names
from support.forms import MessageField, WithFiles
from support.models import TOPICS_OF_AN_ORDER, TicketState, Topic
from support.ticketing import AFTER_STAFF_REPLY


def agents() -> QuerySet[User]:
    """Everybody who may answer tickets, by a role, by themselves, or because they may do everything."""
    right = {"content_type__app_label": "support", "codename": "answer_ticket"}
    able = Permission.objects.filter(**right)
    return (
        User.objects.filter(is_active=True, is_staff=True)
        .filter(Q(is_superuser=True) | Q(groups__permissions__in=able) | Q(user_permissions__in=able))
        .distinct()
        .order_by("email")
    )


class StaffReplyForm(WithFiles):
    message = MessageField(
        label=gettext_lazy("Reply that the customer reads"), rows=7, missing=gettext_lazy("Write the answer first.")
    )
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
    message = MessageField(
        label=gettext_lazy("Note that only the team reads"), rows=4, missing=gettext_lazy("Write the note first.")
    )


class TagsForm(forms.Form):
    tags = forms.CharField(
        label=gettext_lazy("Tags"),
        required=False,
        max_length=400,
        help_text=gettext_lazy("Commas between them."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class BulkTagsForm(TagsForm):
    """Tags to be added to many tickets: at least one."""

    def clean_tags(self) -> str:
        typed = self.cleaned_data["tags"]
        if not tag_names(typed.split(",")):
            raise forms.ValidationError(_("Write at least one tag."))
        return typed


class AssignForm(forms.Form):
    agent = forms.ChoiceField(label=gettext_lazy("Give it to"), required=False)

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.fields["agent"].choices = [("", _("Nobody")), *((agent.pk, agent.email) for agent in agents())]


class NumberForm(forms.Form):
    """The number of another ticket, with or without its #."""

    number = forms.CharField(
        label=gettext_lazy("Number of the other ticket"),
        error_messages={"required": gettext_lazy("Enter the number of the other ticket.")},
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )

    def clean_number(self) -> int:
        typed = self.cleaned_data["number"].strip().lstrip("#")
        if not queries.is_number(typed):
            raise forms.ValidationError(_("Enter the number of the other ticket."))
        return int(typed)


class OpenForCustomerForm(forms.Form):
    customer = forms.CharField(
        label=gettext_lazy("Customer"), help_text=gettext_lazy("The whole email address."), max_length=254
    )
    topic = forms.ChoiceField(label=gettext_lazy("Topic"), choices=Topic.choices)
    order = forms.CharField(
        label=gettext_lazy("Number of the order"),
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    message = MessageField(
        label=gettext_lazy("What the customer reads"), rows=7, missing=gettext_lazy("Write what the customer reads.")
    )

    def clean_customer(self) -> User:
        customer = User.objects.filter(email=self.cleaned_data["customer"].strip().lower(), is_active=True).first()
        if customer is None:
            raise forms.ValidationError(_("There is no account with this address."))
        return customer

    def clean(self) -> dict:
        cleaned = super().clean()
        typed, customer = cleaned.get("order", "").strip().lstrip("#"), cleaned.get("customer")
        order: Order | None = None
        if customer is not None and typed:
            order = queries.own_order(customer, typed)
            if order is None:
                self.add_error("order", _("This customer has no order with this number."))
        elif customer is not None and str(cleaned.get("topic")) in TOPICS_OF_AN_ORDER:
            self.add_error("order", _("Enter the order that it is about."))
        cleaned["order"] = order
        return cleaned
