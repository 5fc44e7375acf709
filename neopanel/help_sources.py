"""What support knows and the help center should hear of: the questions of the last tickets, without who asked them."""

from django.conf import settings
from django.urls import reverse
from django.utils.text import Truncator

from helpcenter import missing
from helpcenter.redaction import without_identities
from support.models import Message, Ticket

MOST_TICKETS = 40
LONGEST = 90


@missing.questions
def last_questions() -> list[tuple[str, str]]:
    """The first words of the newest tickets, each with its place in admin."""
    tickets = list(Ticket.objects.order_by("-number").values_list("number", flat=True)[:MOST_TICKETS])
    first: dict[int, str] = {}
    for ticket, text in (
        Message.objects.filter(ticket__in=tickets, by_staff=False).order_by("id").values_list("ticket", "text")
    ):
        first.setdefault(ticket, text)
    return [
        (words_of(first[number]), reverse("admin:support_ticket_change", args=[number]))
        for number in tickets
        if number in first
    ]


def words_of(text: str) -> str:
    return Truncator(without_identities(" ".join(text.split()), settings.BRAND)).chars(LONGEST)
