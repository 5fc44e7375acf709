"""Prepared answers, kept by whoever may change them; what the advice was worth and who looked at what, to be read."""

from django import forms
from django.contrib import admin
from django.utils.translation import gettext_lazy

from orders.admin.readonly import Desk, ReadOnly
from support import canned
from support.models import AdviceAnswer, CannedReply, CustomerRead


class CannedReplyForm(forms.ModelForm):
    class Meta:
        model = CannedReply
        fields = ("title", "topic", "language", "text", "then", "tags")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "text" in self.fields:  # not for who may only read
            self.fields["text"].help_text = ", ".join("{" + name + "}" for name in canned.NAMES)

    def clean_text(self):
        text = self.cleaned_data["text"]
        if unknown := canned.unknown_names(text):
            raise forms.ValidationError(canned.words_for_unknown(unknown))
        return text


@admin.register(CannedReply)
class CannedReplyAdmin(Desk):
    form = CannedReplyForm
    list_display = ("title", "topic", "language", "then", "used")
    list_filter = ("topic", "language")
    search_fields = ("title", "text")


@admin.register(AdviceAnswer)
class AdviceAnswerAdmin(ReadOnly):
    list_display = ("article", "topic", "created_at")
    list_filter = ("topic",)
    list_select_related = ("article",)
    ordering = ("-created_at",)


@admin.register(CustomerRead)
class CustomerReadAdmin(ReadOnly):
    list_display = ("hour", "staff", "customer", "what")
    list_select_related = ("staff", "customer")
    search_fields = ("=customer__email", "=staff__email")
    search_help_text = gettext_lazy("The whole email address of either")
    ordering = ("-id",)
    sortable_by = ()
