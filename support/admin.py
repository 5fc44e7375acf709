"""The agents' side: the list of tickets, and one screen of our own to work on one. Every change goes through a door."""

import uuid

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from orders.admin.readonly import BoundedPaginator, ReadOnly
from support import desk, queries, ticketing, topics, uploads, workspace
from support.desk_forms import NoteForm, StaffReplyForm
from support.models import Attachment, Ticket, TicketState
from support.ticketing import LONGEST_KEY
from support.views.files import served

ANSWER = "support.answer_ticket"


class StateFilter(admin.SimpleListFilter):
    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request, model_admin):
        return [("open", _("Not solved")), *((state.value, state.staff_label) for state in TicketState)]

    def queryset(self, request, queryset):
        if self.value() == "open":
            return queryset.filter(closed_at__isnull=True)
        return queryset.filter(state=self.value()) if self.value() in TicketState else queryset


class AssigneeFilter(admin.SimpleListFilter):
    title = gettext_lazy("agent")
    parameter_name = "agent"

    def lookups(self, request, model_admin):
        return [("me", _("Mine")), ("nobody", _("Nobody's"))]

    def queryset(self, request, queryset):
        if self.value() == "me":
            return queryset.filter(assignee=request.user)
        return queryset.filter(assignee__isnull=True) if self.value() == "nobody" else queryset


