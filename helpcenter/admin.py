"""Editors write here. Every text goes through `writing.py`, so that readers see it as soon as it is saved."""

from django import forms
from django.contrib import admin
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from helpcenter import guide, writing
from helpcenter.models import Article, FaqItem, Section, StatusAdvice


class AddressStays(admin.ModelAdmin):
    """An address is chosen once: links and bookmarks hold on to it."""

    lasting_fields = ("slug",)

    def get_readonly_fields(self, request, obj=None):
        fields = tuple(super().get_readonly_fields(request, obj))
        return fields + self.lasting_fields if obj else fields

    def get_prepopulated_fields(self, request, obj=None):
        return {} if obj else {"slug": ("title",)}

    def view_on_site(self, obj):
        return obj.get_absolute_url()


@admin.register(Section)
class SectionAdmin(AddressStays):
    list_display = ("title", "slug", "position")
    fields = ("title", "slug", "summary", "icon", "position")
    search_fields = ("title", "slug")


class ArticleForm(forms.ModelForm):
    def clean_body(self) -> str:
        body = self.cleaned_data["body"]
        writing.check_body(body)
        return body


class FaqInline(admin.StackedInline):
    model = FaqItem
    fields = ("question", "answer", "position", "anchor")
    readonly_fields = ("anchor",)
    extra = 0


@admin.register(Article)
class ArticleAdmin(AddressStays):
    form = ArticleForm
    lasting_fields = ("section", "slug")
    list_display = ("title", "section", "is_published", "updated_at")
    list_filter = ("section", "is_published")
    list_select_related = ("section",)
    search_fields = ("title", "keywords", "summary", "body")
    readonly_fields = ("updated_at",)
    inlines = (FaqInline,)
    show_full_result_count = False
    fieldsets = (
        (None, {"fields": ("section", "title", "slug", "is_published", "updated_at")}),
        (_("Text"), {"fields": ("summary", "quick_answer", "body")}),
        (_("How readers find it"), {"fields": ("keywords", "position")}),
    )

    def save_model(self, request, obj, form, change):
        writing.save_article(article=obj, now=timezone.now())

    def save_formset(self, request, form, formset, change):
        items = formset.save(commit=False)
        for item in formset.deleted_objects:
            writing.delete_faq_item(item=item, now=timezone.now())
        for item in items:
            writing.save_faq_item(item=item, now=timezone.now())
        formset.save_m2m()


@admin.register(StatusAdvice)
class StatusAdviceAdmin(admin.ModelAdmin):
    """There is one for each status that an order can have; `load_help` makes them."""

    list_display = ("status", "meaning", "money", "updated_at")
    readonly_fields = ("status", "updated_at")
    fields = ("status", *StatusAdvice.TEXTS, "updated_at")
    ordering = ("pk",)

    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def view_on_site(self, obj):
        return guide.status_url(obj.status)

    def save_model(self, request, obj, form, change):
        writing.save_advice(advice=obj, now=timezone.now())
