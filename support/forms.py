"""What customers put into tickets: shape and limits, no writes."""

import datetime as dt
from typing import Any

from django import forms
from django.conf import settings
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from orders.models import Order
from support import queries, texts, topics, uploads
from support.models import TOPICS_OF_AN_ORDER, Topic

MOST_LISTED = 50
LONGEST_DETAIL = 500
TELL_US = gettext_lazy("Write a few words about what happened.")


class MessageField(forms.CharField):
    """A message as `texts.clean` keeps it. `missing` is said where there is none."""

    def __init__(self, *, rows: int, missing=TELL_US, **options):
        super().__init__(
            strip=False,
            widget=forms.Textarea(attrs={"rows": rows}),
            error_messages={"required": missing},
            **options,
        )
        # `texts.clean` has a better sentence for it.
        self.validators = []

    def clean(self, value):
        try:
            return texts.clean(super().clean(value))
        except texts.NoWords as none:
            raise forms.ValidationError(self.error_messages["required"]) from none
        except texts.BadText as bad:
            raise forms.ValidationError(str(bad)) from bad


class FilesInput(forms.FileInput):
    allow_multiple_selected = True

    def __init__(self):
        kinds = "image/png,image/jpeg,image/webp" + (",application/pdf" if settings.TICKET_PDF else "")
        super().__init__(attrs={"multiple": True, "accept": kinds})

    def value_from_datadict(self, data, files, name):
        return files.getlist(name)

    def value_omitted_from_data(self, data, files, name):
        return name not in files


class FilesField(forms.Field):
    """Pictures, as `uploads.accepted` takes them; the owner of the room is set by the form."""

    widget = FilesInput

    def __init__(self):
        hint = _("PNG, JPEG or WebP, if they show it clearly. Places and other hidden data are taken out.")
        if settings.TICKET_PDF:
            hint = _("%(hint)s A receipt may be a PDF; that is kept as it is.") % {"hint": hint}
        super().__init__(label=_("Pictures"), required=False, help_text=hint)


class WithFiles(forms.Form):
    """A message with files. Files are looked at last, and not at all where the words come back anyway: no browser keeps them."""

    def __init__(self, *args, files_of: User | None, **options):
        super().__init__(*args, **options)
        self.files_of = files_of
        self.asks_sure = False
        self.fields["files"] = FilesField()

    def clean_message(self) -> str:
        """The message; the first time that it holds what looks like a password, it comes back with a warning."""
        message = self.cleaned_data["message"]
        if texts.looks_like_a_password(message) and not self.data.get("sure"):
            self.asks_sure = True
            raise forms.ValidationError(
                _("This looks like a password. We never need one: take it out. If it is none, send it once more.")
            )
        return message

    def clean(self) -> dict:
        cleaned = super().clean()
        sent = cleaned.get("files") or []
        if sent and self.errors:
            self.add_error("files", _("Choose the pictures once more: a browser does not keep them."))
        elif sent:
            try:
                cleaned["files"] = uploads.accepted(sent, customer=self.files_of)
            except uploads.BadFile as bad:
                self.add_error("files", str(bad))
        return cleaned


class TicketForm(WithFiles):
    """Topic, order, what the topic asks for, words, files. `chosen` is an order that must be in the list however old it is."""

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
        widget=forms.Select,
    )
    message = MessageField(
        label=gettext_lazy("What happened?"),
        help_text=gettext_lazy("In your own words. Never write a password here."),
        rows=7,
    )

    def __init__(self, *args, customer: User, chosen: Order | None = None, **options):
        super().__init__(*args, files_of=customer, **options)
        self.customer = customer
        recent = list(queries.recent_orders(customer, MOST_LISTED))
        if chosen is not None and chosen not in recent:
            recent.append(chosen)
        self.has_orders = bool(recent)
        self.fields["order"].widget.choices = [
            ("", _("No particular order")),
            *((str(order.pk), order_label(order)) for order in recent),
        ]
        topic = self.data.get("topic", "") if self.is_bound else self.initial.get("topic", "")
        self.asks = topics.ASKS.get(topic, ())
        for ask in self.asks:
            self.fields[ask.name] = field_for(ask)
        for name, trigger in (("topic", "change"), ("order", "change"), ("message", "keyup changed delay:900ms")):
            self.fields[name].widget.attrs |= {
                "hx-post": reverse_lazy("ticket_beside"),
                "hx-trigger": trigger,
                "hx-target": "#about-order",
                "hx-swap": "outerHTML",
            }

    def asked_fields(self) -> list[forms.BoundField]:
        return [self[ask.name] for ask in self.asks]

    def details(self) -> dict[str, str]:
        """What the topic asked for, as it is kept."""
        return {ask.name: str(self.cleaned_data[ask.name]) for ask in self.asks}

    def clean_order(self) -> Order | None:
        typed = self.cleaned_data["order"]
        if not typed:
            return None
        order = queries.own_order(self.customer, typed)
        if order is None:
            raise forms.ValidationError(_("Choose one of your orders from the list."))
        return order

    def clean_paid_on(self) -> dt.date:
        day = self.cleaned_data["paid_on"]
        if day > timezone.localdate() + dt.timedelta(days=1):
            raise forms.ValidationError(_("This day is still to come."))
        return day

    def clean(self) -> dict:
        cleaned = self.cleaned_data
        if (
            str(cleaned.get("topic")) in TOPICS_OF_AN_ORDER
            and cleaned.get("order") is None
            and "order" not in self.errors
            and self.has_orders
        ):
            self.add_error("order", _("Choose the order that this is about: we attach its history for you."))
        return super().clean()


def field_for(ask: topics.Ask) -> forms.Field:
    words: dict[str, Any] = {"label": ask.label, "help_text": ask.hint}
    missing: Any = ask.missing
    if ask.kind == "number":
        return forms.IntegerField(
            min_value=0,
            max_value=10**12,
            error_messages={
                "required": missing,
                "invalid": missing,
                "min_value": missing,
                "max_value": missing,
            },
            widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
            **words,
        )
    if ask.kind == "date":
        return forms.DateField(
            error_messages={"required": missing, "invalid": missing},
            widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            **words,
        )
    return forms.CharField(
        max_length=LONGEST_DETAIL,
        error_messages={"required": missing},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        **words,
    )


def order_label(order: Order) -> str:
    """`#812 · Photo likes · In Progress · 25 Nov 2026`."""
    placed = date_format(timezone.localtime(order.created_at), _("j M Y"))
    return f"#{order.pk} · {Truncator(order.service.name).chars(60)} · {order.get_status_display()} · {placed}"


class ReplyForm(WithFiles):
    message = MessageField(label=gettext_lazy("Your reply"), rows=5)
