"""The second factor: who of the team needs one, and what the team does for somebody who has lost theirs."""

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.admin.models import CHANGE, LogEntry
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import posting
from accounts.letters import Letter, page, read_by
from accounts.models import User

LONGEST_REASON = 200


class NotReset(ValueError):
    """Nothing was changed; the exception's text says why."""


def is_missing(user: User) -> bool:
    """Whether this person of the team has no second factor yet. Customers never miss one."""
    return user.is_staff and not get_adapter().is_mfa_enabled(user)


def reset(*, user_id: int, actor: User, reason: str) -> None:
    """Takes away every second factor of somebody who has lost theirs: they sign in with their password and set up a new one.

    Logged with the reason, and told to its owner by mail, so that nobody's is taken away unnoticed. Raises NotReset: for
    oneself, for one of the team unless by an administrator, without a reason, and where there is none.
    """
    if not reason.strip():
        raise NotReset(_("Say why, and how you know that it is them who ask."))
    with transaction.atomic():
        user = User.objects.select_for_update(no_key=True).get(pk=user_id)
        if user.pk == actor.pk:
            raise NotReset(_("Your own second factor is for somebody else to reset."))
        if user.is_staff and not actor.is_superuser:
            raise NotReset(_("Those of the team are reset by an administrator."))
        gone, _each = Authenticator.objects.filter(user=user).delete()
        if not gone:
            raise NotReset(_("This account has no second factor."))
        LogEntry.objects.log_actions(
            user_id=actor.pk,
            queryset=[user],
            action_flag=CHANGE,
            change_message=f"Second factor reset. {reason.strip()[:LONGEST_REASON]}",
            single_object=True,
        )
        with read_by(user):
            posting.post(_letter(), to=user.email, now=timezone.now())


def _letter() -> Letter:
    brand = " ".join(settings.BRAND.split())
    return Letter(
        subject=_("Your second factor at %(brand)s was reset") % {"brand": brand},
        words=(
            _(
                "Our team has reset the second factor of your account at %(brand)s, because somebody who said to be you asked "
                "for it. You sign in with your password now; please set up a new second factor at once."
            )
            % {"brand": brand},
        ),
        way=(_("Set up a second factor"), page("mfa_index")),
        after=(_("Was it not you? Change your password and open a ticket."),),
    )
