"""What mails about an account say: codes, addresses, passwords, second factors. One table, by allauth's name for each mail."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.letters import Letter, page


@dataclass(frozen=True)
class Words:
    """Subject and paragraphs; `way` is the button's label and the name in allauth's context where its address stands."""

    subject: Any
    words: tuple[Any, ...]
    after: tuple[Any, ...] = ()
    way: tuple[Any, str] | None = None
    # Told after the fact, with where it came from; a code or a link is what somebody waits for.
    is_change: bool = False


IGNORE_CODE = gettext_lazy(
    "If you did not ask for this, do nothing: without the code nobody can use your address. Never tell "
    "it to anybody; our team does not ask for it."
)
ENTER = gettext_lazy("Enter it on the page where you asked for it. It is valid for a short time.")
NOT_YOU = gettext_lazy(
    "Was it not you? Change your password at once, end all other sessions in your account, and write to our team."
)


def change(subject: Any, *words: Any) -> Words:
    return Words(subject, words, is_change=True)


CONFIRM = Words(
    gettext_lazy("Your code for %(brand)s"), (gettext_lazy("Your code for %(brand)s:"),), (ENTER, IGNORE_CODE)
)
WORDS = {
    "account/email/email_confirmation": CONFIRM,
    "account/email/email_confirmation_signup": CONFIRM,
    "account/email/login_code": Words(
        gettext_lazy("Your sign-in code for %(brand)s"),
        (gettext_lazy("Your code to sign in to %(brand)s:"),),
        (ENTER, IGNORE_CODE),
    ),
    "account/email/password_reset_code": Words(
        gettext_lazy("Your code for a new password at %(brand)s"),
        (
            gettext_lazy(
                "Somebody, probably you, forgot the password of your account at %(brand)s. The code for a new one:"
            ),
        ),
        (ENTER, IGNORE_CODE),
    ),
    "account/email/password_reset_key": Words(
        gettext_lazy("A new password for %(brand)s"),
        (
            gettext_lazy(
                "Somebody, probably you, forgot the password of your account at %(brand)s. Choose a new "
                "one on this page."
            ),
        ),
        (gettext_lazy("If you did not ask for this, do nothing: your password stays as it is."),),
        (gettext_lazy("Choose a new password"), "password_reset_url"),
    ),
    "account/email/unknown_account": Words(
        gettext_lazy("No account at %(brand)s has this address"),
        (
            gettext_lazy(
                "Somebody, perhaps you, wanted to sign in to %(brand)s with the address %(email)s or to "
                "choose a new password. There is no account with it."
            ),
            gettext_lazy("If it was you, try the other addresses that you have, or make an account."),
        ),
        (gettext_lazy("If it was not you, do nothing."),),
        (gettext_lazy("Create an account"), "signup_url"),
    ),
    "account/email/account_already_exists": Words(
        gettext_lazy("You have an account at %(brand)s already"),
        (
            gettext_lazy(
                "Somebody, probably you, wanted to make an account at %(brand)s with the address "
                "%(email)s. There is one already, and nothing was changed."
            ),
        ),
        (gettext_lazy("If it was not you, do nothing."),),
        (gettext_lazy("I forgot my password"), "password_reset_url"),
    ),
    "account/email/email_changed": change(
        gettext_lazy("Your email address at %(brand)s was changed"),
        gettext_lazy("The address of your account was changed from %(from_email)s to %(to_email)s."),
    ),
    "account/email/email_confirm": change(
        gettext_lazy("Your email address at %(brand)s is confirmed"),
        gettext_lazy("This address belongs to your account now."),
    ),
    "account/email/email_deleted": change(
        gettext_lazy("An email address was removed from your account at %(brand)s"),
        gettext_lazy("The address %(deleted_email)s does not belong to your account any more."),
    ),
    "account/email/password_changed": change(
        gettext_lazy("Your password at %(brand)s was changed"),
        gettext_lazy("The password of your account was changed."),
    ),
    "account/email/password_reset": change(
        gettext_lazy("Your password at %(brand)s was changed"),
        gettext_lazy("A new password was chosen for your account, with a code from a mail."),
    ),
    "account/email/password_set": change(
        gettext_lazy("Your account at %(brand)s has a password"),
        gettext_lazy("A password was chosen for your account."),
    ),
    "mfa/email/totp_activated": change(
        gettext_lazy("Your account at %(brand)s has a second factor"),
        gettext_lazy("An authenticator app was set up. From now on, signing in needs a code from it."),
    ),
    "mfa/email/totp_deactivated": change(
        gettext_lazy("The authenticator app of your account at %(brand)s was removed"),
        gettext_lazy("Signing in does not ask for a code from an authenticator app any more."),
    ),
    "mfa/email/webauthn_added": change(
        gettext_lazy("A passkey was added to your account at %(brand)s"),
        gettext_lazy("Whoever has the new passkey can sign in with it."),
    ),
    "mfa/email/webauthn_removed": change(
        gettext_lazy("A passkey was removed from your account at %(brand)s"),
        gettext_lazy("It cannot be used to sign in any more."),
    ),
    "mfa/email/recovery_codes_generated": change(
        gettext_lazy("Your account at %(brand)s has new recovery codes"),
        gettext_lazy("The recovery codes from before are not valid any more."),
    ),
}


def letter_for(name: str, context: Mapping[str, Any]) -> Letter:
    """The letter that allauth wants to send, in our words. Raises KeyError for one that has none yet."""
    words = WORDS[name]
    said = {key: str(value) for key, value in context.items() if isinstance(value, str)} | {"brand": settings.BRAND}
    way = (str(words.way[0]), str(context[words.way[1]])) if words.way else None
    facts: tuple[tuple[str, str], ...] = ()
    after = words.after
    if words.is_change:
        when = date_format(timezone.localtime(context["timestamp"]), "j M Y, H:i")
        facts = (
            (_("When"), f"{when} ({timezone.get_current_timezone_name()})"),
            (_("From the address"), str(context["ip"])),
            (_("With"), str(context["user_agent"])[:120]),
        )
        way = (_("Look at your account"), page("usersessions_list"))
        after = (NOT_YOU,)
    return Letter(
        subject=str(words.subject) % said,
        words=tuple(str(each) % said for each in words.words),
        code="" if words.is_change else str(context.get("code") or ""),
        facts=facts,
        way=way,
        after=tuple(str(each) for each in after),
    )
