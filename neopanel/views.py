"""Pages that belong to no app: home, theme, health, browser reports."""

import logging
import threading

from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.utils import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from accounts import languages
from neopanel import health
from neopanel.context import THEMES
from neopanel.dashboard import dashboard_for
from neopanel.live_blocks import sample_as_seen
from orders import reader
from orders.statuses import OrderStatus

log = logging.getLogger("neopanel.csp")

A_YEAR = 365 * 24 * 3600
REPORT_BYTES = 4096


@require_GET
@login_not_required
def home(request: HttpRequest) -> HttpResponse:
    """What this is, for visitors; the dashboard for who is signed in."""
    if not request.user.is_authenticated:
        return render(request, "neopanel/home.html", {"sample": sample_as_seen(OrderStatus.PARTIAL, timezone.now())})
    board = dashboard_for(customer=request.user, balance=reader.balance_of(request), now=timezone.now())
    return render(request, "neopanel/dashboard.html", {"board": board})


@require_POST
@login_not_required
def choose_language(request: HttpRequest) -> HttpResponse:
    """One of the shop's languages, kept in a cookie and, of who is signed in, with the account: their mails follow it."""
    response = redirect(way_back(request))
    code = request.POST.get("language", "")
    if code not in languages.offered():
        return response
    if request.user.is_authenticated:
        languages.choose(user=request.user, code=code)
    languages.remember(request, response, code)
    return response


@require_POST
@login_not_required
def choose_theme(request: HttpRequest) -> HttpResponse:
    """Light, dark, or (anything else) as the system says; kept in a cookie, so that the server renders the choice."""
    response = redirect(way_back(request))
    theme = request.POST.get("theme", "")
    if theme in THEMES:
        response.set_cookie("theme", theme, max_age=A_YEAR, samesite="Lax", secure=request.is_secure(), httponly=True)
    else:
        response.delete_cookie("theme")
    return response


def way_back(request: HttpRequest) -> str:
    """The page that the choice was made on; never another site."""
    back = request.POST.get("next", "/")
    return back if url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}) else "/"


@require_POST
@csrf_exempt
@login_not_required
def csp_report(request: HttpRequest) -> HttpResponse:
    """A browser says that a page tried to load what the policy forbids: a defect of ours, or an attack."""
    log.warning("Content-Security-Policy report: %r", request.read(REPORT_BYTES))
    return HttpResponse(status=204)


@require_GET
@login_not_required
def live(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return JsonResponse({"status": "ok"})


def is_migrated() -> bool:
    """Whether the database has all migrations of this code; a process that found it so asks no more."""
    if not _found_migrated.is_set():
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return False
        _found_migrated.set()
    return True


_found_migrated = threading.Event()


@require_GET
@login_not_required
def ready(request: HttpRequest) -> HttpResponse:
    """The process can serve people: the database answers, is migrated, and guards the ledger. 503 otherwise.

    A halt and silent workers are told but refuse nothing: reading goes on, and another process could do no better.
    """
    try:
        if not is_migrated():
            return JsonResponse({"status": "database is not migrated"}, status=503)
        found = health.look(now=timezone.now())
    except DatabaseError:
        return JsonResponse({"status": "database does not answer"}, status=503)
    if not found.guarded:
        return JsonResponse({"status": "the ledger is not guarded"}, status=503)
    return JsonResponse({"status": "ok", "halted": found.halted, "worker": found.worker})
