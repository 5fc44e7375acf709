"""A service's row in the list, but for its star and its button: the same for everybody who pays the same."""

from dataclasses import dataclass
from functools import lru_cache
from operator import attrgetter
from typing import NamedTuple

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.safestring import SafeString

from orders.models import Service
from orders.money import Units

# Some 1.5 KB each: a shop of 2,000 services in two languages.
REMEMBERED = 4_000


class Measured(NamedTuple):
    """What its orders really needed, in minutes; `partial_percent` of `orders` were partial."""

    start_median: int
    start_p90: int
    finish_median: int
    finish_p90: int
    partial_percent: int
    orders: int


MEASURED_OF = attrgetter(*Measured._fields)


@dataclass(frozen=True)
class Cells:
    """All that the row says. The drawing is remembered by these values, so it is never an old one: what is shown stands here."""

    number: int
    name: str
    category: str  # empty under the category's own heading
    price: Units
    has_own_price: bool
    per_thousand: bool
    minimum: int
    maximum: int
    stated_start: int
    measured: Measured | None
    refill_days: int
    is_cancelable: bool
    has_runs: bool


def cells_of(service: Service, *, names_category: bool) -> Cells:
    return Cells(
        number=service.pk,
        name=service.name,
        category=service.category.name if names_category else "",
        price=Units(service.price),
        has_own_price=service.price != service.rate,
        per_thousand=service.rule.per_thousand,
        minimum=service.minimum,
        maximum=service.maximum,
        stated_start=service.stated_start,
        measured=Measured._make(MEASURED_OF(times)) if (times := service.measured) else None,
        refill_days=service.refill_days,
        is_cancelable=service.is_cancelable,
        has_runs=service.has_runs,
    )


@lru_cache(maxsize=REMEMBERED)
def drawn(cells: Cells, language: str) -> SafeString:
    """The cells as HTML; words and numbers are written in that language."""
    with translation.override(language):
        return render_to_string("orders/_service_cells.html", {"service": cells})
