from django.contrib import admin
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from accounts import looks
from orders.admin.readonly import ReadOnly, with_customers
from orders.models import LedgerEntry, Wallet
from orders.queries import ADDRESS, is_number
from orders.templatetags.orders_tags import as_money, signed_money


@admin.register(LedgerEntry)
class LedgerEntryAdmin(ReadOnly):
    list_display = ("id", "wallet", "kind", "moved", "after", "cause", "actor", "created_at")
    list_filter = ("kind",)
    list_select_related = ("actor", "deposit__method")
    search_fields = ("pk",)
    search_help_text = _("Number of an order, the customer's whole email address, or an entry's key")
    ordering = ("-id",)
    # A click on a column's head would sort all entries there are.
    sortable_by = ()
    fields = ("wallet", "seq", "kind", "moved", "after", "cause", "actor", "note", "key", "created_at")
    readonly_fields = ("moved", "after", "cause")

    def get_queryset(self, request):
        return with_customers(super().get_queryset(request))

    def get_search_results(self, request, queryset, search_term):
        text = search_term.strip().lstrip("#").replace("\x00", "")
        if not text:
            return queryset, False
        if is_number(text):
            return queryset.filter(order=int(text)), False
        if ADDRESS.fullmatch(text):
            return queryset.filter(wallet__in=Wallet.objects.order_by().filter(customer__email=text.lower())), False
        return queryset.filter(key=text), False

    # --- Who looked

    def changelist_view(self, request, extra_context=None):
        """Whatever was looked for: where all that is found is one customer's, somebody has looked at that customer."""
        response = super().changelist_view(request, extra_context)
        found = getattr(response, "context_data", {}).get("cl")
        if found is not None and (found.query or found.get_filters_params()):
            entries = list(found.result_list)
            if len({entry.wallet_id for entry in entries}) == 1:
                self._note(request, entries[0].wallet, "balance")
        return response

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        if obj is not None:
            self._note(request, obj.wallet, f"entry {obj.pk}")
        return super().render_change_form(request, context, add, change, form_url, obj)

    def _note(self, request, wallet: Wallet, what: str) -> None:
        looks.note(staff=request.user, customer=wallet.customer, what=what, now=timezone.now())

    @admin.display(description=_("amount"))
    def moved(self, entry):
        return signed_money(entry.amount)

    @admin.display(description=_("balance after"))
    def after(self, entry):
        return as_money(entry.balance)

    @admin.display(description=_("cause"))
    def cause(self, entry):
        if entry.order_id:
            return format_html('<a href="/admin/orders/order/{}/change/">#{}</a>', entry.order_id, entry.order_id)
        if entry.deposit_id:
            address = reverse("admin:orders_deposit_change", args=[entry.deposit_id])
            return format_html('<a href="{}">{}</a>', address, entry.deposit)
        return entry.note
