"""Money is whole numbers of 10^-8 units of the shop's one currency. A leaf: pure arithmetic, no database.

`Decimal` appears only at the edges (forms, APIs) and is made from text; floats never appear.
"""

import re
from decimal import Decimal
from typing import NewType

from django.utils.formats import get_format, number_format
from django.utils.translation import get_language_bidi

Units = NewType("Units", int)

SCALE = 10**8
DECIMALS = 8
# What the database column holds. A price above it is refused before it is written.
MOST = Units(2**63 - 1)

PLAIN_NUMBER = re.compile(r"-?[0-9]{1,19}(\.[0-9]{1,18})?", re.ASCII)


class NotMoney(ValueError):
    """A text that is no amount of money, or one too large or too fine to be kept exactly."""


def parse(text: str) -> Units:
    """An amount written with plain digits (`12`, `0.0036`, `-3.50`) in units.

    Raises NotMoney for exponents, grouping, foreign digits, more than 8 decimals that matter, and amounts beyond 64 bits.
    """
    text = text.strip()
    if not PLAIN_NUMBER.fullmatch(text):
        raise NotMoney(text)
    whole, _, fraction = text.partition(".")
    # By the digits: a product of Decimals is rounded to 28 of them, and 0.000000009 more would be lost without a word.
    units = int(whole + fraction[:DECIMALS].ljust(DECIMALS, "0"))
    if fraction[DECIMALS:].strip("0") or abs(units) > MOST:
        raise NotMoney(text)
    return Units(units)


def to_decimal(units: int) -> Decimal:
    return Decimal(units).scaleb(-DECIMALS)


def plain(units: int) -> str:
    """Plain digits for programs: two decimals at the least, as many as it has, never grouped, never an exponent."""
    sign = "-" if units < 0 else ""
    whole, fraction = divmod(abs(units), SCALE)
    digits = f"{fraction:0{DECIMALS}d}".rstrip("0").ljust(2, "0")
    return f"{sign}{whole}.{digits}"


def show(units: int, currency: str, *, signed: bool = False) -> str:
    """For people, as their language writes numbers: `1,234.50 USD`, `1 234,50 USD`; `signed` writes a plus, too."""
    whole, _, fraction = plain(abs(units)).partition(".")
    sign = "-" if units < 0 else "+" if signed and units > 0 else ""
    grouped, point = number_format(int(whole), force_grouping=True), get_format("DECIMAL_SEPARATOR")
    shown = f"{sign}{grouped}{point}{fraction} {currency}"
    # Between words that run from right to left, sign, number and currency would change places without it.
    return f"\u2066{shown}\u2069" if get_language_bidi() else shown


def charge_for(rate: int, quantity: int) -> Units:
    """What `quantity` costs at `rate` units per 1000: rounded up, at least one unit, so that no order is free.

    Raises NotMoney where the charge would not fit in 64 bits.
    """
    charge = max(1, -(-rate * quantity // 1000))
    if charge > MOST:
        raise NotMoney(str(charge))
    return Units(charge)


def undelivered(charge: int, quantity: int, remains: int) -> Units:
    """The part of `charge` for the `remains` of `quantity` that were not delivered; kept + returned = charge exactly.

    0 at remains 0, all at remains = quantity; what is kept is rounded down, in the customer's favour.
    Raises ValueError unless 0 <= remains <= quantity.
    """
    if not 0 <= remains <= quantity:
        raise ValueError(f"remains {remains} of {quantity}")
    return Units(charge - charge * (quantity - remains) // quantity)
