from dataclasses import dataclass, replace

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from orders import ledger
from orders.forms import TYPE_INPUTS, TYPED, OrderForm, SeenRate, new_token
from orders.models import Service
from orders.money import Units
from orders.placing import OrderRefused, Problem, Quote, Wish, on_sale, place_order, quote


@dataclass(frozen=True)
class QuoteCard:
    """What stands beside the form: the chosen service, the price so far, and what would be in the way."""

    service: Service | None
    quote: Quote | None
    balance: Units
    price: Units | None = None
    notes: tuple[Problem, ...] = ()


# The parts of the page that htmx asks for, by what they replace.
PARTS = {"services": "services", "type-inputs": "inputs", "quote": "quote"}


@require_http_methods(["GET", "POST"])
def order_new(request: HttpRequest) -> HttpResponse:
    """One column: choose, see the price, place. By htmx the price, the type's inputs or the choice of services alone.

    htmx never places: it posts only because comments are too long for an address.
    """
    if request.method == "POST" and not request.htmx:
        return _place(request)
    sent = request.POST if request.method == "POST" else request.GET
    typed = {name: sent.get(name, "") for name in TYPED}
    form = OrderForm(initial={**typed, "token": new_token()}, search=request.GET.get("q", ""), customer=request.user)
    return _render(request, form, card_for(request, typed))


def _render(request: HttpRequest, form: OrderForm, card: QuoteCard, status: int = 200) -> HttpResponse:
    template = "orders/order_new.html"
    if request.htmx:
        template += f"#{PARTS.get(request.htmx.target or '', 'quote')}"
    context = {
        "form": form,
        "card": card,
        "inputs": form.inputs_of(card.service),
        "chosen": card.service.pk if card.service else None,
    }
    return render(request, template, context, status=status)


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
    inputs = {name: form.cleaned_data.get(name, "") for name in TYPE_INPUTS}
    found = quote(customer=request.user, wish=Wish(service.pk, form.cleaned_data.get("link", ""), quantity, inputs))
    notes = tuple(p for p in found.problems if typed.get(p.field) and p.field not in form.errors)
    notes += tuple(Problem("whole", name, text) for name, texts in form.errors.items() for text in texts)
    if not found.charge:
        return QuoteCard(service, None, balance, Units(found.rate), notes)
    return QuoteCard(service, found, balance, Units(found.rate), notes)


def _place(request: HttpRequest) -> HttpResponse:
    form = OrderForm(request.POST, customer=request.user)
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
    # What is wrong stands beside its field already; here stays what a link helps with.
    card = card_for(request, {name: request.POST.get(name, "") for name in TYPED})
    card = replace(card, notes=tuple(note for note in card.notes if note.code in {"overlap", "funds"}))
    return _render(request, form, card, status=422)
