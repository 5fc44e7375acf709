"""Keyset pages in the address: `?before=812`, beside whatever filters stand there."""

from django.http import HttpRequest

from orders.queries import Page


def cursor_of(request: HttpRequest) -> dict[str, int]:
    """`before` or `after` as `queries.page_of` takes it; anything unreadable is the first page."""
    for name in ("before", "after"):
        text = request.GET.get(name, "")
        if text.isascii() and text.isdigit() and len(text) < 19:
            return {name: int(text)}
    return {}


def page_urls(request: HttpRequest, page: Page) -> dict[str, str]:
    """The addresses of the neighbouring pages, "" where there is none; all other parameters stay."""
    return {
        "older_url": _url(request, "before", page.older),
        "newer_url": _url(request, "after", page.newer),
    }


def _url(request: HttpRequest, name: str, cursor: int | None) -> str:
    if cursor is None:
        return ""
    query = request.GET.copy()
    for other in ("before", "after"):
        query.pop(other, None)
    query[name] = str(cursor)
    return f"?{query.urlencode()}"
