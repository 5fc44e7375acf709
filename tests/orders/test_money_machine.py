"""Random work on a small shop against an oracle that shares no code with it.

`NEOPANEL_MACHINE_RUNS=2000` looks longer and for something new each time; without it every run tries the same steps.
"""

import os

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.factories import make_provider, make_service
from tests.orders.money_machine import Cast, MoneyMachine

pytestmark = pytest.mark.django_db

RUNS = int(os.environ.get("NEOPANEL_MACHINE_RUNS", "0"))
STEPS = 60
QUICK_RUNS = 30


def profile(runs: int = QUICK_RUNS, **how) -> settings:
    return settings(
        max_examples=RUNS or runs,
        stateful_step_count=STEPS,
        derandomize=not RUNS,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        **how,
    )


@pytest.fixture
def machine(customer, stranger, admin):
    """The machine with people to act and services to buy."""
    provider = make_provider()
    services = {
        "likes": make_service(rate="0.90", minimum=1, maximum=100, provider=provider, can_drip=True),
        "views": make_service(rate="0.00000001", minimum=1, maximum=100, provider=provider),
        "by hand": make_service(rate="0.07", minimum=1, maximum=100, by_hand=True, can_drip=True),
    }
    cast = Cast({"carol": customer, "sam": stranger}, services, admin)
    return type("Machine", (MoneyMachine,), {"cast": cast})


def test_whatever_happens_in_whatever_order_the_books_agree_with_the_oracle(machine):
    run_state_machine_as_test(machine, settings=profile(phases=[Phase.generate, *([Phase.shrink] if RUNS else [])]))
