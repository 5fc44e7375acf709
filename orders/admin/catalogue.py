from django import forms
from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from orders.admin.readonly import Desk
from orders.forms import AmountField
from orders.models import Category, Service
from orders.templatetags.orders_tags import as_money


class RateField(AmountField):
    default_error_messages = {"amount": _("Write the price with plain digits, for example 0.90.")}


class ServiceForm(forms.ModelForm):
    rate = RateField(label=_("Price per 1,000 (per package for packages)"))

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
            "position",
            "provider",
            "provider_service_id",
        )

    def clean_rate(self):
        rate = self.cleaned_data["rate"]
        if rate is not None and rate <= 0:
            raise forms.ValidationError(_("The price must be more than nothing."))
        return rate


@admin.register(Category)
class CategoryAdmin(Desk):
    list_display = ("name", "position")
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

    @admin.display(description=_("price"), ordering="rate")
    def price(self, service):
        return as_money(service.rate)

    def has_delete_permission(self, request, obj=None):
        return False
