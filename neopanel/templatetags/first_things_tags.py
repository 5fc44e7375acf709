from django import template

from neopanel.first_things import Counted, first_things

register = template.Library()


@register.simple_tag(takes_context=True)
def what_needs_a_human(context) -> list[Counted]:
    """Numbers with their lists, for the person who looks; empty where nothing waits."""
    return first_things(context["request"].user)
