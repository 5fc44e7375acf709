"""Pages where somebody takes their data along, and where they leave."""

from allauth.account.decorators import reauthentication_required
from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from neopanel import leaving
from neopanel.own_data import archive_of


class LeaveForm(forms.Form):
    gives_up_balance = forms.BooleanField(
        label=gettext_lazy("I give up what is left on my balance"),
        error_messages={"required": gettext_lazy("Spend it first, ask us by a ticket, or say that you give it up.")},
    )
    is_sure = forms.BooleanField(
        label=gettext_lazy("Yes, delete my account"),
        error_messages={"required": gettext_lazy("Say that you mean it.")},
    )

    def __init__(self, *args, balance: int, **kwargs):
        super().__init__(*args, **kwargs)
        if balance == 0:
            del self.fields["gives_up_balance"]


@require_GET
def data(request: HttpRequest) -> HttpResponse:
    """What we keep and how to take it along or leave."""
    return render(request, "neopanel/own_data.html")


@require_GET
@reauthentication_required
def download(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """Everything as one file, for who has proved just now that it is them."""
    now = timezone.now()
    answer = StreamingHttpResponse(archive_of(request.user, now=now), content_type="application/zip")
    answer["Content-Disposition"] = f'attachment; filename="my-data-{now:%Y-%m-%d}.zip"'
    return answer


@require_http_methods(["GET", "POST"])
@reauthentication_required
def leave(request: HttpRequest) -> HttpResponse:
    standing = leaving.standing_of(request.user)
    form = LeaveForm(request.POST if request.method == "POST" else None, balance=standing.balance)
    if request.method == "POST" and form.is_valid():
        try:
            leaving.ask(
                user=request.user,
                gives_up_balance=form.cleaned_data.get("gives_up_balance", False),
                now=timezone.now(),
            )
        except leaving.CannotLeave as obstacle:
            form.add_error(None, str(obstacle))
        else:
            return redirect("leave")
    context = {"standing": standing, "form": form, "days": leaving.WAIT.days}
    return render(request, "neopanel/leave.html", context, status=422 if form.errors else 200)


@require_POST
def stay(request: HttpRequest) -> HttpResponse:
    if leaving.stay(user=request.user, now=timezone.now()):
        messages.success(request, _("Good: your account stays."))
    return redirect("own_data")
