"""The screen where one ticket is worked on: the thread left, the facts right, every button a form over a door."""

from collections.abc import Callable

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.models import User
from orders.admin.order_actions import offers_for
from orders.admin.readonly import ReadOnly
from orders.money import Units
from support import canned, desk, queries, ticketing, topics, uploads, workspace
from support.desk_forms import AssignForm, NoteForm, NumberForm, StaffReplyForm, TagsForm, agents
from support.models import Attachment, Draft, Ticket, TicketState
from support.reading import note_read
from support.ticketing import LONGEST_KEY
from support.views.files import served

ANSWER = "support.answer_ticket"
MOST_CANNED = 10
LONGEST_DRAFT = 20_000


class Workspace(ReadOnly):
    def get_urls(self):
        actions = {
            "reply": self.reply_view,
            "note": self.note_view,
            "draft": self.draft_view,
            "take": self.take_view,
            "assign": self.assign_view,
            "wait": self.wait_view,
            "solve": self.solve_view,
            "reopen": self.reopen_view,
            "tags": self.tags_view,
            "merge": self.merge_view,
            "split": self.split_view,
            "relate": self.relate_view,
        }
        view = self.admin_site.admin_view
        own = [
            path(f"<int:number>/{name}/", view(require_POST(action)), name=f"support_ticket_{name}")
            for name, action in actions.items()
        ]
        own += [
            path("<int:number>/seen/", view(require_GET(self.seen_view)), name="support_ticket_seen"),
            path("<int:number>/files/<slug:key>/", view(require_GET(self.file_view)), name="support_ticket_file"),
        ]
        return own + super().get_urls()

    # --- The screen

    def change_view(self, request, object_id, form_url="", extra_context=None):
        if request.method not in {"GET", "HEAD"}:
            raise PermissionDenied
        if not queries.is_number(object_id):
            raise Http404
        return self.screen(request, int(object_id))

    def screen(self, request: HttpRequest, number: int, *, status: int = 200, **typed) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        tickets = Ticket.objects.select_related(
            "customer__wallet", "assignee", "order__service__times", "order__provider", "merged_into"
        )
        ticket = get_object_or_404(tickets, pk=number)
        now = timezone.now()
        note_read(staff=request.user, customer=ticket.customer, what=f"ticket {ticket.pk}", now=now)
        may_answer = request.user.has_perm(ANSWER)
        thread = workspace.thread_of(ticket)
        balance = balance_of(ticket)
        facts = workspace.facts_of(ticket, balance=balance, now=now)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Ticket %(number)s: %(topic)s")
            % {"number": f"#{ticket.pk}", "topic": ticket.get_topic_display()},
            "ticket": ticket,
            "thread": thread,
            "facts": facts,
            "proposal": workspace.proposal_of(ticket, facts),
            "around": workspace.around(ticket),
            "details": topics.named(ticket.details, for_staff=True),
            "orders_address": self.orders_address(ticket),
            "order_address": self.order_address(ticket),
            "may_answer": may_answer,
            "token": ticketing.fresh_key(),
            "seen": max((item.message.pk for item in thread if item.message), default=0),
        }
        if may_answer:
            values = canned.values_for(ticket, balance=balance)
            context |= self._forms(request, ticket, values, context["proposal"])
            context["suggested"] = workspace.suggested(ticket, thread, now)
        return render(request, "admin/support/ticket/workspace.html", context | typed, status=status)

    def _forms(self, request: HttpRequest, ticket: Ticket, values: dict[str, str], proposal: str) -> dict:
        drafts = dict(Draft.objects.filter(ticket=ticket, agent=request.user).values_list("is_internal", "text"))
        search = request.GET.get("find", "")
        inserted = self._inserted(request, values)
        if proposal and "proposal" in request.GET:
            inserted = workspace.Inserted(proposal, TicketState.SOLVED)
        words = "\n\n".join(filter(None, (drafts.get(False, ""), inserted.text)))
        reply = {"message": words} | ({"then": inserted.then} if inserted.then else {})
        tags = ", ".join(ticket.tags.values_list("name", flat=True))
        return {
            "reply_form": StaffReplyForm(auto_id="reply_%s", files_of=None, initial=reply),
            "note_form": NoteForm(auto_id="note_%s", initial={"message": drafts.get(True, "")}),
            "tags_form": TagsForm(auto_id="tags_%s", initial={"tags": tags}),
            "assign_form": AssignForm(auto_id="assign_%s", initial={"agent": ticket.assignee_id or ""}),
            "merge_form": NumberForm(auto_id="merge_%s"),
            "relate_form": NumberForm(auto_id="relate_%s"),
            "has_draft": bool(drafts),
            "find": search,
            "canned": [
                (reply, canned.fill(reply.text, values)) for reply in canned.offered(ticket, search)[:MOST_CANNED]
            ],
            "many_languages": len(settings.LANGUAGES) > 1,
            "inserted": inserted,
            "offers": offers_for(request, ticket.order, {}) if ticket.order else [],
        }

    def _inserted(self, request: HttpRequest, values: dict[str, str]) -> workspace.Inserted:
        """What the address says to put into the reply, for who works without scripts: a prepared answer, an article's link."""
        site = request.build_absolute_uri("/").rstrip("/")
        return workspace.inserted(
            values,
            canned=request.GET.get("canned", ""),
            article=request.GET.get("article", ""),
            site=site,
            now=timezone.now(),
        )

    def file_view(self, request: HttpRequest, number: int, key: str) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        files = Attachment.objects.select_related("message__ticket__customer")
        file = get_object_or_404(files, message__ticket=number, key=key, removed_at=None)
        owner = file.message.ticket.customer
        note_read(staff=request.user, customer=owner, what=f"file {file.name} of ticket {number}", now=timezone.now())
        return served(file, small=request.GET.get("size") == "small")

    def seen_view(self, request: HttpRequest, number: int) -> HttpResponse:
        """The ticket as its customer sees it, to be read only."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        ticket = get_object_or_404(Ticket.objects.select_related("customer", "order__service"), pk=number)
        note_read(staff=request.user, customer=ticket.customer, what=f"ticket {number} as seen", now=timezone.now())
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Ticket %(ticket)s as the customer sees it") % {"ticket": ticket},
            "ticket": ticket,
            "thread": queries.conversation_of(ticket),
        }
        return render(request, "admin/support/ticket/seen.html", context)

    # --- What is said

    def reply_view(self, request: HttpRequest, number: int) -> HttpResponse:
        self.demand(request, number)
        form = StaffReplyForm(request.POST, request.FILES, auto_id="reply_%s", files_of=None)
        seen = request.POST.get("seen", "")
        if form.is_valid():
            try:
                ticketing.reply(
                    ticket_number=number,
                    author=request.user,
                    text=form.cleaned_data["message"],
                    files=form.cleaned_data["files"],
                    by_staff=True,
                    then=TicketState(form.cleaned_data["then"]),
                    client_key=token_of(request),
                    seen=int(seen) if queries.is_number(seen) else None,
                    now=timezone.now(),
                )
            except ticketing.Stale:
                form.add_error(None, stale_words(number, int(seen), request.user))
            except ticketing.AlreadyOpen as refused:
                form.add_error(None, other_is_open(refused))
            except uploads.NotKept:
                form.add_error(
                    "files", _("The pictures could not be kept just now. Send it without them, or again later.")
                )
            else:
                self._use_canned(request, number)
                messages.success(request, _("The customer sees your reply."))
                return self.back(number)
        last_read = int(seen) if queries.is_number(seen) else None
        return self.screen(request, number, reply_form=form, last_read=last_read, status=422)

    def _use_canned(self, request: HttpRequest, number: int) -> None:
        used = [int(text) for text in request.POST.getlist("canned")[:MOST_CANNED] if queries.is_number(text)]
        tags = canned.count_used(used) if used else []
        if any(tag.strip() for tag in tags):
            desk.add_tags(ticket_number=number, names=tags, actor=request.user, now=timezone.now())

    def note_view(self, request: HttpRequest, number: int) -> HttpResponse:
        self.demand(request, number)
        form = NoteForm(request.POST, auto_id="note_%s")
        if not form.is_valid():
            return self.screen(request, number, note_form=form, status=422)
        ticketing.note(
            ticket_number=number,
            author=request.user,
            text=form.cleaned_data["message"],
            client_key=token_of(request),
            now=timezone.now(),
        )
        messages.success(request, _("The note is kept. The customer does not see it."))
        return self.back(number)

    def draft_view(self, request: HttpRequest, number: int) -> HttpResponse:
        """Keeps what stands in one of the two forms; a script sends it while the agent types, a button without one."""
        self.demand(request, number)
        ticketing.keep_draft(
            ticket_number=number,
            agent=request.user,
            text=request.POST.get("message", "")[:LONGEST_DRAFT].replace("\x00", ""),
            is_internal="then" not in request.POST,
            now=timezone.now(),
        )
        if request.headers.get("X-Draft"):
            return HttpResponse(status=204)
        messages.success(request, _("Your draft is kept. Nobody else sees it."))
        return self.back(number)

    # --- Whose turn it is

    def take_view(self, request: HttpRequest, number: int) -> HttpResponse:
        self.demand(request, number)
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
        return self.back(number)

    def assign_view(self, request: HttpRequest, number: int) -> HttpResponse:
        self.demand(request, number)
        chosen = request.POST.get("agent", "")
        to = agents().filter(pk=int(chosen)).first() if queries.is_number(chosen) else None
        if chosen and to is None:
            messages.error(request, _("Choose somebody who answers tickets."))
            return self.back(number)
        desk.assign(ticket_number=number, to=to, actor=request.user, now=timezone.now())
        done = _("The ticket is with %(agent)s.") % {"agent": to} if to else _("The ticket is nobody's again.")
        messages.success(request, done)
        return self.back(number)

    def wait_view(self, request: HttpRequest, number: int) -> HttpResponse:
        return self._moved(request, number, ticketing.wait_for_customer, _("The ticket waits for the customer."))

    def solve_view(self, request: HttpRequest, number: int) -> HttpResponse:
        return self._moved(request, number, ticketing.solve, _("The ticket is solved."))

    def reopen_view(self, request: HttpRequest, number: int) -> HttpResponse:
        return self._moved(request, number, ticketing.reopen, _("The ticket is open again."))

    def split_view(self, request: HttpRequest, number: int) -> HttpResponse:
        return self._moved(request, number, desk.split, _("The merge is undone."))

    def _moved(self, request: HttpRequest, number: int, door: Callable[..., Ticket], done: str) -> HttpResponse:
        self.demand(request, number)
        try:
            door(ticket_number=number, actor=request.user, now=timezone.now())
        except ticketing.AlreadyOpen as refused:
            messages.error(request, other_is_open(refused))
        else:
            messages.success(request, done)
        return self.back(number)

    # --- What belongs together

    def tags_view(self, request: HttpRequest, number: int) -> HttpResponse:
        self.demand(request, number)
        names = request.POST.get("tags", "").replace("\x00", "").split(",")
        kept = desk.tag(ticket_number=number, names=names, actor=request.user, now=timezone.now())
        messages.success(
            request, _("Tags: %(tags)s.") % {"tags": ", ".join(kept)} if kept else _("The ticket has no tags.")
        )
        return self.back(number)

    def merge_view(self, request: HttpRequest, number: int) -> HttpResponse:
        return self._together(request, number, "merge_form", self._merge)

    def relate_view(self, request: HttpRequest, number: int) -> HttpResponse:
        return self._together(request, number, "relate_form", self._relate)

    def _merge(self, request: HttpRequest, number: int, other: int) -> HttpResponse:
        desk.merge(ticket_number=number, into=other, actor=request.user, now=timezone.now())
        words = {"ticket": f"#{number}", "other": f"#{other}"}
        messages.success(request, _("Ticket %(ticket)s goes on in %(other)s.") % words)
        return self.back(other)

    def _relate(self, request: HttpRequest, number: int, other: int) -> HttpResponse:
        desk.relate(ticket_number=number, to=other, actor=request.user, now=timezone.now())
        messages.success(request, _("The tickets are linked."))
        return self.back(number)

    def _together(
        self, request: HttpRequest, number: int, name: str, join: Callable[..., HttpResponse]
    ) -> HttpResponse:
        self.demand(request, number)
        form = NumberForm(request.POST, auto_id=name.replace("form", "%s"))
        if form.is_valid():
            try:
                return join(request, number, form.cleaned_data["number"])
            except Ticket.DoesNotExist:
                form.add_error("number", _("There is no ticket with this number."))
            except desk.NotTogether:
                form.add_error(
                    "number",
                    _("Only two tickets of one customer, neither of them merged, can be merged; none with itself."),
                )
            except desk.AboutItsOrder as refused:
                form.add_error(
                    "number",
                    _(
                        "Ticket %(ticket)s is about an order, and the order's page leads to it. Merge the other one into this, or "
                        "link the two."
                    )
                    % {"ticket": refused.ticket},
                )
            except ticketing.AlreadyOpen as refused:
                form.add_error("number", other_is_open(refused))
        return self.screen(request, number, **{name: form}, status=422)

    # --- Shared

    def demand(self, request: HttpRequest, number: int) -> None:
        """403 without the right to answer, 404 where there is no such ticket."""
        if not (request.user.has_perm(ANSWER) and self.has_view_permission(request)):
            raise PermissionDenied
        if number >= 2**63:
            raise Http404
        get_object_or_404(Ticket.objects.only("pk"), pk=number)

    def back(self, number: int) -> HttpResponse:
        return redirect("admin:support_ticket_change", number)

    def orders_address(self, ticket: Ticket) -> str:
        return f"{reverse('admin:orders_order_changelist')}?wallet__exact={ticket.customer_id}"

    def order_address(self, ticket: Ticket) -> str:
        return reverse("admin:orders_order_change", args=[ticket.order_id]) if ticket.order_id else ""


def stale_words(number: int, seen: int, agent: User) -> str:
    newer = (
        Ticket.objects.get(pk=number).messages.filter(pk__gt=seen).exclude(author=agent).select_related("author").last()
    )
    return _(
        "Nothing was sent: %(person)s wrote after you opened this page. Read it above; your words are kept here and as "
        "your draft. Send them again if they still fit."
    ) % {"person": newer.author if newer else _("somebody")}


def other_is_open(refused: ticketing.AlreadyOpen) -> str:
    return _("Ticket %(ticket)s is where this goes on. Open that one.") % {"ticket": refused.ticket}


def balance_of(ticket: Ticket) -> Units:
    """The balance of the ticket's customer, read with the ticket; 0 before their first entry."""
    wallet = getattr(ticket.customer, "wallet", None)
    return wallet.balance if wallet else Units(0)


def token_of(request: HttpRequest) -> str:
    token = request.POST.get("token", "")
    return token if len(token) <= LONGEST_KEY and token.isascii() and token.isprintable() else ""
