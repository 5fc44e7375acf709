"""The only place where an order is born: check, lock the wallet, check again, order, charge, event - or nothing at all."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

from django.conf import settings
from django.contrib.humanize.templatetags.humanize import intcomma
from django.db import IntegrityError, connection, transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import ApiKey, User
from orders import drip, facts, ledger, links, rows, service_types
from orders.deadlocks import once_more
from orders.facts import Facts
from orders.models import LedgerEntry, Order, OrderEvent, Service, Wallet
from orders.money import NotMoney, Units, charge_for, show
from orders.patience import far_beyond_start, while_waiting
from orders.platforms import LinkKind
from orders.service_types import Counted
from orders.statuses import ACTIVE, OrderStatus

LONGEST_KEY = 72
HALTED = gettext_lazy("Orders are stopped for a check of the books. Nothing is lost; please try again later.")
OVER_CAP = gettext_lazy("This key has spent what it may spend in a day.")
FROZEN = gettext_lazy("Your account cannot order at the moment. Open a ticket, and we tell you why.")


@dataclass(frozen=True)
class Problem:
    """Why a wish cannot be an order: a code that programs branch on, the form's field, and the sentence for people."""

    code: str
    field: str
    sentence: str
    number: int | None = None  # the limit that was missed, or the order that is in the way


class OrderRefused(Exception):
    """Nothing was written. `problems` is never empty and in the order in which things are checked."""

    def __init__(self, *problems: Problem):
        super().__init__(*[p.sentence for p in problems])
        self.problems = problems


@dataclass(frozen=True)
class Wish:
    """What somebody wants: of all that a browser or program sends, this alone counts. Prices come from the service."""

    service_id: int
    link: str
    quantity: int | None = None
    inputs: Mapping[str, str] = field(default_factory=dict)
    # A drip-feed: so many runs of `quantity` each, `interval` minutes apart.
    runs: int | None = None
    interval: int | None = None
    # Where an order of this service is open on the link: wait until it is settled, instead of being refused.
    queue: bool = False


@dataclass(frozen=True)
class Quote:
    """What a wish would cost now, in units, and what stands in its way."""

    service: Service
    rate: int  # this customer's price
    link: str
    quantity: int
    charge: Units
    balance: Units
    inputs: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[Problem, ...] = field(default=())
    plan: drip.Plan | None = None
    behind: int | None = None  # the open order that this one would wait for

    @property
    def in_all(self) -> int:
        """How many are delivered by all runs together."""
        return self.quantity * self.plan.runs if self.plan else self.quantity

    @property
    def balance_after(self) -> Units:
        return Units(self.balance - self.charge)

    @property
    def missing(self) -> Units:
        return Units(max(0, self.charge - self.balance))


def on_sale(service_id: int) -> Service:
    """The service, if it may be ordered now. Raises OrderRefused."""
    return _known(facts.read(customer_id=0, service_id=service_id)).service


def _known(found: Facts | None) -> Facts:
    if found is None:
        raise OrderRefused(
            Problem("service", "service", _("This service is not on sale any more. Choose another one."))
        )
    return found


def quote(*, customer: User, wish: Wish) -> Quote:
    """What the wish would cost, and everything that stands in its way; one statement, writes nothing and locks nothing.

    Raises OrderRefused for a service that is not on sale, where there is nothing to quote.
    """
    return _quote(_known(_facts(customer, wish)), wish)


def _facts(customer: User, wish: Wish, client_key: str = "") -> Facts | None:
    return facts.read(
        customer_id=customer.pk,
        service_id=wish.service_id,
        target=_target(wish.link, LinkKind.ANY),
        target_of_name=_target(wish.link, LinkKind.USERNAME),
        client_key=client_key,
    )


def _target(text: str, kind: str) -> str:
    """The key of what the text leads to if a service wants links of this kind; empty where it leads nowhere."""
    try:
        return links.target_key(links.clean_for(text, kind))
    except links.BadLink:
        return ""


def _quote(known: Facts, wish: Wish) -> Quote:
    service, rate, balance, behind = known.service, known.rate, known.balance, known.behind
    problems = []
    link = ""
    try:
        link = links.clean_for(wish.link, service.link_kind)
    except links.BadLink as bad:
        problems.append(Problem("link", "link", str(bad)))
        behind = None
    rule = service.rule
    inputs, wrong = service_types.read_inputs(rule, wish.inputs)
    problems += [Problem("input", bad.name, str(bad)) for bad in wrong]
    asked = service_types.quantity_of(rule, wish.quantity, inputs)
    quantity, charge = asked or 0, Units(0)
    beyond = []
    if rule.quantity != Counted.ONE and not any(bad.name == rule.lines_of for bad in wrong):
        beyond = _quantity_problems(service, asked)
    problems += beyond
    plan = None
    try:
        plan = drip.plan_of(service, wish.runs, wish.interval)
    except drip.BadPlan as bad:
        problems.append(Problem("drip", bad.name, str(bad)))
    try:
        if plan is not None:
            charge = drip.total_charge(rate, max(quantity, 0), plan)
        else:
            charge = Units(rate) if not rule.per_thousand else charge_for(rate, max(quantity, 0))
    except NotMoney:
        # Far beyond the maximum of most services, whose own sentence is there then. A few have none worth the name.
        if not problems:
            sentence = _("This would cost more than any balance can hold. Order less.")
            problems.append(Problem("funds", "quantity", sentence))
    if quantity <= 0:
        charge = Units(0)
    if behind is not None and not wish.queue:
        problems.append(_overlap_problem(behind))
    if charge > balance and not beyond:
        problems.append(_funds_problem(Units(charge - balance)))
    waits_for = behind.pk if behind is not None and wish.queue else None
    return Quote(service, rate, link, quantity, charge, balance, inputs, tuple(problems), plan, waits_for)


