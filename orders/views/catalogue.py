from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from orders import queries


@require_GET
@login_not_required
def service_list(request: HttpRequest) -> HttpResponse:
    """The catalogue, open to visitors; by htmx the shelves alone."""
    search = request.GET.get("q", "")
    template = "orders/service_list.html#shelves" if request.htmx else "orders/service_list.html"
    return render(request, template, {"shelves": queries.shelves(search), "search": search})
