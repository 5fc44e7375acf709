import json

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from orders import money, queries
from orders.groups import runs_with
from orders.models import Order


def told(order: Order, now) -> dict:
    """Everything that the panel knows of an order, as JSON can hold it."""
    [(_order, verdict)] = queries.with_verdicts([order], now)
    return {
        "id": order.pk,
        "customer": order.wallet.customer.email,
        "service": {"id": order.service_id, "name": order.service.name, "type": order.service_type},
        "link": order.link,
        "quantity": order.quantity,
        "status": order.status,
        "review": order.review,
        "charge": money.plain(order.charge),
        "returned": money.plain(order.refunded),
        "start_count": order.start_count,
        "remains": order.remains,
        "placed": order.created_at.isoformat(),
        "status_since": order.status_since.isoformat(),
        "submission": {
            "state": order.submission,
            "attempts": order.attempts,
            "provider": order.provider.name if order.provider else None,
            "external_id": order.provider_order_id,
            "send_after": order.send_after.isoformat() if order.send_after else None,
        },
        "polling": {
            "next": order.poll_at.isoformat() if order.poll_at else None,
            "checked": order.checked_at.isoformat() if order.checked_at else None,
            "claims": order.poll_claim,
            "missing": order.poll_missing,
        },
        "verdict": {
            "advice": verdict.advice.value,
            "headline": verdict.headline,
            "reason": verdict.reason,
            "until": verdict.until.isoformat() if verdict.until else None,
        },
        "drip": _drip(order),
        "waits_for": order.waits_for_id,
        "refills": [
            {
                "id": refill.pk,
                "state": refill.state,
                "requested": refill.requested_at.isoformat(),
                "by": refill.requested_by.email,
                "since": refill.state_since.isoformat(),
                "external_id": refill.provider_refill_id,
                "attempts": refill.attempts,
                "words": refill.words,
            }
            for refill in order.refills.select_related("requested_by").order_by("id")
        ],
        "events": [
            {
                "time": event.created_at.isoformat(),
                "what": event.code,
                "from": event.from_status,
                "to": event.to_status,
                "applied": event.applied,
                "by": event.actor.email if event.actor else event.source,
                "word": event.word,
                "remains": event.remains,
                "money": money.plain(event.money),
                "reason": event.reason,
                "raw": event.raw,
            }
            for event in order.events.select_related("actor").order_by("id")
        ],
        "entries": [
            {"key": entry.key, "amount": money.plain(entry.amount), "balance": money.plain(entry.balance)}
            for entry in order.entries.order_by("id")
        ],
    }


def _drip(order: Order) -> dict | None:
    """The drip-feed that the order is or belongs to; `runs` is empty where its provider runs it by itself."""
    if order.runs is None:
        return None
    return {
        "times": order.runs,
        "interval_minutes": order.interval,
        "this_run": order.run,
        "runs": [
            {
                "id": run.pk,
                "run": run.run,
                "due": run.due_at.isoformat() if run.due_at else None,
                "status": run.status,
                "submission": run.submission,
                "remains": run.remains,
                "charge": money.plain(run.charge),
                "returned": money.plain(run.refunded),
            }
            for run in runs_with(order)
        ],
    }


class Command(BaseCommand):
    help = "Shows everything that the panel knows of an order."

    def add_arguments(self, parser):
        parser.add_argument("id", type=int)
        parser.add_argument("--json", action="store_true", help="one JSON object for programs")

    def handle(self, **options):
        order = Order.objects.select_related("wallet__customer", "service", "provider").filter(pk=options["id"]).first()
        if order is None:
            raise CommandError(f"There is no order {options['id']}.")
        facts = told(order, timezone.now())
        if options["json"]:
            self.stdout.write(json.dumps(facts))
        else:
            self.stdout.write(json.dumps(facts, indent=2, ensure_ascii=False))
