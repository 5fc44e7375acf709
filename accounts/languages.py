"""In which language somebody reads: what they chose, else what their browser asks for.

A choice is kept with the account, and in a cookie for visitors.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation

from accounts.models import User


def offered() -> dict[str, str]:
    """The shop's languages, each named in its own words."""
    return dict(settings.LANGUAGES)


def language_of(user: User) -> str:
    """What somebody chose, where the shop still offers it; "" otherwise."""
    return user.language if user.language in offered() else ""


def choose(*, user: User, code: str) -> None:
    """Pages and mails come in this language from now on; "" leaves the pages to the browser, and the mails to the shop."""
    user.language = code
    user.save(update_fields=["language"])


def remember(request: HttpRequest, response: HttpResponse, code: str) -> None:
    """The browser keeps the choice, so that pages before sign-in follow it too. "" forgets it."""
    if not code:
        response.delete_cookie(settings.LANGUAGE_COOKIE_NAME)
        return
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        code,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        samesite="Lax",
        secure=request.is_secure(),
        httponly=True,
    )


@contextmanager
def words_of_programs() -> Iterator[None]:
    """Texts for programs are English, whoever asks: programs branch on them."""
    with translation.override("en"):
        yield
