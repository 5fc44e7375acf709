"""Lists of staff that are never counted to their end."""

from django.core.paginator import Paginator
from django.utils.functional import cached_property


class BoundedPaginator(Paginator):
    """Pages of a table that may hold a billion rows: it counts no further than people turn pages. Search finds the rest."""

    MOST = 10_000

    @cached_property
    def count(self):
        # Without what the rows show beside themselves: a count that is cut off would work that out for each.
        return self.object_list.order_by().values("pk")[: self.MOST].count()
