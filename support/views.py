"""The customer's side of tickets."""

import re
import uuid

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from orders.queries import page_of
from orders.views.paging import cursor_of, page_urls
from support import queries, ticketing
from support.forms import ReplyForm, TicketForm
from support.models import Message, Ticket

TOKEN = re.compile(r"[0-9A-Za-z._-]{1,72}")


@require_GET
def ticket_list(request: HttpRequest) -> HttpResponse:
    """The customer's tickets, newest first."""
    page = page_of(queries.tickets_of(request.user).select_related("order__service"), **cursor_of(request))
    return render(request, "support/ticket_list.html", {"tickets": page.rows, **page_urls(request, page)})


@require_http_methods(["GET", "HEAD", "POST"])
def ticket_new(request: HttpRequest) -> HttpResponse:
    """The form: topic, order, words. By htmx only what stands beside the form about the order that was chosen."""
    if request.method == "POST":
        return _open(request)
    follows = _or_404(queries.own_ticket, request, "follows")
    order = _or_404(queries.own_order, request, "order")
    if order is None and follows is not None:
        order = follows.order
    context = {
        "about": queries.about(order, timezone.now()) if order else None,
        "follows": follows,
        "token": str(uuid.uuid4()),
    }
    if request.htmx:
        return render(request, "support/ticket_new.html#about", context)
    if not (context["about"] and context["about"].open_ticket):
        topic = follows.topic if follows else request.GET.get("topic", "")
        initial = {"order": order.pk if order else "", "topic": topic}
        context["form"] = TicketForm(customer=request.user, chosen=order, initial=initial)
    return render(request, "support/ticket_new.html", context)


def _open(request: HttpRequest) -> HttpResponse:
    now, token = timezone.now(), _token(request)
    chosen = queries.own_order(request.user, request.POST.get("order", ""))
    follows = queries.own_ticket(request.user, request.POST.get("follows", ""))
    form = TicketForm(request.POST, customer=request.user, chosen=chosen)
    if form.is_valid():
        try:
            ticket = ticketing.open_ticket(
                customer=request.user,
                topic=form.cleaned_data["topic"],
                order=form.cleaned_data["order"],
                text=form.cleaned_data["message"],
                client_key=token,
                follows=follows,
                now=now,
            )
        except ticketing.AlreadyOpen as refused:
            sentence = _("Your ticket %(ticket)s about this order is open. Please write there.")
            form.add_error("order", sentence % {"ticket": refused.ticket})
        except ticketing.SentBefore as refused:
            token = str(uuid.uuid4())
            sentence = _(
                "This form was sent before with other content, as ticket %(ticket)s. Send it again if you want one more ticket."
            )
            form.add_error(None, sentence % {"ticket": refused.ticket})
        else:
            messages.success(request, _("Ticket %(ticket)s is open. You see the answer here.") % {"ticket": ticket})
            return redirect("ticket_detail", ticket.pk)
    context = {
        "about": queries.about(chosen, now) if chosen else None,
        "follows": follows,
        "form": form,
        "token": token,
    }
    return render(request, "support/ticket_new.html", context, status=422)


@require_http_methods(["GET", "HEAD", "POST"])
def ticket_detail(request: HttpRequest, number: int) -> HttpResponse:
    """One ticket; a POST is a reply. By htmx the living part alone, which stops asking once the ticket is solved."""
    ticket = _ticket_or_404(request, number)
    if request.method == "POST":
        return _reply(request, ticket)
    context = _ticket_context(ticket)
    if request.htmx:
        return render(request, "support/ticket_detail.html#live", context)
    context |= {"form": ReplyForm(), "token": str(uuid.uuid4())}
    return render(request, "support/ticket_detail.html", context)


def _reply(request: HttpRequest, ticket: Ticket) -> HttpResponse:
    token = _token(request)
    form = ReplyForm(request.POST)
    if form.is_valid():
        try:
            ticketing.reply(
                ticket_number=ticket.pk,
                author=request.user,
                text=form.cleaned_data["message"],
                by_staff=False,
                client_key=token,
                now=timezone.now(),
            )
        except ticketing.TooLate:
            form.add_error(
                None, _("This ticket is solved for too long to be opened again. Open a new one that follows it.")
            )
        except ticketing.AlreadyOpen as refused:
            sentence = _("Your ticket %(ticket)s about this order is open. Please write there.")
            form.add_error(None, sentence % {"ticket": refused.ticket})
        else:
            messages.success(request, _("Your reply is in the ticket. You see the answer here."))
            return redirect("ticket_detail", ticket.pk)
    context = _ticket_context(ticket) | {"form": form, "token": token}
    return render(request, "support/ticket_detail.html", context, status=422)


@require_POST
def ticket_solve(request: HttpRequest, number: int) -> HttpResponse:
    """The customer says that the matter is solved."""
    ticket = _ticket_or_404(request, number)
    ticketing.solve(ticket_number=ticket.pk, actor=request.user, now=timezone.now())
    messages.success(request, _("The ticket is solved. A reply opens it again."))
    return redirect("ticket_detail", ticket.pk)


def _ticket_context(ticket: Ticket) -> dict:
    thread = list(queries.conversation_of(ticket))
    until = ticket.reopens_until
    return {
        "ticket": ticket,
        "thread": thread,
        "news": _news(ticket, thread),
        "takes_replies": until is None or timezone.now() <= until,
    }


def _news(ticket: Ticket, thread: list[Message]) -> str:
    """What a screen reader hears when it differs from what it said last: how many messages, whose is the last, the state."""
    last = _("the last one is from our team") if thread and thread[-1].by_staff else _("the last one is yours")
    count = ngettext("%(count)s message", "%(count)s messages", len(thread)) % {"count": len(thread)}
    return f"{count}, {last}. {ticket.get_state_display()}."


def _ticket_or_404(request: HttpRequest, number: int) -> Ticket:
    return get_object_or_404(queries.tickets_of(request.user).select_related("order__service"), pk=number)


def _or_404(find, request: HttpRequest, name: str):
    """What the address names as `name`, by `find`; None where it names nothing, 404 where it is not this customer's."""
    text = request.GET.get(name, "")
    if not text:
        return None
    found = find(request.user, text)
    if found is None:
        raise Http404
    return found


def _token(request: HttpRequest) -> str:
    """The form's token, or a fresh one where a program sends none."""
    token = request.POST.get("token", "")
    return token if TOKEN.fullmatch(token) else str(uuid.uuid4())
