"""The same wish for everything that a list holds: a page that counts first, then a batch a request, then what became of each."""

from dataclasses import dataclass

from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from support import bulk, queries
from support.desk_forms import AssignForm, BulkTagsForm
from support.models import Ticket

MOST_SHOWN = 10
LONGEST_QUERY = 500

TITLES = {
    bulk.ASSIGN: gettext_lazy("Give tickets to an agent"),
    bulk.TAG: gettext_lazy("Add tags"),
    bulk.WAIT: gettext_lazy("Wait for the customers"),
    bulk.SOLVE: gettext_lazy("Solve tickets"),
}


@dataclass(frozen=True)
class Progress:
    """How far a change is: `rest` are the numbers that are still to come."""

    total: int
    rest: tuple[int, ...]
    changed: int
    newer: tuple[int, ...]

    @property
    def looked_at(self) -> int:
        return self.total - len(self.rest)

    @property
    def unchanged(self) -> int:
        return self.looked_at - self.changed - len(self.newer)


@admin.action(description=gettext_lazy("Change these tickets"), permissions=["answer"])
def change_chosen(desk_admin, request, queryset):
    return ask(desk_admin, request, bulk.chosen(queryset), query=request.GET.urlencode())


def ask_view(desk_admin, request: HttpRequest, right: str) -> HttpResponse:
    """GET with a list's own address: everything that the list holds, counted, and what can be done with it. Nothing is written."""
    if not request.user.has_perm(right):
        raise PermissionDenied
    try:
        changes = desk_admin.get_changelist_instance(request)
    except IncorrectLookupParameters:
        return redirect("admin:support_ticket_changelist")
    return ask(desk_admin, request, bulk.chosen(changes.queryset), query=request.GET.urlencode())


def ask(
    desk_admin, request: HttpRequest, found: bulk.Chosen, *, query: str, status: int = 200, **typed
) -> HttpResponse:
    if len(found.numbers) > bulk.MOST:
        messages.error(
            request, _("These are more than %(most)s tickets. Filter them first.") % {"most": f"{bulk.MOST:,}"}
        )
        return redirect(f"{desk_admin.list_address()}?{query[:LONGEST_QUERY]}")
    shown = Ticket.objects.filter(pk__in=found.numbers[:MOST_SHOWN]).select_related("customer").defer("evidence")
    context = {
        "title": _("Change many tickets"),
        "found": found,
        "numbers": ",".join(map(str, found.numbers)),
        "shown": shown.order_by("number"),
        "assign_form": AssignForm(auto_id="assign_%s"),
        "tags_form": BulkTagsForm(auto_id="tags_%s"),
    }
    return page(desk_admin, request, "bulk", context | typed, query=query, status=status)


def run_view(desk_admin, request: HttpRequest, name: str, right: str) -> HttpResponse:
    """POST of that page: one batch; the answer goes on with the rest, or says what became of it."""
    if not request.user.has_perm(right):
        raise PermissionDenied
    if name not in bulk.CHANGES:
        raise Http404
    query = request.POST.get("query", "")[:LONGEST_QUERY]
    numbers = numbers_in(request, "numbers")
    if not numbers:
        messages.warning(request, _("No ticket was chosen."))
        return redirect(f"{desk_admin.list_address()}?{query}")
    seen = number_in(request, "seen")
    form = {
        bulk.ASSIGN: lambda: AssignForm(request.POST, auto_id="assign_%s"),
        bulk.TAG: lambda: BulkTagsForm(request.POST, auto_id="tags_%s"),
    }.get(name, lambda: None)()
    if form is not None and not form.is_valid():
        typed = {f"{name}s_form" if name == bulk.TAG else f"{name}_form": form}
        found = bulk.chosen(Ticket.objects.filter(pk__in=numbers))
        return ask(desk_admin, request, found, query=query, status=422, **typed)
    batch, rest = numbers[: bulk.AT_ONCE], numbers[bulk.AT_ONCE :]
    done = bulk.change(
        name,
        numbers=batch,
        actor=request.user,
        seen=seen,
        to=agent_in(form) if name == bulk.ASSIGN else None,
        tags=form.cleaned_data["tags"].split(",") if name == bulk.TAG else (),
        now=timezone.now(),
    )
    progress = Progress(
        total=max(number_in(request, "total"), len(numbers)),
        rest=rest,
        changed=number_in(request, "changed") + done.changed,
        newer=(*numbers_in(request, "newer"), *done.newer),
    )
    context = {
        "title": TITLES[name],
        "name": name,
        "progress": progress,
        "rest": ",".join(map(str, rest)),
        "newer": ",".join(map(str, progress.newer)),
        "seen": seen,
        "form": form,
    }
    return page(desk_admin, request, "bulk_done", context, query=query)


def page(desk_admin, request: HttpRequest, name: str, context: dict, *, query: str, status: int = 200) -> HttpResponse:
    common = {
        **desk_admin.admin_site.each_context(request),
        "opts": desk_admin.opts,
        "query": query,
        "list_address": desk_admin.list_address(),
    }
    return render(request, f"admin/support/ticket/{name}.html", common | context, status=status)


def agent_in(form: AssignForm) -> User | None:
    chosen = form.cleaned_data["agent"]
    return User.objects.get(pk=int(chosen)) if chosen else None


def numbers_in(request: HttpRequest, name: str) -> tuple[int, ...]:
    """The numbers of a hidden field, commas between them; each once, no more than a change may have."""
    found = (int(text) for text in request.POST.get(name, "").split(",") if queries.is_number(text))
    return tuple(dict.fromkeys(found))[: bulk.MOST]


def number_in(request: HttpRequest, name: str) -> int:
    text = request.POST.get(name, "")
    return int(text) if queries.is_number(text) else 0
