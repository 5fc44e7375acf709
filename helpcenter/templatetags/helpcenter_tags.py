"""The guide's words for other apps' templates.

{% load helpcenter_tags %}
{% status_advice order.status as advice %}{{ advice.meaning }} ... {{ advice.url }}
<a href="{% status_url order.status %}">
"""

from django import template
from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from helpcenter import guide

register = template.Library()


@register.simple_tag
def status_advice(status: str) -> guide.Advice:
    """One query a call; a list of orders asks `all_status_advice` once instead."""
    return guide.advice_for(status)


@register.simple_tag
def status_advice_text(status: str, site: str) -> guide.PlainAdvice:
    """The words for a mail, without markup and with whole addresses; one query. See `helpcenter/_advice_text.txt`."""
    return guide.plain(guide.advice_for(status), site)


@register.simple_tag
def all_status_advice() -> dict[str, guide.Advice]:
    """Every status's advice by status value; one query."""
    return {str(advice.status.value): advice for advice in guide.all_advice()}


@register.filter
def advice_of(every: dict[str, guide.Advice], status: str) -> guide.Advice | None:
    """One status's advice out of `all_status_advice`: `{{ every|advice_of:order.status }}`."""
    return every.get(str(status))


@register.simple_tag
def status_url(status: str) -> str:
    """Where the guide explains this status; no query."""
    return guide.status_url(status)


@register.simple_tag
def in_shop_language() -> SafeString:
    """For an element that holds words of the help: its `lang`, where that is not the page's."""
    return _lang_unless_read_in(settings.LANGUAGE_CODE, settings.LANGUAGE_CODE)


@register.simple_tag
def in_readers_language() -> SafeString:
    """For an element inside words of the help that holds the page's own: its `lang`, where that is not the help's."""
    return _lang_unless_read_in(settings.LANGUAGE_CODE, get_language() or settings.LANGUAGE_CODE)


def _lang_unless_read_in(shop: str, language: str) -> SafeString:
    return SafeString("") if get_language() == shop else format_html(' lang="{}"', language)
