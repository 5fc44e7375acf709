"""The answer when a view failed: "please come back" where database or upload store could not serve it, else "something failed".

A full disk, a crash, a failover, too many connections and a lock that did not come in time all pass by themselves, and nothing
is half done: programs and browsers are told to try again (503) instead of to give up (500). `neopanel/urls.py` names it.
"""

import sys

from django.db import InterfaceError, InternalError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views import defaults

from support.remote_uploads import StoreFailed

# InternalError is what psycopg says on a database that is read-only, as during a failover.
PASSING = (OperationalError, InterfaceError, InternalError, StoreFailed)
RETRY_SECONDS = 10


def server_error(request: HttpRequest) -> HttpResponse:
    """For any page and for the API, which is answered in JSON. Rests on nothing that needs the database."""
    passing = isinstance(sys.exc_info()[1], PASSING)
    if request.path.startswith("/api/"):
        words = "The service is briefly not available, try again" if passing else "Internal error"
        response: HttpResponse = JsonResponse({"error": words}, status=503 if passing else 500)
    elif passing:
        response = render(None, "503.html", status=503)
    else:
        return defaults.server_error(request)
    if passing:
        response.headers["Retry-After"] = str(RETRY_SECONDS)
    return response
