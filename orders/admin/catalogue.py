"""What is sold, for operators. A service is written through `orders/shelving.py`, so that customers read what changed."""

import re
from decimal import Decimal

from django import forms
from django.contrib import admin
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from orders import shelving
from orders.admin.readonly import Desk, ReadOnly
from orders.forms import AmountField
from orders.models import Category, Service, ServiceChange
from orders.templatetags.orders_tags import as_money


class RateField(AmountField):
    default_error_messages = {"amount": _("Write the price with plain digits, for example 0.90.")}


PERCENT = re.compile(r"-?[0-9]{1,4}(\.[0-9]{1,2})?", re.ASCII)


class PercentField(forms.CharField):
    """Percent as people write them; kept in hundredths, as whole numbers."""

    default_error_messages = {"percent": _("Write the percentage with plain digits, for example 20 or 12.5.")}

    def prepare_value(self, value):
        return f"{value / 100:.2f}".rstrip("0").rstrip(".") if isinstance(value, int) else value

    def to_python(self, value):
        text = super().to_python(value)
        if text in self.empty_values:
            return None
        if not PERCENT.fullmatch(text) or (hundredths := hundredths_of(text)) <= -100_00:
            raise forms.ValidationError(self.error_messages["percent"], code="percent")
        return hundredths


def hundredths_of(percent: str) -> int:
    return int((Decimal(percent) * 100).to_integral_value())


def markup_field() -> PercentField:
    return PercentField(
        label=_("Markup, percent"),
        required=False,
        help_text=_("On top of the provider's rate, with the next import. Service before category before provider."),
    )


class CategoryForm(forms.ModelForm):
    markup = markup_field()

    class Meta:
        model = Category
        fields = ("name", "position", "icon", "markup")


class ServiceForm(forms.ModelForm):
    rate = RateField(label=_("Price per 1,000 (per package for packages)"))
    markup = markup_field()

    class Meta:
        model = Service
        fields = (
            "category",
            "name",
            "type",
            "rate",
            "minimum",
            "maximum",
            "link_kind",
            "description",
            "stated_start",
            "stated_speed",
            "refill_days",
            "can_cancel",
            "is_on_sale",
            "pause_reason",
            "position",
            "provider",
            "provider_service_id",
            "markup",
            "sells_below_cost",
        )
        labels = {"pause_reason": _("Why it is not on sale (customers read it)")}

    def clean_rate(self):
        rate = self.cleaned_data["rate"]
        if rate is not None and rate <= 0:
            raise forms.ValidationError(_("The price must be more than nothing."))
        return rate

    def clean(self):
        cleaned = super().clean()
        rate, cost = cleaned.get("rate"), self.instance.provider_rate
        if rate is not None and cost is not None and rate < cost and not cleaned.get("sells_below_cost"):
            words = _("The provider takes %(cost)s for it. Tick the box below if you mean to sell below that.")
            self.add_error("rate", words % {"cost": as_money(cost)})
        return cleaned


@admin.register(Category)
class CategoryAdmin(Desk):
    form = CategoryForm
    list_display = ("name", "position", "icon")
    list_editable = ("position",)
    search_fields = ("name",)


@admin.register(Service)
class ServiceAdmin(Desk):
    form = ServiceForm
    list_display = ("id", "name", "category", "type", "price", "minimum", "maximum", "is_on_sale", "provider")
    list_display_links = ("id", "name")
    list_filter = ("is_on_sale", "category", "provider", "type")
    list_select_related = ("category", "provider")
    search_fields = ("=id", "name", "=provider_service_id")
    autocomplete_fields = ("category", "provider")
    readonly_fields = ("price",)

    def get_fields(self, request, obj=None):
        """Who may only look reads the price as money, not as what the form edits."""
        fields = [name for name in super().get_fields(request, obj) if name != "price"]
        if self.has_change_permission(request, obj):
            return fields
        return ["price" if name == "rate" else name for name in fields]

    @admin.display(description=_("price"), ordering="rate")
    def price(self, service):
        return as_money(service.rate)

    def has_delete_permission(self, request, obj=None):
        return False

    def save_model(self, request, obj, form, change):
        now = timezone.now()
        if not change:
            shelving.publish(services=[obj], actor=request.user, now=now)
            return
        fields = {name: form.cleaned_data[name] for name in form.changed_data}
        if fields.get("is_on_sale"):
            fields |= {"gone_since": None, "pause_reason": ""}
        if fields:
            edit = shelving.Edit(obj.pk, fields, reason=form.cleaned_data["pause_reason"])
            shelving.change(edits=[edit], actor=request.user, now=now)


@admin.register(ServiceChange)
class ServiceChangeAdmin(ReadOnly):
    list_display = ("id", "service", "kind", "before", "after", "actor", "created_at")
    list_filter = ("kind",)
    list_select_related = ("actor",)
    search_fields = ("=service__id",)

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("service")
