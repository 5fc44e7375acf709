"""Lists of the admin over tables that are never counted."""

from django.core.paginator import Paginator
from django.utils.functional import cached_property

MOST_COUNTED = 1000


class BoundedPaginator(Paginator):
    """Counts to 1,000 and stops there, whatever the table holds: who looks for more narrows the list."""

    @cached_property
    def count(self) -> int:
        return self.object_list[:MOST_COUNTED].count()
