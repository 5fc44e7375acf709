"""What every page needs before its view runs: the reader's time zone; and after it: headers that Django has no setting for."""

import time
from urllib.parse import urlsplit

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.middleware.gzip import GZipMiddleware
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import is_valid_path
from django.utils import timezone, translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from accounts import addresses, second_factor
from accounts.languages import language_of
from accounts.letters import zone_of

# The session's note of when it was last written into the list, and how old that may become, in seconds.
SEEN, SEEN_GRAIN = "seen", 600
PERMISSIONS_POLICY = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"


class PageMiddleware:
    """Words are in the reader's language and times in their zone; pages of signed-in people are kept by no cache."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        activate_reader(request)
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        if request.user.is_authenticated:
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response


class SignInMiddleware(LoginRequiredMiddleware):
    """Whose session has ended signs in first. Who pressed a button comes back to the page that it stood on, and reads that
    nothing was done: the button's own address may be none that a browser can open, nor that of a part that htmx asks for."""

    def handle_no_permission(self, request, view_func):
        looks = request.method in {"GET", "HEAD"}
        if not looks:
            messages.warning(request, _("You were signed out, and nothing was done. Sign in and send it again."))
        elif not request.htmx:
            return super().handle_no_permission(request, view_func)
        back = page_of(request, otherwise=request.get_full_path() if looks else "/")
        return redirect_to_login(back, self.get_login_url(view_func))


class CompressionMiddleware(GZipMiddleware):
    """Pages are compressed. What programs read is not: some of theirs ask for gzip and cannot read it.

    Pages hold no secret beside what a stranger can send back: tokens are masked anew each time, keys are shown once, and
    Django pads what it compresses by a random length.
    """

    def process_response(self, request, response):
        return response if request.path.startswith("/api/v") else super().process_response(request, response)


class StaffSecondFactorMiddleware:
    """Nobody works in /admin/ with a password alone (`STAFF_SECOND_FACTOR`): the way leads to setting up a second factor."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if (
            settings.STAFF_SECOND_FACTOR
            and request.path.startswith("/admin/")
            and not request.path.startswith("/admin/logout/")
            and request.user.is_authenticated
            and second_factor.is_missing(request.user)
        ):
            messages.warning(request, _("Set up a second factor first: whoever works in the admin needs one."))
            return redirect("mfa_index")
        return self.get_response(request)


class ButtonAddressMiddleware:
    """Who opens the address of a button reads so, and is led to the page above it: Django's own answer is an empty page."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if (
            response.status_code == 405
            and request.method == "GET"
            and request.accepts("text/html")
            and not response.content
        ):
            response.content = render_to_string("405.html", {"page": page_above(request.path)}, request)
        return response


class SessionListMiddleware:
    """Where somebody is signed in, and since when they were not seen there (allauth's list of sessions), written down now and then.

    allauth's own middleware writes with every page; here a session says when it was last noted.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.user.is_authenticated and request.session.session_key:
            now, noted = time.time(), request.session.get(SEEN, 0)
            if not 0 <= now - noted < SEEN_GRAIN and addresses.address_of(request):
                request.session[SEEN] = int(now)
                UserSession.objects.create_from_request(request)
        return self.get_response(request)


def page_of(request, *, otherwise: str) -> str:
    """The page of ours that a form was sent from, as the browser names it; `otherwise` where it names none."""
    came_from = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(came_from, {request.get_host()}, require_https=request.is_secure()):
        return otherwise
    page = urlsplit(came_from)._replace(scheme="", netloc="", fragment="").geturl()
    # Once more without the host: "//evil.example" after it would be an address of its own.
    return page if page.startswith("/") and url_has_allowed_host_and_scheme(page, None) else otherwise


def page_above(path: str) -> str:
    """The nearest address above this one that is one of ours."""
    while path != "/":
        path = path.rstrip("/").rpartition("/")[0] + "/"
        if is_valid_path(path):
            return path
    return path


def activate_reader(request) -> None:
    """Django has set the language by the cookie or the browser before this; what somebody chose for their account counts more."""
    user = request.user
    zone = zone_of(user) if user.is_authenticated else None
    timezone.activate(zone) if zone else timezone.deactivate()
    language = language_of(user) if user.is_authenticated else ""
    if language:
        translation.activate(language)
        request.LANGUAGE_CODE = language
