"""What the shop's feed of changes tells of services: what customers read in the catalogue, line by line."""

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import strip_tags

from helpcenter import feeds
from orders import shelves


@feeds.source
def services(most: int) -> list[feeds.Change]:
    """New, renamed, repriced, limited, paused, gone and returned services, newest first; one query."""
    url = reverse("service_changes") + "?of=all"
    return [
        feeds.Change(
            title=f"{change.service.name}: {change.get_kind_display()}",
            words=" ".join(strip_tags(render_to_string("orders/_change.html", {"change": change})).split()),
            url=url,
            at=change.created_at,
            key=f"{reverse('service_changes')}#{change.pk}",
            category=change.service.category.name,
        )
        for change in shelves.latest_changes(most).select_related("service__category")
    ]
