"""What all pages with forms over doors share: who may send them, how a door's refusal comes back, how they are drawn."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.forms import Form
from django.http import HttpRequest
from django.utils.translation import gettext as _

from orders.halt import Halted
from orders.ledger import BalanceTooLarge, NotEnoughBalance
from orders.lifecycle import NotAllowed
from orders.money import show

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Offer:
    """One form that this person may send now: `sentence` says what will happen, money in full."""

    name: str
    title: str
    sentence: str
    button: str
    form: Form
    address: str
    is_danger: bool = False
    is_open: bool = False

    @property
    def is_shown(self) -> bool:
        """Unfolded: it is what the page is about, or it came back with something to correct."""
        return self.is_open or self.form.is_bound


def demand(request: HttpRequest, *permissions: str) -> None:
    """403 and a line in the log for whoever lacks one of these: no page offers them the form, so somebody made it up."""
    if not request.user.has_perms(permissions):
        log.warning("%s sent %s without the right to it", request.user, request.path)
        raise PermissionDenied


def goes_through(form: Form, door: Callable[[dict[str, Any]], object]) -> bool:
    """Whether the door did it. Where it refused, the form says why and keeps what was typed."""
    if not form.is_valid():
        return False
    try:
        door(form.cleaned_data)
    except (NotAllowed, Halted) as refused:
        form.add_error(None, str(refused))
    except NotEnoughBalance as refused:
        missing = show(refused.missing, settings.CURRENCY)
        form.add_error(
            "amount", _("The balance is too small for that: %(missing)s are missing.") % {"missing": missing}
        )
    except BalanceTooLarge:
        form.add_error("amount", _("The balance would become too large to be kept."))
    else:
        return True
    return False
