"""What agents may do to an order: each a door of its own, with a reason and an event that names them.

Statuses and money still move through `lifecycle` alone; what stands here is who may wish for what, and when. Permissions are
asked where the wish comes from (admin); the shop's limit for one movement of money is kept here, because every way leads here.
"""

import datetime as dt
import re
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from orders import halt, ledger, lifecycle, limits, trail
from orders.deadlocks import once_more
from orders.lifecycle import IN_FLIGHT, Code, NotAllowed, Outcome, Source
from orders.models import LedgerEntry, Order
from orders.money import Units, show
from orders.reports import Decision, Meaning, Report, decide
from orders.statuses import ACTIVE, REFUNDABLE_AFTER_CLOSE, SETTLED, OrderStatus

Submission = Order.Submission
EXTERNAL_NUMBER = re.compile(r"[1-9][0-9]{0,17}", re.ASCII)


@once_more
def settle_by_hand(
    *,
    order_id: int,
    to: OrderStatus,
    actor: User,
    reason: str,
    now: dt.datetime,
    remains: int | None = None,
) -> Outcome:
    """An agent moves an open order by hand, with the money that the status promises.

    Partial needs `remains` between 1 and quantity - 1. Raises NotAllowed for a closed order, a backward move, money above the
    agent's limit, and while the order is on its way to a provider or may be there; Halted while money is stopped.
    """
    _demand(reason)
    with transaction.atomic(durable=True):
        order = lifecycle.locked(order_id)
        if order.status in SETTLED:
            raise NotAllowed(_("The order is closed already."))
        if to == OrderStatus.REFUNDED:
            raise NotAllowed(_("Say the amount to return instead."))
        _refuse_in_flight(order)
        if order.submission == Submission.QUEUED and to in ACTIVE:
            raise NotAllowed(_("The order still waits to be sent; the panel moves it when the service has it."))
        if to == OrderStatus.PARTIAL and not (remains and 0 < remains < order.quantity):
            raise NotAllowed(_("Say how many of %(quantity)s remain.") % {"quantity": order.quantity})
        decision = decide(lifecycle.standing_of(order), Report(to=to, remains=remains))
        if decision.meaning != Meaning.MOVE:
            raise NotAllowed(_("The order cannot go back to this status."))
        returned = _move(order, decision, actor=actor, reason=reason, now=now)
    return Outcome(Meaning.MOVE, OrderStatus(order.status), returned)


@once_more
def cancel_queued(*, order_id: int, actor: User, reason: str, now: dt.datetime) -> Outcome:
    """Cancels an order that nobody has been sent yet, with its whole charge back. Raises NotAllowed once it is on its way."""
    _demand(reason)
    with transaction.atomic(durable=True):
        order = lifecycle.locked(order_id)
        if not lifecycle.can_cancel_at_once(order):
            raise NotAllowed(_("It is not waiting to be sent any more."))
        decision = decide(lifecycle.standing_of(order), Report(to=OrderStatus.CANCELED))
        returned = _move(order, decision, actor=actor, reason=reason, now=now)
    return Outcome(Meaning.MOVE, OrderStatus.CANCELED, returned)


@once_more
def refund(
    *, order_id: int, amount: int, actor: User, reason: str, now: dt.datetime, seen_returned: int | None = None
) -> Outcome:
    """An agent returns `amount` units of what is still kept; the order is Refunded then.

    `seen_returned` is what the agent's page showed as returned: a second press, or a colleague's return meanwhile, is refused.
    Raises NotAllowed where more would be returned than is kept, above the agent's limit, or while a submission is in flight;
    Halted while money stands still.
    """
    _demand(reason)
    with transaction.atomic(durable=True):
        order = lifecycle.locked(order_id)
        if seen_returned is not None and seen_returned != order.refunded:
            level = show(order.refunded, settings.CURRENCY)
            raise NotAllowed(
                _("%(level)s of this order is returned by now, more than your page showed. Nothing was returned again.")
                % {"level": level}
            )
        _refuse_in_flight(order)
        if order.status in SETTLED and order.status not in REFUNDABLE_AFTER_CLOSE:
            raise NotAllowed(_("Everything is returned already."))
        returned = _refund(order, amount, actor=actor, reason=reason, now=now)
    return Outcome(Meaning.MOVE, OrderStatus.REFUNDED, returned)


@dataclass(frozen=True)
class Proposal:
    """What approving a review would do: the status, and the money in units. `mark` changes with what is proposed."""

    decision: Decision
    amount: Units
    mark: str

    @property
    def to(self) -> OrderStatus:
        assert self.decision.to is not None
        return self.decision.to


