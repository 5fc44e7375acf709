"""What all desks of this app share: lists that are never counted, and rows that admin may show but not change."""

from django.contrib import admin

from accounts.paging import BoundedPaginator


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
