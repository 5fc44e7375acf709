"""What all desks of this app share: lists that are never counted, and rows that admin may show but not change."""

from django.contrib import admin
from django.db.models import Prefetch, QuerySet

from accounts.paging import BoundedPaginator
from orders.models import Wallet


def with_customers(rows: QuerySet) -> QuerySet:
    """Rows of a list with whose wallet each is, in one query more.

    Not joined: a list joins only what may be missing. A planner that begins with the smaller table beside it reads all that
    belongs to each of its rows and sorts a million of them for one page; with a row that may be missing it cannot begin.
    """
    return rows.prefetch_related(Prefetch("wallet", Wallet.objects.select_related("customer")))


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
