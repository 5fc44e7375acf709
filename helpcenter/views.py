"""The help center's pages, open to everybody."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_GET

from helpcenter import live_blocks, reading, search

CONTENTS_FROM = 3


@require_GET
@login_not_required
def home(request: HttpRequest) -> HttpResponse:
    return render(request, "helpcenter/home.html", {"sections": reading.sections_with_articles()})


@require_GET
@login_not_required
def section(request: HttpRequest, section: str) -> HttpResponse:
    found = get_object_or_404(reading.sections_with_articles(), slug=section)
    return render(request, "helpcenter/section.html", {"section": found})


@require_GET
@login_not_required
def article(request: HttpRequest, section: str, slug: str) -> HttpResponse:
    readable = reading.articles_for(request.user).select_related("section")
    found = get_object_or_404(readable, section__slug=section, slug=slug)
    context = {
        "article": found,
        # Sanitised when it was saved, see writing.py.
        "quick_answer": mark_safe(found.quick_answer_html),  # noqa: S308
        "body": live_blocks.fill(found.body_html, request),
        "contents": found.headings if len(found.headings) >= CONTENTS_FROM else [],
        "faq": found.faq.all(),
        "related": reading.related_to(found),
    }
    return render(request, "helpcenter/article.html", context)


@require_GET
@login_not_required
def faq(request: HttpRequest) -> HttpResponse:
    return render(request, "helpcenter/faq.html", {"groups": reading.faq_by_article()})


@require_GET
@login_not_required
def search_page(request: HttpRequest) -> HttpResponse:
    results = search.search(request.GET.get("q", ""))
    return render(request, "helpcenter/search.html", {"results": results})
