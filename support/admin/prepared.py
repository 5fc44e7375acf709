"""Prepared answers, kept by whoever may change them; what the advice was worth and who looked at what, to be read."""

from django import forms
from django.contrib import admin
from django.utils.translation import gettext_lazy

from accounts.models import User
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
    list_select_related = ()
    search_fields = ("pk",)
    search_help_text = gettext_lazy("The whole email address of either")
    ordering = ("-id",)
    sortable_by = ()

    def get_queryset(self, request):
        # People are not joined: see `orders.admin.readonly.with_customers`.
        return super().get_queryset(request).prefetch_related("customer", "staff")

    def get_search_results(self, request, queryset, search_term):
        if not (text := search_term.strip().lower().replace("\x00", "")):
            return queryset, False
        # Each of the two by its index; one condition for both would read the whole log.
        person = User.objects.order_by().filter(email=text).values("pk")
        looks = CustomerRead.objects.order_by().values("pk")
        return queryset.filter(pk__in=looks.filter(customer__in=person).union(looks.filter(staff__in=person))), False