def proposal_of(order: Order) -> Proposal | None:
    """What the report under review would have done, as far as that is still possible; None where nothing can be approved."""
    if not order.review or not order.proposed_status:
        return None
    mark = f"{order.proposed_status}:{order.proposed_remains}:{order.proposed_return}:{order.refunded}"
    if order.is_active:
        said = Report(to=OrderStatus(order.proposed_status), remains=order.proposed_remains)
        decision = decide(lifecycle.standing_of(order), said)
        if decision.meaning != Meaning.MOVE:
            return None
        return Proposal(decision, Units(decision.returned - order.refunded), mark)
    amount = Units(min(order.proposed_return, order.charge - order.refunded))
    return Proposal(_return_of(order, amount, order.proposed_remains), amount, mark) if amount > 0 else None


@once_more
def approve_review(*, order_id: int, actor: User, reason: str, now: dt.datetime, seen: str | None = None) -> Outcome:
    """Does what the report under review would have done: the status with its money, or after the close the return alone.

    `seen` is the mark of the proposal that the agent's page showed. Raises NotAllowed where nothing (or something else) is
    proposed; otherwise as `settle_by_hand` and `refund`.
    """
    _demand(reason)
    with transaction.atomic(durable=True):
        order = lifecycle.locked(order_id)
        _refuse_in_flight(order)
        proposal = proposal_of(order)
        if proposal is None:
            raise NotAllowed(
                _("Nothing that can be done is proposed for this order. Settle it by hand, or dismiss the review.")
            )
        if seen is not None and seen != proposal.mark:
            raise NotAllowed(_("Something else is proposed by now than your page showed. Look again."))
        returned = _move(order, proposal.decision, actor=actor, reason=reason, now=now)
    return Outcome(Meaning.MOVE, OrderStatus(order.status), returned)


@once_more
def dismiss_review(*, order_id: int, actor: User, reason: str, now: dt.datetime) -> None:
    """Closes the review and leaves the order as it is. Raises NotAllowed where no review is open."""
    _demand(reason)
    with transaction.atomic(durable=True):
        order = lifecycle.locked(order_id)
        if not order.review:
            raise NotAllowed(_("No review is open for this order."))
        fields: list[str] = []
        lifecycle.clear_proposal(order, fields)
        order.save(update_fields=fields)
        lifecycle.record(order, Code.DECIDED, source=Source.AGENT, actor=actor, reason=reason, now=now)


@once_more
def ask_now(*, order_id: int, actor: User, now: dt.datetime) -> None:
    """Lets the worker ask the provider at once. Raises NotAllowed for an order that no provider has."""
    with transaction.atomic(durable=True):
        order = lifecycle.locked(order_id)
        if not order.provider_order_id:
            raise NotAllowed(_("No provider has this order, so nobody can be asked."))
        order.poll_at = now
        order.save(update_fields=["poll_at"])
        lifecycle.record(order, Code.ASKED, source=Source.AGENT, actor=actor, now=now)


# --- Orders of which nobody can be sure that the provider has them


@once_more
def suggest_number(*, order_id: int, number: str, actor: User, now: dt.datetime) -> None:
    """ "It arrived, under this number": the worker asks the provider for it before it counts. Raises NotAllowed."""
    with transaction.atomic(durable=True):
        order = _locked_unknown(order_id)
        if not EXTERNAL_NUMBER.fullmatch(number):
            raise NotAllowed(_("Enter the provider's order number: digits alone."))
        if Order.objects.filter(provider=order.provider, provider_order_id=number).exists():
            raise NotAllowed(_("Another order has this number already."))
        order.suggested_number, order.suggested_by = number, actor
        order.save(update_fields=["suggested_number", "suggested_by"])
        lifecycle.record(order, Code.SUGGESTED, source=Source.AGENT, actor=actor, reason=number, now=now)


@once_more
def did_not_arrive(
    *,
    order_id: int,
    send_again: bool,
    actor: User,
    reason: str,
    now: dt.datetime,
    seen_attempts: int | None = None,
) -> Outcome:
    """ "It did not arrive": the order is an Error with its charge back, or is queued to be sent again.

    The agent vouches for it, after looking at the provider's own pages. `seen_attempts` is how often the order had been sent
    when they looked: where it was sent once more since, they have seen nothing of that. Raises NotAllowed, Halted.
    """
    _demand(reason)
    with transaction.atomic(durable=True):
        order = _locked_unknown(order_id)
        if seen_attempts is not None and seen_attempts != order.attempts:
            raise NotAllowed(_("The order was sent once more since you looked. Look at the provider's pages again."))
        # Whoever claimed it before has no say any more, whatever they hear.
        order.claim_token, order.claim_until, order.suggested_number = "", None, ""
        fields = ["claim_token", "claim_until", "suggested_number", "submission", "send_after"]
        if send_again and order.status != OrderStatus.PENDING:
            raise NotAllowed(_("Somebody has moved this order on meanwhile; it is not sent again."))
        if send_again:
            # One that was still waiting for its turn when nobody could be sure any more goes on waiting.
            order.submission, order.send_after = Submission.QUEUED, None if order.waits_for_id else now
            order.save(update_fields=fields)
            lifecycle.record(order, Code.DECIDED, source=Source.AGENT, actor=actor, reason=reason, now=now)
            return Outcome(Meaning.NOTHING_NEW, OrderStatus(order.status))
        # Nobody has it, and nobody refused it: what the customer typed may well have been right.
        order.submission, order.send_after = Submission.NONE, None
        order.save(update_fields=fields)
        decision = decide(lifecycle.standing_of(order), Report(to=OrderStatus.ERROR))
        if decision.meaning != Meaning.MOVE:
            raise NotAllowed(_("The order is closed already."))
        returned = _move(order, decision, actor=actor, reason=reason, now=now)
    return Outcome(Meaning.MOVE, OrderStatus.ERROR, returned)


