"""The protections of the core, taken away one at a time: a harness that does not notice proves nothing.

Each function patches by `put(owner, name, value)`, which is `monkeypatch.setattr` in a test and `setattr` in a process that ends
anyway.
"""

import dataclasses
from collections.abc import Callable
from typing import Any

from django.db import connections
from django.db.models import QuerySet

from orders import lifecycle, placing, rows, submission
from orders.models import Order

Put = Callable[[Any, str, Any], None]


def a_time_out_is_tried_again(put: Put) -> None:
    def unknown(*, order_id, token, reason, now, raw=""):
        return submission.try_later(order_id=order_id, token=token, reason=reason, seconds=1, now=now)

    put(submission, "unknown", unknown)


def a_dead_workers_orders_are_sent_again(put: Put) -> None:
    def back_to_the_queue(order, *, reason, raw, now):
        order.submission, order.claim_token, order.send_after = Order.Submission.QUEUED, "", now
        order.save(update_fields=["submission", "claim_token", "send_after"])

    put(submission, "_call_unknown", back_to_the_queue)


def anybody_may_answer(put: Put) -> None:
    put(submission, "_may_answer", lambda order, token: True)


def the_forms_token_is_ignored(put: Put) -> None:
    put(placing, "placed_before", lambda **named: None)


def returns_are_amounts(put: Put) -> None:
    """Instead of levels: whatever was returned before is returned again."""
    by_level = lifecycle.move

    def by_amount(order, decision, **named):
        return by_level(order, dataclasses.replace(decision, returned=order.refunded + decision.returned), **named)

    put(lifecycle, "move", by_amount)


def closed_orders_listen_to_machines(put: Put) -> None:
    honest = lifecycle.decide

    def credulous(standing, report):
        if standing.status == "completed":
            standing = dataclasses.replace(standing, status="in_progress")
        return honest(standing, report)

    put(lifecycle, "decide", credulous)


def money_moves_while_halted(put: Put) -> None:
    put(lifecycle.halt, "current", lambda: None)


def nothing_is_locked(put: Put) -> None:
    """PostgreSQL locks no row, SQLite takes its lock with the first write instead of at the beginning."""
    put(QuerySet, "select_for_update", lambda self, **named: self)
    put(rows, "LOCK", "")
    options = connections.settings["default"].get("OPTIONS", {})
    if "transaction_mode" in options:
        changed = {**connections.settings["default"], "OPTIONS": {**options, "transaction_mode": "DEFERRED"}}
        put(connections, "settings", {**connections.settings, "default": changed})
