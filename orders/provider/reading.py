"""Careful reading of what a stranger's server sent: JSON, whole numbers, amounts, words. Pure, and trusts nothing."""

import json
import re
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

from orders.money import DECIMALS, NotMoney, Units, parse

RAW_BYTES = 2048
WORD_CHARACTERS = 200
MOST_WHOLE = 2**63 - 1

WHOLE = re.compile(r"-?[0-9]{1,19}", re.ASCII)
NUMBER = re.compile(r"-?[0-9]{1,30}(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,2})?", re.ASCII)
# PostgreSQL refuses NUL, UTF-8 refuses lone surrogates; direction marks and control characters deceive readers.
UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


class NotJson(ValueError):
    """The bytes are no JSON document: HTML, cut short, empty, or nested too deeply."""


def load(body: bytes) -> Any:
    """The JSON document in `body`; fractions are Decimal, never float. Raises NotJson.

    A byte order mark and broken UTF-8 inside texts are tolerated: neither changes a number.
    """
    try:
        return json.loads(
            body.decode("utf-8-sig", errors="replace"),
            parse_float=Decimal,
            parse_int=_whole_or_decimal,
            parse_constant=lambda _name: None,  # NaN and Infinity: nothing usable
        )
    except (ValueError, ArithmeticError, RecursionError):
        pass
    if not body.strip():
        raise NotJson("empty answer")
    if body.lstrip()[:1] == b"<":
        raise NotJson("HTML instead of JSON")
    raise NotJson("cut or broken JSON")


def _whole_or_decimal(digits: str) -> int | Decimal:
    # int() refuses more than 4300 digits, which would let one absurd number spoil a batch of 100.
    return int(digits) if len(digits) <= 40 else Decimal(digits)


def whole(value: Any) -> int | None:
    """`157`, `"157"` and `-3` as int; None for everything else (`true`, `"1e3"`, `1.5`, `""`, null, beyond 64 bits)."""
    if isinstance(value, str) and WHOLE.fullmatch(value.strip()):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > MOST_WHOLE:
        return None
    return value


def amount(value: Any, *, round_up: bool) -> Units:
    """A price or balance written as a number or as text, in units; finer than 8 decimals is rounded. Raises NotMoney.

    Exponents are read, because other languages print `0.00001` as `1.0E-5`; grouping is not: `1,234` is ambiguous.
    """
    text = str(value).strip()
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str) or not NUMBER.fullmatch(text):
        raise NotMoney(text[:40])
    rounding = ROUND_CEILING if round_up else ROUND_FLOOR
    number = Decimal(text)
    if number.adjusted() > 18:
        raise NotMoney(text[:40])
    return parse(f"{number.quantize(Decimal(1).scaleb(-DECIMALS), rounding=rounding):f}")


def flag(value: Any) -> bool:
    """`true`, `1`, `"1"`, `"true"`, `"yes"` are yes; everything else is no."""
    return value is True or str(value).strip().lower() in {"1", "true", "yes"}


def word(value: Any, most: int = WORD_CHARACTERS) -> str:
    """A value as clean text of at most `most` characters; null is empty."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return UNPRINTABLE.sub("", text[: most * 2]).strip()[:most]


def raw(value: Any) -> str:
    """What was received, as evidence: clean text of at most 2 KB in UTF-8."""
    if isinstance(value, bytes):
        text = value[: RAW_BYTES * 2].decode("utf-8", errors="replace")
    else:
        text = json.dumps(value, ensure_ascii=False, default=str)[: RAW_BYTES * 2]
    return UNPRINTABLE.sub("", text).encode()[:RAW_BYTES].decode(errors="ignore")
