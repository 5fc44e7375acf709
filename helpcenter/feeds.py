"""What programs read of the help center: what changed last (RSS), and every address (sitemap)."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.sitemaps import Sitemap
from django.contrib.syndication.views import Feed
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from helpcenter import reading
from helpcenter.models import Section

MOST_ITEMS = 30


class Changes(Feed):
    """The newest published texts: rules, prices and policies change here first."""

    def title(self):
        return _("%(brand)s: what changed in the help center") % {"brand": settings.BRAND}

    def link(self):
        return reverse("help_home")

    def description(self):
        return _("New and changed articles about services and rules.")

    def items(self):
        return reading.listed(timezone.now()).order_by("-published_from", "-pk")[:MOST_ITEMS]

    def item_title(self, item):
        return item.title

    def item_description(self, item):
        return item.summary

    def item_pubdate(self, item):
        return item.updated_at

    def item_guid(self, item):
        return f"{item.get_absolute_url()}#{item.pk}"

    item_guid_is_permalink = False

    def item_categories(self, item):
        return [item.article.section.title]


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