def _locked_unknown(order_id: int) -> Order:
    order = lifecycle.locked(order_id)
    if order.submission != Submission.UNKNOWN:
        raise NotAllowed(_("It is certain by now whether the service has this order."))
    return order


# --- Money beside orders


@once_more
def adjust(*, customer: User, amount: int, actor: User, reason: str, key: str, now: dt.datetime) -> LedgerEntry:
    """Corrects a balance by `amount` units, either way, once per `key`. Raises NotAllowed, NotEnoughBalance, Halted."""
    _demand(reason)
    if amount == 0:
        raise NotAllowed(_("The amount must be more or less than nothing."))
    with transaction.atomic(durable=True):
        wallet = ledger.lock_wallet(customer.pk)
        key = f"adjust:{key}"
        if twin := LedgerEntry.objects.filter(key=key).first():
            if (twin.wallet_id, twin.amount) != (wallet.pk, amount):
                raise NotAllowed(_("This form was sent before with something else. Open the page again and look."))
            return twin
        _refuse_above_limit(actor, wallet.pk, abs(amount), now)
        halt.refuse_while_halted()
        return ledger.post(
            wallet_id=wallet.pk,
            amount=amount,
            kind=LedgerEntry.Kind.ADJUST,
            key=key,
            actor=actor,
            note=reason[:300],
            now=now,
        )


@once_more
def freeze(*, customer: User, frozen: bool, actor: User, reason: str, now: dt.datetime) -> None:
    """A frozen customer cannot order; what is owed to them still comes in. The trail is the wallet's history in admin."""
    _demand(reason)
    with transaction.atomic(durable=True):
        wallet = ledger.lock_wallet(customer.pk)
        if wallet.frozen == frozen:
            raise NotAllowed(_("That is so already: a colleague was quicker."))
        wallet.frozen = frozen
        wallet.save(update_fields=["frozen"])
        words = _("Frozen: %(reason)s") if frozen else _("Not frozen any more: %(reason)s")
        trail.write(actor=actor, thing=wallet, words=words % {"reason": reason}, now=now)


# --- What the doors share


def _demand(reason: str) -> None:
    if not reason.strip():
        raise NotAllowed(_("Say why: the customer and your colleagues will read it."))


def _refuse_in_flight(order: Order) -> None:
    if order.submission in IN_FLIGHT:
        raise NotAllowed(_("It is not certain yet whether the service has accepted this order. Settle that first."))


def _refuse_above_limit(actor: User, wallet_id: int, amount: int, now: dt.datetime) -> None:
    if limits.is_above(actor=actor, wallet_id=wallet_id, amount=amount, now=now):
        raise NotAllowed(limits.sentence())


def _move(order: Order, decision: Decision, *, actor: User, reason: str, now: dt.datetime) -> Units:
    _refuse_above_limit(actor, order.wallet_id, decision.returned - order.refunded, now)
    fields: list[str] = []
    returned = lifecycle.move(order, decision, source=Source.AGENT, actor=actor, reason=reason, now=now, fields=fields)
    lifecycle.clear_proposal(order, fields)
    order.save(update_fields=fields)
    return returned


def _refund(order: Order, amount: int, *, actor: User, reason: str, now: dt.datetime) -> Units:
    if not 0 < amount <= order.charge - order.refunded:
        raise NotAllowed(_("The amount must be more than nothing and at most what the order still keeps."))
    return _move(order, _return_of(order, amount), actor=actor, reason=reason, now=now)


def _return_of(order: Order, amount: int, remains: int | None = None) -> Decision:
    """`remains`: what a report counted that is believed after all."""
    level, counted = Units(order.refunded + amount), order.remains if remains is None else remains
    return Decision(Meaning.MOVE, OrderStatus.REFUNDED, level, counted, order.start_count)
