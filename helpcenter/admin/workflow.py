"""The buttons that move a text on its way to readers, for articles and status advice alike."""

from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from helpcenter import publishing
from helpcenter.editing import APPROVE
from helpcenter.editing_forms import WhenForm

# Everybody who may change a text may send it to review and restore an old version; the rest is for reviewers.
FOR_EDITORS = {"review", "restore"}


def take_step(request: HttpRequest, owner) -> None:
    """Does what the button says, or says why not. Raises PermissionDenied."""
    do = request.POST.get("do", "")
    if do not in DOORS:
        raise PermissionDenied
    if do not in FOR_EDITORS and not request.user.has_perm(APPROVE):
        raise PermissionDenied
    number = request.POST.get("number", "")
    number = int(number) if number.isascii() and number.isdigit() and len(number) < 9 else -1
    try:
        done = DOORS[do](request, owner, number)
    except publishing.Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, done)


def review(request, owner, number) -> str:
    publishing.send_to_review(owner=owner, number=number, actor=request.user, now=timezone.now())
    return _("It waits for review.")


def send_back(request, owner, number) -> str:
    words = " ".join(request.POST.get("words", "").split())[:300]
    if not words:
        raise publishing.Refused(_("Say what is missing."))
    publishing.send_back(owner=owner, number=number, actor=request.user, words=words, now=timezone.now())
    return _("It is a draft again. Your words are in the history.")


def approve(request, owner, number) -> str:
    publishing.approve(owner=owner, number=number, actor=request.user, now=timezone.now())
    return _("Approved. It can be published now.")


def publish(request, owner, number) -> str:
    form = WhenForm(request.POST)
    if not form.is_valid():
        raise publishing.Refused(_("Write day and time as 2026-11-30 09:00, or leave it empty."))
    at, now = form.cleaned_data["at"], timezone.now()
    publishing.publish(owner=owner, number=number, actor=request.user, at=at, now=now)
    return _("Readers see it from the time you chose.") if at and at > now else _("Readers see it now.")


def unpublish(request, owner, number) -> str:
    publishing.unpublish(owner=owner, actor=request.user, now=timezone.now())
    return _("Readers do not see it any more.")


def restore(request, owner, number) -> str:
    restored = request.POST.get("restored", "")
    restored = int(restored) if restored.isascii() and restored.isdigit() and len(restored) < 9 else -1
    publishing.restore(owner=owner, number=number, restored=restored, actor=request.user, now=timezone.now())
    return _("Version %(number)s is a new draft.") % {"number": restored}


DOORS: dict[str, Callable[..., str]] = {
    "review": review,
    "send_back": send_back,
    "approve": approve,
    "publish": publish,
    "unpublish": unpublish,
    "restore": restore,
}
