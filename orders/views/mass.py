from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from orders import mass, reader
from orders.forms import MassForm, new_token
from orders.models import MassOrder


@require_http_methods(["GET", "POST"])
def mass_new(request: HttpRequest) -> HttpResponse:
    """Paste or upload many orders; they are checked before anything is placed."""
    if request.method == "GET":
        return render(request, "orders/mass_new.html", {"form": MassForm(initial={"token": new_token()})})
    form = MassForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            paste = mass.start(
                customer=request.user,
                text=form.cleaned_data["text"],
                client_key=form.cleaned_data["token"] or new_token(),
                now=timezone.now(),
            )
        except mass.BadPaste as bad:
            form.add_error("lines", str(bad))
        else:
            return redirect("mass_detail", paste.pk)
    return render(request, "orders/mass_new.html", {"form": form}, status=422)


@require_http_methods(["GET", "POST"])
def mass_detail(request: HttpRequest, mass_id: int) -> HttpResponse:
    """One paste: its progress, a verdict a line, the total; then all or the good ones are placed.

    Each POST does one step, by htmx again and again while there is work, without JavaScript by a button.
    """
    paste = MassOrder.objects.select_related("customer").filter(pk=mass_id, customer=request.user).first()
    if paste is None:
        raise Http404
    if request.method == "POST":
        if "place" in request.POST:
            mass.place(mass=paste, only_good=request.POST["place"] == "good")
        else:
            paste = mass.step(mass=paste, now=timezone.now())
        if not request.htmx:
            return redirect("mass_detail", paste.pk)
    page = mass.page_of(paste, reader.balance_of(request))
    template = "orders/mass_detail.html#paste" if request.htmx else "orders/mass_detail.html"
    return render(request, template, {"page": page})
