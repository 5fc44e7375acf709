"""A pause of the whole shop for upgrades and moves: one file in the data folder says so, and needs no database.

`manage.py maintenance on --note "Back at 14:30"` writes it, `off` removes it. Health answers as always, so that whoever
watches still sees the truth; the API is told in JSON. Each machine that serves has a data folder, and so a switch, of its own.
"""

from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

RETRY_SECONDS = 120
STILL_ANSWERED = ("/health/", "/metrics", "/static/")


def switch() -> Path:
    return settings.DATA_DIR / "maintenance.txt"


def begin(note: str) -> None:
    """From the next request on everybody reads `note` (which may be empty) instead of the shop."""
    switch().write_text(note.strip(), encoding="utf-8")


def end() -> None:
    switch().unlink(missing_ok=True)


def note() -> str | None:
    """What is said about the pause; None while there is none."""
    try:
        return switch().read_text(encoding="utf-8")
    except FileNotFoundError:
        return None


class MaintenanceMiddleware:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(STILL_ANSWERED) or (words := note()) is None:
            return self.get_response(request)
        if request.path.startswith("/api/v"):
            answer: HttpResponse = JsonResponse(
                {"error": "The service is briefly not available, try again"}, status=503
            )
        else:
            answer = render(None, "maintenance.html", {"note": words}, status=503)
        answer.headers["Retry-After"] = str(RETRY_SECONDS)
        answer.headers["Cache-Control"] = "no-store"
        return answer
