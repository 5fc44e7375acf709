"""Shape of what agents and operators type; the doors say what may be. Every form keeps what was typed."""

from django import forms
from django.conf import settings
from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from orders import money
from orders.forms import AmountField, WholeNumberField
from orders.models import Order, Refill
from orders.statuses import OrderStatus

LONGEST_REASON = 300

REASON_FOR_CUSTOMER = gettext_lazy("Reason (the customer reads it)")
REASON_FOR_TEAM = gettext_lazy("Reason (your colleagues read it)")


def amount_input() -> forms.TextInput:
    return forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})


def number_input() -> forms.TextInput:
    return forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"})


class ReasonField(forms.CharField):
    default_error_messages = {"required": gettext_lazy("Say why.")}

    def __init__(self, *, label=REASON_FOR_CUSTOMER):
        super().__init__(label=label, max_length=LONGEST_REASON, widget=forms.TextInput(attrs={"autocomplete": "off"}))


class ConfirmField(forms.CharField):
    """A word that has to be typed before something that cannot be taken back."""

    def __init__(self, word):
        self.word = word
        super().__init__(max_length=40, required=False, widget=forms.TextInput(attrs={"autocomplete": "off"}))

    def bind_label(self) -> None:
        self.label = _("Type %(word)s to confirm") % {"word": self.word}

    def clean(self, value):
        value = super().clean(value)
        if value.casefold() != str(self.word).casefold():
            raise forms.ValidationError(_("Type the word %(word)s if you are sure.") % {"word": self.word})
        return value


class DeskForm(forms.Form):
    """A form about one thing; `prefix` keeps the ids of several forms on one page apart."""

    def __init__(self, *args, name: str, **kwargs):
        super().__init__(*args, auto_id=f"{name}_%s", **kwargs)
        for field in self.fields.values():
            if isinstance(field, ConfirmField):
                field.bind_label()


# --- Orders


class OrderDeskForm(DeskForm):
    def __init__(self, *args, order: Order, **kwargs):
        self.order = order
        super().__init__(*args, **kwargs)


class AskForm(OrderDeskForm):
    """Nothing to type: the button is the wish."""


class ReasonForm(OrderDeskForm):
    reason = ReasonField()


class RefundForm(OrderDeskForm):
    amount = AmountField(
        label=gettext_lazy("Amount to return"),
        widget=amount_input(),
        error_messages={"required": gettext_lazy("Enter the amount to return.")},
    )
    reason = ReasonField()
    seen = WholeNumberField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args, order: Order, **kwargs):
        super().__init__(*args, order=order, **kwargs)
        self.fields["seen"].initial = order.refunded
        most = money.show(order.charge - order.refunded, settings.CURRENCY)
        self.fields["amount"].help_text = _("At most %(most)s, which is what the order still keeps.") % {"most": most}


class SettleForm(OrderDeskForm):
    to = forms.ChoiceField(
        label=gettext_lazy("New status"),
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose the new status.")},
    )
    remains = WholeNumberField(
        label=gettext_lazy("How many were not delivered (for Partial)"), required=False, widget=number_input()
    )
    reason = ReasonField()

    def __init__(self, *args, order: Order, choices: list[tuple[str, str]], **kwargs):
        super().__init__(*args, order=order, **kwargs)
        self.fields["to"].choices = choices

    def clean_to(self):
        return OrderStatus(self.cleaned_data["to"])

    def clean(self):
        cleaned = super().clean()
        remains, quantity = cleaned.get("remains"), self.order.quantity
        is_part = cleaned.get("to") == OrderStatus.PARTIAL
        if is_part and not self.has_error("remains") and not (remains and 0 < remains < quantity):
            words = _("Say how many of %(quantity)s were not delivered: between 1 and %(most)s.")
            self.add_error("remains", words % {"quantity": intcomma(quantity), "most": intcomma(quantity - 1)})
        return cleaned


class ApproveForm(OrderDeskForm):
    reason = ReasonField()
    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=100)


