"""What one form over a door is: when it is possible, what it says, what it does."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from accounts.models import User
from orders import desk_forms
from orders.models import Order

SETTLE, REFUND = "orders.settle_order", "orders.refund_order"

Door = Callable[[Order, dict[str, Any], User, dt.datetime], object]


@dataclass(frozen=True)
class Action:
    permission: str
    title: Any
    button: Any
    done: Any
    is_possible: Callable[[Order], bool]
    sentence: Callable[[Order], str]
    form: Callable[..., desk_forms.OrderDeskForm]
    do: Door
    is_danger: bool = False
    is_open: bool = False
