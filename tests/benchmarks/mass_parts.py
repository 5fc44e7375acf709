"""The measurement `mass`, inside the database that was made for it."""

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import django
from django.utils import timezone

django.setup()

from accounts.models import User  # noqa: E402 (models need the line above)
from orders import mass, verification  # noqa: E402
from orders.models import MassOrder, Order  # noqa: E402
from tests.factories import fund, make_provider, make_service  # noqa: E402

SERVICES = 20


def timed(name: str, work: Callable[[], object]) -> dict[str, float]:
    """Seconds by the clock, and of this process on a processor: on a busy machine the second says more."""
    begun, busy = time.monotonic(), time.process_time()
    work()
    return {
        f"{name}, s": round(time.monotonic() - begun, 1),
        f"{name}, s of processor in the panel": round(time.process_time() - busy, 1),
    }


def work_through(paste: MassOrder) -> int:
    """Step by step, as the page does; how many steps it took."""
    steps = 0
    while (paste := MassOrder.objects.select_related("customer").get(pk=paste.pk)).state in {"checking", "placing"}:
        mass.step(mass=paste, now=timezone.now())
        steps += 1
    return steps


def measured(lines: int) -> dict[str, Any]:
    customer = User.objects.create_user("bench@example.com", "x")
    fund(customer, "100000.00", timezone.now())
    provider = make_provider()
    services = [make_service(name=f"Likes {n}", provider=provider) for n in range(SERVICES)]
    text = "\n".join(f"{services[n % SERVICES].pk} | https://example.com/p/{n} | {100 + n}" for n in range(lines))
    paste = mass.start(customer=customer, text=text, client_key="bench", now=timezone.now())
    result: dict[str, Any] = timed("checking", lambda: work_through(paste))
    mass.place(mass=MassOrder.objects.get(pk=paste.pk), only_good=False)
    result |= timed("placing", lambda: work_through(paste))
    # The same paste sent once more is the same paste, and its lines are placed already.
    again = mass.start(customer=customer, text=text, client_key="bench", now=timezone.now())
    MassOrder.objects.filter(pk=again.pk).update(state="placing", done=0)
    result |= timed("placing all of it again", lambda: work_through(again))
    result["orders"] = Order.objects.count()
    result["faults in the ledger"] = len(verification.verify())
    return result


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measured(int(sys.argv[1]))) + "\n")
