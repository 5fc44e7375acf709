"""Articles: the list, and a screen of our own to write one while seeing what readers will see."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from helpcenter import desk, editing, links, publishing, related, showing_again, writing
from helpcenter.admin import workflow
from helpcenter.admin.missing import MissingViews
from helpcenter.editing_forms import FaqForms, NewPlaceForm, PlaceForm, TextForm, WhenForm, faq_of, show_only
from helpcenter.models import Article, ArticleRevision, HelpEvent, State

MOST_LISTED = 30
CHANGE = "helpcenter.change_article"


class StandingFilter(admin.SimpleListFilter):
    title = gettext_lazy("how it stands")
    parameter_name = "standing"

    def lookups(self, request, model_admin):
        return [
            ("public", _("Readers see it")),
            ("newer", _("Published, with a newer draft")),
            ("hidden", _("Readers do not see it")),
            *State.choices[:3],
        ]

    def queryset(self, request, queryset):
        value = self.value()
        if value == "public":
            return queryset.filter(published__isnull=False)
        if value == "hidden":
            return queryset.filter(published__isnull=True)
        if value == "newer":
            return queryset.filter(published__isnull=False).exclude(latest=F("published"))
        return queryset.filter(latest__state=value) if value in State.values else queryset


@admin.register(Article)
class ArticleAdmin(MissingViews, admin.ModelAdmin):
    list_display = ("title", "section", "standing", "updated", "review_by")
    list_filter = ("section", StandingFilter)
    list_select_related = ("section", "latest", "published", "scheduled")
    search_fields = ("latest__title", "latest__keywords", "slug")
    actions = ("publish_approved",)
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    change_list_template = "admin/helpcenter/article/list.html"

    # --- The list

    @admin.display(description=gettext_lazy("title"), ordering="latest__title")
    def title(self, article):
        return str(article)

    @admin.display(description=gettext_lazy("how it stands"))
    def standing(self, article):
        latest = editing.standing(article, timezone.now())
        if article.published and article.published_id != article.latest_id:
            return _("Published; newer: %(state)s") % {"state": latest}
        return latest

    @admin.display(description=gettext_lazy("last change"), ordering="latest__created_at")
    def updated(self, article):
        return date_format(timezone.localtime(article.latest.created_at), "j M Y, H:i") if article.latest else None

    def get_actions(self, request):
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        if not request.user.has_perm(editing.APPROVE):
            actions.pop("publish_approved", None)
        return actions

    @admin.action(description=gettext_lazy("Publish the approved ones"))
    def publish_approved(self, request, queryset):
        done = there = 0
        for article in queryset.select_related("latest"):
            if article.latest and article.latest.state == State.PUBLISHED:
                there += 1
                continue
            try:
                number = article.latest.number if article.latest else 0
                publishing.publish(owner=article, number=number, actor=request.user, now=timezone.now())
                done += 1
            except publishing.Refused as refused:
                messages.warning(request, f"{article}: {refused}")
        if done:
            messages.success(request, _("Published: %(count)s.") % {"count": done})
        if there:
            messages.info(request, _("Published or scheduled already: %(count)s.") % {"count": there})

    def has_delete_permission(self, request, obj=None):
        """What readers see is taken offline first, and what others link to stays; an address does not just end."""
        if not super().has_delete_permission(request, obj):
            return False
        return not (obj and (obj.published_id or obj.scheduled_id or showing_again.linking_to(obj)))

    def view_on_site(self, obj):
        return obj.get_absolute_url()

    # --- The screen

    def get_urls(self):
        def view(route, door, name):
            return path(route, self.admin_site.admin_view(door), name=f"helpcenter_article_{name}")

        own = [
            view("typing/<int:article_id>/", require_POST(self.typing_view), "typing"),
            view("present/<int:article_id>/", require_GET(self.present_view), "present"),
            view("discard/<int:article_id>/", require_POST(self.discard_view), "discard"),
            view("insert/", require_GET(self.insert_view), "insert"),
            view("step/<int:article_id>/", require_POST(self.step_view), "step"),
            view("place/<int:article_id>/", require_POST(self.place_view), "place"),
            view("compare/<int:article_id>/", require_GET(self.compare_view), "compare"),
        ]
        return own + self.missing_urls() + super().get_urls()

    def add_view(self, request, form_url="", extra_context=None):
        if not self.has_add_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            return self._save(request, None)
        return self._screen(request, None)

    def change_view(self, request, object_id, form_url="", extra_context=None):
        article = self._article(request, object_id)
        if request.method == "POST":
            if not request.user.has_perm(CHANGE):
                raise PermissionDenied
            return self._save(request, article)
        return self._screen(request, article)

    def _article(self, request: HttpRequest, number, *, to_change: bool = False) -> Article:
        """404 where there is none, 403 without the right."""
        if not (request.user.has_perm(CHANGE) if to_change else self.has_view_permission(request)):
            raise PermissionDenied
        text = str(number)
        if not (text.isascii() and text.isdigit() and len(text) < 19):
            raise Http404
        related = ("section", "latest__author", "published", "scheduled")
        article = Article.objects.select_related(*related).filter(pk=int(text)).first()
        if article is None:
            raise Http404
        return article

    def _screen(self, request: HttpRequest, article: Article | None, *, status: int = 200, **given) -> HttpResponse:
        now = timezone.now()
        if request.user.has_perm(CHANGE):
            desk.sit_down(article=article, user=request.user, now=now)
        latest = article.latest if article else None
        typed = desk.typed_before(article=article, user=request.user) if status == 200 else None
        opened = typed if typed and request.GET.get("unsaved") else None
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "article": article,
            "latest": latest,
            "based_on": opened.based_on if opened else (latest.number if latest else 0),
            "typed": None if opened else typed,
            "may_change": request.user.has_perm(CHANGE),
            "others": desk.others(article=article, user=request.user, now=now),
            "may_delete": article is not None and self.has_delete_permission(request, article),
            **forms_for(article, latest, opened.typed if opened else None),
            **given,
        }
        if not context["may_change"]:
            show_only(context["form"], context["faq_forms"])
        if article:
            context |= {
                "standing": editing.standing(article, now),
                "steps": editing.steps_of(article, request.user),
                "when_form": WhenForm(),
                "revisions": article.revisions.select_related("author")[:MOST_LISTED],
                "events": HelpEvent.objects.filter(article=article).select_related("actor")[:MOST_LISTED],
                "place_form": given.get("place_form") or PlaceForm(instance=article, prefix="place"),
                "linking": showing_again.linking_to(article),
                "votes": article.votes.filter(is_helpful=False).order_by("-voted_at")[:5],
            }
        return render(request, "admin/helpcenter/article/editor.html", context, status=status)

    def _save(self, request: HttpRequest, article: Article | None) -> HttpResponse:
        now = timezone.now()
        form, faq = TextForm(request.POST), FaqForms(request.POST, prefix="faq")
        new_place = NewPlaceForm(request.POST) if article is None else None
        based_on = number_in(request.POST.get("based_on", ""))
        given = {"form": form, "faq_forms": faq, "new_place_form": new_place, "based_on": based_on}
        if not all([form.is_valid(), faq.is_valid(), new_place is None or new_place.is_valid()]):
            return self._screen(request, article, status=422, **given)
        place = article or Article(section=new_place.cleaned_data["section"], slug=new_place.cleaned_data["slug"])
        try:
            revision = writing.save_article(
                article=place, texts=form.cleaned_data, faq=faq_of(faq), author=request.user, based_on=based_on, now=now
            )
        except writing.Stale as stale:
            return self._refuse_stale(request, article, form, faq, stale)
        except ValidationError as wrong:
            form.add_error(None, wrong.messages)
            return self._screen(request, article, status=422, **given)
        desk.clear(article=article, user=request.user)
        messages.success(request, _("Saved as version %(number)s.") % {"number": revision.number})
        return redirect("admin:helpcenter_article_change", revision.article_id)

    def _refuse_stale(self, request, article, form, faq, stale) -> HttpResponse:
        """Nothing is overwritten and nothing is lost: both texts are shown, and the next save is based on the other one."""
        mine = {name: links.by_number(writing.tidy(form.cleaned_data[name]))[0] for name in ArticleRevision.TEXTS}
        mine["faq"] = "\n\n".join(
            f"{one.question}\n{links.by_number(writing.tidy(one.answer))[0]}" for one in faq_of(faq)
        )
        theirs = editing.texts_to_compare(stale.latest)
        given = {
            "form": form,
            "faq_forms": faq,
            "based_on": stale.latest.number,
            "theirs": stale.latest,
            "conflict": editing.differences(theirs, mine, editing.names_of(stale.latest)),
        }
        return self._screen(request, article, status=409, **given)

    # --- While somebody writes

    def typing_view(self, request: HttpRequest, article_id: int) -> HttpResponse:
        """The true rendering of what stands in the form, for all who may read it; an editor's words are kept on the way."""
        now = timezone.now()
        article = self._article(request, article_id) if article_id else None
        if article is None and not self.has_add_permission(request):
            raise PermissionDenied
        texts = {name: request.POST.get(name, "") for name in ArticleRevision.TEXTS}
        faq = typed_faq(request.POST)
        # What was just saved may come once more by a request that was on its way.
        may_keep = request.user.has_perm(CHANGE) and bool(request.POST.get("touched"))
        is_kept = may_keep and not writing.was_saved(article, texts, faq, request.user)
        if is_kept:
            typed = {**texts, "faq": [[one.question, one.answer, one.anchor] for one in faq]}
            based_on = number_in(request.POST.get("based_on", ""))
            desk.keep_typed(article=article, user=request.user, typed=typed, based_on=based_on, now=now)
        context = {
            "preview": editing.preview(texts=texts, faq=faq, request=request, now=now),
            "kept_at": now if is_kept else None,
        }
        return render(request, "admin/helpcenter/article/_preview.html", context)

    def present_view(self, request: HttpRequest, article_id: int) -> HttpResponse:
        article = self._article(request, article_id, to_change=True)
        now = timezone.now()
        desk.sit_down(article=article, user=request.user, now=now)
        context = {
            "article": article,
            "others": desk.others(article=article, user=request.user, now=now),
            "is_overtaken": (article.latest.number if article.latest else 0)
            != number_in(request.GET.get("based_on", "")),
        }
        return render(request, "admin/helpcenter/article/_present.html", context)

    def discard_view(self, request: HttpRequest, article_id: int) -> HttpResponse:
        article = self._article(request, article_id, to_change=True) if article_id else None
        desk.clear(article=article, user=request.user)
        messages.success(request, _("The unsaved words are thrown away."))
        if article is None:
            return redirect("admin:helpcenter_article_add")
        return redirect("admin:helpcenter_article_change", article.pk)

    def insert_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = editing.insertables(request.GET.get("find", "")[:100], timezone.now())
        return render(request, "admin/helpcenter/article/_insert.html", {"found": found})

    # --- What is done with an article

    def step_view(self, request: HttpRequest, article_id: int) -> HttpResponse:
        workflow.take_step(request, self._article(request, article_id, to_change=True))
        return redirect("admin:helpcenter_article_change", article_id)

    def place_view(self, request: HttpRequest, article_id: int) -> HttpResponse:
        article = self._article(request, article_id, to_change=True)
        form = PlaceForm(request.POST, instance=self._article(request, article_id), prefix="place")
        if not form.is_valid():
            return self._screen(request, article, status=422, place_form=form)
        facts = form.cleaned_data
        try:
            publishing.move(
                article=article, section=facts["section"], slug=facts["slug"], actor=request.user, now=timezone.now()
            )
        except ValidationError as wrong:
            form.add_error(None, wrong)
            return self._screen(request, self._article(request, article_id), status=422, place_form=form)
        Article.objects.filter(pk=article.pk).update(position=facts["position"], review_by=facts["review_by"])
        article.related.set(facts["related_list"])
        related.forget()
        messages.success(request, _("The place is kept. Old addresses lead to the new one."))
        return redirect("admin:helpcenter_article_change", article_id)

    def compare_view(self, request: HttpRequest, article_id: int) -> HttpResponse:
        article = self._article(request, article_id)
        numbers = [number_in(request.GET.get(name, "")) for name in ("before", "after")]
        before, after = (article.revisions.filter(number=number).first() for number in numbers)
        if before is None or after is None:
            raise Http404
        context = {
            **self.admin_site.each_context(request),
            "article": article,
            "before": before,
            "after": after,
            "differences": editing.compared(before, after),
            "may_change": request.user.has_perm(CHANGE),
        }
        return render(request, "admin/helpcenter/article/compare.html", context)


def forms_for(article: Article | None, latest: ArticleRevision | None, typed: dict | None) -> dict:
    texts = {name: getattr(latest, name) for name in ArticleRevision.TEXTS} if latest else {}
    faq = [[item.question, item.answer, item.anchor] for item in latest.faq.all()] if latest else []
    if typed:
        texts, faq = typed, typed.get("faq", [])
    rows = [dict(zip(("question", "answer", "anchor"), row, strict=True)) for row in faq]
    return {
        "form": TextForm(initial=texts),
        "faq_forms": FaqForms(initial=rows, prefix="faq"),
        "new_place_form": None if article else NewPlaceForm(),
    }


def typed_faq(posted) -> list[writing.Faq]:
    """The questions as they stand in the form now, however unfinished."""
    total = min(number_in(posted.get("faq-TOTAL_FORMS", "")), 80)
    rows = [[posted.get(f"faq-{n}-{name}", "") for name in ("question", "answer", "anchor")] for n in range(total)]
    return [writing.Faq(*row) for row in rows if row[0] or row[1]]


def number_in(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0
