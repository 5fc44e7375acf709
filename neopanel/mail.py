"""Mail of the demo: shown in the terminal and kept in the data folder, so that a sign-up code is never out of reach."""

from django.core.mail.backends.console import EmailBackend as ToTerminal
from django.core.mail.backends.filebased import EmailBackend as ToFolder


class DemoMailBackend(ToFolder):
    def send_messages(self, messages):
        ToTerminal(fail_silently=True).send_messages(messages)
        return super().send_messages(messages)
