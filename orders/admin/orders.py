from django.contrib import admin
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from orders import queries
from orders.admin.readonly import ReadOnly
from orders.models import Order
from orders.templatetags.orders_tags import as_money, minutes, moment, signed_money


@admin.register(Order)
class OrderAdmin(ReadOnly):
    """Find an order and see everything about it. Searching is by what has an index: number, e-mail, provider's id."""

    list_display = ("id", "customer", "service_name", "status", "verdict", "submission", "review", "money", "placed")
    list_filter = ("status", "review", "submission", "provider")
    list_select_related = ("wallet__customer", "service")
    search_fields = ("=id", "=wallet__customer__email", "=provider_order_id")
    ordering = ("-id",)
    fieldsets = (
        (None, {"fields": ("customer", "service_name", "link", "quantity", "status", "verdict", "review")}),
        (_("Money"), {"fields": ("charge_shown", "returned_shown", "entries")}),
        (_("Delivery"), {"fields": ("start_count", "remains", "stated", "status_since", "moved_at", "checked_at")}),
        (
            _("Submission"),
            {"fields": ("submission", "attempts", "provider", "provider_order_id", "send_after", "poll_at")},
        ),
        (_("What happened"), {"fields": ("timeline",)}),
    )

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("wallet__customer", "service", "provider")

    def get_changelist_instance(self, request):
        """Open tickets of the whole page in one query, so that the verdict of each row asks for nothing more."""
        changes = super().get_changelist_instance(request)
        rows = list(changes.result_list)
        for order, verdict in queries.with_verdicts(rows, timezone.now()):
            order.judged = verdict
        changes.result_list = rows
        return changes

    def get_readonly_fields(self, request, obj=None):
        return [name for _title, options in self.fieldsets for name in options["fields"]]

    @admin.display(description=_("customer"))
    def customer(self, order):
        return order.wallet.customer.email

    @admin.display(description=_("service"))
    def service_name(self, order):
        return f"{order.service_id} · {Truncator(order.service.name).chars(60)}"

    @admin.display(description=_("money"))
    def money(self, order):
        returned = f" (+{as_money(order.refunded)})" if order.refunded else ""
        return f"{as_money(order.charge)}{returned}"

    @admin.display(description=_("placed"))
    def placed(self, order):
        return moment(order.created_at)

    @admin.display(description=_("verdict"))
    def verdict(self, order):
        if judged := getattr(order, "judged", None):
            return judged.headline
        [(_order, verdict)] = queries.with_verdicts([order], timezone.now())
        return f"{verdict.headline}. {verdict.reason}"

    @admin.display(description=_("charged"))
    def charge_shown(self, order):
        return as_money(order.charge)

    @admin.display(description=_("returned"))
    def returned_shown(self, order):
        return as_money(order.refunded)

    @admin.display(description=_("stated start and speed"))
    def stated(self, order):
        speed = f"{order.stated_speed:,}/d" if order.stated_speed else "-"
        return f"{minutes(order.stated_start)}, {speed}"

    @admin.display(description=_("ledger entries"))
    def entries(self, order):
        rows = ((e.pk, signed_money(e.amount), e.key, moment(e.created_at)) for e in order.entries.order_by("id"))
        return format_html_join("", '<div><a href="/admin/orders/ledgerentry/{}/change/">{}</a> {} {}</div>', rows)

    @admin.display(description=_("events"))
    def timeline(self, order):
        rows = (
            (
                moment(event.created_at),
                event.get_code_display(),
                event.from_status,
                event.to_status,
                event.actor or event.source,
                event.word,
                event.reason,
                event.raw,
            )
            for event in order.events.select_related("actor").order_by("-id")
        )
        return format_html(
            '<ol class="timeline">{}</ol>',
            format_html_join("", "<li><div>{} <strong>{}</strong> {} → {} · {} {} {}</div><code>{}</code></li>", rows),
        )
