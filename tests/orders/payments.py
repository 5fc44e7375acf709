"""Payments for tests, through their doors."""

import itertools

from orders import deposits, money
from orders.models import Deposit, PaymentMethod
from tests.factories import NOW

numbers = itertools.count(1)


def make_method(*, name: str = "", minimum: str = "5.00", maximum: str = "1000.00", **fields) -> PaymentMethod:
    return PaymentMethod.objects.create(
        name=name or f"Bank transfer {next(numbers)}",
        instructions="Send it to account 1234.\nSay your email address.",
        minimum=money.parse(minimum),
        maximum=money.parse(maximum),
        **fields,
    )


def report(customer, method=None, *, amount="25.00", reference="", note="", key="", now=NOW) -> Deposit:
    """A payment that the customer has reported and nobody has looked at."""
    return deposits.report_payment(
        customer=customer,
        method=method or make_method(),
        amount=money.parse(amount),
        reference=reference or f"REF-{next(numbers)}",
        note=note,
        client_key=key or f"test-{next(numbers)}",
        now=now,
    )


def again(deposit: Deposit) -> Deposit:
    """The deposit as it stands now. (`refresh_from_db` would write a protected state.)"""
    return Deposit.objects.get(pk=deposit.pk)
