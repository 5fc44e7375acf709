"""allauth's hooks, where our panel differs from its defaults."""

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.utils import timezone, translation

from accounts import addresses, languages, posting
from accounts.account_words import WORDS, letter_for
from accounts.letters import message_of


class AccountAdapter(DefaultAccountAdapter):
    def get_from_email(self):
        return settings.DEFAULT_FROM_EMAIL

    def save_user(self, request, user, form, commit=True):
        """Who signs up on a page in another language than the shop's gets mails in it, too."""
        language = translation.get_language()
        if language in languages.offered() and language != settings.LANGUAGE_CODE:
            user.language = language
        return super().save_user(request, user, form, commit)

    def get_client_ip(self, request):
        """As everywhere in the panel: behind a proxy of the shop what that proxy wrote, else the connection's own."""
        address = addresses.address_of(request)
        if not address:
            raise PermissionDenied
        return address

    def render_mail(self, template_prefix, email, context, headers=None):
        """Every mail looks alike (`accounts/letters.py`); the words are `account_words.py`."""
        return message_of(letter_for(template_prefix, {"email": email, **context}), to=email)

    def send_mail(self, template_prefix, email, context):
        """What tells of a change is sent by the worker; what somebody waits for is sent at once."""
        message = self.render_mail(template_prefix, email, context)
        now = timezone.now()
        if WORDS[template_prefix].is_change:
            posting.keep(message, now=now)
        else:
            posting.send_now(message, now=now)
