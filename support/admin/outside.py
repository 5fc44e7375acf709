"""Messages of people who cannot sign in, and the notices on every page."""

from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminTextareaWidget
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from orders.admin.readonly import Desk, ReadOnly
from support import contact, site_notices, texts
from support.contact_form import AnswerForm
from support.models import ContactNote, SiteNotice

ANSWER = "support.answer_ticket"


class OpenFilter(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request, model_admin):
        return [("open", _("Open")), ("closed", _("Closed"))]

    def queryset(self, request, queryset):
        if self.value() in {"open", "closed"}:
            return queryset.filter(closed_at__isnull=self.value() == "open")
        return queryset


@admin.register(ContactNote)
class ContactNoteAdmin(ReadOnly):
    list_display = ("email", "beginning", "created_at", "closed_at", "closed_by")
    list_filter = (OpenFilter,)
    list_select_related = ("closed_by",)
    search_fields = ("=email",)
    search_help_text = _("The whole email address")
    ordering = ("-id",)
    sortable_by = ()

    @admin.display(description=_("text"))
    def beginning(self, note):
        return Truncator(note.text).chars(80)

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """The words, and the two ways to close the matter."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        number = int(object_id) if object_id.isascii() and object_id.isdigit() and len(object_id) < 19 else 0
        note = get_object_or_404(ContactNote, pk=number)
        form = AnswerForm(request.POST if request.method == "POST" else None)
        form.fields["answer"].required = "aside" not in request.POST
        if request.method == "POST" and not request.user.has_perm(ANSWER):
            raise PermissionDenied
        if request.method == "POST" and form.is_valid() and self._did(request, note, form):
            return redirect("admin:support_contactnote_changelist")
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("Message from outside"),
            "note": note,
            "form": form,
            "may_answer": request.user.has_perm(ANSWER) and note.closed_at is None,
        }
        return render(request, "admin/support/contactnote/page.html", context, status=422 if form.errors else 200)

    def _did(self, request, note: ContactNote, form: AnswerForm) -> bool:
        now = timezone.now()
        try:
            if "aside" in request.POST:
                contact.put_aside(note_id=note.pk, agent=request.user, now=now)
                messages.success(request, gettext("Put aside without an answer."))
            else:
                contact.answer(note_id=note.pk, agent=request.user, text=form.cleaned_data["answer"], now=now)
                messages.success(request, gettext("The answer is sent by mail."))
        except texts.BadText as bad:
            form.add_error("answer", str(bad))
        except contact.Closed:
            form.add_error(None, gettext("A colleague was quicker: it is closed already."))
        return not form.errors


@admin.register(SiteNotice)
class SiteNoticeAdmin(Desk):
    """Never deleted, so that what stood on the pages is known: a notice ends by its time."""

    list_display = ("text", "kind", "audience", "begins_at", "ends_at", "can_be_closed")
    fields = ("text", "kind", "audience", "begins_at", "ends_at", "can_be_closed")
    ordering = ("-id",)

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        if db_field.name == "text":
            kwargs["widget"] = AdminTextareaWidget(attrs={"rows": 3, "maxlength": db_field.max_length})
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name in {"begins_at", "ends_at"}:
            # Django's two inputs for one moment have no labels of their own.
            for widget, part in zip(field.widget.widgets, (gettext("Date"), gettext("Time")), strict=True):
                widget.attrs["aria-label"] = f"{db_field.verbose_name}: {part}"
        return field

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        site_notices.forget()

    def has_delete_permission(self, request, obj=None):
        return False
