"""Shape of what people type about payments; `orders/deposits.py` says what may be."""

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from orders import queries
from orders.deposits import LONGEST_NOTE, LONGEST_REASON, LONGEST_REFERENCE, PaymentRefused
from orders.forms import AmountField, new_token
from orders.models import PaymentMethod

UNUSABLE = _("This form was no longer usable and is made new. Check it and send it again.")


class DoorForm(forms.Form):
    """A form whose door may still refuse what it holds, with a sentence for one of its fields."""

    def add_refusal(self, refused: PaymentRefused) -> None:
        self.add_error(refused.field if refused.field in self.fields else None, str(refused))


class PaymentForm(DoorForm):
    """What a customer says of a payment: by which way, how much, under which reference."""

    method = forms.ModelChoiceField(
        label=_("How did you pay?"),
        queryset=PaymentMethod.objects.none(),
        empty_label=None,
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose how you paid."),
            "invalid_choice": _("This way to pay is not offered any more. Choose another one."),
        },
    )
    amount = AmountField(
        label=_("Amount you paid"),
        error_messages={"required": _("Enter the amount that you paid.")},
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    reference = forms.CharField(
        label=_("Reference of the payment"),
        max_length=LONGEST_REFERENCE,
        help_text=_("The number or code that your bank, wallet or voucher shows. We find your payment by it."),
        error_messages={"required": _("Enter the reference of your payment: we find it by that.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    note = forms.CharField(
        label=_("Anything that helps us find it (optional)"),
        max_length=LONGEST_NOTE,
        required=False,
        help_text=_("The day, or the name on the account you paid from. Never a password or a card number."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    token = forms.RegexField(
        r"\A[0-9A-Za-z._-]{1,64}\Z", widget=forms.HiddenInput, required=False, error_messages={"invalid": UNUSABLE}
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["method"].queryset = queries.payment_methods()

    def clean(self):
        """A value that came twice has no one meaning; a browser sends none twice."""
        if isinstance(self.data, QueryDict):
            for name in ("method", "amount", "reference"):
                if len(self.data.getlist(name)) > 1:
                    self.add_error(name, _("This was sent more than once. Check it and send the form again."))
        return super().clean()

    def with_new_token(self) -> "PaymentForm":
        """The same form as typed, but as a new report: its next sending is no repetition of this one."""
        self.data = self.data.copy()
        self.data["token"] = new_token()
        return self


class ConfirmForm(DoorForm):
    amount = AmountField(
        label=_("Amount to book"),
        error_messages={"required": _("Enter the amount that came in.")},
        help_text=_("Correct it where another amount came in than was reported."),
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    reason = forms.CharField(
        label=_("Why another amount (the customer reads it)"), max_length=LONGEST_REASON, required=False
    )


class RefuseForm(DoorForm):
    reason = forms.CharField(
        label=_("Why it is not booked (the customer reads it)"),
        max_length=LONGEST_REASON,
        error_messages={"required": _("Say why it is not booked. The customer reads it.")},
    )
