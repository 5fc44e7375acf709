from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from orders import ledger, queries
from orders.exports import ENTRY_COLUMNS, entry_rows
from orders.models import LedgerEntry
from orders.views.exporting import download, export_urls, wanted_format
from orders.views.paging import cursor_of, page_urls


@require_GET
def balance_history(request: HttpRequest) -> HttpResponse:
    """Every change of the balance with its cause and the balance after it; of one kind or one order where asked."""
    kind = request.GET.get("kind", "")
    entries = queries.entries_of(request.user).select_related("order__service", "deposit__method")
    order = request.GET.get("order", "")
    order = order if order.isascii() and order.isdigit() and len(order) < 19 else ""
    if order:
        entries = entries.filter(order_id=int(order))
    kind = kind if kind in LedgerEntry.Kind else ""
    if kind:
        entries = entries.filter(kind=kind)
    if format := wanted_format(request):
        return download(format, "balance", ENTRY_COLUMNS, entry_rows(entries))
    page = queries.page_of(entries, **cursor_of(request))
    context = {
        "entries": page.rows,
        "kind": kind,
        "order": order,
        "kinds": LedgerEntry.Kind,
        "balance": ledger.balance_of(request.user),
        **page_urls(request, page),
        **export_urls(request),
    }
    return render(request, "orders/balance_history.html", context)
