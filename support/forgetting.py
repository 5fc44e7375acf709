"""What support keeps of somebody who leaves: that there were tickets, about what, and how they ended; not what was said."""

import datetime as dt

from django.utils.translation import gettext as _

from accounts.models import User
from support.models import Attachment, Draft, Message, Ticket, TicketMail


def forget(*, user: User, now: dt.datetime) -> list[tuple[str, str]]:
    """Words, files and drafts of the person's tickets go, in the caller's transaction.

    Gives the files (key, kind) that are named no more: for `uploads.give_up`, after the transaction.
    """
    files = Attachment.objects.filter(message__ticket__customer=user, removed_at=None)
    given_up = list(files.values_list("key", "kind"))
    Attachment.objects.filter(message__ticket__customer=user).update(removed_at=now, name=_("removed"))
    Message.objects.filter(ticket__customer=user).update(text=_("(removed with the account)"))
    Draft.objects.filter(ticket__customer=user).delete()
    TicketMail.objects.filter(ticket__customer=user).update(notice_due_at=None)
    Ticket.objects.filter(customer=user).update(details={})
    return given_up
