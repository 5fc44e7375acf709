"""Orders at the agents' desk: find them by what has an index, see all that is known of one, and act on it by the doors."""

from collections.abc import Iterator
from functools import partial

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import prefetch_related_objects
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.text import Truncator
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from accounts import looks
from orders import order_page, queries
from orders.admin import bulk
from orders.admin.action import SETTLE
from orders.admin.offers import demand, goes_through
from orders.admin.order_actions import ACTIONS, form_for, offers_for
from orders.admin.readonly import ReadOnly, with_customers
from orders.groups import runs_with
from orders.models import Order, Refill
from orders.statuses import OrderStatus
from orders.templatetags.orders_tags import as_money, minutes

NOT_STARTED = {OrderStatus.PENDING, OrderStatus.PROCESSING}


class AttentionFilter(admin.SimpleListFilter):
    title = gettext_lazy("what it needs")
    parameter_name = "attention"

    def lookups(self, request, model_admin):
        return [
            ("any", _("Somebody's attention")),
            ("review", _("A decision about a report")),
            ("unknown", _("To be found at the provider")),
            ("late", _("Time: far beyond what is stated")),
            ("cancel", _("The provider's answer to a cancel")),
            ("refill", _("A refill to be settled")),
        ]

    def queryset(self, request, queryset):
        now = timezone.now()
        wanted = {
            "any": queries.needing_attention,
            "review": lambda now: queries.under_review(),
            "unknown": lambda now: queries.unknown(),
            "late": queries.overdue,
            "cancel": lambda now: queries.wishing_to_cancel(),
            "refill": lambda now: queries.refills_to_settle(),
        }.get(self.value())
        return queryset & wanted(now) if wanted else queryset


