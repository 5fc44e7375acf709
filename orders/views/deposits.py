from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from orders import deposits, queries, reader
from orders.deposit_forms import PaymentForm
from orders.forms import new_token
from orders.views.paging import cursor_of, page_urls


@require_http_methods(["GET", "POST"])
def balance_add(request: HttpRequest) -> HttpResponse:
    """How to pay, the form "I have paid", and what became of the payments reported so far."""
    if request.method == "POST":
        return _report(request)
    methods = list(queries.payment_methods())
    initial = {"token": new_token(), "method": methods[0].pk if len(methods) == 1 else None}
    return _page(request, PaymentForm(initial=initial), methods)


def _report(request: HttpRequest) -> HttpResponse:
    form = PaymentForm(request.POST)
    if form.is_valid():
        data = form.cleaned_data
        try:
            deposits.report_payment(
                customer=request.user,
                method=data["method"],
                amount=data["amount"],
                reference=data["reference"],
                note=data["note"],
                client_key=f"form:{data['token'] or new_token()}",
                now=timezone.now(),
            )
        except deposits.PaymentRefused as refused:
            form.add_refusal(refused)
            if refused.code == "key_reused":
                form.with_new_token()
        else:
            messages.success(request, _("Thank you. We look for your payment and book it when it is there."))
            return redirect("balance_add")
    if "token" in form.errors:
        form.with_new_token()
    return _page(request, form, list(queries.payment_methods()), status=422)


def _page(request: HttpRequest, form: PaymentForm, methods: list, *, status: int = 200) -> HttpResponse:
    payments = queries.deposits_of(request.user).filter(method__isnull=False).select_related("method")
    page = queries.page_of(payments, **cursor_of(request), size=10)
    context = {
        "form": form,
        "methods": methods,
        "payments": page.rows,
        "balance": reader.balance_of(request),
        **page_urls(request, page),
    }
    return render(request, "orders/balance_add.html", context, status=status)
