"""A list as a file to keep: `?format=csv` or `?format=json` beside whatever filters stand in the address."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.http import HttpRequest, StreamingHttpResponse

from orders import exports

FORMATS = {"csv": ("text/csv; charset=utf-8", exports.as_csv), "json": ("application/json", exports.as_json)}


def wanted_format(request: HttpRequest) -> str:
    """The file format that the address asks for, "" for the page."""
    name = request.GET.get("format", "")
    return name if name in FORMATS else ""


def download(format: str, name: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> StreamingHttpResponse:
    content_type, written = FORMATS[format]
    headers = {"Content-Disposition": f'attachment; filename="{name}.{format}"'}
    return StreamingHttpResponse(exports.in_parts(written(columns, rows)), content_type=content_type, headers=headers)


def export_urls(request: HttpRequest) -> dict[str, str]:
    """The addresses of this list as files, with its filters and without its page."""
    query = request.GET.copy()
    for name in ("before", "after"):
        query.pop(name, None)
    urls = {}
    for format in FORMATS:
        query["format"] = format
        urls[f"{format}_url"] = f"?{query.urlencode()}"
    return urls