class ArrivedForm(OrderDeskForm):
    number = forms.CharField(
        label=gettext_lazy("The provider's order number"),
        max_length=40,
        widget=number_input(),
        error_messages={"required": gettext_lazy("Enter the provider's order number.")},
    )


class NotArrivedForm(OrderDeskForm):
    then = forms.ChoiceField(
        label=gettext_lazy("What happens to the order"),
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose what happens to the order.")},
    )
    reason = ReasonField()
    confirmation = ConfirmField(gettext_lazy("MISSING"))
    seen = WholeNumberField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args, order: Order, **kwargs):
        super().__init__(*args, order=order, **kwargs)
        self.fields["seen"].initial = order.attempts
        charge = money.show(order.charge - order.refunded, settings.CURRENCY)
        self.fields["then"].choices = [
            ("again", _("Send it again: it waits for the provider, and the customer stays charged")),
            ("error", _("Close it as Error: %(charge)s return to the balance") % {"charge": charge}),
        ]


class RefillArrivedForm(OrderDeskForm):
    number = forms.CharField(
        label=gettext_lazy("The provider's refill number"),
        max_length=40,
        widget=number_input(),
        error_messages={"required": gettext_lazy("Enter the provider's refill number.")},
    )


class RefillSettleForm(OrderDeskForm):
    to = forms.ChoiceField(
        label=gettext_lazy("How the refill ends"),
        widget=forms.RadioSelect,
        choices=[
            (Refill.State.COMPLETED.value, gettext_lazy("What dropped was replaced")),
            (Refill.State.REJECTED.value, gettext_lazy("It is not replaced")),
        ],
        error_messages={"required": gettext_lazy("Choose how the refill ends.")},
    )
    reason = ReasonField()


# --- Customers


class AdjustForm(DeskForm):
    amount = AmountField(
        label=gettext_lazy("Amount"),
        help_text=gettext_lazy("5.00 adds to the balance, -5.00 takes from it."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": gettext_lazy("Enter the amount.")},
    )
    reason = ReasonField()
    token = forms.RegexField(
        r"\A[0-9A-Za-z._-]{1,64}\Z",
        widget=forms.HiddenInput,
        error_messages={
            "required": gettext_lazy("This form was not usable any more. Load the page again."),
            "invalid": gettext_lazy("This form was not usable any more. Load the page again."),
        },
    )


class TeamReasonForm(DeskForm):
    reason = ReasonField(label=REASON_FOR_TEAM)


class EndPriceForm(DeskForm):
    service = WholeNumberField(
        label=gettext_lazy("Service number"),
        widget=number_input(),
        error_messages={"required": gettext_lazy("Enter the service's number.")},
    )
    reason = ReasonField(label=REASON_FOR_TEAM)


class PriceForm(EndPriceForm):
    rate = AmountField(
        label=gettext_lazy("Price per 1,000 (per package for packages)"),
        widget=amount_input(),
        error_messages={"required": gettext_lazy("Enter the price.")},
    )
    below_cost = forms.BooleanField(label=gettext_lazy("Even below the provider's price"), required=False)

    field_order = ("service", "rate", "below_cost", "reason")


# --- Providers and the halt


class PauseForm(DeskForm):
    minutes = WholeNumberField(
        label=gettext_lazy("For how many minutes"),
        widget=number_input(),
        help_text=gettext_lazy("Between 1 and 10080, which is a week."),
        error_messages={"required": gettext_lazy("Enter how many minutes.")},
    )
    reason = ReasonField(label=REASON_FOR_TEAM)


class ReleaseForm(DeskForm):
    reason = ReasonField(label=REASON_FOR_TEAM)
    confirmation = ConfirmField(gettext_lazy("RELEASE"))


class LiftForm(DeskForm):
    confirmation = ConfirmField(gettext_lazy("LIFT"))


# --- Many orders at once


class BulkForm(DeskForm):
    reason = ReasonField()
