"""What every htmx conversation needs, in one place."""

from django.utils.cache import patch_vary_headers
from django_htmx.http import HttpResponseClientRedirect


class SignInRedirectMiddleware:
    """An htmx request whose session has ended is sent to sign-in as a whole page, never a login page inside a page.

    It also marks every page as different for htmx, so that "back" never shows a fragment from a cache.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        location = response.headers.get("Location", "")
        if request.htmx and response.status_code == 302 and "/accounts/login/" in location:
            cookies = response.cookies
            response = HttpResponseClientRedirect(location)
            # What the sign-in page has to say may travel in one.
            response.cookies = cookies
        patch_vary_headers(response, ["HX-Request"])
        return response
