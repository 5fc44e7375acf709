"""Files of tickets, to who may read the ticket and to nobody else: as something to save, never as a page."""

from urllib.parse import quote

from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from support import queries
from support.models import Attachment
from support.uploads import path_of, thumbnail_path_of

TYPES = {"png": "image/png", "jpeg": "image/jpeg", "webp": "image/webp", "pdf": "application/pdf"}
# Should a browser ever show it as a page, nothing in it runs or loads.
POLICY = "default-src 'none'; sandbox"


@require_GET
def ticket_file(request: HttpRequest, number: int, key: str) -> HttpResponse:
    """A file of the customer's own ticket; `?size=small` is its thumbnail."""
    file = queries.own_file(request.user, number, key)
    if file is None:
        raise Http404
    return served(file, small=request.GET.get("size") == "small")


def served(file: Attachment, *, small: bool) -> HttpResponse:
    """The bytes, with headers that let a browser show or save a picture and do nothing more. 404 where they are gone."""
    if small and not file.is_picture:
        raise Http404
    try:
        opened = default_storage.open(thumbnail_path_of(file.key) if small else path_of(file.key, file.kind))
    except FileNotFoundError:
        raise Http404 from None
    answer = FileResponse(opened, content_type="image/webp" if small else TYPES[file.kind])
    answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(file.name, safe='')}"
    answer.headers["Content-Security-Policy"] = POLICY
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    answer.headers["Cache-Control"] = "private, max-age=600"
    return answer
