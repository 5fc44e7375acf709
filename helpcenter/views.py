"""The help center's pages, open to everybody."""

import secrets

from django.contrib.auth.decorators import login_not_required
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from helpcenter import asking, images, links, live_blocks, pace, reading, related, search
from helpcenter.caching import revalidated
from helpcenter.forms import VoteForm
from helpcenter.models import ArticleRevision, HelpImage
from helpcenter.visibility import live_articles

CONTENTS_FROM = 3
MOST_SUGGESTED = 6


@require_GET
@login_not_required
@revalidated
def home(request: HttpRequest) -> HttpResponse:
    return render(request, "helpcenter/home.html", {"shelves": reading.shelves(timezone.now()), "visit": new_visit()})


@require_GET
@login_not_required
@revalidated
def section(request: HttpRequest, section: str) -> HttpResponse:
    now = timezone.now()
    found = reading.section_at(section)
    if found is None:
        return moved_or_404(request, section, None)
    page = page_number(request)
    articles, has_more = reading.articles_of(found, page, now)
    context = {
        "section": found,
        "articles": articles,
        "newer": page - 1,
        "older": page + 1 if has_more else 0,
        "visit": new_visit(),
    }
    return render(request, "helpcenter/section.html", context)


@require_GET
@login_not_required
@revalidated
def article(request: HttpRequest, section: str, slug: str) -> HttpResponse:
    now = timezone.now()
    page = reading.page_at(section, slug, request.user, now)
    if page is None:
        return moved_or_404(request, section, slug)
    asking.note_reading(request, page.article, now)
    return render(request, "helpcenter/article.html", shown(page, request, now))


def shown(page: ArticleRevision, request: HttpRequest, now) -> dict:
    """Everything that the template of an article needs; the editor's preview shows the same."""
    faq = list(page.faq.all())
    pieces = (page.quick_answer_html, page.body_html, *(item.answer_html for item in faq))
    # Wherever the page leads, in its text or below it: one query.
    around = related.numbers_for(page, now)
    there = {one.article_id: one for one in reading.listed(now).filter(article__in={*links.shown_in(*pieces), *around})}
    addresses = {number: one.get_absolute_url() for number, one in there.items()}
    quick_answer, body, *answers = links.filled(*pieces, addresses=addresses)
    for item, answer in zip(faq, answers, strict=True):
        item.shown = answer
    article = page.article
    return {
        "page": page,
        "article": article,
        "quick_answer": quick_answer,
        "body": live_blocks.fill(body, request),
        "contents": page.headings if len(page.headings) >= CONTENTS_FROM else [],
        "faq": faq,
        "related": [there[number] for number in around if number in there],
        "is_hidden": not page.published_from or page.published_from > now,
        "has_newer": article.latest_id != page.pk,
        "is_editor": reading.is_editor(request.user),
        "canonical": request.build_absolute_uri(article.get_absolute_url()),
        "voted": request.GET.get("helpful", ""),
        "vote_form": VoteForm(),
    }


@require_GET
@login_not_required
@revalidated
def faq(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    groups = reading.faq_by_article(now)
    items = [item for _page, items in groups for item in items]
    for item, answer in zip(items, links.fill(*(item.answer_html for item in items), now=now), strict=True):
        item.shown = answer
    return render(request, "helpcenter/faq.html", {"groups": groups, "visit": new_visit()})


@require_GET
@login_not_required
def search_page(request: HttpRequest) -> HttpResponse:
    """The results; by htmx, while somebody types, the first of them as suggestions: titles and summaries, never texts."""
    now = timezone.now()
    visit = asking.clean_visit(request.GET.get("visit", "")) or new_visit()
    results = search.search(request.GET.get("q", ""), now=now)
    if asking.is_worth_keeping(results) and pace.hears_search(request, now=now):
        asking.note_search(visit=visit, results=results, now=now)
    context = {"results": results, "visit": visit}
    if request.htmx:
        context["suggested"] = results.hits[:MOST_SUGGESTED]
        return render(request, "helpcenter/_suggestions.html", context)
    return render(request, "helpcenter/search.html", context)


@require_POST
@login_not_required
def vote(request: HttpRequest, section: str, slug: str) -> HttpResponse:
    """Was this helpful? One word a reader, changeable; on no, why. By htmx the question's own part alone."""
    now = timezone.now()
    page = get_object_or_404(live_articles(now), article__section__slug=section, article__slug=slug)
    form = VoteForm(request.POST)
    if not form.is_valid():
        context = {"article": page.article, "voted": "no", "vote_form": form}
        return render(request, "helpcenter/_helpful.html", context, status=422)
    if pace.hears_vote(request, now=now):
        asking.keep_vote(article=page.article, reader=asking.reader_key(request), now=now, **form.cleaned_data)
        done = "thanks" if form.cleaned_data["is_helpful"] or form.cleaned_data["reason"] else "no"
    else:
        done = "enough"
    if request.htmx:
        return render(
            request, "helpcenter/_helpful.html", {"article": page.article, "voted": done, "vote_form": VoteForm()}
        )
    return redirect(f"{page.get_absolute_url()}?helpful={done}#helpful")


@require_GET
@login_not_required
def image(request: HttpRequest, image_id: int, name: str) -> HttpResponse:
    """A picture of ours. Its name changes with its pixels, so browsers keep it for a year."""
    row = get_object_or_404(HelpImage, pk=image_id, name=name)
    try:
        file = default_storage.open(images.path_of(row.name), "rb")
    except FileNotFoundError as lost:
        raise Http404 from lost
    response = FileResponse(file, content_type=images.CONTENT_TYPE)
    response["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


def moved_or_404(request: HttpRequest, section: str, slug: str | None) -> HttpResponse:
    now = timezone.now()
    there = reading.moved_to(section, slug, now)
    if there:
        return redirect(there, permanent=True)
    asking.note_missing(f"{section}/{slug}" if slug else section, now)
    raise Http404


def page_number(request: HttpRequest) -> int:
    text = request.GET.get("page", "1")
    return int(text) if text.isascii() and text.isdigit() and 0 < len(text) < 5 and int(text) else 1


def new_visit() -> str:
    return secrets.token_hex(asking.VISIT_BYTES)
