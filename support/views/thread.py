"""The customer's tickets: the list, one thread, the reply, the end of it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from orders.queries import page_of
from orders.views.paging import cursor_of, page_urls
from support import pace, queries, ticketing, topics, uploads
from support.forms import ReplyForm
from support.models import Message, Ticket, TicketState
from support.views.tokens import token_of


@require_GET
def ticket_list(request: HttpRequest) -> HttpResponse:
    """The customer's tickets, newest first."""
    page = page_of(queries.tickets_of(request.user).select_related("order__service"), **cursor_of(request))
    return render(request, "support/ticket_list.html", {"tickets": page.rows, **page_urls(request, page)})


@require_http_methods(["GET", "HEAD", "POST"])
def ticket_detail(request: HttpRequest, number: int) -> HttpResponse:
    """One ticket; a POST is a reply. By htmx the living part alone, which stops asking once the ticket is solved."""
    ticket = _ticket_or_404(request, number)
    if request.method == "POST":
        return _reply(request, ticket)
    context = _ticket_context(ticket)
    if request.htmx:
        return render(request, "support/ticket_detail.html#live", context)
    context |= {"form": ReplyForm(files_of=request.user), "token": ticketing.fresh_key()}
    return render(request, "support/ticket_detail.html", context)


def _reply(request: HttpRequest, ticket: Ticket) -> HttpResponse:
    now, token, status = timezone.now(), token_of(request), 422
    form = ReplyForm(request.POST, request.FILES, files_of=request.user)
    if form.is_valid():
        try:
            pace.take_reply(request.user, now=now)
            message = ticketing.reply(
                ticket_number=ticket.pk,
                author=request.user,
                text=form.cleaned_data["message"],
                files=form.cleaned_data["files"],
                by_staff=False,
                client_key=token,
                now=now,
            )
        except pace.TooMany as refused:
            form.add_error(None, str(refused))
            status = 429
        except ticketing.TooLate:
            form.add_error(
                None, _("This ticket has been solved for too long to be opened again. Open a new one that follows it.")
            )
        except ticketing.AlreadyOpen as refused:
            sentence = _("Your ticket %(ticket)s about this order is open. Please write there.")
            form.add_error(None, sentence % {"ticket": refused.ticket})
        except uploads.NotKept:
            form.add_error("files", _("The pictures could not be kept just now. Send it without them, or again later."))
        else:
            messages.success(request, _("Your reply is in the ticket. You see the answer here."))
            return redirect("ticket_detail", message.ticket_id)
    context = _ticket_context(ticket) | {"form": form, "token": token}
    return render(request, "support/ticket_detail.html", context, status=status)


@require_POST
def ticket_solve(request: HttpRequest, number: int) -> HttpResponse:
    """The customer says that the matter is solved."""
    ticket = _ticket_or_404(request, number)
    ticketing.solve(ticket_number=ticket.pk, actor=request.user, now=timezone.now())
    messages.success(request, _("The ticket is solved. A reply opens it again."))
    return redirect("ticket_detail", ticket.pk)


@require_POST
def ticket_rate(request: HttpRequest, number: int) -> HttpResponse:
    """The customer says of a solved ticket whether it helped."""
    ticket = _ticket_or_404(request, number)
    rating = request.POST.get("rating", "")
    if rating in Ticket.Rating.values:
        ticketing.rate(ticket_number=ticket.pk, rating=Ticket.Rating(rating), actor=request.user, now=timezone.now())
        messages.success(request, _("Thank you. It tells us what to do better."))
    return redirect("ticket_detail", ticket.pk)


def _ticket_context(ticket: Ticket) -> dict:
    now = timezone.now()
    thread = list(queries.conversation_of(ticket))
    until = ticket.reopens_until
    return {
        "ticket": ticket,
        "thread": thread,
        "news": _news(ticket, thread),
        "takes_replies": ticket.merged_into_id is None and (until is None or now <= until),
        "details": topics.named(ticket.details),
        "usual": queries.usual_first_reply(now) if ticket.state == TicketState.RECEIVED else None,
        "ratings": Ticket.Rating.choices,
    }


def _news(ticket: Ticket, thread: list[Message]) -> str:
    """What a screen reader hears when it differs from what it said last: how many messages, whose is the last, the state."""
    last = _("the last one is from our team") if thread and thread[-1].by_staff else _("the last one is yours")
    count = ngettext("%(count)s message", "%(count)s messages", len(thread)) % {"count": len(thread)}
    return f"{count}, {last}. {ticket.get_state_display()}."


def _ticket_or_404(request: HttpRequest, number: int) -> Ticket:
    return get_object_or_404(queries.tickets_of(request.user).select_related("order__service"), pk=number)
