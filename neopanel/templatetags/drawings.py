"""Icons and badges, which stand on every page by the dozen: `components/` says how they look, each is rendered once a process.

`settings.TEMPLATES` names this library, so no template has to load it.
"""

from functools import lru_cache

from django import template
from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def icon(name: str) -> SafeString:
    """`{% icon "pending" %}`: a drawing beside a word, never instead of it. Names: static/img/icons.svg."""
    return _icon(str(name))


@register.simple_tag
def badge(status: str, label: str | Promise) -> SafeString:
    """`{% badge order.status order.get_status_display %}`: a status as icon and word, the word in the reader's language."""
    return _badge(str(status), str(label))


# Of both there are as many as the shop has drawings and names of states; the bound is for what a mistake may ask for.
@lru_cache(maxsize=500)
def _icon(name: str) -> SafeString:
    return render_to_string("components/icon.html", {"name": name})


@lru_cache(maxsize=500)
def _badge(status: str, label: str) -> SafeString:
    return render_to_string("components/badge.html", {"status": status, "label": label})
