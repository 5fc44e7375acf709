"""The page of the halt: whether money stands still, since when and why, and the switch."""

from functools import partial

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from orders import halt
from orders.admin.offers import Offer, demand, goes_through
from orders.admin.readonly import ReadOnly
from orders.bookkeeping import NAME as RECONCILE
from orders.desk_forms import DeskForm, LiftForm, TeamReasonForm
from orders.lifecycle import NotAllowed
from orders.models import ChoreRun, Halt

SWITCH = "orders.switch_halt"
FORMS = {"begin": TeamReasonForm, "lift": LiftForm}
MOST_SHOWN = 50


@admin.register(Halt)
class HaltAdmin(ReadOnly):
    fields = ("reason", "begun_at", "begun_by", "ended_at", "ended_by")

    def get_urls(self):
        own = [
            path(
                f"{name}/",
                self.admin_site.admin_view(require_POST(partial(self.act_view, name))),
                name=f"orders_halt_{name}",
            )
            for name in FORMS
        ]
        return own + super().get_urls()

    def changelist_view(self, request, extra_context=None):
        if request.method not in {"GET", "HEAD"}:
            raise PermissionDenied
        return self._page(request)

    def act_view(self, name: str, request: HttpRequest) -> HttpResponse:
        demand(request, SWITCH, "orders.view_halt")
        form = FORMS[name](request.POST, name=name)
        door = partial(self._begin, request) if name == "begin" else partial(self._lift, request)
        if goes_through(form, door):
            messages.success(request, DONE[name])
            return redirect("admin:orders_halt_changelist")
        return self._page(request, typed={name: form}, status=422)

    def _begin(self, request: HttpRequest, typed: dict) -> None:
        if halt.current() is not None:
            raise NotAllowed(_("Money stands still already; the reason that was given first is shown here."))
        halt.begin(reason=typed["reason"], by=request.user, now=timezone.now())

    def _lift(self, request: HttpRequest, typed: dict) -> None:
        if not halt.lift(by=request.user, now=timezone.now()):
            raise NotAllowed(_("Nothing is halted any more: a colleague was quicker."))

    def _page(self, request: HttpRequest, *, typed=None, status: int = 200) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        rows = Halt.objects.select_related("begun_by", "ended_by").order_by("-id")[:MOST_SHOWN]
        holding = next((row for row in rows if row.ended_at is None), None)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Halt of money"),
            "holding": holding,
            "halts": rows,
            "checked": ChoreRun.objects.filter(name=RECONCILE).first(),
            "offers": self._offers(request, holding, typed or {}),
        }
        return render(request, "admin/orders/halt/page.html", context, status=status)

    def _offers(self, request: HttpRequest, holding: Halt | None, typed: dict[str, DeskForm]) -> list[Offer]:
        possible = ("lift" if holding else "begin") if request.user.has_perm(SWITCH) else ""
        return [
            Offer(
                name=name,
                title=TITLES[name],
                sentence=SENTENCES[name],
                button=BUTTONS[name],
                form=typed.get(name) or FORMS[name](name=name),
                address=reverse(f"admin:orders_halt_{name}"),
                is_danger=True,
                is_open=True,
            )
            for name in FORMS
            if name == possible or name in typed
        ]


TITLES = {"begin": gettext_lazy("Stop all money"), "lift": gettext_lazy("Let money move again")}
SENTENCES = {
    "begin": gettext_lazy(
        "No order is placed or sent, nothing is asked from providers and nothing is returned until somebody lifts the halt. "
        "Customers can read everything and are told that it is stopped for a check."
    ),
    "lift": gettext_lazy(
        "Orders, reports and returns go on at once. Lift it only when the cause is found: a wrong book does not heal by itself, "
        "and the next check would stop everything again."
    ),
}
BUTTONS = {"begin": gettext_lazy("Stop all money now"), "lift": gettext_lazy("Lift the halt")}
DONE = {"begin": gettext_lazy("Money stands still."), "lift": gettext_lazy("Money moves again.")}