def _quantity_problems(service: Service, quantity: int | None) -> list[Problem]:
    """What is wrong with the quantity, beside the field that makes it: the quantity's own, or the list that is counted."""
    lines_of = service.rule.lines_of
    limits = {"minimum": intcomma(service.minimum), "maximum": intcomma(service.maximum)}
    if quantity is None:
        code, limit, said = "quantity", service.minimum, _("Enter a quantity from %(minimum)s to %(maximum)s.")
    elif quantity < service.minimum:
        code, limit, said = "quantity_low", service.minimum, _("The smallest quantity of this service is %(minimum)s.")
        said = _("Write at least %(minimum)s, one a line.") if lines_of else said
    elif quantity > service.maximum:
        code, limit, said = "quantity_high", service.maximum, _("The largest quantity of this service is %(maximum)s.")
        said = _("Write at most %(maximum)s, one a line.") if lines_of else said
    else:
        return []
    return [Problem(code, lines_of or "quantity", said % limits, limit)]


def _funds_problem(missing: Units) -> Problem:
    sentence = _("Your balance is %(missing)s short for this order. Add funds or order less.")
    return Problem("funds", "quantity", sentence % {"missing": show(missing, settings.CURRENCY)})


def _overlap_problem(other: Order) -> Problem:
    sentence = _(
        "Your order %(order)s of this service is still %(status)s on this link. Wait until it is settled, or choose another link."
    ) % {"order": f"#{other.pk}", "status": OrderStatus(other.status).label}
    return Problem("overlap", "link", sentence, other.pk)


def others_on_target(*, customer: User, offer: Quote) -> list[int]:
    """The customer's open orders of other services on the same target, newest first: allowed, and worth a question."""
    if not offer.link:
        return []
    mine = Order.objects.filter(
        wallet_id=customer.pk, target_key=links.target_key(offer.link), status__in=ACTIVE, head=None
    )
    return list(mine.exclude(service=offer.service).order_by("-pk").values_list("pk", flat=True)[:5])


@once_more
def place_order(
    *,
    customer: User,
    wish: Wish,
    client_key: str,
    now: dt.datetime,
    seen_rate: int | None = None,
    api_key: ApiKey | None = None,
    note: str = "",
) -> Order:
    """One order and its charge, or nothing; of a drip-feed all its runs, each with its own charge, and the first of them is given.
    The same `client_key` with the same wish again gives the first order.

    `seen_rate` is the price (units) that the customer was shown; another one than the customer's own refuses the order with the
    new price, and it can do nothing else. `api_key`: the customer's own, where a program orders; its daily cap holds. Raises
    OrderRefused, with code `key_reused` where the key came with another wish.
    """
    assert 0 < len(client_key) <= LONGEST_KEY
    try:
        with transaction.atomic(durable=True):
            wallet = ledger.lock_wallet(customer.pk)
            # Everything is read under the lock: the price, the pause or the balance may have changed since the form.
            known = _known(_facts(customer, wish, client_key))
            if known.twin is not None and (twin := placed_before(customer=customer, client_key=client_key)):
                return _same_or_refused(twin, wish)
            offer = _quote(known, wish)
            problems = list(offer.problems)
            if known.halted:
                problems.insert(0, Problem("halted", "service", str(HALTED)))
            if wallet.frozen:
                problems.insert(0, Problem("frozen", "service", str(FROZEN)))
            if seen_rate is not None and seen_rate != offer.rate:
                problems.insert(0, _price_problem(offer.rate))
            # Read under the lock too: calls side by side cannot go over the cap together.
            if api_key is not None and not _within_cap(api_key, offer.charge, now=now):
                problems.append(Problem("cap", "quantity", str(OVER_CAP)))
            if problems:
                raise OrderRefused(*problems)
            order = _create(offer, wallet_id=wallet.pk, client_key=client_key, api_key=api_key, note=note, now=now)
            _charge(order, wallet, customer=customer, now=now)
            before = order
            for run in range(2, (offer.plan.orders if offer.plan else 1) + 1):
                before = _create(
                    offer,
                    wallet_id=wallet.pk,
                    client_key=f"run:{order.pk}:{run}",
                    api_key=api_key,
                    now=now,
                    head=order,
                    before=before,
                )
                _charge(before, wallet, customer=customer, now=now)
    except (OrderRefused, IntegrityError):
        # Sent once more, after the service left the shop: the first answer stands.
        if twin := placed_before(customer=customer, client_key=client_key):
            return _same_or_refused(twin, wish)
        raise
    return order


