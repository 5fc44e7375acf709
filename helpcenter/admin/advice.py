"""The words about each status: written beside a sample order that shows them, then reviewed and published like an article."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from helpcenter import editing, guide, links, live_blocks, writing
from helpcenter.admin import workflow
from helpcenter.admin.articles import MOST_LISTED, number_in
from helpcenter.editing_forms import AdviceForm, WhenForm, show_only
from helpcenter.models import HelpEvent, StatusAdvice

CHANGE = "helpcenter.change_statusadvice"


@admin.register(StatusAdvice)
class StatusAdviceAdmin(admin.ModelAdmin):
    """There is one for each status that an order can have."""

    list_display = ("status_label", "standing", "meaning", "money")
    list_select_related = ("latest", "published", "scheduled")
    ordering = ("pk",)
    actions = None

    @admin.display(description=gettext_lazy("status"))
    def status_label(self, advice):
        return advice.get_status_display()

    @admin.display(description=gettext_lazy("how it stands"))
    def standing(self, advice):
        return editing.standing(advice, timezone.now())

    @admin.display(description=gettext_lazy("what it means"))
    def meaning(self, advice):
        return advice.latest.meaning if advice.latest else ""

    @admin.display(description=gettext_lazy("money"))
    def money(self, advice):
        return advice.latest.money if advice.latest else ""

    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def view_on_site(self, obj):
        return guide.status_url(obj.status)

    def get_urls(self):
        def view(route, door, name):
            return path(route, self.admin_site.admin_view(door), name=f"helpcenter_statusadvice_{name}")

        own = [
            view("typing/<slug:status>/", require_POST(self.typing_view), "typing"),
            view("step/<slug:status>/", require_POST(self.step_view), "step"),
            view("compare/<slug:status>/", require_GET(self.compare_view), "compare"),
        ]
        return own + super().get_urls()

    def change_view(self, request, object_id, form_url="", extra_context=None):
        advice = self._advice(request, object_id)
        if request.method == "POST":
            return self._save(request, advice)
        return self._screen(request, advice)

    def _advice(self, request: HttpRequest, status: str, *, to_change: bool = False) -> StatusAdvice:
        if not (request.user.has_perm(CHANGE) if to_change else self.has_view_permission(request)):
            raise PermissionDenied
        rows = StatusAdvice.objects.select_related("latest__author", "published", "scheduled")
        advice = rows.filter(pk=str(status)[:16].replace("\x00", "")).first()
        if advice is None:
            raise Http404
        return advice

    def _screen(self, request: HttpRequest, advice: StatusAdvice, *, status: int = 200, **given) -> HttpResponse:
        latest = advice.latest
        texts = {name: getattr(latest, name) for name in StatusAdvice.TEXTS} if latest else {}
        context = {
            **self.admin_site.each_context(request),
            "advice": advice,
            "latest": latest,
            "based_on": latest.number if latest else 0,
            "form": AdviceForm(initial=texts),
            "may_change": request.user.has_perm(CHANGE),
            "standing": editing.standing(advice, timezone.now()),
            "steps": editing.steps_of(advice, request.user),
            "when_form": WhenForm(),
            "revisions": advice.revisions.select_related("author")[:MOST_LISTED],
            "events": HelpEvent.objects.filter(advice=advice).select_related("actor")[:MOST_LISTED],
            "guide_url": guide.status_url(advice.status),
            **given,
        }
        if not context["may_change"]:
            show_only(context["form"])
        return render(request, "admin/helpcenter/statusadvice/editor.html", context, status=status)

    def _save(self, request: HttpRequest, advice: StatusAdvice) -> HttpResponse:
        if not request.user.has_perm(CHANGE):
            raise PermissionDenied
        form, based_on = AdviceForm(request.POST), number_in(request.POST.get("based_on", ""))
        if not form.is_valid():
            return self._screen(request, advice, status=422, form=form, based_on=based_on)
        try:
            revision = writing.save_advice(
                advice=advice, texts=form.cleaned_data, author=request.user, based_on=based_on, now=timezone.now()
            )
        except writing.Stale as stale:
            theirs = editing.texts_to_compare(stale.latest)
            mine = {name: links.by_number(writing.tidy(text))[0] for name, text in form.cleaned_data.items()}
            given = {
                "form": form,
                "based_on": stale.latest.number,
                "theirs": stale.latest,
                "conflict": editing.differences(theirs, mine, editing.names_of(stale.latest)),
            }
            return self._screen(request, advice, status=409, **given)
        except ValidationError as wrong:
            form.add_error(None, wrong.messages)
            return self._screen(request, advice, status=422, form=form, based_on=based_on)
        messages.success(request, _("Saved as version %(number)s.") % {"number": revision.number})
        return redirect("admin:helpcenter_statusadvice_change", advice.pk)

    def typing_view(self, request: HttpRequest, status: str) -> HttpResponse:
        """The words as a customer would read them on an order, for all who may read them; nothing is kept."""
        advice = self._advice(request, status)
        texts = {name: request.POST.get(name, "")[:1000] for name in StatusAdvice.TEXTS}
        sources = writing.sources_for(*texts.values())
        context = {
            "sample": live_blocks.sample_order(guide.draft(advice.status, texts, sources), request),
            "warning": writing.money_disagrees(advice.status, texts["money"]),
        }
        return render(request, "admin/helpcenter/statusadvice/_preview.html", context)

    def step_view(self, request: HttpRequest, status: str) -> HttpResponse:
        advice = self._advice(request, status, to_change=True)
        workflow.take_step(request, advice)
        return redirect("admin:helpcenter_statusadvice_change", advice.pk)

    def compare_view(self, request: HttpRequest, status: str) -> HttpResponse:
        advice = self._advice(request, status)
        numbers = [number_in(request.GET.get(name, "")) for name in ("before", "after")]
        before, after = (advice.revisions.filter(number=number).first() for number in numbers)
        if before is None or after is None:
            raise Http404
        context = {
            **self.admin_site.each_context(request),
            "advice": advice,
            "before": before,
            "after": after,
            "differences": editing.compared(before, after),
            "may_change": request.user.has_perm(CHANGE),
        }
        return render(request, "admin/helpcenter/article/compare.html", context)
