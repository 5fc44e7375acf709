"""Forms of somebody's own account."""

import functools
import zoneinfo
from decimal import Decimal

from django import forms
from django.conf import settings
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from accounts import addresses
from accounts.mails import BY_FIELD, OPTIONAL
from accounts.models import ApiKey, User

# More than anybody's programs need; it keeps the page and a forgotten script within bounds.
MOST_LIVE_KEYS = 20
# As `orders.money` counts; this app imports no other, so a test holds the two together.
MONEY_DECIMALS = 8
AMOUNT = RegexValidator(
    r"\A[0-9]{1,9}(\.[0-9]{1,8})?\Z", _("Enter an amount with plain digits and a point, for example 25.00.")
)


class ApiKeyForm(forms.Form):
    """Checks what a new key may be called and do; the key is made by `api_keys.issue`."""

    name = forms.CharField(
        label=_("Name"),
        max_length=80,
        strip=True,
        help_text=_("For yourself: the program that will use the key."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    scope = forms.ChoiceField(
        label=_("What it may do"), choices=ApiKey.Scope.choices, initial=ApiKey.Scope.ORDER, widget=forms.RadioSelect
    )
    daily_cap = forms.CharField(
        label=_("Most that it may spend in a day"),
        required=False,
        strip=True,
        help_text=_("In the currency of the shop, for example 25.00. Empty: as much as your balance holds."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "decimal"}),
        validators=[AMOUNT],
    )
    networks = forms.CharField(
        label=_("Addresses it may come from"),
        required=False,
        max_length=4000,
        help_text=_("IP addresses or networks like 203.0.113.0/24, one a line. Empty: from anywhere."),
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, *args, user: User, **kwargs):
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_name(self):
        """A name is taken once among live keys, so loading the answer again does not make a second key."""
        name = self.cleaned_data["name"]
        if self.user.api_keys.filter(revoked_at=None, name=name).exists():
            raise forms.ValidationError(
                _("You already have a key with this name. Revoke it first, or choose another name.")
            )
        return name

    def clean_daily_cap(self) -> int | None:
        """In units."""
        text = self.cleaned_data["daily_cap"]
        return int(Decimal(text).scaleb(MONEY_DECIMALS)) if text else None

    def clean_networks(self) -> str:
        try:
            lines = addresses.read_networks(self.cleaned_data["networks"])
        except addresses.NotANetwork as wrong:
            raise forms.ValidationError(
                _("%(text)s is no IP address and no network. Write 203.0.113.7 or 203.0.113.0/24."),
                params={"text": wrong.text},
            ) from None
        if len(lines.splitlines()) > addresses.MOST_NETWORKS:
            raise forms.ValidationError(
                _("At most %(most)s lines, please. Join neighbours to one network."),
                params={"most": addresses.MOST_NETWORKS},
            )
        return lines

    def clean(self):
        if self.user.api_keys.filter(revoked_at=None).count() >= MOST_LIVE_KEYS:
            raise forms.ValidationError(
                _("You have %(most)s keys, which is the most. Revoke one that you no longer use."),
                params={"most": MOST_LIVE_KEYS},
            )
        return super().clean()


@functools.cache
def time_zones() -> list[tuple[str, str]]:
    """The zones named for a region and a place; the others are old spellings of these."""
    names = sorted(
        name for name in zoneinfo.available_timezones() if "/" in name and not name.startswith(("Etc/", "SystemV/"))
    )
    return [("UTC", "UTC"), *((name, name.replace("_", " ")) for name in names)]


def time_zone_choices() -> list:
    return [("", _("As the shop: %(zone)s") % {"zone": settings.TIME_ZONE}), *time_zones()]


class PreferencesForm(forms.ModelForm):
    language = forms.ChoiceField(
        label=_("Language"),
        choices=lambda: [("", _("As the browser says")), *settings.LANGUAGES],
        required=False,
        help_text=_("Pages and mails are in this language; the help is in the shop's."),
    )
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        choices=time_zone_choices,
        required=False,
        help_text=_("Times on all pages and in mails are shown in this zone."),
    )
    mails = forms.MultipleChoiceField(
        label=_("Mails that I want"),
        choices=lambda: [(kind, words) for kind, words in OPTIONAL.items() if kind not in BY_FIELD],
        required=False,
        help_text=_("Answers of our team, decisions about payments and changes of your account always come."),
        widget=forms.CheckboxSelectMultiple,
    )
    digest = forms.ChoiceField(
        label=_("A summary of my orders and my balance"),
        choices=[("", _("Never")), *User.Digest.choices],
        required=False,
        help_text=_("Comes at 8:00 in your time zone, and only if something happened."),
    )
    tell_below = forms.CharField(
        label=_("Tell me when my balance falls below"),
        required=False,
        strip=True,
        help_text=_("In the currency of the shop, for example 25.00. One mail each time it happens. Empty: never."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "decimal"}),
        validators=[AMOUNT],
    )

    class Meta:
        model = User
        fields = ("language", "time_zone", "digest")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.initial["mails"] = [kind for kind in OPTIONAL if kind not in self.instance.mails_off]
        units = self.instance.low_balance
        if units is not None:
            self.initial["tell_below"] = written(units)

    def clean_tell_below(self) -> int | None:
        """In units."""
        text = self.cleaned_data["tell_below"]
        return int(Decimal(text).scaleb(MONEY_DECIMALS)) or None if text else None

    def clean(self):
        cleaned = super().clean()
        known = {kind for kind, _words in self.fields["mails"].choices}
        self.instance.mails_off = sorted(known - set(cleaned.get("mails", ())))
        self.instance.low_balance = cleaned.get("tell_below")
        return cleaned


def written(units: int) -> str:
    """`25.00`, as an amount is typed."""
    text = f"{Decimal(units).scaleb(-MONEY_DECIMALS):f}".rstrip("0")
    whole, _point, rest = text.partition(".")
    return f"{whole}.{rest:0<2}"
