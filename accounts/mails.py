"""Which mails somebody wants: those that nobody needs can be switched off, in the preferences or by the link in the mail itself."""

from django.core import signing
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User

# What is not here (answers of the team, decided payments, codes) always comes.
OPTIONAL = {
    "ticket_receipt": _("When a ticket of mine has arrived"),
    "ticket_solved": _("When a ticket of mine is solved"),
}
SALT = "mails"


def wants(user: User, kind: str) -> bool:
    return kind not in user.mails_off


def token_for(user: User, kind: str) -> str:
    """What stands in the link of a mail; it can do nothing but switch off this kind for this person."""
    return signing.dumps([user.pk, kind], salt=SALT)


def kind_of(token: str) -> tuple[int, str] | None:
    """Whose mails of which kind the token is about; None for anything that we did not sign."""
    try:
        number, kind = signing.loads(token, salt=SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return (number, kind) if kind in OPTIONAL else None


def switch_off(*, user_id: int, kind: str) -> None:
    """No mail of this kind from now on. Repeating it changes nothing."""
    with transaction.atomic():
        user = User.objects.select_for_update(no_key=True).filter(pk=user_id).first()
        if user is not None and kind not in user.mails_off:
            user.mails_off = sorted({*user.mails_off, kind})
            user.save(update_fields=["mails_off"])
