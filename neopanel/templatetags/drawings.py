"""Icons and badges, which stand on pages by the dozen: `components/` says how they look, templates render each once a process.

`settings.TEMPLATES` names this library, so no template has to load it.
"""

from functools import lru_cache

from django import template
from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def icon(name: str) -> SafeString:
    """`{% icon "pending" %}`: a drawing beside a word, never instead of it. Names: static/img/icons.svg."""
    return _icon(conditional_escape(name))


@register.simple_tag
def badge(status: str, label: str | Promise) -> SafeString:
    """`{% badge order.status order.get_status_display %}`: a status as icon and word, the word in the reader's language."""
    return _badge(conditional_escape(status), conditional_escape(label))


# Escaped before they are looked up: a text and the same text as markup are not the same.
# Of both there are as many as the shop has drawings and names of states; the bound is for what a mistake may ask for.
@lru_cache(maxsize=500)
def _icon(name: str) -> SafeString:
    return render_to_string("components/icon.html", {"name": name})


@lru_cache(maxsize=500)
def _badge(status: str, label: str) -> SafeString:
    return render_to_string("components/badge.html", {"status": status, "label": label})
