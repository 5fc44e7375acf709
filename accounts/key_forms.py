"""allauth's form for a passkey or security key, in our words."""

from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django.utils.translation import gettext_lazy as _


class AddKeyForm(AddWebAuthnForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("Name")
        alone = self.fields["passwordless"]
        alone.label = _("Sign in with it alone")
        alone.help_text = _("A passkey: it asks for your finger, face or PIN, and no password is needed.")
