"""The cache in the database, which also counts attempts to sign in."""

from django.core.cache.backends.db import DatabaseCache


class LastingDatabaseCache(DatabaseCache):
    """Removes what has expired and nothing else.

    Django's own makes room among what still counts: whoever fills it with attempts at many accounts would be let through at one.
    """

    def _cull(self, db, cursor, now, num):
        # With so few rows to count, Django deletes the expired ones alone.
        super()._cull(db, cursor, now, 0)
