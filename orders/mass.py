"""Many orders from one paste: read, checked line by line with a verdict each, then placed, all or only the good ones.

A paste is kept as one row and worked through in steps, so that 1,000 lines show their progress, survive a closed browser and are
placed once each however often a step is repeated: line 7 of paste 3 has the key `mass:3:7`. One transaction an order.
"""

import datetime as dt
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.contrib.humanize.templatetags.humanize import intcomma
from django.db import IntegrityError, transaction
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import User
from orders import links, money
from orders.models import MassOrder
from orders.placing import OrderRefused, Problem, Quote, Wish, on_sale, place_order, quote
from orders.service_types import LABELS, TypeRule

MOST_LINES = 1000
LONGEST_TEXT = 500_000
CHECK_AT_ONCE, PLACE_AT_ONCE = 100, 25
# In a line, comments and other lists are written with this between their lines.
LIST_SEPARATOR = "||"
A_NUMBER = re.compile(r"[0-9][0-9.,]*")

State = MassOrder.State


class BadPaste(ValueError):
    """The paste as a whole cannot be taken; the message says why."""


@dataclass(frozen=True)
class Line:
    """One line of a paste as it stands now. `charge` in units; `order` once it is placed; `problem` where it cannot be."""

    number: int
    text: str
    service: str = ""
    charge: int = 0
    problem: str = ""
    order: int | None = None

    @property
    def is_good(self) -> bool:
        return not self.problem


def read(text: str) -> list[str]:
    """The paste's lines that say something. Raises BadPaste for none, for more than 1,000, and for too much text."""
    if len(text) > LONGEST_TEXT:
        raise BadPaste(_("This is too long. Send it in several parts."))
    if "\x00" in text:
        raise BadPaste(_("The text contains invisible characters. Copy it again as plain text."))
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines:
        raise BadPaste(_("Enter at least one line."))
    if len(lines) > MOST_LINES:
        raise BadPaste(_("These are %(count)s lines; at most 1,000 go at once.") % {"count": intcomma(len(lines))})
    return lines


def start(*, customer: User, text: str, client_key: str, now: dt.datetime) -> MassOrder:
    """Keeps a paste to be checked. The same form sent twice is one paste. Raises BadPaste."""
    lines = [{"text": line} for line in read(text)]
    try:
        with transaction.atomic():
            return MassOrder.objects.create(customer=customer, client_key=client_key, lines=lines, created_at=now)
    except IntegrityError:
        twin = MassOrder.objects.filter(customer=customer, client_key=client_key).first()
        if twin is None:
            raise
        return twin


def wish_of(text: str) -> Wish:
    """`service | link | quantity`, and for types that ask for more `service | link | quantity | list`. Raises BadPaste.

    A list is written with `||` between its lines; a package has no quantity, nor has a type whose list is counted:
    `service | link | list`.
    """
    parts = [part.strip() for part in text.split(LIST_SEPARATOR)]
    head = [part.strip() for part in parts[0].split("|")]
    if len(head) < 2 or not (head[0].isascii() and head[0].isdigit() and len(head[0]) < 19):
        raise BadPaste(_("Write it as: service number | link | quantity."))
    try:
        service = on_sale(int(head[0]))
    except OrderRefused:
        raise BadPaste(_("This service is not on sale. Look up its number.")) from None
    rule, rest, more = service.rule, head[2:], parts[1:]
    quantity = None
    if rule.counted:
        quantity = _quantity_of(rest.pop(0) if rest else "")
    else:
        _refuse_a_quantity(rule, rest, more)
    inputs = {}
    for place, wanted in enumerate(rule.inputs, 1):
        if rest:
            # The last one takes what is left: a comment may contain the separator.
            inputs[wanted.name] = " | ".join(rest) if place == len(rule.inputs) else rest[0]
            rest = [] if place == len(rule.inputs) else rest[1:]
    if rule.inputs and more:
        last = next(reversed(inputs), rule.inputs[0].name)
        inputs[last] = "\n".join([inputs.get(last, ""), *more])
    elif rule.counted and (more or rest):
        raise BadPaste(_("There is more in this line than the service asks for."))
    return Wish(service_id=service.pk, link=head[1], quantity=quantity, inputs=inputs)


