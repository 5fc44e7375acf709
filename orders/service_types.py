"""One table of the kinds of services that are sold: which inputs each takes and how its price is made. A leaf.

Forms, the API and the provider payload all read it. The words are those of the trade's API (`docs/api.md`).
"""

from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _


class ServiceType(models.TextChoices):
    DEFAULT = "Default", _("Default")
    PACKAGE = "Package", _("Package")


@dataclass(frozen=True)
class TypeRule:
    """How a type is ordered. `counted`: the customer says a quantity and pays per 1000; otherwise the rate is paid once."""

    counted: bool
    inputs: tuple[str, ...]


RULES = {
    ServiceType.DEFAULT: TypeRule(counted=True, inputs=("link", "quantity")),
    # A package is one thing at one price: its quantity is 1, whatever anybody sends.
    ServiceType.PACKAGE: TypeRule(counted=False, inputs=("link",)),
}


def rule_for(type_word: str) -> TypeRule:
    """The rule of a type as services carry it. Raises ValueError for a type that is not sold."""
    return RULES[ServiceType(type_word)]


def known_type(word: str) -> ServiceType | None:
    """The type that a provider's word means, in any case and spacing; None where we do not sell it."""
    folded = word.replace("_", " ").strip().casefold()
    return next((t for t in ServiceType if t.value.casefold() == folded), None)
