import datetime as dt

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from support.models import SiteNotice
from support.site_notices import notices_for

register = template.Library()


@register.filter
def span(length: dt.timedelta | None) -> str:
    """A length of time in round words: "less than a minute", "25 minutes", "about 3 hours", "about 2 days"."""
    if length is None:
        return ""
    minutes = round(length.total_seconds() / 60)
    if minutes < 1:
        return _("less than a minute")
    if minutes < 90:
        return ngettext("%(count)s minute", "%(count)s minutes", minutes) % {"count": minutes}
    hours = round(minutes / 60)
    if hours < 48:
        return ngettext("about %(count)s hour", "about %(count)s hours", hours) % {"count": hours}
    days = round(hours / 24)
    return ngettext("about %(count)s day", "about %(count)s days", days) % {"count": days}


@register.simple_tag(takes_context=True)
def site_notices(context) -> list[SiteNotice]:
    """What the shop says on every page, for this reader; nothing where there is no request (pages of faults)."""
    request = context.get("request")
    return notices_for(request) if request is not None and hasattr(request, "user") else []
