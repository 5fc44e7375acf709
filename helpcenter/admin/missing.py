"""The editors' home: what is missing."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from helpcenter import links
from helpcenter.missing import lead_on, missing
from helpcenter.models import Article, MissingPage


class MissingViews:
    """Two addresses of the article admin."""

    def missing_urls(self):
        def view(route, door, name):
            return path(route, self.admin_site.admin_view(door), name=f"helpcenter_article_{name}")

        return [
            view("missing/", require_GET(self.missing_view), "missing"),
            view("missing/lead-on/", require_POST(self.lead_on_view), "lead_on"),
        ]

    def missing_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": _("What is missing"),
            "missing": missing(timezone.now()),
            "may_add": self.has_add_permission(request),
            "may_change": request.user.has_perm("helpcenter.change_article"),
        }
        return render(request, "admin/helpcenter/article/missing.html", context)

    def lead_on_view(self, request: HttpRequest) -> HttpResponse:
        """Redirect to ...: an address that people asked for in vain leads to an article from now on."""
        if not request.user.has_perm("helpcenter.change_article"):
            raise PermissionDenied
        page = MissingPage.objects.filter(path=request.POST.get("path", "")[:220].replace("\x00", "")).first()
        parts = request.POST.get("to", "").strip().strip("/").split("/")
        number = links.article_at(parts[1], parts[2]) if len(parts) == 3 and parts[0] == "help" else None
        if page is None or number is None:
            messages.error(
                request, _("Write the address of an article, for example /help/getting-started/first-order/.")
            )
        else:
            lead_on(path=page.path, article=Article.objects.get(pk=number))
            messages.success(request, _("That address leads on now."))
        return redirect("admin:helpcenter_article_missing")
