"""Orders of test keys: they exist in their number alone. Nothing is placed, charged or kept.

The number must do for programs as an order's does: positive, whole, exact in JavaScript, unlike any other. It lies in a range
that no order ever reaches. Whatever asks for it with the same key hears "Canceled" and 0.00, so that a test key left in a
running shop costs nobody anything: its customers get their money back.
"""

import hashlib
import secrets

from accounts.models import ApiKey

FIRST = 9_000_000_000_000_000
# The last whole number that JavaScript holds exactly is 9,007,199,254,740,991.
SPAN = 7_000_000_000_000


def number_for(*, key: ApiKey, request_id: str) -> int:
    """The number of a test order; the same `request_id` of the same key has the same one, whatever came with it before."""
    if not request_id:
        return FIRST + secrets.randbelow(SPAN)
    digest = hashlib.sha256(f"{key.pk}:{request_id}".encode(errors="surrogatepass")).digest()
    return FIRST + int.from_bytes(digest[:8], "big") % SPAN


def is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) == 16 and FIRST <= int(text) < FIRST + SPAN
