"""Every request has an id: the one that X-Request-ID brought, or one of our own. The answer gives it back."""

import logging
import time

from orders import tracing

HEADER = "X-Request-ID"
# Asked for every few seconds by machines: they would drown everything else.
QUIET = ("/health/", "/metrics", "/static/")

log = logging.getLogger(__name__)


class RequestIdMiddleware:
    """Stands first, so that the id is in every line of the log, the ones about failures included."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        begun = time.monotonic()
        with tracing.under(tracing.accepted(request.headers.get(HEADER, ""))):
            response = self.get_response(request)
            response.headers[HEADER] = tracing.current()
            if not request.path.startswith(QUIET):
                note(request, response.status_code, int((time.monotonic() - begun) * 1000))
            return response


def note(request, status: int, took_ms: int) -> None:
    """One line a request. The query stays out of it: it may hold what people searched for."""
    # A request that was refused early has no user; asking for one here would ask the database.
    user = getattr(request, "_cached_user", None)
    facts = {"method": request.method, "path": request.path, "status": status, "took_ms": took_ms}
    facts["user"] = user.pk if user is not None else None
    log.info("%s %s %d in %d ms", request.method, request.path, status, took_ms, extra={"facts": facts})
