"""Charts in templates: `{% columns %}`, `{% spark_line %}` and `{% shares %}` draw pairs of a label and a number.

`shown` says what the numbers are: "money" (10^-8 units), "count" or "minutes". A label that is a date is written as one.
"""

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal

from django import template
from django.conf import settings
from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from neopanel.charts import Chart, Point, chart
from orders import money
from orders.templatetags.orders_tags import minutes

register = template.Library()

SHOWN = {
    "money": lambda units: money.show(units, settings.CURRENCY),
    "count": intcomma,
    "minutes": minutes,
}


@register.inclusion_tag("components/charts/columns.html")
def columns(pairs: Iterable, title: str, *, shown: str = "count", here: object = None, here_words: str = "") -> dict:
    """One column a pair; the one labelled `here` stands out and is named by `here_words`."""
    return {"chart": drawn(pairs, title, shown, here), "here_words": here_words}


@register.inclusion_tag("components/charts/columns.html")
def delivery_times(slots: Iterable, title: str, here_words: str) -> dict:
    """The slots of `orders.spread`, the one that the order at hand is in standing out."""
    points = [Point(slot_label(slot), slot.orders, intcomma(slot.orders), here=slot.is_here) for slot in slots]
    return {"chart": chart(title, points), "here_words": here_words, "keep": "delivery-times-table"}


def slot_label(slot) -> str:
    if slot.end is None:
        return _("over %(time)s") % {"time": minutes(slot.start)}
    return (
        f"{minutes(slot.start)} – {minutes(slot.end)}"
        if slot.start
        else _("under %(time)s") % {"time": minutes(slot.end)}
    )


@register.inclusion_tag("components/charts/spark_line.html")
def spark_line(pairs: Iterable, title: str, *, shown: str = "count") -> dict:
    """A small line without axes, its sentence says from where to where it went."""
    return {"chart": drawn(pairs, title, shown)}


@register.inclusion_tag("components/charts/shares.html")
def shares(pairs: Iterable, title: str, *, shown: str = "count") -> dict:
    """A table whose rows carry a bar each: of the most, how much."""
    return {"chart": drawn(pairs, title, shown)}


def drawn(pairs: Iterable, title: str, shown: str, here: object = None) -> Chart:
    show = SHOWN[shown]
    return chart(title, [Point(named(label), number(value), show(value), here=label == here) for label, value in pairs])


def named(label: object) -> str:
    return date_format(label, _("j M")) if isinstance(label, dt.date) else str(label)


def number(value: object) -> int | Decimal:
    return value if isinstance(value, int) else Decimal(str(value))
