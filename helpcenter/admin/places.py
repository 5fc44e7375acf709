"""The small things around texts: sections, snippets, synonyms, pictures, old addresses."""

import logging

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from helpcenter import images, publishing, showing_again, writing
from helpcenter.models import HelpImage, OldAddress, Section, Snippet, Synonyms

log = logging.getLogger(__name__)


@admin.register(Section)
class SectionAdmin(admin.ModelAdmin):
    """A changed address leaves the old one answering."""

    list_display = ("title", "slug", "parent", "position")
    list_select_related = ("parent",)
    fields = ("title", "slug", "parent", "summary", "icon", "position")
    search_fields = ("title", "slug")

    def get_prepopulated_fields(self, request, obj=None):
        return {} if obj else {"slug": ("title",)}

    def view_on_site(self, obj):
        return obj.get_absolute_url()

    def save_model(self, request, obj, form, change):
        publishing.move_section(section=obj)


class SnippetForm(forms.ModelForm):
    def clean_body(self) -> str:
        writing.check_snippet(self.cleaned_data["body"])
        return self.cleaned_data["body"]


@admin.register(Snippet)
class SnippetAdmin(admin.ModelAdmin):
    """A passage that several texts share. It cannot go while a text uses it."""

    form = SnippetForm
    list_display = ("name", "how_to_use")
    search_fields = ("name", "body")
    readonly_fields = ("used_in_articles",)

    def get_readonly_fields(self, request, obj=None):
        # Texts name it: another name would leave them without it.
        return (*self.readonly_fields, "name") if obj else self.readonly_fields

    @admin.display(description=_("in a text"))
    def how_to_use(self, snippet):
        return f"{{{{ snippet:{snippet.name} }}}}"

    @admin.display(description=_("used in"))
    def used_in_articles(self, snippet):
        if not snippet.pk:
            return "-"
        titles = [revision.title for revision in showing_again.users_of(snippet)]
        titles += [str(words.advice) for words in showing_again.advice_users_of(snippet)]
        return ", ".join(dict.fromkeys(titles)) or "-"

    def has_delete_permission(self, request, obj=None):
        allowed = super().has_delete_permission(request, obj)
        return allowed and not (obj and (showing_again.users_of(obj).exists() or showing_again.advice_users_of(obj)))

    def get_actions(self, request):
        # One at a time, so that each is looked at.
        return {}

    def save_model(self, request, obj, form, change):
        showing_again.save_snippet(snippet=obj)


@admin.register(Synonyms)
class SynonymsAdmin(admin.ModelAdmin):
    list_display = ("words",)
    search_fields = ("words",)


class ImageForm(forms.ModelForm):
    file = forms.FileField(label=_("Picture"), help_text=_("PNG, JPEG, WebP or GIF, at most 8 MB. It is drawn anew."))

    class Meta:
        model = HelpImage
        fields = ("alternative",)

    def clean(self):
        cleaned = super().clean()
        file, alternative = cleaned.get("file"), cleaned.get("alternative", "")
        if file and alternative:
            if file.size > images.MOST_BYTES:
                raise ValidationError({"file": images.too_large()})
            try:
                self.instance = images.keep(data=file.read(), alternative=alternative, now=timezone.now())
            except ValidationError as wrong:
                self.add_error("file", wrong)
            except OSError as error:
                log.error("A picture was not kept: %s", error)
                self.add_error("file", _("The picture could not be kept just now. Try again later."))
        return cleaned


@admin.register(HelpImage)
class HelpImageAdmin(admin.ModelAdmin):
    list_display = ("drawing", "alternative", "how_to_use", "added_at")
    search_fields = ("alternative",)
    readonly_fields = ("drawing", "how_to_use", "added_at", "used_in_articles")

    def get_form(self, request, obj=None, **options):
        return super().get_form(request, obj, **options) if obj else ImageForm

    def get_fields(self, request, obj=None):
        return ("alternative", *self.readonly_fields) if obj else ("file", "alternative")

    @admin.display(description=_("picture"))
    def drawing(self, row):
        shown = images.picture_of(row)
        return format_html('<img src="{}" alt="{}" width="160">', shown.url, shown.alternative)

    @admin.display(description=_("in a text"))
    def how_to_use(self, row):
        return f"![](image:{row.pk})"

    @admin.display(description=_("used in"))
    def used_in_articles(self, row):
        return ", ".join(dict.fromkeys(revision.title for revision in row.used_in.all())) or "-"

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) and not (obj and obj.used_in.exists())

    def get_actions(self, request):
        return {}

    def save_model(self, request, obj, form, change):
        # A new one was kept with its pixels when the form was read.
        if change:
            showing_again.save_picture_words(image=obj)
        elif obj.added_by_id is None:
            obj.added_by = request.user
            obj.save(update_fields=["added_by"])


@admin.register(OldAddress)
class OldAddressAdmin(admin.ModelAdmin):
    """Made when something moves, and from the list of pages that were asked for in vain."""

    list_display = ("path", "article", "section")
    list_select_related = ("article__latest", "section")
    search_fields = ("path",)
    readonly_fields = ("path", "article", "section")

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False
