from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from orders.admin.readonly import ReadOnly
from orders.models import LedgerEntry
from orders.templatetags.orders_tags import as_money, signed_money


@admin.register(LedgerEntry)
class LedgerEntryAdmin(ReadOnly):
    list_display = ("id", "wallet", "kind", "moved", "after", "cause", "actor", "created_at")
    list_filter = ("kind",)
    list_select_related = ("wallet__customer", "actor", "deposit__method")
    search_fields = ("=key", "=order__id", "=wallet__customer__email")
    ordering = ("-id",)
    fields = ("wallet", "seq", "kind", "moved", "after", "cause", "actor", "note", "key", "created_at")
    readonly_fields = ("moved", "after", "cause")

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