@admin.register(Order)
class OrderAdmin(ReadOnly):
    list_display = (
        "number",
        "customer",
        "service_name",
        "status_badge",
        "age",
        "verdict",
        "at_provider",
        "sent",
        "doubt",
    )
    list_display_links = ("number",)
    list_filter = (AttentionFilter, "status", "provider")
    search_fields = ("id",)
    search_help_text = gettext_lazy(
        "Number, provider's number, link in any spelling, or the customer's whole email address"
    )
    ordering = ("-id",)
    sortable_by = ()
    empty_value_display = gettext_lazy("by hand")  # the filter's word for "no provider"
    show_facets = admin.ShowFacets.NEVER
    actions = (bulk.ask_chosen, bulk.approve_chosen, bulk.cancel_chosen)

    class Media:
        css = {"all": ["css/components.css", "css/workspace.css"]}

    # --- The list

    def has_settle_permission(self, request):
        return request.user.has_perm(SETTLE)

    def get_queryset(self, request):
        """What each row shows, joined only with what may be missing: see `with_customers`."""
        return with_customers(super().get_queryset(request)).select_related("provider").prefetch_related("service")

    def get_search_results(self, request, queryset, search_term):
        return (queries.found_at_desk(queryset, search_term) if search_term.strip() else queryset), False

    def get_changelist_instance(self, request):
        """Verdicts for the whole page at once, so that no row asks for anything more."""
        changes = super().get_changelist_instance(request)
        rows = list(changes.result_list)
        for order, verdict in queries.with_verdicts(rows, timezone.now()):
            order.judged = verdict
        changes.result_list = rows
        return changes

    @admin.display(description=gettext_lazy("order"))
    def number(self, order):
        return f"#{order.pk}"

    @admin.display(description=gettext_lazy("customer"))
    def customer(self, order):
        return order.wallet.customer.email

    @admin.display(description=gettext_lazy("service"))
    def service_name(self, order):
        return f"{order.service_id} · {Truncator(order.service.name).chars(40)}"

    @admin.display(description=gettext_lazy("status"))
    def status_badge(self, order):
        return render_to_string("components/badge.html", {"status": order.status, "label": order.get_status_display()})

    @admin.display(description=gettext_lazy("age"))
    def age(self, order):
        """Against the stated start, as long as it has not started; a later run's from when it is due."""
        now = timezone.now()
        if order.status not in NOT_STARTED:
            return timesince(order.created_at, now, depth=1)
        waited = minutes(max(0, int((now - (order.due_at or order.created_at)).total_seconds() // 60)))
        words = _("%(waited)s of %(stated)s") % {"waited": waited, "stated": minutes(order.stated_start)}
        return format_html("<strong>{}</strong>", words) if now > order.starts_by else words

    @admin.display(description=gettext_lazy("verdict"))
    def verdict(self, order):
        return order.judged.headline

    @admin.display(description=gettext_lazy("provider"))
    def at_provider(self, order):
        if order.provider is None:
            return _("by hand")
        return f"{order.provider} · {order.provider_order_id}" if order.provider_order_id else str(order.provider)

    @admin.display(description=gettext_lazy("submission"))
    def sent(self, order):
        return order.get_submission_display()

    @admin.display(description=gettext_lazy("needs a person"), empty_value="")
    def doubt(self, order):
        return "; ".join(_doubts(order))

    # --- The page of one

    def get_urls(self):
        own = [
            path(
                f"<int:order_id>/{name}/",
                self.admin_site.admin_view(require_POST(partial(self.act_view, name))),
                name=f"orders_order_{name}",
            )
            for name in ACTIONS
        ]
        many = path(
            "bulk/<slug:name>/",
            self.admin_site.admin_view(require_POST(partial(bulk.run_view, self))),
            name="orders_order_bulk",
        )
        return [*own, many, *super().get_urls()]

    def change_view(self, request, object_id, form_url="", extra_context=None):
        if request.method not in {"GET", "HEAD"}:
            raise PermissionDenied
        if not queries.is_number(object_id):
            raise Http404
        return self._page(request, int(object_id))

    def act_view(self, name: str, request: HttpRequest, order_id: int) -> HttpResponse:
        action = ACTIONS[name]
        demand(request, action.permission, "orders.view_order")
        order = self._order(order_id)
        form = form_for(name, order, request.POST)
        if goes_through(form, lambda typed: action.do(order, typed, request.user, timezone.now())):
            messages.success(request, action.done)
            return redirect("admin:orders_order_change", order.pk)
        return self._page(request, order_id, typed={name: form}, status=422)

    def _order(self, order_id: int) -> Order:
        if order_id >= 2**63:
            raise Http404
        rows = Order.objects.select_related("wallet__customer", "service__times", "provider", "suggested_by")
        order = get_object_or_404(rows, pk=order_id)
        if order.refill_state:
            prefetch_related_objects([order], "refills")
        return order

    def _page(self, request: HttpRequest, order_id: int, *, typed=None, status: int = 200) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        order = self._order(order_id)
        now = timezone.now()
        customer = order.wallet.customer
        looks.note(staff=request.user, customer=customer, what=f"order {order.pk}", now=now)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Order %(number)s") % {"number": f"#{order.pk}"},
            "order": order,
            "page": order_page.page_of(order, now=now),
            "runs": runs_with(order),
            "offers": offers_for(request, order, typed or {}),
            "orders_address": f"{reverse('admin:orders_order_changelist')}?wallet__exact={customer.pk}",
        }
        return render(request, "admin/orders/order/page.html", context, status=status)


def _doubts(order: Order) -> Iterator[str]:
    """Each decision that waits for a person. That time runs out is told by the age."""
    if order.review and order.proposed_status:
        words = {"status": order.get_proposed_status_display(), "money": as_money(order.proposed_return)}
        yield _("%(status)s? %(money)s back") % words
    elif order.review:
        yield _("to be looked at")
    if order.submission == Order.Submission.UNKNOWN:
        yield _("to be found at the provider")
    if order.cancel_asked_at and order.is_active:
        yield _("cancel requested")
    if order.refill_state == Refill.State.UNKNOWN:
        yield _("refill to be found at the provider")
    elif order.refill_state == Refill.State.REQUESTED and not (order.provider and order.provider.can_refill):
        yield _("refill to be passed on")
