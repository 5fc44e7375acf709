from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from accounts.models import User
from orders import shelves
from orders.shelves import FLAGS, ORDERS, Wanted


@require_GET
@login_not_required
def service_list(request: HttpRequest) -> HttpResponse:
    """The catalogue, open to visitors: search as you type and filters, all in the address; by htmx the shelves alone."""
    customer = customer_of(request)
    wanted = wanted_by(request)
    context = {
        "page": shelves.page_of(customer, wanted, number=whole(request.GET.get("page", "")) or 1),
        "wanted": wanted,
        "here": address_without(request, "page"),
    }
    if not request.htmx:
        context["categories"] = shelves.categories()
    template = "orders/service_list.html#shelves" if request.htmx else "orders/service_list.html"
    return render(request, template, context)


@require_POST
def service_favourite(request: HttpRequest, service_id: int) -> HttpResponse:
    """Stars a service or takes the star away; by htmx the star alone comes back."""
    is_favourite = request.POST.get("star") == "1"
    if not shelves.set_favourite(customer=request.user, service_id=service_id, is_favourite=is_favourite):
        raise Http404
    if request.htmx:
        context = {"number": service_id, "is_favourite": is_favourite}
        return render(request, "orders/_star.html", context)
    back = request.POST.get("next", "")
    if not back.startswith("/") or not url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        back = "service_list"
    return redirect(back)


@require_GET
@login_not_required
def service_changes(request: HttpRequest) -> HttpResponse:
    """What changed in the services that the reader uses; everything that changed, where asked, and for visitors."""
    customer = customer_of(request)
    mine = customer is not None and request.GET.get("of") != "all"
    changes = shelves.changes_for(customer) if mine and customer else shelves.latest_changes()
    return render(request, "orders/service_changes.html", {"changes": changes, "mine": mine})


def customer_of(request: HttpRequest) -> User | None:
    return request.user if request.user.is_authenticated else None


def wanted_by(request: HttpRequest) -> Wanted:
    """The filters that stand in the address; what cannot be read does not narrow."""
    sent = request.GET
    return Wanted(
        search=sent.get("q", "").strip(),
        category=whole(sent.get("category", "")),
        flags=frozenset(flag for flag in FLAGS if sent.get(flag)),
        favourites=bool(sent.get("favourites")),
        order=order if (order := sent.get("order", "")) in ORDERS else "",
    )


def whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def address_without(request: HttpRequest, name: str) -> str:
    """This list's filters as the beginning of an address to which a page is added."""
    query = request.GET.copy()
    query.pop(name, None)
    return f"?{query.urlencode()}&" if query else "?"
