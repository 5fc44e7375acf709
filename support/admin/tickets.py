"""The list of tickets, by queues, and the way into each: take the next one, or open one for a customer."""

import datetime as dt

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.paging import BoundedPaginator
from support import desk, queries, queues, ticketing
from support.admin import bulk
from support.admin.reporting import report_view
from support.admin.workspace import ANSWER, Workspace, token_of
from support.desk_forms import OpenForCustomerForm
from support.models import Ticket, TicketState
from support.templatetags.support_tags import span


class QueueFilter(admin.SimpleListFilter):
    title = gettext_lazy("queue")
    parameter_name = "queue"
    # The queues stand above the list, as places to go to.
    template = "admin/support/ticket/_queue_filter.html"

    def lookups(self, request, model_admin):
        return [(queue.name, queue.label) for queue in queues.QUEUES if queue.name != "all"]

    def queryset(self, request, queryset):
        return queues.in_queue(queryset, self.value() or "all", agent=request.user, now=timezone.now())


class StateFilter(admin.SimpleListFilter):
    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request, model_admin):
        return [("open", _("Not solved")), *((state.value, state.staff_label) for state in TicketState)]

    def queryset(self, request, queryset):
        if self.value() == "open":
            return queryset.filter(closed_at__isnull=True)
        return queryset.filter(state=self.value()) if self.value() in TicketState else queryset


