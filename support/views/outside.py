"""Pages that need no session: the contact form, and closing a notice."""

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.addresses import address_of
from support import contact, site_notices
from support.contact_form import ContactForm
from support.models import SiteNotice

A_MONTH = 30 * 24 * 3600


@require_http_methods(["GET", "HEAD", "POST"])
@login_not_required
def contact_page(request: HttpRequest) -> HttpResponse:
    """For people who cannot sign in; whoever is signed in gets a ticket, which brings its evidence."""
    if request.user.is_authenticated:
        return redirect("ticket_new")
    form = ContactForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST" and form.is_valid():
        if form.cleaned_data["website"]:  # a program: it hears the same, and nothing is kept
            return render(request, "support/contact_done.html")
        try:
            contact.receive(
                email=form.cleaned_data["email"],
                text=form.cleaned_data["message"],
                address=address_of(request),
                now=timezone.now(),
            )
        except contact.TooMany as wait:
            words = _("Too many messages came from here. Please try again in %(minutes)s minutes.")
            form.add_error(None, words % {"minutes": wait.minutes})
            status = 429
        else:
            return render(request, "support/contact_done.html")
    if form.errors and status == 200:
        status = 422
    return render(request, "support/contact.html", {"form": form}, status=status)


@require_POST
@login_not_required
def close_notice(request: HttpRequest, notice_id: int) -> HttpResponse:
    """The reader has seen it: a cookie keeps it away from their next pages."""
    if not SiteNotice.objects.filter(pk=min(notice_id, 2**63 - 1), can_be_closed=True).exists():
        raise Http404
    back = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}):
        back = "/"
    response = redirect(back)
    closed = [notice_id, *(number for number in site_notices.closed_by(request) if number != notice_id)]
    response.set_cookie(
        site_notices.COOKIE,
        ".".join(str(number) for number in closed[: site_notices.MOST_CLOSED]),
        max_age=A_MONTH,
        samesite="Lax",
        secure=request.is_secure(),
        httponly=True,
    )
    return response
