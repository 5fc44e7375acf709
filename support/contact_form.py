from django import forms
from django.utils.translation import gettext_lazy as _

from support import texts


class ContactForm(forms.Form):
    """An address and words. `website` is a field that no person sees: what fills it in is a program."""

    email = forms.EmailField(
        label=_("Your email address"),
        max_length=254,
        help_text=_("We answer to this address."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    message = forms.CharField(
        label=_("Your message"),
        help_text=_("What happened, and what you tried. No passwords, please: nobody here needs them."),
        widget=forms.Textarea(attrs={"rows": 6, "maxlength": texts.LONGEST}),
    )
    website = forms.CharField(required=False, widget=forms.HiddenInput(attrs={"autocomplete": "off"}))

    def clean_message(self) -> str:
        try:
            return texts.clean(self.cleaned_data["message"])
        except texts.BadText as bad:
            raise forms.ValidationError(str(bad)) from None


class AnswerForm(forms.Form):
    """What the person reads. Putting the matter aside needs no words."""

    answer = forms.CharField(
        label=_("Your answer"),
        help_text=_("It goes by mail, with their words below it."),
        error_messages={"required": _("Write the answer first.")},
        widget=forms.Textarea(attrs={"rows": 8, "maxlength": texts.LONGEST}),
    )
