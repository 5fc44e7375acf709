from django import forms
from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from orders.admin.readonly import Desk
from orders.models import Provider


class ProviderForm(forms.ModelForm):
    url = forms.URLField(label=_("API address"), max_length=300, assume_scheme="https")
    new_key = forms.CharField(
        label=_("API key"),
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=_("Kept sealed and never shown again. Leave it empty to keep the present one."),
    )

    class Meta:
        model = Provider
        fields = ("name", "url", "dialect", "is_active")

    def clean_new_key(self):
        if not self.cleaned_data["new_key"] and not self.instance.sealed_key:
            raise forms.ValidationError(_("Enter the key that the provider gave you."))
        return self.cleaned_data["new_key"]

    def save(self, commit=True):
        if self.cleaned_data["new_key"]:
            self.instance.key = self.cleaned_data["new_key"]
        return super().save(commit)


@admin.register(Provider)
class ProviderAdmin(Desk):
    form = ProviderForm
    list_display = ("name", "url", "is_active", "paused_until", "pause_reason", "failures", "answered_at")
    readonly_fields = ("paused_until", "pause_reason", "failures", "answered_at")
    search_fields = ("name",)

    def has_delete_permission(self, request, obj=None):
        return False