def _quantity_of(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise BadPaste(_("The quantity must be a whole number with plain digits."))
    return int(text)


def _refuse_a_quantity(rule: TypeRule, rest: list[str], more: list[str]) -> None:
    """For types that have none: whoever writes one would get another number than that, or a comment that reads "5 | Great"."""
    if not rule.inputs:
        # One is what a package is; whoever writes it says nothing else.
        if more or "".join(rest) not in {"", "1"}:
            raise BadPaste(_("This service is one package: write service | link."))
    # Followed by `||` alone it is the first of several lines, and a comment may be a number.
    elif rest and A_NUMBER.fullmatch(rest[0]) and (len(rest) > 1 or not more):
        raise BadPaste(_("This service has no quantity: write service | link | first || second."))


def step(*, mass: MassOrder, now: dt.datetime) -> MassOrder:
    """Does the next part of the work that the paste is in: checking or placing; nothing where it waits or is done.

    Safe to repeat and to run twice at once: the row is locked while its state moves on, and every order has a key of its own.
    """
    if mass.state == State.CHECKING:
        return _check_some(mass)
    if mass.state == State.PLACING:
        return _place_some(mass, now)
    return mass


def _locked(mass: MassOrder) -> MassOrder:
    return MassOrder.objects.select_for_update(no_key=True).get(pk=mass.pk)


def _check_some(mass: MassOrder) -> MassOrder:
    with transaction.atomic():
        mass = _locked(mass)
        seen = {line["target"]: number for number, line in enumerate(mass.lines[: mass.done], 1) if line.get("target")}
        for number, line in enumerate(mass.lines[mass.done : mass.done + CHECK_AT_ONCE], mass.done + 1):
            _check(mass.customer, number, line, seen)
        mass.done = min(mass.done + CHECK_AT_ONCE, len(mass.lines))
        if mass.done == len(mass.lines):
            mass.state = State.CHECKED
        mass.save(update_fields=["lines", "done", "state"])
    return mass


def _check(customer: User, number: int, line: dict, seen: dict[str, int]) -> None:
    try:
        target = _checked(customer, line, seen)
    except BadPaste as bad:
        line["problem"] = _in_each_language(bad, lambda: _checked(customer, line, seen))
        return
    seen[target] = number
    line["target"] = target


def _checked(customer: User, line: dict, seen: dict[str, int]) -> str:
    """What a good line leads to; writes into the line what it buys. Raises BadPaste for a line with a problem."""
    offer = _quoted(customer, line["text"])
    line.update(service=offer.service.name, charge=offer.charge)
    # Whether the balance lasts is a question for all lines together.
    _refuse([p for p in offer.problems if p.code != "funds"])
    target = _target(offer)
    if target in seen:
        raise BadPaste(_("The same service and link stand in line %(number)s already.") % {"number": seen[target]})
    return target


def _quoted(customer: User, text: str) -> Quote:
    try:
        return quote(customer=customer, wish=wish_of(text))
    except OrderRefused as refused:
        raise BadPaste(_said(refused.problems[0])) from None


def _refuse(problems: Sequence[Problem]) -> None:
    if problems:
        raise BadPaste(_said(problems[0]))


def _in_each_language(bad: BadPaste, again: Callable[[], object]) -> dict[str, str]:
    """The problem as it is kept: whoever reads it later may read another language than whoever met it.

    `again` meets it once more in each other language; where it is gone by then, its first words stand for all.
    """
    said = {_language(): str(bad)}
    for code, _name in settings.LANGUAGES:
        if code not in said:
            with translation.override(code):
                try:
                    again()
                except BadPaste as same:
                    said[code] = str(same)
    return said


def _language() -> str:
    return translation.get_language() or settings.LANGUAGE_CODE


def _said(problem: Problem) -> str:
    """The sentence as it reads in a line, where no field stands beside it."""
    label = LABELS.get(problem.field)
    return f"{label}: {problem.sentence}" if label else problem.sentence


def _target(offer: Quote) -> str:
    return links.overlap_key(offer.service.pk, offer.link)


def place(*, mass: MassOrder, only_good: bool) -> bool:
    """Begins placing: all lines, or only those without a problem. False where it is not checked yet, is under way or done."""
    with transaction.atomic():
        mass = _locked(mass)
        if mass.state != State.CHECKED or (not only_good and any(line.get("problem") for line in mass.lines)):
            return False
        if all(line.get("problem") for line in mass.lines):
            return False
        mass.state, mass.done = State.PLACING, 0
        mass.save(update_fields=["state", "done"])
    return True


def _place_some(mass: MassOrder, now: dt.datetime) -> MassOrder:
    # Each order is a transaction of its own; the paste only remembers what came of them.
    upto = min(mass.done + PLACE_AT_ONCE, len(mass.lines))
    results = {n: _place_line(mass, n, now) for n in range(mass.done, upto) if not mass.lines[n].get("problem")}
    with transaction.atomic():
        mass = _locked(mass)
        for number, result in results.items():
            mass.lines[number].update(result)
        if upto > mass.done:
            mass.done = upto
        if mass.done == len(mass.lines):
            mass.state = State.DONE
        mass.save(update_fields=["lines", "done", "state"])
    return mass


def _place_line(mass: MassOrder, number: int, now: dt.datetime) -> dict:
    customer, text = mass.customer, mass.lines[number]["text"]
    try:
        order = place_order(customer=customer, wish=wish_of(text), client_key=f"mass:{mass.pk}:{number + 1}", now=now)
    except BadPaste as found:
        bad = found
    except OrderRefused as refused:
        bad = BadPaste(_said(refused.problems[0]))
    else:
        return {"order": order.pk, "charge": order.charge}
    return {"problem": _in_each_language(bad, lambda: _refuse(_quoted(customer, text).problems))}


# --- What pages show


@dataclass(frozen=True)
class MassPage:
    """A paste with its lines and totals, in units of money."""

    mass: MassOrder
    lines: tuple[Line, ...]
    good: int
    bad: int
    total: money.Units
    balance: money.Units
    placed: int

    @property
    def missing(self) -> int:
        return max(0, self.total - self.balance)

    @property
    def is_working(self) -> bool:
        return self.mass.state in {State.CHECKING, State.PLACING}


def page_of(mass: MassOrder, balance: money.Units) -> MassPage:
    lines = tuple(_lines(mass.lines))
    counted = Counter(line.is_good for line in lines)
    total = money.Units(sum(line.charge for line in lines if line.is_good))
    placed = sum(line.order is not None for line in lines)
    return MassPage(mass, lines, counted[True], counted[False], total, balance, placed)


def _lines(kept: Iterable[dict]) -> Iterable[Line]:
    for number, line in enumerate(kept, 1):
        yield Line(
            number=number,
            text=line["text"],
            service=line.get("service", ""),
            charge=line.get("charge", 0),
            problem=_for_reader(line.get("problem", "")),
            order=line.get("order"),
        )


def _for_reader(problem: str | dict[str, str]) -> str:
    if isinstance(problem, str):
        return problem  # of a paste from before problems were kept in each language
    return problem.get(_language()) or next(iter(problem.values()))
