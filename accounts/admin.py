"""People and keys as staff see them. Who may hand out rights is decided here: only an administrator."""

from decimal import Decimal

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from accounts import looks, second_factor, sessions
from accounts.forms import MONEY_DECIMALS
from accounts.models import ApiKey, User
from accounts.paging import BoundedPaginator

RESET = "accounts.reset_second_factor"
RIGHTS = ("is_staff", "is_superuser", "groups", "user_permissions")


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=second_factor.LONGEST_REASON,
        help_text=_("How you know that it is them who ask."),
        error_messages={"required": _("Say why, and how you know that it is them who ask.")},
    )


class PersonCreationForm(AdminUserCreationForm):
    class Meta:
        model = User
        fields = ("email",)
        field_classes: dict = {}

    def clean_email(self):
        return self.cleaned_data["email"].strip().lower()


@admin.register(User)
class PersonAdmin(DjangoUserAdmin):
    add_form = PersonCreationForm
    add_fieldsets = ((None, {"classes": ("wide",), "fields": ("email", "usable_password", "password1", "password2")}),)
    fieldsets = (
        (None, {"fields": ("email", "password", "time_zone")}),
        (_("Rights"), {"fields": ("is_active", *RIGHTS)}),
        (_("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    list_display = ("email", "is_staff", "is_active", "roles", "last_login")
    list_filter = ("is_staff", "is_active", "groups")
    search_fields = ("email",)
    ordering = ("-id",)
    show_full_result_count = False
    paginator = BoundedPaginator
    readonly_fields = ("last_login", "date_joined")

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("groups")

    def get_urls(self):
        view = self.admin_site.admin_view(require_http_methods(["GET", "POST"])(self.second_factor_view))
        return [path("<int:user_id>/second-factor/", view, name="accounts_user_second_factor"), *super().get_urls()]

    def second_factor_view(self, request, user_id):
        """Takes away what somebody has lost, with a reason; by whoever has the right to it."""
        if not request.user.has_perm(RESET):
            raise PermissionDenied
        person = get_object_or_404(User, pk=min(user_id, 2**63 - 1))
        form = ReasonForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            try:
                second_factor.reset(user_id=user_id, actor=request.user, reason=form.cleaned_data["reason"])
            except second_factor.NotReset as refused:
                form.add_error(None, str(refused))
            else:
                messages.success(request, gettext("The second factor is reset, and its owner is told by mail."))
                return redirect("admin:accounts_user_changelist")
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("Reset the second factor"),
            "person": person,
            "form": form,
        }
        return render(request, "admin/accounts/user/second_factor.html", context, status=422 if form.errors else 200)

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        if obj is not None:
            looks.note(staff=request.user, customer=obj, what="account", now=timezone.now())
        return super().render_change_form(request, context, add, change, form_url, obj)

    def save_related(self, request, form, formsets, change):
        """Whoever has other rights signs in anew: a session that was taken before must not grow with them."""
        super().save_related(request, form, formsets, change)
        if change and set(RIGHTS) & set(form.changed_data):
            sessions.end_others(user=form.instance, but=None)
            if form.instance == request.user:
                # This very request would write its session again: what it writes must be nobody's.
                request.session.flush()

    @admin.display(description=_("roles"))
    def roles(self, person: User) -> str:
        return ", ".join(group.name for group in person.groups.all())

    def get_readonly_fields(self, request, obj=None):
        """Without this anybody who may change users could make themselves an administrator."""
        fields = super().get_readonly_fields(request, obj)
        return fields if request.user.is_superuser else (*fields, *RIGHTS)

    def get_fieldsets(self, request, obj=None):
        """Not a letter of a password's hash to who only looks, nor a button that refuses them."""
        shown = super().get_fieldsets(request, obj)
        if obj is None or self.has_change_permission(request, obj):
            return shown
        return [
            (title, {**rest, "fields": [name for name in rest["fields"] if name != "password"]})
            for title, rest in shown
        ]

    def has_change_permission(self, request, obj=None):
        """Staff are changed by administrators alone: a new password or address is as good as their rights."""
        allowed = super().has_change_permission(request, obj)
        return allowed and (request.user.is_superuser or obj is None or not obj.is_staff)

    def has_delete_permission(self, request, obj=None):
        """Money rows name their customer for ever; an account is ended by taking away "active"."""
        return False


@admin.register(ApiKey)
class ApiKeyAdmin(admin.ModelAdmin):
    """Read only: keys belong to customers, who issue and revoke them."""

    list_display = ("name", "user", "prefix", "scope", "created_at", "last_used_at", "revoked_at")
    list_select_related = ("user",)
    exclude = ("daily_cap",)
    readonly_fields = ("most_a_day",)
    search_fields = ("user__email", "prefix")
    show_full_result_count = False
    paginator = BoundedPaginator

    @admin.display(description=_("most a day"))
    def most_a_day(self, key: ApiKey) -> str:
        return "" if key.daily_cap is None else f"{Decimal(key.daily_cap).scaleb(-MONEY_DECIMALS):,.2f}"

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False
