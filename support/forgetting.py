"""What support keeps of somebody who leaves: that there were tickets, about what, and how they ended; not what was said."""

import datetime as dt

from django.utils.translation import gettext as _

from accounts.models import User
from support import uploads
from support.models import Attachment, Draft, Message, Ticket, TicketMail


def forget(*, user: User, now: dt.datetime) -> None:
    """Words, files and drafts of the person's tickets go. In the caller's transaction, but for the files' bytes: what fails there
    is swept by `tidying.py`, because no row names it any more."""
    for file in Attachment.objects.filter(message__ticket__customer=user, removed_at=None):
        uploads.remove(file.key, file.kind)
    Attachment.objects.filter(message__ticket__customer=user).update(removed_at=now, name=_("removed"))
    Message.objects.filter(ticket__customer=user).update(text=_("(removed with the account)"))
    Draft.objects.filter(ticket__customer=user).delete()
    TicketMail.objects.filter(ticket__customer=user).update(notice_due_at=None)
    Ticket.objects.filter(customer=user).update(details={})
