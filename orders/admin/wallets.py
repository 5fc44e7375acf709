"""Customers' money at the desk: the balance, how it came about, and the two doors beside it: adjust and freeze."""

from functools import partial

from django.contrib import admin, messages
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from accounts import looks
from accounts.models import User
from orders import desk, pricing
from orders.admin.offers import Offer, demand, goes_through
from orders.admin.readonly import ReadOnly
from orders.desk_forms import AdjustForm, DeskForm, EndPriceForm, PriceForm, TeamReasonForm
from orders.forms import new_token
from orders.models import Wallet
from orders.queries import ADDRESS, entries_of, is_number
from orders.templatetags.orders_tags import as_money

ADJUST = "orders.adjust_balance"
PRICE = "orders.set_custom_rate"
FORMS = {
    "adjust": AdjustForm,
    "freeze": TeamReasonForm,
    "unfreeze": TeamReasonForm,
    "price": PriceForm,
    "end_price": EndPriceForm,
}
RIGHTS = {"price": PRICE, "end_price": PRICE}
MOST_ENTRIES, MOST_CHANGES = 20, 20


@admin.register(Wallet)
class WalletAdmin(ReadOnly):
    list_display = ("customer", "money", "seq", "state")
    list_select_related = ("customer",)
    list_filter = ("frozen",)
    search_fields = ("pk",)
    search_help_text = gettext_lazy("The customer's whole email address")
    ordering = ("-pk",)
    sortable_by = ()
    show_facets = admin.ShowFacets.NEVER

    # --- The list

    def get_search_results(self, request, queryset, search_term):
        text = search_term.strip()
        if not text:
            return queryset, False
        found = queryset.filter(customer__email=text.lower()) if ADDRESS.fullmatch(text) else queryset.none()
        return found, False

    @admin.display(description=gettext_lazy("balance"))
    def money(self, wallet):
        return as_money(wallet.balance)

    @admin.display(description=gettext_lazy("state"), empty_value="")
    def state(self, wallet):
        return _("frozen") if wallet.frozen else None

    # --- The page of one

    def get_urls(self):
        own = [
            path(
                f"<int:customer_id>/{name}/",
                self.admin_site.admin_view(require_POST(partial(self.act_view, name))),
                name=f"orders_wallet_{name}",
            )
            for name in FORMS
        ]
        return own + super().get_urls()

    def change_view(self, request, object_id, form_url="", extra_context=None):
        if request.method not in {"GET", "HEAD"}:
            raise PermissionDenied
        if not is_number(object_id):
            raise Http404
        return self._page(request, int(object_id))

    def act_view(self, name: str, request: HttpRequest, customer_id: int) -> HttpResponse:
        demand(request, RIGHTS.get(name, ADJUST), "orders.view_wallet")
        customer = self._customer(customer_id)
        form = FORMS[name](request.POST, name=name)
        who = {"customer": customer, "actor": request.user, "now": timezone.now()}

        def door(typed):
            if name == "adjust":
                desk.adjust(**who, amount=typed["amount"], reason=typed["reason"], key=typed["token"])
            elif name == "price":
                pricing.set_rate(
                    **who,
                    service_id=typed["service"],
                    rate=typed["rate"],
                    reason=typed["reason"],
                    below_cost=typed["below_cost"],
                )
            elif name == "end_price":
                pricing.end_rate(**who, service_id=typed["service"], reason=typed["reason"])
            else:
                desk.freeze(**who, frozen=name == "freeze", reason=typed["reason"])

        if goes_through(form, door):
            messages.success(request, DONE[name])
            return redirect("admin:orders_wallet_change", customer.pk)
        return self._page(request, customer_id, typed={name: form}, status=422)

    def _customer(self, customer_id: int) -> User:
        """Anybody with an account: a customer without an entry has no row yet, and a balance of nothing."""
        if customer_id >= 2**63:
            raise Http404
        return get_object_or_404(User, pk=customer_id)

    def _page(self, request: HttpRequest, customer_id: int, *, typed=None, status: int = 200) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        customer = self._customer(customer_id)
        looks.note(staff=request.user, customer=customer, what="balance", now=timezone.now())
        wallet = Wallet.objects.filter(pk=customer.pk).first() or Wallet(customer=customer)
        kind = ContentType.objects.get_for_model(Wallet)
        changes = LogEntry.objects.filter(content_type=kind, object_id=str(customer.pk)).select_related("user")
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Balance of %(customer)s") % {"customer": customer},
            "customer": customer,
            "wallet": wallet,
            "entries": entries_of(customer).select_related("actor", "deposit__method").order_by("-seq")[:MOST_ENTRIES],
            "changes": changes.order_by("-action_time")[:MOST_CHANGES],
            "prices": customer.custom_rates.select_related("service", "set_by").order_by("service"),
            "offers": self._offers(request, wallet, typed or {}),
            "links": self._links(request, customer),
        }
        return render(request, "admin/orders/wallet/page.html", context, status=status)

    def _links(self, request: HttpRequest, customer: User) -> list[tuple[str, str]]:
        """Where else this customer is found; a list that this person may not read is left out."""
        wanted = [
            ("orders.view_order", _("Orders"), "orders_order", f"wallet__exact={customer.pk}"),
            ("orders.view_ledgerentry", _("All entries"), "orders_ledgerentry", f"wallet__exact={customer.pk}"),
            ("orders.view_deposit", _("Payments"), "orders_deposit", f"wallet__exact={customer.pk}"),
            ("support.view_ticket", _("Tickets"), "support_ticket", f"customer__exact={customer.pk}"),
        ]
        found = [
            (words, f"{reverse(f'admin:{model}_changelist')}?{query}")
            for right, words, model, query in wanted
            if request.user.has_perm(right)
        ]
        if request.user.has_perm("accounts.view_user"):
            found.append((_("Account"), reverse("admin:accounts_user_change", args=[customer.pk])))
        return found

    def _offers(self, request: HttpRequest, wallet: Wallet, typed: dict[str, DeskForm]) -> list[Offer]:
        possible = ["adjust", "unfreeze" if wallet.frozen else "freeze"] if request.user.has_perm(ADJUST) else []
        if request.user.has_perm(PRICE):
            possible += ["price", "end_price"] if wallet.customer.custom_rates.exists() else ["price"]
        sentences = {
            "adjust": _("The balance is %(balance)s. The entry stays for ever; a mistake is corrected by another one.")
            % {"balance": as_money(wallet.balance)},
            "freeze": _(
                "The customer cannot order any more. What is owed to them still comes in, and open orders go on."
            ),
            "unfreeze": _("The customer can order again at once."),
            "price": _(
                "From the next order on this customer pays this price for the service, whatever its label says."
            ),
            "end_price": _("From the next order on this customer pays what everybody pays for the service."),
        }
        return [
            Offer(
                name=name,
                title=TITLES[name],
                sentence=sentences[name],
                button=BUTTONS[name],
                form=typed.get(name) or FORMS[name](name=name, initial={"token": new_token()}),
                address=reverse(f"admin:orders_wallet_{name}", args=[wallet.pk]),
                is_danger=name in {"adjust", "freeze"},
            )
            for name in FORMS
            if name in possible or name in typed
        ]


TITLES = {
    "adjust": gettext_lazy("Adjust the balance"),
    "freeze": gettext_lazy("Freeze"),
    "unfreeze": gettext_lazy("End the freeze"),
    "price": gettext_lazy("Give a price of their own"),
    "end_price": gettext_lazy("End a price of their own"),
}
BUTTONS = {
    "adjust": gettext_lazy("Write the entry"),
    "freeze": gettext_lazy("Freeze the balance"),
    "unfreeze": gettext_lazy("Let them order again"),
    "price": gettext_lazy("Set this price"),
    "end_price": gettext_lazy("End this price"),
}
DONE = {
    "adjust": gettext_lazy("The balance is adjusted."),
    "freeze": gettext_lazy("The balance is frozen."),
    "unfreeze": gettext_lazy("The customer can order again."),
    "price": gettext_lazy("The price is set."),
    "end_price": gettext_lazy("The price of their own is ended."),
}
