"""Accounts that the operator makes: their address counts as verified, because the operator vouches for it."""

from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User

# Not a group: who may do everything, as `createsuperuser` makes them, but able to sign in at once.
ADMIN_ROLE = "admin"


class NotMade(ValueError):
    """Why an account was not made, as a sentence for the person at the terminal."""


def make_customer(*, email: str, password: str) -> User:
    """A customer who can sign in at once. Raises NotMade for a bad or taken address and an empty password."""
    return _make(email=email, password=password)


def make_staff(*, email: str, password: str, role: str) -> User:
    """Somebody who may enter the admin with the rights of the group `role`; `admin` may do everything.

    Raises NotMade as `make_customer` does, and for a role that does not exist.
    """
    if role.lower() == ADMIN_ROLE:
        return _make(email=email, password=password, is_staff=True, is_superuser=True)
    group = Group.objects.filter(name__iexact=role).first()
    if group is None:
        names = ", ".join([*Group.objects.order_by("name").values_list("name", flat=True), ADMIN_ROLE])
        raise NotMade(
            _("There is no role “%(role)s”. Roles: %(names)s. The command setup_roles makes them.")
            % {"role": role, "names": names}
        )
    with transaction.atomic():
        user = _make(email=email, password=password, is_staff=True)
        user.groups.add(group)
    return user


def _make(*, email: str, password: str, **flags) -> User:
    email = email.strip().lower()
    try:
        validate_email(email)
    except ValidationError:
        raise NotMade(_("“%(email)s” is not an email address.") % {"email": email}) from None
    if not password:
        raise NotMade(_("The password is empty."))
    with transaction.atomic():
        if User.objects.filter(email__iexact=email).exists():
            raise NotMade(_("There is already an account with the address %(email)s.") % {"email": email})
        user = User.objects.create_user(email, password, **flags)
        EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return user
