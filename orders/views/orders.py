import datetime as dt
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from orders import groups, halt, lifecycle, notes, queries, reader, refills
from orders.exports import ORDER_COLUMNS, order_rows
from orders.forms import NoteForm
from orders.models import Order
from orders.money import Units
from orders.order_list import orders_wanted, services_used, wanted_by
from orders.order_page import drip_page_for, page_for
from orders.statuses import OrderStatus
from orders.templatetags.orders_tags import as_money
from orders.views.exporting import download, export_urls, wanted_format
from orders.views.paging import cursor_of, page_urls

# htmx stops asking when it sees this status.
STOP_POLLING = 286


@require_GET
def order_list(request: HttpRequest) -> HttpResponse:
    """The customer's orders, newest first: tabs by status, search, service and days, all of it in the address."""
    wanted = wanted_by(request.GET)
    orders = orders_wanted(request.user, wanted)
    if format := wanted_format(request):
        return download(format, "orders", ORDER_COLUMNS, order_rows(orders))
    # A drip-feed stands here once, with its runs; under a status, and by its number, each run stands for itself.
    is_folded = not wanted.status and not queries.is_number(wanted.search.lstrip("#"))
    if is_folded:
        orders = orders.filter(head=None)
    page = queries.page_of(queries.with_open_ticket(orders), **cursor_of(request))
    counts = queries.status_counts(request.user)
    others = {"q": wanted.search, "service": wanted.service, "from": wanted.first, "to": wanted.last}
    kept = urlencode({name: value for name, value in others.items() if value})
    context = {
        "rows": groups.with_groups(queries.with_verdicts(page.rows, timezone.now()), is_folded=is_folded),
        "wanted": wanted,
        "kept": kept,
        "tabs": [(status, counts[status.value]) for status in OrderStatus],
        **page_urls(request, page),
        **export_urls(request),
    }
    if not request.htmx:
        context["services"] = services_used(request.user, wanted.service)
    template = "orders/order_list.html#list" if request.htmx else "orders/order_list.html"
    return render(request, template, context)


@require_GET
def order_detail(request: HttpRequest, order_id: int) -> HttpResponse:
    """One order. By htmx the living part alone, with the status that ends the asking once the order is settled."""
    now = timezone.now()
    page = page_for(customer=request.user, order_id=order_id, now=now)
    if page is None:
        raise Http404
    reader.know_balance(request, Units(page.order.wallet.balance))
    if page.order.is_group and "run" not in request.GET:
        return _drip_detail(request, order_id, now)
    if not request.htmx:
        return render(
            request, "orders/order_detail.html", {"page": page, "order": page.order, "note": note_of(page.order)}
        )
    status = 200 if page.is_live else STOP_POLLING
    return render(request, "orders/_order.html", {"page": page, "order": page.order}, status=status)


def note_of(order: Order) -> NoteForm:
    return NoteForm(initial={"note": order.note})


def _drip_detail(request: HttpRequest, order_id: int, now: dt.datetime) -> HttpResponse:
    page = drip_page_for(customer=request.user, order_id=order_id, now=now)
    assert page is not None
    if not request.htmx:
        return render(
            request, "orders/drip_detail.html", {"page": page, "order": page.order, "note": note_of(page.order)}
        )
    status = 200 if page.is_live else STOP_POLLING
    return render(request, "orders/_drip.html", {"page": page, "order": page.order}, status=status)


@require_POST
def order_cancel(request: HttpRequest, order_id: int) -> HttpResponse:
    """The customer takes back an order that nobody has begun; by the number of a drip-feed, all that is left of it."""
    order = queries.orders_of(request.user).filter(pk=order_id).only("pk", "run").first()
    if order is None:
        raise Http404
    who = {"actor": request.user, "now": timezone.now()}
    try:
        outcomes = (
            lifecycle.cancel_group(head_id=order.pk, **who)
            if order.is_group
            else [lifecycle.cancel(order_id=order.pk, **who)]
        )
    except (lifecycle.NotAllowed, halt.Halted) as refused:
        messages.error(request, str(refused))
    else:
        returned = sum(outcome.returned for outcome in outcomes)
        if order.is_group and returned:
            facts = {"money": as_money(returned)}
            messages.success(
                request, _("The runs that had not begun are canceled, and %(money)s are back on your balance.") % facts
            )
            if any(not outcome.returned for outcome in outcomes):
                messages.success(
                    request, _("We ask the service to stop the running one. This page shows what it answers.")
                )
        elif returned:
            messages.success(request, _("The order is canceled and its whole charge is back on your balance."))
        else:
            messages.success(request, _("We ask the service to stop. This page shows what it answers."))
    return redirect("order_detail", order.pk)


@require_POST
def order_refill(request: HttpRequest, order_id: int) -> HttpResponse:
    """The customer asks to have replaced what dropped."""
    order = queries.orders_of(request.user).filter(pk=order_id).only("pk").first()
    if order is None:
        raise Http404
    try:
        refills.request(order_id=order.pk, actor=request.user, now=timezone.now())
    except lifecycle.NotAllowed as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("The refill is requested. This page shows what the service answers."))
    return redirect("order_detail", order.pk)


@require_POST
def order_note(request: HttpRequest, order_id: int) -> HttpResponse:
    """The customer's own words on their order. What is too long comes back with the page, as typed."""
    page = page_for(customer=request.user, order_id=order_id, now=timezone.now())
    if page is None:
        raise Http404
    form = NoteForm(request.POST)
    if not form.is_valid():
        return render(
            request, "orders/order_detail.html", {"page": page, "order": page.order, "note": form}, status=422
        )
    notes.write(customer=request.user, order_id=order_id, text=form.cleaned_data["note"])
    messages.success(request, _("Your note is kept."))
    return redirect("order_detail", order_id)
