"""Providers at the desk: who they are (a form for operators), how they are, and the doors of a pause and of held returns."""

from functools import partial

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_POST

from orders import steering
from orders.admin.catalogue import markup_field
from orders.admin.imports import ImportPages
from orders.admin.offers import Offer, demand, goes_through
from orders.admin.readonly import Desk
from orders.desk_forms import DeskForm, PauseForm, ReleaseForm, TeamReasonForm
from orders.models import Provider
from orders.templatetags.orders_tags import as_money, moment

STEER = "orders.steer_provider"
FORMS = {"pause": PauseForm, "resume": TeamReasonForm, "release": ReleaseForm}
MOST_CHANGES = 20


class ProviderForm(forms.ModelForm):
    url = forms.URLField(label=gettext_lazy("API address"), max_length=300, assume_scheme="https")
    new_key = forms.CharField(
        label=gettext_lazy("API key"),
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("Kept sealed and never shown again. Leave it empty to keep the present one."),
    )

    markup = markup_field()

    class Meta:
        model = Provider
        fields = (
            "name", "url", "dialect", "is_active", "markup", "takes_request_id", "can_cancel", "can_refill", "can_drip",
            "refusals"
        )  # fmt: skip

    def clean_new_key(self):
        if not self.cleaned_data["new_key"] and not self.instance.sealed_key:
            raise forms.ValidationError(_("Enter the key that the provider gave you."))
        return self.cleaned_data["new_key"]

    def save(self, commit=True):
        if self.cleaned_data["new_key"]:
            self.instance.key = self.cleaned_data["new_key"]
        return super().save(commit)


@admin.register(Provider)
class ProviderAdmin(ImportPages, Desk):
    form = ProviderForm
    list_display = ("name", "state", "errors", "latency", "balance", "answered", "health_link")
    search_fields = ("name",)

    # --- The list

    @admin.display(description=gettext_lazy("state"))
    def state(self, provider):
        return state_of(provider)

    @admin.display(description=gettext_lazy("errors"))
    def errors(self, provider):
        return f"{provider.errors_per_mille / 10:.1f} %"

    @admin.display(description=gettext_lazy("latency"))
    def latency(self, provider):
        return f"{provider.latency_ms:,} ms" if provider.answered_at else None

    @admin.display(description=gettext_lazy("last good answer"))
    def answered(self, provider):
        return moment(provider.answered_at)

    @admin.display(description=gettext_lazy("health"))
    def health_link(self, provider):
        return format_html('<a href="{}">{}</a>', health_address(provider.pk), _("Health of %s") % provider.name)

    def has_delete_permission(self, request, obj=None):
        return False

    def get_fields(self, request, obj=None):
        """The key's field takes one and shows none: it is for who may set it."""
        fields = super().get_fields(request, obj)
        may_set = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        return fields if may_set else [name for name in fields if name != "new_key"]

    # --- Health

    def get_urls(self):
        own = [
            path(
                f"<int:provider_id>/{name}/",
                self.admin_site.admin_view(require_POST(partial(self.act_view, name))),
                name=f"orders_provider_{name}",
            )
            for name in FORMS
        ]
        health = path(
            "<int:provider_id>/health/",
            self.admin_site.admin_view(require_GET(self._page)),
            name="orders_provider_health",
        )
        return [*own, *self.import_urls(self.admin_site.admin_view), health, *super().get_urls()]

    def act_view(self, name: str, request: HttpRequest, provider_id: int) -> HttpResponse:
        demand(request, STEER, "orders.view_provider")
        provider = self._provider(provider_id)
        form = FORMS[name](request.POST, name=name)
        who = {"provider_id": provider.pk, "actor": request.user, "now": timezone.now()}

        def door(typed):
            if name == "pause":
                steering.pause(**who, minutes=typed["minutes"], reason=typed["reason"])
            elif name == "resume":
                steering.resume(**who, reason=typed["reason"])
            else:
                steering.release_returns(**who, reason=typed["reason"])

        if goes_through(form, door):
            messages.success(request, DONE[name])
            return redirect(health_address(provider.pk))
        return self._page(request, provider_id, typed={name: form}, status=422)

    def _provider(self, provider_id: int) -> Provider:
        if provider_id >= 2**63:
            raise Http404
        return get_object_or_404(Provider, pk=provider_id)

    def _page(self, request: HttpRequest, provider_id: int, *, typed=None, status: int = 200) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        provider = self._provider(provider_id)
        held = steering.held_returns(provider)
        kind = ContentType.objects.get_for_model(Provider)
        changes = LogEntry.objects.filter(content_type=kind, object_id=str(provider.pk)).select_related("user")
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Health of %s") % provider.name,
            "provider": provider,
            "state": state_of(provider),
            "errors": self.errors(provider),
            "latency": self.latency(provider),
            "held": held,
            "changes": changes.order_by("-action_time")[:MOST_CHANGES],
            "offers": self._offers(request, provider, held, typed or {}),
            "orders_address": f"{reverse('admin:orders_order_changelist')}?provider__id__exact={provider.pk}",
        }
        return render(request, "admin/orders/provider/health.html", context, status=status)

    def _offers(
        self, request: HttpRequest, provider: Provider, held: steering.Held, typed: dict[str, DeskForm]
    ) -> list[Offer]:
        may = request.user.has_perm(STEER)
        possible = {"pause": may, "resume": may and provider.paused_until, "release": may and provider.returns_held_at}
        waiting = ngettext(
            "%(count)s order waits with a proposed return of %(money)s in all",
            "%(count)s orders wait with proposed returns of %(money)s in all",
            held.orders,
        ) % {"count": held.orders, "money": as_money(held.money)}
        sentences = {
            "pause": _(
                "Nothing is sent to this provider and nothing is asked until then. Orders wait, and customers can cancel those "
                "that are not sent. After the pause one question for the balance decides whether it goes on."
            ),
            "resume": _("Orders flow to this provider again at once, without a trial."),
            "release": _(
                "From now on this provider's reports return money by themselves again, and the counting begins anew. %(waiting)s: "
                "those of closed orders stay for a person to decide, open orders settle with the provider's next report."
            )
            % {"waiting": waiting},
        }
        return [
            Offer(
                name=name,
                title=TITLES[name],
                sentence=sentences[name],
                button=BUTTONS[name],
                form=typed.get(name) or FORMS[name](name=name),
                address=reverse(f"admin:orders_provider_{name}", args=[provider.pk]),
                is_danger=name != "resume",
                is_open=name == "release",
            )
            for name in FORMS
            if possible[name] or name in typed
        ]


def health_address(provider_id: int) -> str:
    return reverse("admin:orders_provider_health", args=[provider_id])


def state_of(provider: Provider) -> str:
    """In one word how it is; the worst first."""
    if not provider.is_active:
        return _("not in use")
    if provider.paused_until:
        return _("paused")
    if provider.returns_held_at:
        return _("returns held")
    return _("failing") if provider.failures else _("well")


TITLES = {
    "pause": gettext_lazy("Pause"),
    "resume": gettext_lazy("Resume"),
    "release": gettext_lazy("Release the held returns"),
}
BUTTONS = {
    "pause": gettext_lazy("Pause this provider"),
    "resume": gettext_lazy("End the pause"),
    "release": gettext_lazy("Let returns flow again"),
}
DONE = {
    "pause": gettext_lazy("The provider is paused."),
    "resume": gettext_lazy("The pause is over."),
    "release": gettext_lazy("The provider's reports return money again."),
}
