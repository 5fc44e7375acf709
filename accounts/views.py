"""Pages of somebody's own account that allauth does not bring: API keys and preferences."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import api_keys as keys
from accounts import languages, mails, sessions
from accounts.forms import ApiKeyForm, PreferencesForm
from accounts.letters import zone_of

REVOKED_SHOWN = 20


@require_http_methods(["GET", "POST"])
@sensitive_variables("secret")
def api_keys(request: HttpRequest) -> HttpResponse:
    """The customer's keys. A new key is in the answer to the POST and nowhere else: no session, no message."""
    form = ApiKeyForm(request.POST if request.method == "POST" else None, user=request.user)
    if request.method == "POST" and form.is_valid():
        key, secret = keys.issue(user=request.user, now=timezone.now(), **form.cleaned_data)
        return api_keys_page(request, form=ApiKeyForm(user=request.user), new_key=key, secret=secret)
    return api_keys_page(request, form=form, status=422 if form.errors else 200)


@sensitive_variables("extra")
def api_keys_page(request: HttpRequest, *, form: ApiKeyForm, status: int = 200, **extra) -> HttpResponse:
    mine = request.user.api_keys
    context = {
        "form": form,
        "live_keys": mine.filter(revoked_at=None),
        "revoked_keys": mine.exclude(revoked_at=None).order_by("-revoked_at")[:REVOKED_SHOWN],
        **extra,
    }
    return render(request, "accounts/api_keys.html", context, status=status)


@require_POST
def revoke_api_key(request: HttpRequest, key_id: int) -> HttpResponse:
    """Ends one of the customer's own live keys; 404 for any other."""
    if not keys.revoke(user=request.user, key_id=key_id, now=timezone.now()):
        raise Http404
    messages.success(request, _("The key is revoked. Programs that use it are refused from now on."))
    return redirect("api_keys")


@require_http_methods(["GET", "POST"])
def preferences(request: HttpRequest) -> HttpResponse:
    form = PreferencesForm(request.POST if request.method == "POST" else None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        person = form.instance
        zone = zone_of(person) or timezone.get_default_timezone()
        person.digest_at = mails.next_digest(every=person.digest, zone=zone, now=timezone.now())
        person.save(update_fields=["time_zone", "mails_off", "low_balance", "digest", "digest_at", "language"])
        translation.activate(languages.language_of(person) or translation.get_language_from_request(request))
        messages.success(request, _("Your preferences are saved."))
        response = redirect("preferences")
        languages.remember(request, response, languages.language_of(person))
        return response
    return render(request, "accounts/preferences.html", {"form": form}, status=422 if form.errors else 200)


@require_GET
def session_list(request: HttpRequest) -> HttpResponse:
    return render(request, "usersessions/usersession_list.html", {"sessions": sessions.sessions_of(request)})


@require_POST
def end_session(request: HttpRequest, session_id: int) -> HttpResponse:
    """Signs out one of one's own sessions; 404 for any other."""
    if not sessions.end(user=request.user, session_id=min(session_id, 2**63 - 1)):
        raise Http404
    messages.success(request, _("The session is ended."))
    return redirect("usersessions_list")


@require_POST
def end_other_sessions(request: HttpRequest) -> HttpResponse:
    sessions.end_others(user=request.user, but=request.session.session_key)
    messages.success(request, _("All other sessions are ended."))
    return redirect("usersessions_list")


@require_http_methods(["GET", "HEAD", "POST"])
@csrf_exempt
@login_not_required
def switch_mails_off(request: HttpRequest, token: str) -> HttpResponse:
    """From the link in a mail: a page with one button, or the mail program's own click (RFC 8058), which brings no session."""
    found = mails.kind_of(token)
    if found is None:
        raise Http404
    user_id, kind = found
    if request.method == "POST":
        mails.switch_off(user_id=user_id, kind=kind)
    context = {"words": mails.OPTIONAL[kind], "is_done": request.method == "POST"}
    return render(request, "accounts/mails_off.html", context)
