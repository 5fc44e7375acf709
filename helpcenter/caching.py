"""A visitor's second look at an unchanged page costs a 304."""

import hashlib
import re
from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response

# Different in every answer without changing what the page is: the masked form token, and the word of one shown page.
PASSING = re.compile(rb'(X-CSRFToken": "|name="csrfmiddlewaretoken" value="|name="visit" value="|visit=)[A-Za-z0-9]+')


def revalidated(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Gives a visitor's page an ETag of what it says. Pages of signed-in people are kept by no cache."""

    @wraps(view)
    def answer(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        response = view(request, *args, **kwargs)
        if request.user.is_authenticated or response.status_code != 200:
            return response
        response["Cache-Control"] = "private, no-cache"
        response["ETag"] = etag_of(request, response)
        return get_conditional_response(request, etag=response["ETag"], response=response)

    return answer


def etag_of(request: HttpRequest, response: HttpResponse) -> str:
    # The form token in a kept page holds as long as its cookie.
    secret = str(request.META.get("CSRF_COOKIE", "")).encode()
    digest = hashlib.sha256(secret + b"\0" + PASSING.sub(rb"\1", response.content))
    return f'W/"{digest.hexdigest()[:32]}"'
