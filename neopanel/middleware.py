"""What every page needs before its view runs: the reader's time zone; and after it: headers that Django has no setting for."""

import zoneinfo

from django.conf import settings
from django.contrib import messages
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import second_factor

PERMISSIONS_POLICY = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"


class PageMiddleware:
    """Times are shown in the customer's zone; pages of signed-in people are kept by no cache."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        activate_time_zone(request.user)
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        if request.user.is_authenticated:
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response


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


def activate_time_zone(user) -> None:
    name = getattr(user, "time_zone", "")
    try:
        timezone.activate(zoneinfo.ZoneInfo(name)) if name else timezone.deactivate()
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        timezone.deactivate()
