"""Whose data the team looked at. The log is added to and never changed."""

import datetime as dt

from accounts.models import User
from support.models import CustomerRead


def note_read(*, staff: User, customer: User, what: str, now: dt.datetime) -> None:
    """One row an hour for each person and thing; looking at one's own is nobody's business."""
    if staff.pk != customer.pk:
        hour = now.replace(minute=0, second=0, microsecond=0)
        CustomerRead.objects.bulk_create(
            [CustomerRead(staff=staff, customer=customer, what=what[:60], hour=hour)], ignore_conflicts=True
        )
