"""What must be true after the storm: looked up in the shop's database and in the provider's own book.

`python -m tests.chaos.outcome` reads what people, watch and provider told from the data folder, and prints JSON.
"""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import django
from django.conf import settings
from django.db.models import Count, Sum

django.setup()

from orders import triggers  # noqa: E402 (models need the line above)
from orders.models import Deposit, LedgerEntry, Order  # noqa: E402
from orders.verification import verify  # noqa: E402


def breaches(told: Mapping[str, Any], watched: Mapping[str, Any], upstream: Mapping[str, list[int]]) -> Iterator[str]:
    """Each promise that was broken, in words. `upstream`: link -> the numbers under which the provider has it."""
    yield from told["breaches"]
    yield from (f"seen: {what}" for what in watched["impossible"])
    yield from (f"{fault.where}: {fault.what}" for fault in verify())
    yield from (f"trigger {name} is missing" for name in triggers.missing())
    yield from acknowledged(told)
    yield from sent(upstream, Order.objects.all())
    yield from at_work(told, watched, upstream)


def acknowledged(told: Mapping[str, Any]) -> Iterator[str]:
    stands = Order.objects.in_bulk([row["order"] for row in told["orders"]])
    for row in told["orders"]:
        order = stands.get(row["order"])
        if order is None:
            yield f"order {row['order']} was confirmed and is lost"
        elif (order.link, order.quantity) != (row["link"], int(row["quantity"])):
            yield f"order {row['order']} is another one than was confirmed"
    booked = set(
        Deposit.objects.filter(reference__in=told["payments"], booked__gt=0).values_list("reference", flat=True)
    )
    yield from (f"{reference} was confirmed and is lost" for reference in set(told["payments"]) - booked)
    given = dict(
        LedgerEntry.objects.filter(kind="refund", order__in=list(told["returns"]))
        .values_list("order_id")
        .annotate(total=Sum("amount"))
    )
    for order, units in told["returns"].items():
        if given.get(int(order), 0) < units:
            yield f"a return of order {order} was confirmed and is lost"


def sent(upstream: Mapping[str, list[int]], orders: Iterable[Order]) -> Iterator[str]:
    """Nothing is upstream twice, or without one of these orders, or where we think that it is not."""
    ours = {order.link: order for order in orders}
    for link, numbers in upstream.items():
        order = ours.get(link)
        if order is None:
            yield f"the provider has {link}, of which we know nothing"
        elif len(numbers) > 1:
            yield f"order {order.pk} was accepted {len(numbers)} times"
        elif order.submission in {"queued", "none", "rejected"}:
            yield f"order {order.pk} is upstream and we call it {order.submission}"
        elif order.submission == "accepted" and order.provider_order_id != str(numbers[0]):
            yield f"order {order.pk} has the number of another one"
    for order in ours.values():
        if order.submission == "accepted" and order.link not in upstream:
            yield f"order {order.pk} is accepted and not upstream"


def at_work(told: Mapping[str, Any], watched: Mapping[str, Any], upstream: Mapping[str, list[int]]) -> Iterator[str]:
    """A storm in which nothing happened proves nothing."""
    if len(told["orders"]) < 20 or len(upstream) < 5 or not watched["looks"] or not watched["checks"]:
        yield "too little happened for a proof"
    if len(told["orders"]) > 300 and not told["returns"]:
        yield "agents did nothing: they prove nothing"
    server_errors = sum(times for word, times in told["counts"].items() if word.startswith("HTTP 500"))
    if server_errors:
        yield f"{server_errors} answers were an internal server error"


def counts(told: Mapping[str, Any], upstream: Mapping[str, list[int]]) -> dict[str, int]:
    found = {"orders confirmed": len(told["orders"]), "orders upstream": len(upstream)}
    found |= {"payments confirmed": len(told["payments"]), "orders with returns by agents": len(told["returns"])}
    found |= {"ledger entries": LedgerEntry.objects.count()}
    for name in ("status", "submission"):
        rows = Order.objects.order_by(name).values_list(name).annotate(times=Count("pk"))
        found |= {f"{name}: {word}": times for word, times in rows}
    return found | dict(sorted(told["counts"].items()))


def main() -> None:
    told, watched, upstream = (
        json.loads((settings.DATA_DIR / f"{name}.json").read_text()) for name in ("told", "watched", "upstream")
    )
    result = {"counts": counts(told, upstream), "breaches": list(breaches(told, watched, upstream))}
    sys.stdout.write(json.dumps(result))


if __name__ == "__main__":
    main()
