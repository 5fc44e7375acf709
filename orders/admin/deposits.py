"""Payments at the agents' desk: find the reported ones, see what speaks against them, confirm or refuse by the doors."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from accounts import looks
from orders import deposits
from orders.admin.readonly import Desk, ReadOnly, with_customers
from orders.deposit_forms import ConfirmForm, RefuseForm
from orders.forms import AmountField
from orders.models import Deposit, PaymentMethod
from orders.templatetags.orders_tags import as_money, moment

DECIDE = "orders.decide_deposit"
MOST_ALIKE = 20


class PaymentMethodForm(forms.ModelForm):
    minimum = AmountField(label=gettext_lazy("Smallest amount"))
    maximum = AmountField(label=gettext_lazy("Largest amount"))

    class Meta:
        model = PaymentMethod
        fields = ("name", "instructions", "minimum", "maximum", "position", "is_active")
        help_texts = {"instructions": gettext_lazy("Plain text; line breaks stay. Customers read it before they pay.")}

    def clean(self):
        cleaned = super().clean()
        minimum, maximum = cleaned.get("minimum"), cleaned.get("maximum")
        if minimum is not None and minimum <= 0:
            self.add_error("minimum", _("The smallest amount must be more than nothing."))
        elif minimum is not None and maximum is not None and maximum < minimum:
            self.add_error("maximum", _("The largest amount is below the smallest one."))
        return cleaned


@admin.register(PaymentMethod)
class PaymentMethodAdmin(Desk):
    form = PaymentMethodForm
    list_display = ("name", "smallest", "largest", "position", "is_active")
    list_editable = ("position", "is_active")
    readonly_fields = ("smallest", "largest")

    def get_fields(self, request, obj=None):
        """Who may only look reads money as money, not as what the form edits."""
        if self.has_change_permission(request, obj):
            return self.form._meta.fields
        return ["name", "instructions", "smallest", "largest", "position", "is_active"]

    @admin.display(description=gettext_lazy("smallest amount"), ordering="minimum")
    def smallest(self, method):
        return as_money(method.minimum)

    @admin.display(description=gettext_lazy("largest amount"), ordering="maximum")
    def largest(self, method):
        return as_money(method.maximum)

    def has_delete_permission(self, request, obj=None):
        return False  # what was paid by it names it; switch it off instead


@admin.register(Deposit)
class DepositAdmin(ReadOnly):
    list_display = ("number", "state", "customer", "money", "reference", "doubt", "method", "reported", "decided_by")
    list_filter = ("state", "method")
    list_select_related = ("method", "decided_by")
    search_fields = ("reference",)
    search_help_text = gettext_lazy("Reference in any spelling, number, or the beginning of an email address")
    # By the alphabet "reported" comes last: from behind, what waits for somebody is first. An index serves it.
    ordering = ("-state", "-id")
    show_facets = admin.ShowFacets.NEVER

    class Media:
        css = {"all": ["css/workspace.css"]}

    # --- The list

    def get_queryset(self, request):
        return with_customers(super().get_queryset(request))

    def get_search_results(self, request, queryset, search_term):
        text = search_term.strip().lstrip("#").replace("\x00", "")
        if not text:
            return queryset, False
        if "@" in text:
            return queryset.filter(wallet__customer__email__startswith=text.lower()), False
        match = Q(reference_key=deposits.reference_key(text))
        if text.isascii() and text.isdigit() and len(text) < 19:
            match |= Q(pk=int(text))
        return queryset.filter(match), False

    @admin.display(description=gettext_lazy("deposit"), ordering="id")
    def number(self, deposit):
        return f"#{deposit.pk}"

    @admin.display(description=gettext_lazy("customer"))
    def customer(self, deposit):
        return deposit.wallet.customer.email

    @admin.display(description=gettext_lazy("amount"))
    def money(self, deposit):
        return as_money(deposit.amount if deposit.booked is None else deposit.booked)

    @admin.display(description=gettext_lazy("likely duplicate of"))
    def doubt(self, deposit):
        return f"#{deposit.likely_duplicate_of_id}" if deposit.likely_duplicate_of_id else ""

    @admin.display(description=gettext_lazy("reported"))
    def reported(self, deposit):
        return moment(deposit.reported_at)

    # --- The page of one

    def get_urls(self):
        own = [
            path(
                f"<int:deposit_id>/{name}/",
                self.admin_site.admin_view(require_POST(view)),
                name=f"orders_deposit_{name}",
            )
            for name, view in (("confirm", self.confirm_view), ("refuse", self.refuse_view))
        ]
        return own + super().get_urls()

    def change_view(self, request, object_id, form_url="", extra_context=None):
        if request.method not in {"GET", "HEAD"}:
            raise PermissionDenied
        if not (object_id.isascii() and object_id.isdigit() and len(object_id) < 19):
            raise Http404
        return self._page(request, int(object_id))

    def _page(self, request: HttpRequest, deposit_id: int, *, status: int = 200, **forms) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        rows = Deposit.objects.select_related("wallet__customer", "method", "decided_by")
        deposit = get_object_or_404(rows, pk=deposit_id)
        looks.note(
            staff=request.user, customer=deposit.wallet.customer, what=f"payment {deposit.pk}", now=timezone.now()
        )
        alike = deposits.same_reference(deposit).select_related("wallet__customer", "method").order_by("id")
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Deposit %(number)s") % {"number": f"#{deposit.pk}"},
            "deposit": deposit,
            "entry": deposit.entries.first(),
            "alike": alike[:MOST_ALIKE],
            "may_decide": deposit.is_waiting and request.user.has_perm(DECIDE),
            "confirm_form": ConfirmForm(initial={"amount": deposit.amount}, auto_id="confirm_%s"),
            "refuse_form": RefuseForm(auto_id="refuse_%s"),
            **forms,
        }
        return render(request, "admin/orders/deposit/page.html", context, status=status)

    def confirm_view(self, request: HttpRequest, deposit_id: int) -> HttpResponse:
        self._check(request, deposit_id)
        form = ConfirmForm(request.POST, auto_id="confirm_%s")
        if form.is_valid():
            try:
                moved = deposits.confirm(
                    deposit_id=deposit_id,
                    agent=request.user,
                    amount=form.cleaned_data["amount"],
                    reason=form.cleaned_data["reason"],
                    now=timezone.now(),
                )
            except deposits.PaymentRefused as refused:
                form.add_refusal(refused)
            except deposits.AlreadyDecided:
                return self._decided_before(request, deposit_id)
            else:
                if not moved:
                    return self._decided_before(request, deposit_id)
                messages.success(request, _("The money is on the customer's balance."))
                return redirect("admin:orders_deposit_change", deposit_id)
        return self._page(request, deposit_id, confirm_form=form, status=422)

    def refuse_view(self, request: HttpRequest, deposit_id: int) -> HttpResponse:
        self._check(request, deposit_id)
        form = RefuseForm(request.POST, auto_id="refuse_%s")
        if form.is_valid():
            try:
                refused_now = deposits.refuse(
                    deposit_id=deposit_id,
                    agent=request.user,
                    reason=form.cleaned_data["reason"],
                    now=timezone.now(),
                )
            except deposits.PaymentRefused as refused:
                form.add_refusal(refused)
            except deposits.AlreadyDecided:
                return self._decided_before(request, deposit_id)
            else:
                if not refused_now:
                    return self._decided_before(request, deposit_id)
                messages.success(request, _("The payment is refused; nothing was booked."))
                return redirect("admin:orders_deposit_change", deposit_id)
        return self._page(request, deposit_id, refuse_form=form, status=422)

    def _check(self, request: HttpRequest, deposit_id: int) -> None:
        """403 without the right to decide, 404 where there is no such deposit."""
        if not (request.user.has_perm(DECIDE) and self.has_view_permission(request)):
            raise PermissionDenied
        if deposit_id >= 2**63:
            raise Http404
        get_object_or_404(Deposit.objects.only("pk"), pk=deposit_id)

    def _decided_before(self, request: HttpRequest, deposit_id: int) -> HttpResponse:
        messages.warning(request, _("This was decided before. Nothing changed now; the decision stands below."))
        return redirect("admin:orders_deposit_change", deposit_id)
