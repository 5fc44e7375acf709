import datetime as dt

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from orders import queries, reader, spending
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
    balance = reader.balance_of(request)
    is_first_page = not (kind or order or cursor_of(request))
    spent = spending.spending_of(customer=request.user, balance=balance, now=timezone.now()) if is_first_page else None
    context = {
        "entries": page.rows,
        "kind": kind,
        "order": order,
        "kinds": LedgerEntry.Kind,
        "balance": balance,
        "spent": spent,
        "categories": spent.categories if spent else (),
        "month": timezone.now().astimezone(dt.UTC),
        **page_urls(request, page),
        **export_urls(request),
    }
    return render(request, "orders/balance_history.html", context)


@require_GET
def statement(request: HttpRequest, year: int, month: int) -> HttpResponse:
    """One month on one sheet: what the balance was, what came and went by kind and category, what it was then."""
    months = spending.months_of(customer=request.user, now=timezone.now())
    asked = (year, month)
    chosen = next((first for first in months if (first.year, first.month) == asked), None)
    if chosen is None:
        raise Http404
    found = spending.statement_of(customer=request.user, month=chosen)
    entries = queries.entries_of(request.user).filter(
        created_at__gte=spending.begin_of(chosen), created_at__lt=spending.begin_of(found.next_month)
    )
    if format := wanted_format(request):
        return download(format, f"statement-{chosen:%Y-%m}", ENTRY_COLUMNS, entry_rows(entries))
    context = {
        "statement": found,
        "entries": spending.entries_on_paper(customer=request.user, statement=found),
        "months": months,
        "categories": found.categories,
        "now": timezone.now(),
        **export_urls(request),
    }
    return render(request, "orders/statement.html", context)
