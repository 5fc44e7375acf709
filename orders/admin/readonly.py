"""What all desks of this app share: lists that are never counted, and rows that admin may show but not change."""

from django.contrib import admin
from django.core.paginator import Paginator
from django.utils.functional import cached_property


class BoundedPaginator(Paginator):
    """Pages of a table that may hold a billion rows: it counts no further than people turn pages. Search finds the rest."""

    MOST = 10_000

    @cached_property
    def count(self):
        return self.object_list.order_by()[: self.MOST].count()


class Desk(admin.ModelAdmin):
    show_full_result_count = False
    paginator = BoundedPaginator
    list_per_page = 50


class ReadOnly(Desk):
    """Rows that are history, or that only a door may write."""

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False
