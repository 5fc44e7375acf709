"""Shape and limits of what people type; no writes, no prices."""

import re
import uuid
from dataclasses import dataclass

from django import forms
from django.http import QueryDict
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from orders import drip, links, money, notes, shelves
from orders.models import Service
from orders.placing import Problem, Wish
from orders.service_types import RULES, Input, Kind

# One more than the largest number a column holds: enough to say "too large" instead of failing.
WHOLE_NUMBER = re.compile(r"-?[0-9]{1,40}", re.ASCII)


class WholeNumberField(forms.CharField):
    """Plain digits only: no exponents, no grouping, no foreign digits, which would each be a guess about money."""

    default_error_messages = {"whole": _("Enter a whole number with plain digits, for example 1000.")}

    def __init__(self, **kwargs):
        super().__init__(strip=False, **kwargs)

    def to_python(self, value):
        text = super().to_python(value)
        if text in self.empty_values:
            return None
        if not WHOLE_NUMBER.fullmatch(text):
            raise forms.ValidationError(self.error_messages["whole"], code="whole")
        return int(text)


class AmountField(forms.CharField):
    """Money as people write it; kept in whole units."""

    default_error_messages = {"amount": _("Write the amount with plain digits, for example 25.00.")}

    def prepare_value(self, value):
        return money.plain(value) if isinstance(value, int) else value

    def to_python(self, value):
        text = super().to_python(value)
        if text in self.empty_values:
            return None
        try:
            return int(money.parse(text))
        except money.NotMoney:
            raise forms.ValidationError(self.error_messages["amount"], code="amount") from None


@dataclass(frozen=True)
class SeenRate:
    """The price that the form showed. With the service it was shown for, so that a price of another one says nothing."""

    service_id: int | None
    rate: int

    @classmethod
    def read(cls, text: str) -> "SeenRate | None":
        """`0.90` or `17:0.90`; None where nothing was sent. A text that is no price is a price that never matches."""
        if not text:
            return None
        service, _colon, rate = text.rpartition(":")
        try:
            units = int(money.parse(rate))
        except money.NotMoney:
            units = -1
        return cls(int(service) if service.isascii() and service.isdigit() else None, units)

    def for_service(self, service_id: int) -> int | None:
        return self.rate if self.service_id in {None, service_id} else None


TYPE_INPUTS = {wanted.name: wanted for rule in RULES.values() for wanted in rule.inputs}
TYPED = ("service", "link", "quantity", "runs", "interval", "note", "queue", "knows", *TYPE_INPUTS)


def field_for(wanted: Input) -> forms.CharField:
    """The form's field for one input of a service type. `service_types.read_inputs` judges what is typed."""
    off = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
    widget: forms.Widget
    if wanted.kind == Kind.LINES:
        widget = forms.Textarea(attrs={**off, "rows": 6})
    elif wanted.kind == Kind.CHOICE:
        widget = forms.Select(choices=[("", _("Choose")), *wanted.choices])
    elif wanted.kind == Kind.NUMBER:
        widget = forms.TextInput(attrs={**off, "inputmode": "numeric"})
    else:
        widget = forms.TextInput(attrs=off)
    return forms.CharField(
        label=wanted.label,
        help_text=wanted.hint,
        required=False,
        strip=False,
        widget=widget,
        error_messages={"null_characters_not_allowed": _("This contains invisible characters.")},
    )


def note_field() -> forms.CharField:
    return forms.CharField(
        label=_("Note of your own"),
        required=False,
        max_length=notes.LONGEST,
        help_text=_("For you alone; it is sent to nobody."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"null_characters_not_allowed": _("This contains invisible characters.")},
    )


class NoteForm(forms.Form):
    note = note_field()


