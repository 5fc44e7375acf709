from dataclasses import dataclass, replace

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.models import User
from orders import reader
from orders.forms import TYPE_INPUTS, TYPED, OrderForm, SeenRate, new_token
from orders.models import Service
from orders.money import Units
from orders.placing import (
    OrderRefused,
    Problem,
    Quote,
    Wish,
    is_placed,
    on_sale,
    others_on_target,
    place_order,
    quote,
)


@dataclass(frozen=True)
class QuoteCard:
    """What stands beside the form: the chosen service, the price so far, and what would be in the way."""

    service: Service | None
    quote: Quote | None
    balance: Units
    price: Units | None = None
    notes: tuple[Problem, ...] = ()
    # Open orders of other services on the same target, and what was said about orders in the way.
    others: tuple[int, ...] = ()
    queue: bool = False
    knows: bool = False

    @property
    def blocking(self) -> int | None:
        """The order of the same service that this one could be queued behind, or is."""
        if self.quote is not None and self.quote.behind:
            return self.quote.behind
        return next((note.number for note in self.notes if note.code == "overlap"), None)

    @property
    def quantity_stands(self) -> bool:
        """Whether so many can be ordered at all: until then nobody asks what their price leaves of the balance."""
        return self.quote is not None and not any(p.code.startswith("quantity") for p in self.quote.problems)


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
    balance = reader.balance_of(request)
    form = OrderForm(typed)
    form.is_valid()
    service_id = form.cleaned_data.get("service")
    try:
        service = on_sale(service_id or 0)
    except OrderRefused:
        return QuoteCard(None, None, balance)
    said = form.cleaned_data
    wish = Wish(
        service.pk,
        said.get("link", ""),
        said.get("quantity"),
        {name: said.get(name, "") for name in TYPE_INPUTS},
        runs=said.get("runs"),
        interval=said.get("interval"),
        queue=said.get("queue", False),
    )
    found = quote(customer=request.user, wish=wish)
    notes = tuple(p for p in found.problems if typed.get(p.field) and p.field not in form.errors)
    notes += tuple(Problem("whole", name, text) for name, texts in form.errors.items() for text in texts)
    return QuoteCard(
        service,
        found if found.charge else None,
        balance,
        Units(found.rate),
        notes,
        others=tuple(others_on_target(customer=request.user, offer=found)),
        queue=wish.queue,
        knows=said.get("knows", False),
    )


def _refuse_unknowing(customer: User, form: OrderForm, wish: Wish, client_key: str) -> None:
    """Two services on one target can spoil each other's counts: allowed for whoever says that they know. Raises OrderRefused.

    A question to people, no guard of money: programs are not asked, and nothing is locked for it.
    """
    if form.cleaned_data["knows"] or is_placed(customer=customer, client_key=client_key):
        return
    offer = quote(customer=customer, wish=wish)
    others = [] if offer.problems else others_on_target(customer=customer, offer=offer)
    if others:
        sentence = _("Your order %(order)s of another service is open on this link. Say below that you know, or wait.")
        raise OrderRefused(Problem("others", "link", sentence % {"order": f"#{others[0]}"}, others[0]))


def _place(request: HttpRequest) -> HttpResponse:
    form = OrderForm(request.POST, customer=request.user)
    if form.is_valid():
        seen = SeenRate.read(form.cleaned_data["seen_rate"])
        wish, client_key = form.wish, f"form:{form.cleaned_data['token'] or new_token()}"
        try:
            _refuse_unknowing(request.user, form, wish, client_key)
            order = place_order(
                customer=request.user,
                wish=wish,
                client_key=client_key,
                seen_rate=seen.for_service(wish.service_id) if seen else None,
                note=form.cleaned_data["note"],
                now=timezone.now(),
            )
        except OrderRefused as refused:
            form.add_problems(refused.problems)
            if refused.problems[0].code == "key_reused":
                form.with_new_token()
        else:
            words = _("Drip-feed %(order)s is placed.") if order.is_group else _("Order %(order)s is placed.")
            messages.success(request, words % {"order": f"#{order.pk}"})
            return redirect("order_detail", order.pk)
    if "token" in form.errors:
        form.with_new_token()
    # What is wrong stands beside its field already; here stays what a link helps with.
    card = card_for(request, {name: request.POST.get(name, "") for name in TYPED})
    card = replace(card, notes=tuple(note for note in card.notes if note.code in {"overlap", "funds", "others"}))
    return _render(request, form, card, status=422)
