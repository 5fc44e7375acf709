"""The living style guide: every component in every state, drawn by the same includes that the pages use."""

import datetime as dt
from pathlib import Path
from types import SimpleNamespace

from django import forms
from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from orders.statuses import OrderStatus
from orders.verdict import Advice

TONES = ("grey", "violet", "blue", "green", "amber", "stone", "teal", "red")
CALLOUTS = ("note", "tip", "warning", "important", "caution")


class SampleForm(forms.Form):
    """One field of each kind; what is sent to it is wrong on purpose."""

    name = forms.CharField(
        label=gettext_lazy("Name"), help_text=gettext_lazy("For yourself: it is shown in your lists.")
    )
    quantity = forms.IntegerField(label=gettext_lazy("Quantity"), min_value=10)
    service = forms.ChoiceField(
        label=gettext_lazy("Service"), choices=[("1", gettext_lazy("Photo likes")), ("2", gettext_lazy("Video views"))]
    )
    words = forms.CharField(label=gettext_lazy("Words"), widget=forms.Textarea(attrs={"rows": 3}), required=False)
    kind = forms.ChoiceField(
        label=gettext_lazy("Colours"),
        widget=forms.RadioSelect,
        choices=[("light", gettext_lazy("Light")), ("dark", gettext_lazy("Dark"))],
    )
    sure = forms.BooleanField(label=gettext_lazy("I have read the rules"))
    file = forms.FileField(label=gettext_lazy("File"), required=False)


@require_GET
def styleguide(request: HttpRequest) -> HttpResponse:
    """For those who build pages: staff, and anybody signed in to the demo. For others there is no such page."""
    if not (settings.DEMO or request.user.is_staff):
        raise Http404
    now = timezone.now()
    weeks = [(now.date() - dt.timedelta(weeks=11 - number), (number * 37 % 11) * 10**8) for number in range(12)]
    context = {
        "statuses": OrderStatus,
        "verdicts": [sample_verdict(advice, now) for advice in Advice],
        "callouts": CALLOUTS,
        "tones": TONES,
        "form": SampleForm(auto_id="good-%s"),
        "wrong": SampleForm({"name": "", "quantity": "1e3", "words": "Nothing typed is lost."}, auto_id="wrong-%s"),
        "orders": [sample_order(delivered) for delivered in (None, 300, 1000)],
        "weeks": weeks,
        "shares": [(_("Likes"), 21 * 10**8), (_("Views"), 8 * 10**8), (_("Comments"), 10**8)],
        "times": [("0-1 h", 12), ("1-2 h", 40), ("2-3 h", 25), ("3-4 h", 9), ("4-5 h", 4)],
        "entries": [(_("Deposit"), 5 * 10**9), (_("Charge"), -90_000_000)],
        "now": now,
        "icons": icons(),
    }
    return render(request, "neopanel/styleguide.html", context)


def sample_verdict(advice: Advice, now: dt.datetime) -> SimpleNamespace:
    headlines = {
        Advice.WAIT: (_("Wait"), _("Within the start time that the service states. Please do not order again.")),
        Advice.CHECK: (
            _("Check the result"),
            _("Platforms update their counts late, so look again before you decide."),
        ),
        Advice.CONTACT: (_("Contact us"), _("This takes far longer than the service states. It is our turn.")),
        Advice.OURS: (_("We are on it"), _("We are confirming with the service whether it took this order.")),
        Advice.DONE: (_("Done: the undelivered part is back"), _("It is on your balance; the arithmetic is below.")),
    }
    headline, reason = headlines[advice]
    until = now + dt.timedelta(hours=5) if advice in {Advice.WAIT, Advice.CHECK} else None
    return SimpleNamespace(advice=advice, headline=headline, reason=reason, until=until)


def sample_order(delivered: int | None) -> SimpleNamespace:
    return SimpleNamespace(quantity=1000, delivered=delivered, start_count=None if delivered is None else 3572)


def icons() -> list[str]:
    """The names in the sprite."""
    sprite = Path(finders.find("img/icons.svg")).read_text()
    return [part.partition('"')[0] for part in sprite.split('<symbol id="')[1:]]
