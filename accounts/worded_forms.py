"""allauth's forms in our words: labels as we write them, and no placeholder that repeats its label."""

from typing import Any, ClassVar

from allauth.account import forms
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django.utils.translation import gettext_lazy as _


class Worded:
    labels: ClassVar[dict[str, Any]] = {}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.widget.attrs.pop("placeholder", None)
            field.label = self.labels.get(name, field.label)


class LoginForm(Worded, forms.LoginForm):
    pass


class SignupForm(Worded, forms.SignupForm):
    pass


class AddEmailForm(Worded, forms.AddEmailForm):
    pass


class ResetPasswordForm(Worded, forms.ResetPasswordForm):
    pass


class ReauthenticateForm(Worded, forms.ReauthenticateForm):
    pass


class ChangePasswordForm(Worded, forms.ChangePasswordForm):
    labels: ClassVar = {
        "oldpassword": _("Password now"),
        "password1": _("New password"),
        "password2": _("New password again"),
    }


class ResetPasswordKeyForm(Worded, forms.ResetPasswordKeyForm):
    labels: ClassVar = {"password1": _("New password"), "password2": _("New password again")}


class AddKeyForm(AddWebAuthnForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("Name")
        alone = self.fields["passwordless"]
        alone.label = _("Sign in with it alone")
        alone.help_text = _("A passkey: it asks for your finger, face or PIN, and no password is needed.")