@admin.register(Ticket)
class TicketAdmin(ReadOnly):
    """Find a ticket and work on it. Nothing is changed past the doors: there is no form over the row itself."""

    list_display = ("number_and_topic", "customer_orders", "order_number", "staff_state", "assignee", "age")
    list_filter = (StateFilter, AssigneeFilter, "topic")
    list_select_related = ("customer", "assignee")
    search_fields = ("number",)
    search_help_text = gettext_lazy("Number of a ticket or order, or the beginning of an e-mail address")
    ordering = ("-number",)
    paginator = BoundedPaginator
    show_facets = admin.ShowFacets.NEVER

    # --- The list

    def get_queryset(self, request):
        return super().get_queryset(request).defer("evidence")

    def get_search_results(self, request, queryset, search_term):
        text = search_term.strip().lstrip("#").replace("\x00", "")
        if not text:
            return queryset, False
        if queries.is_number(text):
            return queryset.filter(Q(pk=int(text)) | Q(order_id=int(text))), False
        return queryset.filter(customer__email__startswith=text.lower()), False

    @admin.display(description=gettext_lazy("ticket"), ordering="number")
    def number_and_topic(self, ticket):
        return f"#{ticket.pk} · {ticket.get_topic_display()}"

    @admin.display(description=gettext_lazy("customer"))
    def customer_orders(self, ticket):
        return format_html('<a href="{}">{}</a>', self._orders_address(ticket), ticket.customer)

    @admin.display(description=gettext_lazy("order"))
    def order_number(self, ticket):
        address = self._order_address(ticket)
        return format_html('<a href="{}">#{}</a>', address, ticket.order_id) if address else ticket.order_id

    @admin.display(description=gettext_lazy("state"))
    def staff_state(self, ticket):
        return ticket.state_now.staff_label

    @admin.display(description=gettext_lazy("age"))
    def age(self, ticket):
        return timesince(ticket.created_at, depth=1)

    def _orders_address(self, ticket: Ticket) -> str:
        return f"{reverse('admin:orders_order_changelist')}?wallet__exact={ticket.customer_id}"

    def _order_address(self, ticket: Ticket) -> str:
        if ticket.order_id is None:
            return ""
        return reverse("admin:orders_order_change", args=[ticket.order_id])

    # --- The workspace

    def get_urls(self):
        own = [
            path(f"<int:number>/{name}/", self.admin_site.admin_view(require_POST(view)), name=f"support_ticket_{name}")
            for name, view in (
                ("reply", self.reply_view),
                ("note", self.note_view),
                ("take", self.take_view),
                ("wait", self.wait_view),
                ("solve", self.solve_view),
                ("reopen", self.reopen_view),
            )
        ]
        own.append(
            path(
                "<int:number>/files/<slug:key>/",
                self.admin_site.admin_view(require_GET(self.file_view)),
                name="support_ticket_file",
            )
        )
        return own + super().get_urls()

    def file_view(self, request: HttpRequest, number: int, key: str) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        file = get_object_or_404(Attachment, message__ticket=number, key=key, removed_at=None)
        return served(file, small=request.GET.get("size") == "small")

    def change_view(self, request, object_id, form_url="", extra_context=None):
        if request.method not in {"GET", "HEAD"}:
            raise PermissionDenied
        if not queries.is_number(object_id):
            raise Http404
        return self._workspace(request, int(object_id))

    def _workspace(self, request: HttpRequest, number: int, *, status: int = 200, **forms) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        tickets = Ticket.objects.select_related("customer", "assignee", "order__service", "order__provider")
        ticket = get_object_or_404(tickets, pk=number)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Ticket %(number)s: %(topic)s")
            % {"number": f"#{ticket.pk}", "topic": ticket.get_topic_display()},
            "ticket": ticket,
            "thread": workspace.thread_of(ticket),
            "facts": workspace.facts_of(ticket, timezone.now()),
            "orders_address": self._orders_address(ticket),
            "order_address": self._order_address(ticket),
            "details": topics.named(ticket.details),
            "may_answer": request.user.has_perm(ANSWER),
            "reply_form": StaffReplyForm(auto_id="reply_%s", files_of=None),
            "note_form": NoteForm(auto_id="note_%s"),
            "token": str(uuid.uuid4()),
            **forms,
        }
        return render(request, "admin/support/ticket/workspace.html", context, status=status)

    def reply_view(self, request: HttpRequest, number: int) -> HttpResponse:
        self._check(request, number)
        form = StaffReplyForm(request.POST, request.FILES, auto_id="reply_%s", files_of=None)
        if form.is_valid():
            try:
                ticketing.reply(
                    ticket_number=number,
                    author=request.user,
                    text=form.cleaned_data["message"],
                    files=form.cleaned_data["files"],
                    by_staff=True,
                    then=TicketState(form.cleaned_data["then"]),
                    client_key=_token(request),
                    now=timezone.now(),
                )
            except ticketing.AlreadyOpen as refused:
                form.add_error(None, _other_is_open(refused))
            except uploads.NotKept:
                form.add_error(
                    "files", _("The pictures could not be kept just now. Send it without them, or again later.")
                )
            else:
                messages.success(request, _("The customer sees your reply."))
                return self._back(number)
        return self._workspace(request, number, reply_form=form, status=422)

    def note_view(self, request: HttpRequest, number: int) -> HttpResponse:
        self._check(request, number)
        form = NoteForm(request.POST, auto_id="note_%s")
        if not form.is_valid():
            return self._workspace(request, number, note_form=form, status=422)
        ticketing.note(
            ticket_number=number,
            author=request.user,
            text=form.cleaned_data["message"],
            client_key=_token(request),
            now=timezone.now(),
        )
        messages.success(request, _("The note is kept. The customer does not see it."))
        return self._back(number)

    def take_view(self, request: HttpRequest, number: int) -> HttpResponse:
        self._check(request, number)
        instead_of = request.POST.get("instead_of", "")
        try:
            desk.take(
                ticket_number=number,
                agent=request.user,
                instead_of=int(instead_of) if queries.is_number(instead_of) else None,
                now=timezone.now(),
            )
        except desk.TakenBySomebody as refused:
            messages.error(request, _("This ticket is with %(agent)s.") % {"agent": refused.ticket.assignee})
        else:
            messages.success(request, _("The ticket is yours."))
        return self._back(number)

    def wait_view(self, request: HttpRequest, number: int) -> HttpResponse:
        return self._moved(request, number, ticketing.wait_for_customer, _("The ticket waits for the customer."))

    def solve_view(self, request: HttpRequest, number: int) -> HttpResponse:
        return self._moved(request, number, ticketing.solve, _("The ticket is solved."))

    def reopen_view(self, request: HttpRequest, number: int) -> HttpResponse:
        return self._moved(request, number, ticketing.reopen, _("The ticket is open again."))

    def _moved(self, request: HttpRequest, number: int, door, done: str) -> HttpResponse:
        self._check(request, number)
        try:
            door(ticket_number=number, actor=request.user, now=timezone.now())
        except ticketing.AlreadyOpen as refused:
            messages.error(request, _other_is_open(refused))
        else:
            messages.success(request, done)
        return self._back(number)

    def _check(self, request: HttpRequest, number: int) -> None:
        """403 without the right to answer, 404 where there is no such ticket."""
        if not (request.user.has_perm(ANSWER) and self.has_view_permission(request)):
            raise PermissionDenied
        get_object_or_404(Ticket.objects.only("pk"), pk=number)

    def _back(self, number: int) -> HttpResponse:
        return redirect("admin:support_ticket_change", number)


def _other_is_open(refused: ticketing.AlreadyOpen) -> str:
    return _("Ticket %(ticket)s about the same order is open. Go on there.") % {"ticket": refused.ticket}


def _token(request: HttpRequest) -> str:
    token = request.POST.get("token", "")
    return token if len(token) <= LONGEST_KEY and token.isascii() and token.isprintable() else ""
