"""Lists of the desk on a phone: each cell brings the name of its column, so that a row can stand as a card."""

from collections.abc import Iterable, Iterator, Mapping

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst

register = template.Library()


@register.filter
def labelled(row: Iterable[SafeString], headers: Iterable[Mapping[str, object]]) -> Iterator[SafeString]:
    """The cells of one row of Django's list (`<td…` or `<th…`, escaped by it), each with `data-label`.

    The box that chooses a row has no column name worth reading: its cell stays as it is.
    """
    for cell, header in zip(row, headers, strict=True):
        if 'class="action-checkbox"' in cell:
            yield cell
        else:
            label = format_html(' data-label="{}"', capfirst(str(header["text"])))
            yield mark_safe(cell[:3] + label + cell[3:])  # noqa: S308 (Django's own cell, and an escaped name)
