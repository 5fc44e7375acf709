"""What each topic asks for beside the order and the words: only what the panel cannot know. Pure."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from support.models import Topic


@dataclass(frozen=True)
class Ask:
    """One thing to ask: the field's name in forms and in `Ticket.details`, its words, and what to say where it is missing.

    `label` speaks to the customer; `staff_label` of the customer, where that differs.
    """

    name: str
    label: Promise
    hint: Promise
    missing: Promise
    kind: str = "text"  # or "number", "date"
    staff_label: Promise | None = None


ASKS: dict[str, tuple[Ask, ...]] = {
    Topic.RESULT_MISSING: (
        Ask(
            "count_now",
            _("The count that you see now"),
            _("As the platform shows it: likes, views or followers. A picture helps if it shows the number."),
            _("Enter the number that the platform shows now."),
            "number",
            staff_label=_("Count that the customer sees"),
        ),
    ),
    Topic.WRONG_LINK: (
        Ask(
            "right_link",
            _("The right link"),
            _("What you wanted to order for."),
            _("Enter the link that you meant."),
        ),
    ),
    Topic.PAYMENT_NOT_CREDITED: (
        Ask(
            "paid_by",
            _("How you paid"),
            _("The name of the way to pay, as you chose it."),
            _("Say how you paid."),
            staff_label=_("How the customer paid"),
        ),
        Ask(
            "paid_on",
            _("The day of the payment"),
            _("By your own calendar."),
            _("Enter the day of the payment."),
            "date",
        ),
        Ask(
            "paid_reference",
            _("Reference of the payment"),
            _("The number or word by which we find it. Attach the receipt if you have one; never card numbers."),
            _("Enter the reference of the payment."),
        ),
    ),
}


def named(details: dict[str, str], *, for_staff: bool = False) -> list[tuple[str, str]]:
    """`Ticket.details` as people read them: label and text."""
    asked = [ask for asks in ASKS.values() for ask in asks]
    labels = {ask.name: str(ask.staff_label if for_staff and ask.staff_label else ask.label) for ask in asked}
    return [(labels.get(name, name), text) for name, text in details.items()]
