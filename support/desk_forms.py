"""What agents put into tickets: shape and limits, no writes."""

from django import forms
from django.utils.translation import gettext_lazy

from support.forms import MessageField, WithFiles
from support.models import TicketState
from support.ticketing import AFTER_STAFF_REPLY


class StaffReplyForm(WithFiles):
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
