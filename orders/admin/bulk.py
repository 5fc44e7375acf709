"""The same wish for many orders: a page that shows count and money, then one transaction an order, then what became of each."""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import User
from orders import desk, lifecycle, limits
from orders.admin.offers import demand
from orders.admin.order_actions import SETTLE
from orders.desk_forms import BulkForm, DeskForm
from orders.halt import Halted
from orders.lifecycle import IN_FLIGHT, NotAllowed
from orders.models import Order
from orders.queries import is_number
from orders.statuses import OrderStatus

MOST = 500


@dataclass(frozen=True)
class Row:
    """One order of the page: the money in units, what it becomes, and the mark by which a change until the sending is noticed."""

    order: Order
    money: int
    mark: str = ""
    to: str = ""

    @property
    def value(self) -> str:
        return f"{self.order.pk}|{self.mark}"


@dataclass(frozen=True)
class Said:
    """What became of one order: `refused` is the door's sentence, empty where it was done."""

    number: int
    refused: str = ""


@dataclass(frozen=True)
class Bulk:
    title: Any
    sentence: Any
    left_out: Any
    button: Any
    row: Callable[[Order], Row | None]
    door: Callable[..., object]
    moves_money: bool = True


def ask_row(order: Order) -> Row | None:
    return Row(order, 0) if order.provider_order_id else None


def approve_row(order: Order) -> Row | None:
    proposal = desk.proposal_of(order)
    if proposal is None or order.submission in IN_FLIGHT:
        return None
    return Row(order, proposal.amount, proposal.mark, str(proposal.to.label))


def cancel_row(order: Order) -> Row | None:
    return Row(order, order.charge, to=str(OrderStatus.CANCELED.label)) if lifecycle.can_cancel_at_once(order) else None


def ask(*, order_id: int, actor: User, reason: str, seen: str, now: dt.datetime) -> None:
    desk.ask_now(order_id=order_id, actor=actor, now=now)


def approve(*, order_id: int, actor: User, reason: str, seen: str, now: dt.datetime) -> None:
    desk.approve_review(order_id=order_id, actor=actor, reason=reason, seen=seen, now=now)


def cancel(*, order_id: int, actor: User, reason: str, seen: str, now: dt.datetime) -> None:
    desk.cancel_queued(order_id=order_id, actor=actor, reason=reason, now=now)


BULK: dict[str, Bulk] = {
    "ask": Bulk(
        gettext_lazy("Ask the providers now"),
        gettext_lazy("The worker asks for these orders at once. No money moves by that alone."),
        gettext_lazy("No provider has these, so nobody can be asked:"),
        gettext_lazy("Ask now"),
        ask_row,
        ask,
        moves_money=False,
    ),
    "approve": Bulk(
        gettext_lazy("Approve what is proposed"),
        gettext_lazy("Each order gets what its report under review proposes, with the money beside it."),
        gettext_lazy("Nothing that can be done is proposed for these:"),
        gettext_lazy("Approve all of these"),
        approve_row,
        approve,
    ),
    "cancel": Bulk(
        gettext_lazy("Cancel what is not sent yet"),
        gettext_lazy("Each order becomes Canceled, and its whole charge returns to its customer's balance."),
        gettext_lazy("These are not waiting to be sent:"),
        gettext_lazy("Cancel all of these"),
        cancel_row,
        cancel,
    ),
}


# --- What stands in the list's menu: each leads to the page that asks


@admin.action(description=gettext_lazy("Ask the providers now"), permissions=["settle"])
def ask_chosen(desk_admin, request, queryset):
    return preview(desk_admin, request, "ask", queryset)


@admin.action(description=gettext_lazy("Approve what is proposed"), permissions=["settle"])
def approve_chosen(desk_admin, request, queryset):
    return preview(desk_admin, request, "approve", queryset)


@admin.action(description=gettext_lazy("Cancel what is not sent yet"), permissions=["settle"])
def cancel_chosen(desk_admin, request, queryset):
    return preview(desk_admin, request, "cancel", queryset)


