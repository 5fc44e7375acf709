"""The customer opens a ticket: the form, what stands beside it, and what is worth counting."""

import datetime as dt

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from helpcenter.asking import READ, TICKET_WITHIN, note_ticket
from helpcenter.models import Article
from helpcenter.reading import titles_of
from helpcenter.visibility import readable
from support import pace, queries, ticketing, uploads
from support.advice import MOST_LINKS, beside
from support.forms import TicketForm
from support.models import AdviceAnswer, Topic
from support.views.tokens import token_of

WORDS_LOOKED_AT = 2000


@require_http_methods(["GET", "HEAD", "POST"])
def ticket_new(request: HttpRequest) -> HttpResponse:
    """The form: topic, order, what the topic asks for, words, files."""
    if request.method == "POST":
        return _open(request)
    follows = _or_404(queries.own_ticket, request, "follows")
    order = _or_404(queries.own_order, request, "order")
    if order is None and follows is not None:
        order = follows.order
    topic = follows.topic if follows else request.GET.get("topic", "")
    about = beside(customer=request.user, order=order, topic=topic, words="", now=timezone.now())
    context = {"about": about, "topic": topic, "follows": follows, "token": ticketing.fresh_key()}
    if not about.open_ticket:
        initial = {"order": order.pk if order else "", "topic": topic}
        context["form"] = TicketForm(customer=request.user, chosen=order, initial=initial)
    return render(request, "support/ticket_new.html", context)


@require_POST
def ticket_beside(request: HttpRequest) -> HttpResponse:
    """By htmx, while the form is filled in: what stands beside it now; and what the topic asks for, where that was chosen.

    It is a POST that writes nothing, so that what somebody types never stands in an address or a log.
    """
    order = queries.own_order(request.user, request.POST.get("order", ""))
    if order is None and request.POST.get("order"):
        raise Http404
    topic = request.POST.get("topic", "")
    words = request.POST.get("message", "")[:WORDS_LOOKED_AT].replace("\x00", "")
    about = beside(customer=request.user, order=order, topic=topic, words=words, now=timezone.now())
    context = {"about": about, "topic": topic}
    if request.htmx.trigger_name == "topic":
        initial = request.POST.dict() | {"order": order.pk if order else ""}
        context["asking"] = TicketForm(customer=request.user, chosen=order, initial=initial)
    return render(request, "support/ticket_new.html#beside", context)


@require_POST
def ticket_answered(request: HttpRequest) -> HttpResponse:
    """An article beside the form answered the question: only this click counts, once a session and article."""
    number = request.POST.get("article", "")
    if not queries.is_number(number):
        raise Http404
    article = get_object_or_404(Article.objects.filter(readable(timezone.now())), pk=int(number))
    counted = request.session.get("answered", [])
    if article.pk not in counted:
        topic = request.POST.get("topic", "")
        AdviceAnswer.objects.create(
            article=article, topic=topic if topic in Topic.values else "", created_at=timezone.now()
        )
        request.session["answered"] = [*counted, article.pk][-50:]
    messages.success(request, _("Good to hear. No ticket was opened."))
    return redirect("ticket_list")


def _open(request: HttpRequest) -> HttpResponse:
    now, token, status = timezone.now(), token_of(request), 422
    chosen = queries.own_order(request.user, request.POST.get("order", ""))
    follows = queries.own_ticket(request.user, request.POST.get("follows", ""))
    form = TicketForm(request.POST, request.FILES, customer=request.user, chosen=chosen)
    if form.is_valid():
        try:
            pace.take_ticket(request.user, now=now)
            ticket = ticketing.open_ticket(
                customer=request.user,
                topic=form.cleaned_data["topic"],
                order=form.cleaned_data["order"],
                text=form.cleaned_data["message"],
                files=form.cleaned_data["files"],
                details=form.details(),
                shown=_shown(request),
                opened=_read_lately(request, now),
                client_key=token,
                follows=follows,
                now=now,
            )
        except pace.TooMany as refused:
            form.add_error(None, str(refused))
            status = 429
        except ticketing.AlreadyOpen as refused:
            sentence = _("Your ticket %(ticket)s about this order is open. Please write there.")
            form.add_error("order", sentence % {"ticket": refused.ticket})
        except ticketing.SentBefore as refused:
            token = ticketing.fresh_key()
            sentence = _(
                "This form was sent before with other content, as ticket %(ticket)s. Send it again if you want one more ticket."
            )
            form.add_error(None, sentence % {"ticket": refused.ticket})
        except uploads.NotKept:
            form.add_error("files", _("The pictures could not be kept just now. Send it without them, or again later."))
        else:
            note_ticket(request.session, now)
            messages.success(request, _("Ticket %(ticket)s is open.") % {"ticket": ticket})
            return redirect("ticket_detail", ticket.pk)
    topic, words = request.POST.get("topic", ""), request.POST.get("message", "")[:WORDS_LOOKED_AT].replace("\x00", "")
    about = beside(customer=request.user, order=chosen, topic=topic, words=words, now=now)
    context = {"about": about, "topic": topic, "follows": follows, "form": form, "token": token}
    return render(request, "support/ticket_new.html", context, status=status)


def _shown(request: HttpRequest) -> list[str]:
    """Titles of the articles that stood beside the form, as the page says."""
    numbers = [int(text) for text in request.POST.getlist("shown")[:MOST_LINKS] if queries.is_number(text)]
    return titles_of(numbers, timezone.now()) if numbers else []


def _read_lately(request: HttpRequest, now: dt.datetime) -> list[str]:
    """Titles of the help articles that this person read shortly before."""
    since = (now - TICKET_WITHIN).timestamp()
    numbers = [number for number, at in request.session.get(READ, []) if at >= since]
    return titles_of(numbers, now) if numbers else []


def _or_404(find, request: HttpRequest, name: str):
    """What the address names as `name`, by `find`; None where it names nothing, 404 where it is not this customer's."""
    text = request.GET.get(name, "")
    if not text:
        return None
    found = find(request.user, text)
    if found is None:
        raise Http404
    return found
