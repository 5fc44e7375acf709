"""The form's token, by which the same form sent twice is known."""

import re

from django.http import HttpRequest

from support.ticketing import fresh_key

TOKEN = re.compile(r"[0-9A-Za-z._-]{1,72}")


def token_of(request: HttpRequest) -> str:
    """The form's token, or a fresh one where a program sends none."""
    token = request.POST.get("token", "")
    return token if TOKEN.fullmatch(token) else fresh_key()
