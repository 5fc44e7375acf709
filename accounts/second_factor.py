"""Who of the team may go on: outside the demo nobody without a second factor."""

from allauth.mfa.adapter import get_adapter

from accounts.models import User


def is_missing(user: User) -> bool:
    """Whether this person of the team has no second factor yet. Customers never miss one."""
    return user.is_staff and not get_adapter().is_mfa_enabled(user)
