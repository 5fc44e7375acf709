"""The first prepared answers of a new shop, in our own words; editable from then on."""

from django.utils.translation import gettext as _

from support.models import CannedReply, TicketState, Topic


def load() -> int:
    """Makes those that no reply of the same title stands for; how many. What people edited or renamed stays as it is."""
    made = 0
    for title, topic, text, then in replies():
        _reply, is_new = CannedReply.objects.get_or_create(
            title=title, defaults={"topic": topic, "text": text, "then": then}
        )
        made += is_new
    return made


def replies() -> list[tuple[str, str, str, str]]:
    return [
        (
            _("The money is back"),
            Topic.MONEY_NOT_RETURNED,
            _(
                "We looked at order {order}. {returned} came back to your balance; the order's page shows the arithmetic "
                "and links to the entry. Your balance is {balance} now."
            ),
            TicketState.SOLVED,
        ),
        (
            _("We asked the service"),
            Topic.NOT_STARTED,
            _(
                "Order {order} has not started in the time that was stated. We asked the service about it and write to you "
                "here as soon as it answers. Please do not order again on this link meanwhile."
            ),
            TicketState.WORKING,
        ),
        (
            _("Please wait for the count"),
            Topic.RESULT_MISSING,
            _(
                "Order {order} is marked as completed. Platforms often update their public numbers slowly. Please look again "
                "in 24 hours; if something is still missing, send us the count that you see then."
            ),
            TicketState.WAITING,
        ),
        (
            _("Where did the payment go?"),
            Topic.PAYMENT_NOT_CREDITED,
            _(
                "Please send us a picture of the receipt. It must show the date, the amount and the reference; cover card numbers."
            ),
            TicketState.WAITING,
        ),
        (
            _("Anything else?"),
            "",
            _("Is there anything else that we can do for you? If not, we solve this ticket; a reply opens it again."),
            TicketState.WAITING,
        ),
    ]
