"""What readers of the help center send is counted by where it comes from, by the limiter that all of the panel shares."""

import datetime as dt

from django.http import HttpRequest

from accounts import addresses, call_rate
from helpcenter import pace

HOUR = 3600


@pace.counted_by
def is_among_the_first(request: HttpRequest, *, what: str, most: int, now: dt.datetime) -> bool:
    subject = f"{what}:{addresses.counted_as(addresses.address_of(request))}"
    return not call_rate.take(subject=subject, most=most, seconds=HOUR, now=now)