def _price_problem(rate: int) -> Problem:
    sentence = _(
        "The price changed to %(rate)s while this form was open. Look at the new price and place the order again."
    )
    return Problem("price", "service", sentence % {"rate": show(rate, settings.CURRENCY)})


def _within_cap(api_key: ApiKey, charge: Units, *, now: dt.datetime) -> bool:
    """Whether the key may spend so much more today; the day begins at midnight of the shop's zone. Returns do not count back."""
    if api_key.daily_cap is None:
        return True
    midnight = now.astimezone(timezone.get_default_timezone()).replace(hour=0, minute=0, second=0, microsecond=0)
    today = Order.objects.filter(api_key=api_key, created_at__gte=midnight)
    spent: int = today.aggregate(spent=Sum("charge"))["spent"] or 0
    return spent + charge <= api_key.daily_cap


def _charge(order: Order, wallet: Wallet, *, customer: User, now: dt.datetime) -> None:
    ledger.post(
        wallet=wallet,
        amount=-order.charge,
        kind=LedgerEntry.Kind.CHARGE,
        key=f"order:{order.pk}:charge",
        order=order,
        actor=customer,
        now=now,
    )
    rows.insert(
        OrderEvent(
            order=order,
            code=OrderEvent.Code.PLACED,
            to_status=order.status,
            applied=True,
            source=OrderEvent.Source.CUSTOMER,
            actor=customer,
            money=-order.charge,
            created_at=now,
        )
    )


def _create(
    offer: Quote,
    *,
    wallet_id: int,
    client_key: str,
    api_key: ApiKey | None,
    now: dt.datetime,
    note: str = "",
    head: Order | None = None,
    before: Order | None = None,
) -> Order:
    """One row. `head`: the first run of the drip-feed that this one is a later run of, and `before` the run before it."""
    service, plan = offer.service, offer.plan
    by_panel = plan is not None and not plan.by_provider
    run = (before.run or 0) + 1 if before is not None else 1 if by_panel else None
    waits_for = before.pk if before is not None else offer.behind
    due_at = plan.due(now, run) if plan is not None and run is not None else now if waits_for else None
    quantity = offer.in_all if plan is not None and plan.by_provider else offer.quantity
    order = Order(
        wallet_id=wallet_id,
        service=service,
        client_key=client_key,
        api_key=api_key,
        link=offer.link,
        target_key=links.target_key(offer.link),
        # Whoever waits for another order does not hold the link yet.
        overlap_key=None if waits_for else links.overlap_key(service.pk, offer.link),
        service_type=service.type,
        quantity=quantity,
        inputs=dict(offer.inputs),
        rate=offer.rate,
        charge=charge_for(offer.rate, quantity) if plan else offer.charge,
        head=head,
        run=run,
        runs=plan.runs if plan else None,
        interval=plan.interval if plan else None,
        due_at=due_at,
        waits_for_id=waits_for,
        note=note,
        stated_start=service.stated_start,
        stated_speed=service.stated_speed,
        usual_minutes=service.measured.running_p90 if service.measured else None,
        refill_days=service.refill_days,
        created_at=now,
        status_since=now,
        moved_at=now,
        contact_after=while_waiting(since=due_at or now)
        if waits_for
        else far_beyond_start(placed=now, stated_start=service.stated_start),
        provider=service.provider,
        provider_service_id=service.provider_service_id,
        submission=Order.Submission.QUEUED if service.provider else Order.Submission.NONE,
        send_after=now if service.provider and not waits_for else None,
    )
    rows.insert(order)
    return order


def is_placed(*, customer: User, client_key: str) -> bool:
    """Whether `placed_before` gives an order."""
    with connection.cursor() as cursor:
        statement = "SELECT id FROM orders_order WHERE wallet_id = %s AND client_key = %s"
        cursor.execute(statement, [customer.pk, client_key])
        return cursor.fetchone() is not None


def placed_before(*, customer: User, client_key: str) -> Order | None:
    """The order that this customer's form or program placed with this key; None for a new key."""
    return Order.objects.filter(wallet_id=customer.pk, client_key=client_key).first()


def _same_or_refused(twin: Order, wish: Wish) -> Order:
    same_link = links.is_kept_as(wish.link, twin.link)
    same_quantity = wish.quantity == twin.per_run or not twin.rule.counted
    is_plain = wish.runs in {None, 1}
    same_plan = twin.runs is None if is_plain else (wish.runs, wish.interval) == (twin.runs, twin.interval)
    inputs, _wrong = service_types.read_inputs(twin.rule, wish.inputs)
    if twin.service_id == wish.service_id and same_link and same_quantity and same_plan and inputs == twin.inputs:
        return twin
    sentence = _("This form was sent before with other content, as order %(order)s. Check it and send it again.")
    raise OrderRefused(Problem("key_reused", "service", sentence % {"order": f"#{twin.pk}"}, twin.pk))
