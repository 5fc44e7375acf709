"""What readers send."""

from django import forms
from django.utils.translation import gettext_lazy as _

from helpcenter.models import HelpfulVote

HELPFUL = {"yes": True, "no": False}


class VoteForm(forms.Form):
    helpful = forms.ChoiceField(choices=[("yes", _("Yes")), ("no", _("No"))])
    reason = forms.ChoiceField(
        label=_("What was wrong with it?"),
        choices=HelpfulVote.Reason.choices,
        widget=forms.RadioSelect,
        required=False,
        error_messages={"invalid_choice": _("Choose one of the reasons.")},
    )
    words = forms.CharField(
        label=_("In your own words"),
        help_text=_("If you like. Please write nothing personal: nobody can answer you here."),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def clean(self):
        cleaned = super().clean()
        cleaned["is_helpful"] = HELPFUL.get(cleaned.pop("helpful", ""), False)
        return cleaned
