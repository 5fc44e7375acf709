from dataclasses import dataclass, replace

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from orders import ledger
from orders.forms import OrderForm, SeenRate, new_token
from orders.models import Service
from orders.money import Units
from orders.placing import OrderRefused, Problem, Quote, Wish, on_sale, place_order, quote


@dataclass(frozen=True)
class QuoteCard:
    """What stands beside the form: the chosen service, the price so far, and what would be in the way."""

    service: Service | None
    quote: Quote | None
    balance: Units
    notes: tuple[Problem, ...] = ()


@require_http_methods(["GET", "POST"])
def order_new(request: HttpRequest) -> HttpResponse:
    """One column: choose, see the price, place. By htmx the price or the choice of services alone."""
    if request.method == "POST":
        return _place(request)
    search = request.GET.get("q", "")
    initial = {name: request.GET.get(name, "") for name in ("service", "link", "quantity")}
    form = OrderForm(initial={**initial, "token": new_token()}, search=search)
    card = card_for(request, initial)
    template = "orders/order_new.html"
    if request.htmx:
        template += "#services" if request.htmx.target == "services" else "#quote"
    return render(request, template, {"form": form, "card": card, "search": search, "chosen": initial["service"]})


def card_for(request: HttpRequest, typed: dict[str, str]) -> QuoteCard:
    """The price for what is typed so far. What is not typed yet is no mistake and gets no sentence."""
    balance = ledger.balance_of(request.user)
    form = OrderForm(typed)
    form.is_valid()
    service_id = form.cleaned_data.get("service")
    try:
        service = on_sale(service_id or 0)
    except OrderRefused:
        return QuoteCard(None, None, balance)
    quantity = form.cleaned_data.get("quantity")
    wish = Wish(service.pk, form.cleaned_data.get("link", ""), quantity)
    found = quote(customer=request.user, wish=wish)
    notes = tuple(p for p in found.problems if typed.get(p.field) and p.field not in form.errors)
    notes += tuple(Problem("whole", name, text) for name, texts in form.errors.items() for text in texts)
    if service.rule.counted and (quantity is None or quantity <= 0 or not found.charge):
        return QuoteCard(service, None, balance, notes)
    return QuoteCard(service, found, balance, notes)


def _place(request: HttpRequest) -> HttpResponse:
    form = OrderForm(request.POST)
    if form.is_valid():
        seen = SeenRate.read(form.cleaned_data["seen_rate"])
        wish = form.wish
        try:
            order = place_order(
                customer=request.user,
                wish=wish,
                client_key=f"form:{form.cleaned_data['token'] or new_token()}",
                seen_rate=seen.for_service(wish.service_id) if seen else None,
                now=timezone.now(),
            )
        except OrderRefused as refused:
            form.add_problems(refused.problems)
            if refused.problems[0].code == "key_reused":
                form.with_new_token()
        else:
            messages.success(request, _("Order %(order)s is placed.") % {"order": f"#{order.pk}"})
            return redirect("order_detail", order.pk)
    if "token" in form.errors:
        form.with_new_token()
    typed = {name: request.POST.get(name, "") for name in ("service", "link", "quantity")}
    # What is wrong stands beside its field already; here stays what a link helps with.
    card = card_for(request, typed)
    card = replace(card, notes=tuple(note for note in card.notes if note.code in {"overlap", "funds"}))
    context = {"form": form, "card": card, "search": "", "chosen": typed["service"]}
    return render(request, "orders/order_new.html", context, status=422)
