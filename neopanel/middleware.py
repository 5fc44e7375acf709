"""What every page needs before its view runs: the reader's time zone; and after it: headers that Django has no setting for."""

import zoneinfo

from django.utils import timezone

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


def activate_time_zone(user) -> None:
    name = getattr(user, "time_zone", "")
    try:
        timezone.activate(zoneinfo.ZoneInfo(name)) if name else timezone.deactivate()
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        timezone.deactivate()