@admin.register(Ticket)
class TicketAdmin(Workspace):
    """Find a ticket and work on it. Nothing is changed past the doors: there is no form over the row itself."""

    list_display = ("number_and_topic", "customer_orders", "order_number", "staff_state", "due", "assignee", "age")
    list_filter = (QueueFilter, StateFilter, "topic", "tags")
    list_select_related = ("assignee",)
    search_fields = ("number",)
    search_help_text = gettext_lazy("Number of a ticket or order, or the beginning of an email address")
    paginator = BoundedPaginator
    show_facets = admin.ShowFacets.NEVER
    change_list_template = "admin/support/ticket/list.html"
    # The queue decides the order; a click on a column's head would sort without an index.
    sortable_by = ()
    actions = (bulk.change_chosen,)

    class Media:
        css = {"all": ["css/components.css", "css/workspace.css"]}

    def get_urls(self):
        view = self.admin_site.admin_view
        own = [
            path("next/", view(require_POST(self.next_view)), name="support_ticket_next"),
            path("open/", view(require_http_methods(["GET", "POST"])(self.open_view)), name="support_ticket_open"),
        ]
        own += [
            path("report/", view(require_GET(self.report_view)), name="support_ticket_report"),
            path("bulk/", view(require_GET(self.bulk_view)), name="support_ticket_bulk"),
            path("bulk/<slug:name>/", view(require_POST(self.bulk_run_view)), name="support_ticket_bulk_run"),
        ]
        return own + super().get_urls()

    def bulk_view(self, request: HttpRequest) -> HttpResponse:
        return bulk.ask_view(self, request, ANSWER)

    def bulk_run_view(self, request: HttpRequest, name: str) -> HttpResponse:
        return bulk.run_view(self, request, name, ANSWER)

    def has_answer_permission(self, request) -> bool:
        return request.user.has_perm(ANSWER)

    def list_address(self) -> str:
        return reverse("admin:support_ticket_changelist")

    def report_view(self, request: HttpRequest) -> HttpResponse:
        return report_view(request, {**self.admin_site.each_context(request), "opts": self.opts})

    # --- The list

    def get_queryset(self, request):
        # Customers are not joined: see `orders.admin.readonly.with_customers`.
        return super().get_queryset(request).defer("evidence").prefetch_related("customer")

    def get_ordering(self, request):
        queue = queues.BY_NAME.get(request.GET.get("queue", ""))
        return queues.DUE_FIRST if queue and queue.due_first else ("-number",)

    def get_search_results(self, request, queryset, search_term):
        text = search_term.strip().lstrip("#").replace("\x00", "")
        if not text:
            return queryset, False
        if queries.is_number(text):
            return queryset.filter(Q(pk=int(text)) | Q(order_id=int(text))), False
        return queryset.filter(customer__email__startswith=text.lower()), False

    def changelist_view(self, request, extra_context=None):
        queue = queues.BY_NAME.get(request.GET.get("queue", ""))
        words = {"title": _("Tickets: %(queue)s") % {"queue": queue.label} if queue else _("Tickets")}
        words |= {"own_title": True, "may_answer": request.user.has_perm(ANSWER)}
        words["queues"] = [
            (one.label, f"?queue={one.name}", one is (queue or queues.BY_NAME["all"])) for one in queues.QUEUES
        ]
        return super().changelist_view(request, words | (extra_context or {}))

    @admin.display(description=gettext_lazy("ticket"), ordering="number")
    def number_and_topic(self, ticket):
        return f"#{ticket.pk} · {ticket.get_topic_display()}"

    @admin.display(description=gettext_lazy("customer"))
    def customer_orders(self, ticket):
        return format_html('<a href="{}">{}</a>', self.orders_address(ticket), ticket.customer)

    @admin.display(description=gettext_lazy("order"))
    def order_number(self, ticket):
        address = self.order_address(ticket)
        return format_html('<a href="{}">#{}</a>', address, ticket.order_id) if address else ticket.order_id

    @admin.display(description=gettext_lazy("state"))
    def staff_state(self, ticket):
        return ticket.state_now.staff_label

    @admin.display(description=gettext_lazy("due"))
    def due(self, ticket):
        if ticket.due_at is None:
            return ""
        left = ticket.due_at - timezone.now()
        if left < dt.timedelta(0):
            return format_html("<strong>{}</strong>", _("overdue by %(span)s") % {"span": span(-left)})
        return _("in %(span)s") % {"span": span(left)}

    @admin.display(description=gettext_lazy("age"))
    def age(self, ticket):
        return span(timezone.now() - ticket.created_at)

    # --- Ways in

    def next_view(self, request: HttpRequest) -> HttpResponse:
        """The ticket of nobody that is due first becomes this agent's."""
        if not request.user.has_perm(ANSWER):
            raise PermissionDenied
        ticket = desk.take_next(agent=request.user, now=timezone.now())
        if ticket is None:
            messages.info(request, _("No ticket waits for somebody to take it."))
            return redirect("admin:support_ticket_changelist")
        messages.success(request, _("The ticket is yours."))
        return redirect("admin:support_ticket_change", ticket.pk)

    def open_view(self, request: HttpRequest) -> HttpResponse:
        """A ticket that the team begins: the customer gets the words and is asked to answer."""
        if not request.user.has_perm(ANSWER):
            raise PermissionDenied
        form = OpenForCustomerForm(
            request.POST if request.method == "POST" else None,
            initial={"customer": request.GET.get("customer", ""), "order": request.GET.get("order", "")},
        )
        if request.method == "POST" and form.is_valid():
            try:
                ticket = ticketing.open_ticket(
                    customer=form.cleaned_data["customer"],
                    topic=form.cleaned_data["topic"],
                    order=form.cleaned_data["order"],
                    text=form.cleaned_data["message"],
                    client_key=token_of(request),
                    agent=request.user,
                    now=timezone.now(),
                )
            except ticketing.AlreadyOpen as refused:
                form.add_error("order", _("Ticket %(ticket)s about this order is open.") % {"ticket": refused.ticket})
            except ticketing.SentBefore as refused:
                form.add_error(None, _("This form was sent before, as ticket %(ticket)s.") % {"ticket": refused.ticket})
            else:
                messages.success(request, _("The ticket is open. The customer sees it."))
                return redirect("admin:support_ticket_change", ticket.pk)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Open a ticket for a customer"),
            "form": form,
            "token": ticketing.fresh_key(),
            "list_address": self.list_address(),
        }
        return render(request, "admin/support/ticket/open.html", context, status=422 if form.errors else 200)
