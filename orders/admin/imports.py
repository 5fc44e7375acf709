"""A provider's list, looked at before it changes the catalogue: fetched and applied by the worker, decided by an operator."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from orders import catalogue_jobs, importing
from orders.admin.offers import demand
from orders.importing import Plan, Row
from orders.lifecycle import NotAllowed
from orders.models import CatalogueImport, Provider
from orders.templatetags.orders_tags import as_money

CHANGE = "orders.change_service"
ROWS = 100
MONEY = {"rate", "provider_rate"}

KINDS = {
    importing.NEW: gettext_lazy("New"),
    importing.REPRICED: gettext_lazy("New price"),
    importing.RENAMED: gettext_lazy("Renamed"),
    importing.LIMITS: gettext_lazy("New limits"),
    importing.OTHER: gettext_lazy("Other changes"),
    importing.BACK: gettext_lazy("On sale again"),
    importing.PAUSED: gettext_lazy("Paused"),
    importing.GONE: gettext_lazy("Gone"),
    importing.UNCHANGED: gettext_lazy("Unchanged"),
    "skipped": gettext_lazy("Not taken over"),
}


class ImportPages:
    """The pages of an import, for the admin of providers."""

    def import_urls(self, wrapped: Callable[..., Any]) -> list[URLPattern]:
        return [
            path("<int:provider_id>/import/", wrapped(require_GET(self.import_page)), name="orders_provider_import"),
            path("<int:provider_id>/import/fetch/", wrapped(require_POST(self.fetch)), name="orders_provider_fetch"),
            path("<int:provider_id>/import/apply/", wrapped(require_POST(self.apply)), name="orders_provider_apply"),
        ]

    def fetch(self, request: HttpRequest, provider_id: int) -> HttpResponse:
        demand(request, CHANGE, "orders.view_provider")
        provider = provider_or_404(provider_id)
        catalogue_jobs.ask(provider_id=provider.pk, actor=request.user, now=timezone.now())
        return redirect("admin:orders_provider_import", provider.pk)

    def apply(self, request: HttpRequest, provider_id: int) -> HttpResponse:
        demand(request, CHANGE, "orders.view_provider")
        provider = provider_or_404(provider_id)
        job = provider.imports.first()
        if job is None:
            raise Http404
        try:
            catalogue_jobs.confirm(
                import_id=job.pk,
                plan=request.POST.get("plan", ""),
                below_cost=bool(request.POST.get("below_cost")),
                many_gone=bool(request.POST.get("many_gone")),
                actor=request.user,
                now=timezone.now(),
            )
        except NotAllowed as refused:
            messages.error(request, str(refused))
            return self._shown(request, provider, status=422)
        return redirect("admin:orders_provider_import", provider.pk)

    def import_page(self, request: HttpRequest, provider_id: int) -> HttpResponse:
        """By htmx the living part alone, until the worker has done its part."""
        if not request.user.has_perm("orders.view_provider"):
            raise PermissionDenied
        return self._shown(request, provider_or_404(provider_id))

    def _shown(self, request: HttpRequest, provider: Provider, *, status: int = 200) -> HttpResponse:
        job = provider.imports.select_related("asked_by", "provider").first()
        sent = request.POST or request.GET
        below_cost = bool(sent.get("below_cost"))
        context: dict[str, Any] = {"provider": provider, "job": job, "may": request.user.has_perm(CHANGE)}
        if job is not None and job.state == CatalogueImport.State.READY:
            plan = catalogue_jobs.plan_of(job, below_cost=below_cost)
            context |= shown(plan, sent.get("kind", ""), sent.get("page", "")) | {"below_cost": below_cost}
        if request.htmx:
            return render(request, "admin/orders/provider/_import.html", context, status=status)
        context |= {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            "opts": self.opts,  # type: ignore[attr-defined]
            "title": _("Services of %s") % provider.name,
            "health_address": reverse("admin:orders_provider_health", args=[provider.pk]),
        }
        return render(request, "admin/orders/provider/import.html", context, status=status)


def provider_or_404(provider_id: int) -> Provider:
    if provider_id >= 2**63:
        raise Http404
    return get_object_or_404(Provider, pk=provider_id)


def shown(plan: Plan, kind: str, page: str) -> dict[str, Any]:
    """The plan as the page draws it: its counts, and one page of the rows of one kind."""
    counts = plan.counts | {"skipped": len(plan.skipped)}
    if kind not in KINDS:
        kind = next(
            (name for name, count in counts.items() if count and name != importing.UNCHANGED), importing.UNCHANGED
        )
    rows: list[tuple[str, str, list[tuple[str, str, str]], str]]
    if kind == "skipped":
        rows = [(external_id, "", [], reason) for external_id, reason in plan.skipped]
    else:
        rows = [drawn(row) for row in plan.rows if kind in row.kinds]
    number = int(page) if page.isascii() and page.isdigit() and len(page) < 6 else 1
    pages = -(-len(rows) // ROWS) or 1
    number = max(1, min(number, pages))
    return {
        "plan": plan,
        "tabs": [(name, words, counts[name]) for name, words in KINDS.items() if counts[name]],
        "kind": kind,
        "rows": rows[(number - 1) * ROWS : number * ROWS],
        "number": number,
        "pages": pages,
        "next": number + 1 if number < pages else None,
        "previous": number - 1 if number > 1 else None,
    }


def drawn(row: Row) -> tuple[str, str, list[tuple[str, str, str]], str]:
    """A row's number at the provider, name, changes (what, before, after) and note. Of a new service, its price and limits."""
    if row.service_id is None:
        price, cost = as_money(row.fields["rate"]), as_money(row.fields["provider_rate"])
        words = [
            (_("price"), cost, price),
            (_("quantity"), "", f"{row.fields['minimum']:,} - {row.fields['maximum']:,}"),
            (_("category"), "", row.fields["category"]),
        ]
        return row.external_id, row.name, words, row.note
    changes = [
        (LABELS.get(column, column), said(column, before), said(column, after))
        for column, before, after in row.changes
        if column in LABELS
    ]
    return row.external_id, row.name, changes, row.note


LABELS: dict[str, Any] = {
    "name": gettext_lazy("name"),
    "category": gettext_lazy("category"),
    "type": gettext_lazy("type"),
    "rate": gettext_lazy("price"),
    "provider_rate": gettext_lazy("the provider's price"),
    "minimum": gettext_lazy("minimum"),
    "maximum": gettext_lazy("maximum"),
    "description": gettext_lazy("description"),
    "can_cancel": gettext_lazy("can be canceled"),
    "can_drip": gettext_lazy("drip-feed"),
}


def said(column: str, value: Any) -> str:
    if column in MONEY:
        return as_money(value) if value is not None else "-"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return f"{value:,}" if isinstance(value, int) else str(value)[:200]
