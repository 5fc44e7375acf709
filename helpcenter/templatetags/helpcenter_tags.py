"""The guide's words for other apps' templates.

{% load helpcenter_tags %}
{% status_advice order.status as advice %}{{ advice.meaning }} ... {{ advice.url }}
<a href="{% status_url order.status %}">
"""

from django import template

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
