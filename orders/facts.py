"""What a wish is judged by: the service with whom it comes from, the customer's price and balance, and what is in the way of an
order. One statement, whose text is made once: every order, quote and line of a paste begins with it.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from orders.models import Category, Order, Provider, Service, ServiceTimes
from orders.money import Units
from orders.platforms import LinkKind
from orders.rows import Part
from orders.statuses import ACTIVE

SERVICE, CATEGORY = Part(Service), Part(Category)
# Its key and its health are not for selling.
PROVIDER = Part(Provider, "id", "name", "dialect", "is_active", "can_cancel", "can_refill", "can_drip")
TIMES = Part(
    ServiceTimes, "service_id", "orders", "start_median", "start_p90", "finish_median", "finish_p90", "running_p90", "partial"
)  # fmt: skip


@dataclass(frozen=True)
class Facts:
    """As they are now; under the wallet's lock, as they stay for what is moved by it. Amounts in units."""

    service: Service
    rate: int  # what this customer pays
    balance: Units
    halted: bool
    behind: Order | None  # the customer's newest open order of this service on this target: its number and status
    twin: int | None  # the order that was placed with this client key


def read(
    *, customer_id: int, service_id: int, target: str = "", target_of_name: str = "", client_key: str = ""
) -> Facts | None:
    """None for a service that is not on sale.

    `target` is the key of what the link leads to (`links.target_key`), `target_of_name` the same for a service that wants a
    username: which of them counts, the service says.
    """
    if not 0 < service_id < 2**63:
        return None
    wanted = (customer_id, LinkKind.USERNAME, target_of_name, target)
    with connection.cursor() as cursor:
        cursor.execute(
            _statement(connection.vendor),
            (customer_id, customer_id, customer_id, client_key, *wanted, service_id),
        )
        row = cursor.fetchone()
    if row is None:
        return None
    service, rest = _service_of(row)
    own_rate, balance, halt, twin, behind, status = rest
    return Facts(
        service=service,
        rate=service.rate if own_rate is None else own_rate,
        balance=Units(balance or 0),
        halted=halt is not None,
        behind=None if behind is None else Order.from_db(connection.alias, ["id", "status"], [behind, status]),
        twin=twin,
    )


def _service_of(row: Sequence[Any]) -> tuple[Service, Sequence[Any]]:
    """The service with its category, provider and measured times, and the rest of the row."""
    rest = row[SERVICE.size :]
    service = SERVICE.of(row[: SERVICE.size])
    assert service is not None
    for part, name in ((CATEGORY, "category"), (PROVIDER, "provider"), (TIMES, "times")):
        service._state.fields_cache[name] = part.of(rest[: part.size])
        rest = rest[part.size :]
    return service, rest


@functools.cache
def _statement(vendor: str) -> str:
    # The statuses stand in the text, not in the values: only so do both databases know the partial index. And "+ 0", lest one of
    # them goes back through all orders of the customer for the newest one that fits.
    still_open = ", ".join(f"'{status}'" for status in sorted(ACTIVE))
    return f"""
SELECT {SERVICE.columns("s")}, {CATEGORY.columns("c")}, {PROVIDER.columns("p")}, {TIMES.columns("t")},
    (SELECT r.rate FROM orders_customrate r WHERE r.customer_id = %s AND r.service_id = s.id),
    (SELECT w.balance FROM orders_wallet w WHERE w.customer_id = %s),
    (SELECT MAX(h.id) FROM orders_halt h WHERE h.ended_at IS NULL),
    (SELECT o.id FROM orders_order o WHERE o.wallet_id = %s AND o.client_key = %s),
    b.id, b.status
FROM orders_service s
JOIN orders_category c ON c.id = s.category_id
LEFT JOIN orders_provider p ON p.id = s.provider_id
LEFT JOIN orders_servicetimes t ON t.service_id = s.id
LEFT JOIN orders_order b ON b.id = (
    SELECT MAX(o.id + 0) FROM orders_order o WHERE o.wallet_id = %s AND o.status IN ({still_open}) AND o.service_id = s.id
        AND o.target_key = CASE s.link_kind WHEN %s THEN %s ELSE %s END)
WHERE s.id = %s AND s.is_on_sale
"""  # noqa: S608 (our own names)
