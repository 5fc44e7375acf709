"""What the mails about orders, payments and balances say. The page says the same: the words come from the same places."""

import datetime as dt
from collections import Counter
from collections.abc import Sequence

from django.conf import settings
from django.contrib.humanize.templatetags.humanize import intcomma
from django.db.models import Sum
from django.template.loader import render_to_string
from django.utils.formats import date_format
from django.utils.text import Truncator
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.letters import Item, Letter, page
from orders import queries
from orders.models import Deposit, LedgerEntry, Notice, Order, OrderEvent, Wallet
from orders.money import Units, show
from orders.statuses import ACTIVE, SETTLED, OrderStatus
from orders.verdict import Advice, Facts, verdict_for

# Orders that one letter lists; of more it tells the number.
MOST_LISTED = 20
MOST_LOOKED_AT = 500
LONGEST_NAME = 80


def money(units: int) -> str:
    return show(Units(units), settings.CURRENCY)


def of_orders(events: Sequence[OrderEvent], *, kind: str, now: dt.datetime) -> Letter | None:
    """One order in full, or several in a list; newest first. Each as it stands now, with what came back for it."""
    returned: Counter[int] = Counter()
    orders: dict[int, Order] = {}
    for event in events:
        orders.setdefault(event.order_id, event.order)
        returned[event.order_id] += event.money
    found = list(orders.values())
    if not found:
        return None
    if len(found) == 1:
        return _of_one(found[0], returned=returned[found[0].pk], kind=kind, now=now)
    by_status = Counter(OrderStatus(order.status) for order in found)
    counted = ", ".join(f"{count} × {status.label}" for status, count in by_status.most_common())
    total = sum(returned.values())
    after = [_("%(count)s more are in your list of orders.") % {"count": len(found) - MOST_LISTED}]
    return Letter(
        subject=_("%(count)s of your orders at %(brand)s: %(counted)s")
        % {"count": len(found), "brand": settings.BRAND, "counted": counted},
        words=(
            _("These orders have changed: %(counted)s.") % {"counted": counted},
            *([_("Together %(amount)s came back to your balance.") % {"amount": money(total)}] if total else []),
        ),
        items=tuple(_item(order, returned[order.pk]) for order in found[:MOST_LISTED]),
        way=(_("See all orders"), page("order_list")),
        after=(*(after if len(found) > MOST_LISTED else []), *(_guide(status) for status in by_status)),
        kind=kind,
    )


def _of_one(order: Order, *, returned: int, kind: str, now: dt.datetime) -> Letter:
    status = OrderStatus(order.status)
    words = {"number": order.pk, "status": status.label, "amount": money(returned), "brand": settings.BRAND}
    if returned:
        subject = _("Order #%(number)s: %(status)s, %(amount)s is back · %(brand)s") % words
    else:
        subject = _("Order #%(number)s: %(status)s · %(brand)s") % words
    verdict = verdict_for(order, Facts(), now)
    facts = [
        (_("Order"), f"#{order.pk}"),
        (_("Service"), order.service.name),
        (_("Link"), order.link),
        (_("Status"), str(status.label)),
        (_("Charged"), money(order.charge)),
    ]
    if order.remains is not None and order.status != OrderStatus.ERROR:
        facts.insert(4, (_("Delivered"), f"{intcomma(order.delivered)} / {intcomma(order.quantity)}"))
    if order.refunded:
        facts.append((_("Returned"), money(order.refunded)))
    return Letter(
        subject=subject,
        words=(f"{verdict.headline}. {verdict.reason}",),
        facts=tuple(facts),
        way=(_("Look at the order"), page("order_detail", order.pk)),
        after=_advice(status),
        kind=kind,
    )


def _item(order: Order, returned: int) -> Item:
    words = [str(OrderStatus(order.status).label), order.link]
    if returned:
        words[0] += " · " + _("%(amount)s is back") % {"amount": money(returned)}
    return Item(
        title=f"#{order.pk} {Truncator(order.service.name).chars(LONGEST_NAME)}",
        words=tuple(words),
        address=page("order_detail", order.pk),
    )


def _advice(status: OrderStatus) -> tuple[str, ...]:
    """The guide's own paragraphs about a status. Templates tie the apps together: this one asks the help center."""
    text = render_to_string("emails/_guide.txt", {"status": status.value, "site": settings.SITE_ADDRESS})
    return tuple(part.strip() for part in text.split("\n\n") if part.strip())


def _guide(status: OrderStatus) -> str:
    words = render_to_string("emails/_guide_line.txt", {"status": status.value, "site": settings.SITE_ADDRESS})
    return f"{status.label}: {words.strip()}"


