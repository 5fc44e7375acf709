"""The shop's addresses and two views that do nothing, behind the same middleware: one for people, one for programs."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from neopanel.urls import handler500
from neopanel.urls import urlpatterns as shop

__all__ = ["handler500", "urlpatterns"]


def nothing(_request: HttpRequest) -> HttpResponse:
    return HttpResponse(status=204)


@csrf_exempt
@login_not_required
def nothing_for_programs(_request: HttpRequest) -> HttpResponse:
    return JsonResponse({})


urlpatterns = [path("bench/nothing/", nothing), path("bench/nothing-for-programs", nothing_for_programs), *shop]