class OrderForm(forms.Form):
    service = WholeNumberField(
        label=_("Service"),
        widget=forms.Select,
        error_messages={"required": _("Choose a service."), "whole": _("Choose a service from the list.")},
    )
    link = forms.CharField(
        label=_("Link"),
        strip=False,
        required=False,  # `placing` says what is wrong with a link, an empty one included
        help_text=_("The public address of what the service is for. It stays as you typed it."),
        error_messages={"null_characters_not_allowed": links.INVISIBLE},
        widget=forms.TextInput(
            attrs={"inputmode": "url", "autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )
    quantity = WholeNumberField(
        label=_("Quantity"),
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    token = forms.RegexField(
        r"\A[0-9A-Za-z._-]{1,64}\Z",
        widget=forms.HiddenInput,
        required=False,
        error_messages={"invalid": _("This form was no longer usable and is made new. Check it and send it again.")},
    )
    seen_rate = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)
    runs = WholeNumberField(
        label=_("Runs (drip-feed)"),
        required=False,
        help_text=_("Leave this empty for one delivery. With runs, the quantity is that of each run."),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    interval = WholeNumberField(
        label=_("Minutes between two runs"),
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    note = note_field()
    # Asked for where another order is in the way, or beside it.
    queue = forms.BooleanField(label=_("Queue it behind that order"), required=False)
    knows = forms.BooleanField(label=_("I know, place it all the same"), required=False)

    def __init__(self, *args, search: str = "", customer: User | None = None, **kwargs):
        super().__init__(*args, **kwargs)
        self.search, self.customer = search, customer
        for name, wanted in TYPE_INPUTS.items():
            self.fields[name] = field_for(wanted)

    @cached_property
    def choices(self) -> shelves.Choices:
        """What can be chosen; asked only where it is drawn."""
        assert self.customer is not None
        return shelves.choices_for(self.customer, self.search)

    def inputs_of(self, service: Service | None) -> list[forms.BoundField]:
        """The fields that this service's type asks for, in its order."""
        if service is None:
            return [self["quantity"]]
        fields = [self[wanted.name] for wanted in service.rule.inputs]
        if not service.rule.counted:
            return fields
        # What was typed for another service is shown too: it has to be taken away.
        has_runs = drip.can_drip(service) or self["runs"].value() or self["interval"].value()
        return [self["quantity"], *fields, *([self["runs"], self["interval"]] if has_runs else [])]

    def clean(self):
        """A value that came twice has no one meaning; a browser sends none twice."""
        if isinstance(self.data, QueryDict):
            for name in TYPED:
                if len(self.data.getlist(name)) > 1:
                    self.add_error(name, _("This was sent more than once. Check it and send the form again."))
        return super().clean()

    @property
    def wish(self) -> Wish:
        data = self.cleaned_data
        inputs = {name: data[name] for name in TYPE_INPUTS if data.get(name)}
        return Wish(
            service_id=data["service"],
            link=data["link"],
            quantity=data["quantity"],
            inputs=inputs,
            runs=data["runs"],
            interval=data["interval"],
            queue=data["queue"],
        )

    def add_problems(self, problems: tuple[Problem, ...]) -> None:
        """Puts the first problem of each field beside it: one sentence is read, two are not."""
        for problem in problems:
            if not self.has_error(problem.field):
                self.add_error(problem.field, problem.sentence)

    def with_new_token(self) -> "OrderForm":
        """The same form as typed, but as a new wish: its next sending is no repetition of this one."""
        self.data = self.data.copy()
        self.data["token"] = new_token()
        return self


def new_token() -> str:
    return str(uuid.uuid4())


class MassForm(forms.Form):
    lines = forms.CharField(
        label=_("Orders, one a line"),
        required=False,
        strip=False,
        help_text=_(
            "Service number | link | quantity. Lists, such as comments, have || between their lines. "
            "A package and a list whose lines are counted have no quantity: 12 | link, or 12 | link | first || second."
        ),
        error_messages={
            "null_characters_not_allowed": _("The text contains invisible characters. Copy it as plain text.")
        },
        widget=forms.Textarea(
            attrs={"rows": 10, "autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )
    upload = forms.FileField(
        label=_("Or a text file"),
        required=False,
        help_text=_("Plain text (UTF-8) with the same lines."),
        max_length=300,
    )
    token = forms.RegexField(r"\A[0-9A-Za-z._-]{1,64}\Z", widget=forms.HiddenInput, required=False)

    LARGEST_FILE = 500_000

    def clean(self):
        """What was typed, then what was uploaded, as one text."""
        data = super().clean()
        text = data.get("lines") or ""
        upload = data.get("upload")
        if upload is not None:
            if upload.size > self.LARGEST_FILE:
                self.add_error("upload", _("The file is larger than 500 KB. Send it in several parts."))
            else:
                try:
                    text += "\n" + upload.read().decode("utf-8-sig")
                except UnicodeDecodeError:
                    self.add_error("upload", _("This is no plain text in UTF-8. Save it as a text file."))
        data["text"] = text
        return data
