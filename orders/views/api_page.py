"""`/api/`: the API for people who write programs, with the reader's own key in the examples, and its OpenAPI file."""

import json

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.languages import words_of_programs
from orders.api import openapi, reference
from orders.api.actions import MOST_IDS
from orders.service_types import ServiceType

LANGUAGES = (("curl", "curl"), ("python", "Python"), ("php", "PHP"), ("javascript", "JavaScript"))
NO_KEY = "YOUR_KEY"


@login_not_required
@require_GET
def api_page(request: HttpRequest) -> HttpResponse:
    key = request.user.api_keys.filter(revoked_at=None).first() if request.user.is_authenticated else None
    shown = f"{key.prefix}…" if key else NO_KEY
    address = request.build_absolute_uri("/api/v2")
    examples = [
        (ident, name, render_to_string(f"orders/api/{ident}.txt", {"address": address, "key": shown}).strip())
        for ident, name in LANGUAGES
    ]
    context = {
        "address": address,
        "own_key": key,
        "shown_key": shown,
        "examples": examples,
        "dialects": [
            (dialect, [(form, json.dumps(form.example, indent=2)) for form in dialect.forms])
            for dialect in reference.DIALECTS
        ],
        "types": [(word.value, ", ".join(reference.inputs_of(word))) for word in ServiceType],
        "errors": reference.ERRORS,
        "rate": settings.API_RATE,
        "most_ids": MOST_IDS,
    }
    return render(request, "orders/api_page.html", context)


@login_not_required
@require_GET
def openapi_file(request: HttpRequest) -> JsonResponse:
    with words_of_programs():
        title = _("The API of %(brand)s") % {"brand": settings.BRAND}
        return JsonResponse(openapi.document(title=title), json_dumps_params={"indent": 1})
