"""How money and moments are written, in one place."""

import datetime as dt
from decimal import Decimal

from django import template
from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince, timeuntil
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from orders import halt, money, reader, service_cells
from orders.models import Halt, Service
from orders.shelves import Shelf

register = template.Library()

JUST_NOW = dt.timedelta(minutes=1)


@register.filter
def as_money(units: int) -> str:
    """`1,234.50 USD`."""
    return money.show(units, settings.CURRENCY)


@register.filter
def as_plain(units: int) -> str:
    """`1234.50`: for programs and hidden fields."""
    return money.plain(units)


@register.filter
def signed_money(units: int) -> str:
    return money.show(units, settings.CURRENCY, signed=True)


@register.filter
def minutes(count: int) -> str:
    """A stated time for people: `45 min`, `6 h`, `2 days`."""
    if count < 120:
        return _("%(count)s min") % {"count": count}
    if count < 48 * 60:
        return _("%(count)s h") % {"count": short(count / 60)}
    return _("%(count)s days") % {"count": short(count / 1440)}


def short(number: float) -> str:
    """`6` or `1.5`, with the point or comma of the reader's language."""
    return number_format(Decimal(f"{number:.1f}".removesuffix(".0")))


@register.simple_tag
def moment(when: dt.datetime | None, now: dt.datetime | None = None) -> SafeString | str:
    """A time in the reader's zone, and how long ago or ahead it is."""
    if when is None:
        return ""
    now = now or timezone.now()
    local = timezone.localtime(when)
    if abs(now - when) < JUST_NOW:
        relative = _("just now")
    elif when < now:
        relative = _("%(time)s ago") % {"time": timesince(when, now, depth=1)}
    else:
        relative = _("in %(time)s") % {"time": timeuntil(when, now, depth=1)}
    today = local.date() == timezone.localtime(now).date()
    absolute = date_format(local, "H:i" if today else _("j M Y, H:i"))
    return format_html(
        '<time datetime="{}">{} <span class="muted">({})</span></time>', when.isoformat(), absolute, relative
    )


@register.simple_tag(takes_context=True)
def balance(context) -> int:
    """The signed-in customer's balance in units."""
    return reader.balance_of(context["request"])


@register.simple_tag
def halted() -> Halt | None:
    """The halt of money that pages speak of, if one holds."""
    return halt.shown(timezone.now())


@register.simple_tag(name="service_cells")
def cells_of_service(service: Service, shelf: Shelf) -> SafeString:
    """The row of a service on its shelf, but for the star and the button."""
    cells = service_cells.cells_of(service, names_category=shelf.category is None)
    return service_cells.drawn(cells, get_language() or settings.LANGUAGE_CODE)
