"""What programs read of the help center: what changed last (RSS), and every address (sitemap)."""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.sitemaps import Sitemap
from django.contrib.syndication.views import Feed
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from helpcenter import reading
from helpcenter.models import Section

# Of each kind: a hundred services that change at once do not push out the rules that changed.
MOST_ITEMS = 30


@dataclass(frozen=True)
class Change:
    """One line of the feed. `key` is different for every change and stays; `url` is a path of the site."""

    title: str
    words: str
    url: str
    at: dt.datetime
    key: str
    category: str


Source = Callable[[int], Iterable[Change]]
registered: list[Source] = []


def source(read: Source) -> Source:
    """Registers what else changed that readers should hear of: the newest so many, newest first. The project fills it, in
    `AppConfig.ready`; the help center itself knows nothing of services."""
    registered.append(read)
    return read


@source
def articles(most: int) -> list[Change]:
    """The newest published texts: rules and policies change here first."""
    return [
        Change(
            title=page.title,
            words=page.summary,
            url=page.get_absolute_url(),
            at=page.updated_at,
            key=f"{page.get_absolute_url()}#{page.pk}",
            category=page.article.section.title,
        )
        for page in reading.listed(timezone.now()).order_by("-published_from", "-pk")[:most]
    ]


def latest() -> list[Change]:
    return sorted((one for read in registered for one in read(MOST_ITEMS)), key=lambda one: one.at, reverse=True)


class Changes(Feed):
    """What changed in rules and services."""

    def title(self):
        return _("%(brand)s: what changed") % {"brand": settings.BRAND}

    def link(self):
        return reverse("help_home")

    def description(self):
        return _("Changes of our services, and new and changed articles about services and rules.")

    def items(self):
        return latest()

    def item_title(self, item):
        return item.title

    def item_description(self, item):
        return item.words

    def item_link(self, item):
        return item.url

    def item_pubdate(self, item):
        return item.at

    def item_guid(self, item):
        return item.key

    item_guid_is_permalink = False

    def item_categories(self, item):
        return [item.category]


changes = login_not_required(Changes())


class ArticlePages(Sitemap):
    def items(self):
        return reading.listed(timezone.now()).order_by("pk")

    def lastmod(self, item):
        return item.updated_at


class SectionPages(Sitemap):
    def items(self):
        return Section.objects.order_by("pk")


class OwnPages(Sitemap):
    def items(self):
        return ["help_home", "help_faq"]

    def location(self, item):
        return reverse(item)


SITEMAPS = {"help": OwnPages, "sections": SectionPages, "articles": ArticlePages}