def of_low_balance(wallet: Wallet) -> Letter | None:
    """Nothing where the balance has risen again meanwhile."""
    threshold = wallet.customer.low_balance
    if threshold is None or wallet.balance >= threshold:
        return None
    words = {"brand": settings.BRAND, "balance": money(wallet.balance), "threshold": money(threshold)}
    return Letter(
        subject=_("Your balance at %(brand)s is %(balance)s") % words,
        words=(
            _("Your balance has fallen below %(threshold)s, the amount that you chose in your preferences.") % words,
            _("It is %(balance)s now. Orders that cost more are refused until you add funds.") % words,
        ),
        way=(_("Add funds"), page("balance_add")),
        kind=Notice.Kind.LOW,
    )


def of_digest(wallet: Wallet, *, since: dt.datetime, now: dt.datetime) -> Letter | None:
    """What happened from `since` to `now`, as numbers; None where nothing did."""
    orders = queries.orders_of(wallet.customer)
    settled = list(
        orders.filter(status__in=SETTLED, status_since__gt=since, status_since__lte=now)
        .select_related("service")
        .order_by("-status_since")[:MOST_LOOKED_AT]
    )
    entries = queries.entries_of(wallet.customer).filter(created_at__gt=since, created_at__lte=now)
    moved = dict(entries.order_by().values_list("kind").annotate(Sum("amount")))
    active = list(orders.filter(status__in=ACTIVE).order_by("-pk")[:MOST_LOOKED_AT])
    if not settled and not moved:
        return None
    ours = queries.with_verdicts(active, now)
    ask = [order for order, verdict in ours if verdict.advice == Advice.CONTACT]
    counted = Counter(OrderStatus(order.status) for order in settled)
    facts = [(str(status.label), intcomma(count)) for status, count in counted.most_common()]
    facts.append((_("On their way"), intcomma(len(active))))
    facts += [(str(LedgerEntry.Kind(kind).label), money(amount)) for kind, amount in sorted(moved.items())]
    facts.append((_("Balance now"), money(wallet.balance)))
    period = {"brand": settings.BRAND, "since": date_format(localtime(since), _("j M Y, H:i"))}
    troubled = [order for order in settled if order.status != OrderStatus.COMPLETED]
    listed = [_item(order, order.refunded) for order in [*ask, *troubled][:MOST_LISTED]]
    words = [_("What happened since %(since)s:") % period]
    if ask:
        words.append(
            ngettext(
                "%(count)s order takes far longer than it should: tell us, and we look into it.",
                "%(count)s orders take far longer than they should: tell us, and we look into them.",
                len(ask),
            )
            % {"count": len(ask)}
        )
    return Letter(
        subject=_("Your summary from %(brand)s") % period,
        words=tuple(words),
        facts=tuple(facts),
        items=tuple(listed),
        way=(_("Open the panel"), page("home")),
        kind=Notice.Kind.DIGEST,
    )


def of_deposit(deposit: Deposit) -> Letter:
    """A payment that a person decided: booked, booked otherwise than reported, or not booked, each with its reason."""
    words = {
        "brand": settings.BRAND,
        "amount": money(deposit.amount),
        "method": deposit.method,
        "reference": deposit.reference,
        "reason": deposit.reason,
    }
    if deposit.state != Deposit.State.CONFIRMED:
        return Letter(
            subject=_("Your payment of %(amount)s to %(brand)s was not booked") % words,
            words=(
                _(
                    "We could not book the payment of %(amount)s by %(method)s that you reported with the reference %(reference)s."
                )
                % words,
                _("The reason: %(reason)s") % words,
            ),
            way=(_("Open a ticket"), page("ticket_new")),
            after=(_("If this is wrong, open a ticket and say what your bank, wallet or voucher shows."),),
        )
    booked = {**words, "booked": money(deposit.booked or 0)}
    if deposit.method:
        first = _(
            "Your payment by %(method)s with the reference %(reference)s has come in. %(booked)s is on your balance now."
        )
    else:
        first = _("Our team has put %(booked)s on your balance.")
    paragraphs = [first % booked]
    if deposit.booked != deposit.amount:
        paragraphs.append(
            _("You had reported %(amount)s. Why another amount is booked: %(reason)s") % words,
        )
    elif not deposit.method and deposit.note:
        paragraphs.append(deposit.note)
    return Letter(
        subject=_("%(booked)s is on your balance at %(brand)s") % booked,
        words=tuple(paragraphs),
        way=(_("See the entry"), page("balance_history")),
    )