def preview(desk_admin, request: HttpRequest, name: str, queryset) -> HttpResponse | None:
    """The page that shows what will happen. Nothing is written."""
    chosen = list(queryset.order_by("-pk")[: MOST + 1])
    if len(chosen) > MOST:
        messages.error(request, _("These are more than %(most)s orders. Choose fewer at once.") % {"most": MOST})
        return None
    return _page(
        desk_admin, request, name, chosen, BulkForm(name=name) if BULK[name].moves_money else DeskForm(name=name)
    )


def run_view(desk_admin, request: HttpRequest, name: str) -> HttpResponse:
    """POST of that page: one transaction an order; the answer says what was done and what was refused, and why."""
    demand(request, SETTLE, "orders.view_order")
    if name not in BULK:
        raise Http404
    chosen = dict(_read(request.POST.getlist("order")[:MOST]))
    if not chosen:
        messages.warning(request, _("No order was chosen."))
        return redirect("admin:orders_order_changelist")
    form = BulkForm(request.POST, name=name) if BULK[name].moves_money else DeskForm(request.POST, name=name)
    if not form.is_valid():
        return _page(desk_admin, request, name, Order.objects.filter(pk__in=chosen).order_by("-pk"), form, status=422)
    reason = form.cleaned_data.get("reason", "")
    said = list(_done(BULK[name], chosen, actor=request.user, reason=reason))
    refused = [one for one in said if one.refused]
    done = len(said) - len(refused)
    context = {
        **desk_admin.admin_site.each_context(request),
        "opts": desk_admin.opts,
        "title": BULK[name].title,
        "done": ngettext("%(count)s order was done.", "%(count)s orders were done.", done) % {"count": done},
        "refused": refused,
    }
    return render(request, "admin/orders/order/bulk_done.html", context)


def _done(bulk: Bulk, chosen: dict[int, str], *, actor: User, reason: str) -> Iterator[Said]:
    """Each order by itself; what all of them move together stays within the limit of who does it."""
    moved = 0
    for pk, mark in chosen.items():
        row = _row_now(bulk, pk)
        # What is above the limit alone is for the door to refuse, in its own words.
        if row and row.money <= settings.MONEY_LIMIT < moved + row.money and not limits.may_exceed(actor):
            yield Said(pk, limits.sentence_in_all())
            continue
        said = _do(bulk.door, order_id=pk, actor=actor, reason=reason, seen=mark, now=timezone.now())
        if row and not said.refused:
            moved += row.money
        yield said


def _row_now(bulk: Bulk, pk: int) -> Row | None:
    order = Order.objects.filter(pk=pk).first() if bulk.moves_money else None
    return bulk.row(order) if order else None


def _do(door: Callable[..., object], *, order_id: int, **wish) -> Said:
    try:
        door(order_id=order_id, **wish)
    except (NotAllowed, Halted) as refused:
        return Said(order_id, str(refused))
    except Order.DoesNotExist:
        return Said(order_id, _("There is no such order."))
    return Said(order_id)


def _read(values: Iterable[str]) -> Iterable[tuple[int, str]]:
    for value in values:
        number, _bar, mark = value.partition("|")
        if is_number(number):
            yield int(number), mark


def _page(desk_admin, request, name: str, chosen: Iterable[Order], form: DeskForm, status: int = 200) -> HttpResponse:
    pairs = [(order, BULK[name].row(order)) for order in chosen]
    rows = [row for _order, row in pairs if row is not None]
    total = sum(row.money for row in rows)
    context = {
        **desk_admin.admin_site.each_context(request),
        "opts": desk_admin.opts,
        "title": BULK[name].title,
        "bulk": BULK[name],
        "name": name,
        "rows": rows,
        "total": total,
        "beyond": total > settings.MONEY_LIMIT and not limits.may_exceed(request.user),
        "limit": settings.MONEY_LIMIT,
        "left_out": [order for order, row in pairs if row is None],
        "form": form,
    }
    return render(request, "admin/orders/order/bulk.html", context, status=status)
