from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from orders import halt, lifecycle, queries, refills
from orders.exports import ORDER_COLUMNS, order_rows
from orders.order_page import page_for
from orders.statuses import OrderStatus
from orders.views.exporting import download, export_urls, wanted_format
from orders.views.paging import cursor_of, page_urls

# htmx stops asking when it sees this status.
STOP_POLLING = 286


@require_GET
def order_list(request: HttpRequest) -> HttpResponse:
    """The customer's orders, newest first: tabs by status, search by number or link, all of it in the address."""
    status, search = request.GET.get("status", ""), request.GET.get("q", "").strip()
    orders = queries.orders_of(request.user).select_related("service")
    if status in OrderStatus:
        orders = orders.filter(status=status)
    if search:
        orders = queries.searched(orders, search)
    if format := wanted_format(request):
        return download(format, "orders", ORDER_COLUMNS, order_rows(orders))
    page = queries.page_of(orders, **cursor_of(request))
    counts = queries.status_counts(request.user)
    context = {
        "rows": queries.with_verdicts(page.rows, timezone.now()),
        "search": search,
        "status": status,
        "tabs": [(s, counts[s.value], urlencode({"status": s.value})) for s in OrderStatus],
        **page_urls(request, page),
        **export_urls(request),
    }
    template = "orders/order_list.html#list" if request.htmx else "orders/order_list.html"
    return render(request, template, context)


@require_GET
def order_detail(request: HttpRequest, order_id: int) -> HttpResponse:
    """One order. By htmx the living part alone, with the status that ends the asking once the order is settled."""
    page = page_for(customer=request.user, order_id=order_id, now=timezone.now())
    if page is None:
        raise Http404
    if not request.htmx:
        return render(request, "orders/order_detail.html", {"page": page, "order": page.order})
    status = 200 if page.is_live else STOP_POLLING
    return render(request, "orders/_order.html", {"page": page, "order": page.order}, status=status)


@require_POST
def order_cancel(request: HttpRequest, order_id: int) -> HttpResponse:
    """The customer takes back an order that nobody has begun."""
    order = queries.orders_of(request.user).filter(pk=order_id).only("pk").first()
    if order is None:
        raise Http404
    try:
        outcome = lifecycle.cancel(order_id=order.pk, actor=request.user, now=timezone.now())
    except (lifecycle.NotAllowed, halt.Halted) as refused:
        messages.error(request, str(refused))
    else:
        if outcome.returned:
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
